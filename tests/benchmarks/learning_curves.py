"""Do the intervals of `lab.learning.curves` hold the truth at 8 and at 32 times the rows that were tried?

Pairs of learners on generated processes and on real tables: both are scored at 32 to 512 training rows in five repetitions,
the difference at 4,096 and 16,384 rows is foretold, and then measured. The digits of scikit-learn, cut into two classes in six
ways, serve as real tables: 18 to 144 rows foretell 1,152; they have too few rows for 32 times as many.

Printed: share of the 90 % intervals that hold the truth with its exact binomial interval, their width, how far the middle and
how far the difference at the largest size tried lie from the truth, and of how many pairs nothing can be said. Then how often
curves that go as far as `rows_to_settle` says do settle a question; 80 % are asked for.

No constant of the module was chosen with these pairs: that was done with one half of the tables of the learning curve database
LCDB (Mohr et al. 2022), those at even places by their number, and with two other processes. `--database` checks the other half.

python tests/benchmarks/learning_curves.py                              60 pairs, about 5 minutes on one idle core
python tests/benchmarks/learning_curves.py --database database-auc.csv  real tables of LCDB (the file is in the package lcdb)
"""

import argparse
import itertools
import warnings

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from lab.learning.curves import extrapolate, rows_to_settle
from lab.stats import rate

REPEATS, CONFIDENCE = 5, 0.9
SIZES, TIMES, TEST_ROWS = (32, 64, 128, 256, 512), {8: 4, 32: 2}, 2_000  # repetitions of the truth by factor
REAL_SIZES, REAL_REPEATS = (18, 36, 72, 144), 15
N_GENERATED, N_REAL = 48, 12
MARGIN = 0.01

LEARNERS = {
    "logistic": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)),
    "Bayes": lambda seed: GaussianNB(),
    "discriminant": lambda seed: make_pipeline(StandardScaler(), LinearDiscriminantAnalysis()),
    "tree": lambda seed: DecisionTreeClassifier(min_samples_leaf=10, random_state=seed),
    "boosting": lambda seed: HistGradientBoostingClassifier(max_iter=60, random_state=seed),
    "extra trees": lambda seed: ExtraTreesClassifier(30, min_samples_leaf=3, random_state=seed),
    "neighbours": lambda seed: make_pipeline(StandardScaler(), KNeighborsClassifier(15)),
    "network": lambda seed: make_pipeline(StandardScaler(), MLPClassifier((32,), max_iter=60, random_state=seed)),
}
PROCESSES = {  # columns, and the log-odds of the rows
    "linear": (12, lambda x: x @ np.linspace(1.2, 0.0, 12)),
    "linear, weak": (20, lambda x: 0.25 * x[:, :8].sum(axis=1)),
    "linear, many columns": (60, lambda x: x[:, :6] @ [1.5, -1.2, 1.0, -0.8, 0.6, 0.4]),
    "curves": (8, lambda x: 1.5 * np.sin(2 * x[:, 0]) + x[:, 1] ** 2 - 1 + np.abs(x[:, 2]) - 0.8 + 0.5 * x[:, 3]),
    "steps": (10, lambda x: 2.0 * (x[:, 0] > 0.3) - 1.5 * (x[:, 1] > -0.5) + 1.2 * (x[:, 2] > 1) + 0.4),
    "pair": (10, lambda x: 1.5 * x[:, 0] * x[:, 1] + 0.8 * x[:, 2] - 0.6 * x[:, 3]),
    "three pairs": (16, lambda x: x[:, 0] * x[:, 1] - x[:, 2] * x[:, 3] + 0.7 * x[:, 4] * x[:, 5] + x[:, 6]),
    "signs": (8, lambda x: 1.8 * np.sign(x[:, 0] * x[:, 1]) + x[:, 2]),
    "ring": (6, lambda x: 2.5 * (2.2 - (x[:, :3] ** 2).sum(axis=1))),
    "rules": (12, lambda x: 3.0 * ((x[:, :2] > 0).all(axis=1)) - 2.0 * ((x[:, 2:4] < 0).all(axis=1)) - 0.3),
    "clusters": (10, lambda x: 3.0 * np.cos(1.5 * x[:, 0]) * np.cos(1.5 * x[:, 1]) + 0.5 * x[:, 2]),
    "separable": (15, lambda x: 6.0 * (x[:, 0] + 0.7 * x[:, 1] - 0.5 * x[:, 2] + 0.3 * x[:, 3] * x[:, 4])),
}
CUTS = {
    "odd": (1, 3, 5, 7, 9),
    "small": (0, 1, 2, 3, 4),
    "prime": (2, 3, 5, 7),
    "round": (0, 6, 8, 9),
    "open": (1, 2, 4, 7),
    "ends": (0, 1, 8, 9),
}


def draw(process, n_rows, rng):
    columns, odds = PROCESSES[process]
    x = rng.normal(size=(n_rows, columns))
    return x, (rng.random(n_rows) < 1 / (1 + np.exp(-odds(x)))).astype(int)


def scored(learner, train, test, seed):
    model = LEARNERS[learner](seed).fit(*train)
    return roc_auc_score(test[1], model.predict_proba(test[0])[:, 1])


def generated(process):
    """Scores of each learner, shape (n_repeats, n_sizes), and its expected score at each factor."""
    rng = np.random.default_rng([7, list(PROCESSES).index(process)])
    seen = {name: np.zeros((REPEATS, len(SIZES))) for name in LEARNERS}
    for repeat in range(REPEATS):
        (x, y), test = draw(process, SIZES[-1], rng), draw(process, TEST_ROWS, rng)
        for (place, n), name in itertools.product(enumerate(SIZES), LEARNERS):
            seen[name][repeat, place] = scored(name, (x[:n], y[:n]), test, repeat)
    truth = {name: {} for name in LEARNERS}
    for factor, repeats in TIMES.items():
        sets = [(draw(process, factor * SIZES[-1], rng), draw(process, 10_000, rng)) for _ in range(repeats)]
        for name in LEARNERS:
            truth[name][factor] = float(np.mean([scored(name, *one, seed) for seed, one in enumerate(sets)]))
    return SIZES, seen, truth


def real(cut):
    """The same for the digits cut in two; its rows suffice for 8 times as many only."""
    x, digit = load_digits(return_X_y=True)
    y = np.isin(digit, CUTS[cut]).astype(int)
    most = 8 * REAL_SIZES[-1]
    seen = {name: np.zeros((REPEATS, len(REAL_SIZES))) for name in LEARNERS}
    later = {name: [] for name in LEARNERS}
    for repeat in range(REAL_REPEATS):
        train, test = train_test_split(np.arange(len(y)), train_size=most, stratify=y, random_state=repeat)
        for name in LEARNERS:
            later[name].append(scored(name, (x[train], y[train]), (x[test], y[test]), repeat))
            for place, n in enumerate(REAL_SIZES) if repeat < REPEATS else ():
                seen[name][repeat, place] = scored(name, (x[train[:n]], y[train[:n]]), (x[test], y[test]), repeat)
    return REAL_SIZES, seen, {name: {8: float(np.mean(found))} for name, found in later.items()}


def pairs(tables, measure, wanted):
    """Learn on every table, and give so many pairs of curves, of all tables alike and of all learners."""
    names = list(itertools.combinations(LEARNERS, 2))
    each, rng = -(-wanted // len(tables)), np.random.default_rng(11)
    for table in tables:
        sizes, seen, truth = measure(table)
        for place in rng.permutation(len(names))[:each]:
            a, b = names[place]
            later = {factor: truth[a][factor] - truth[b][factor] for factor in truth[a]}
            yield f"{table}: {a} against {b}", sizes, seen[a], seen[b], later


def database(path):
    """Pairs of curves of LCDB, on its tables at odd places: up to 12 of each."""
    columns = ["openmlid", "learner", "size_train", "outer_seed", "inner_seed"]
    scores = pd.read_csv(path).groupby(columns)["score_test"].mean().unstack("size_train")
    for number in sorted(scores.index.unique("openmlid"))[1::2]:
        curves = {
            name: part.droplevel([0, 1]) for name, part in scores.loc[[number]].groupby("learner") if _usual(name)
        }
        found = list(_database_pairs(number, curves))
        for place in np.random.default_rng(number).permutation(len(found))[:12]:
            yield found[place]


def _usual(learner):
    words = (
        "Logistic",
        "GradientB",
        "RandomF",
        "ExtraTreesC",
        "MLP",
        "KNeigh",
        "DecisionT",
        "LinearD",
        "_rbf",
        "_linear",
        "Bernoulli",
    )
    return any(word in learner for word in words)


def _database_pairs(number, curves):
    for (a, one), (b, other) in itertools.combinations(curves.items(), 2):
        both = one.index.intersection(other.index)
        one_there, other_there = one.loc[both], other.loc[both]
        first = [(outer, outer % 5) for outer in range(REPEATS)]
        for largest in (128, 256, 512, 1_024, 2_048):
            sizes = [largest // 2**step for step in (4, 3, 2, 1, 0) if largest // 2**step >= 16]
            wanted = [(there.reindex(first)[sizes]) for there in (one_there, other_there) if set(sizes) <= set(there)]
            if len(both) < 20 or len(wanted) < 2 or any(part.isna().to_numpy().any() for part in wanted):
                continue
            later = {}
            for factor in TIMES:
                if factor * largest in one_there and factor * largest in other_there:
                    gaps = (one_there[factor * largest] - other_there[factor * largest]).dropna()
                    later |= {factor: float(gaps.mean())} if len(gaps) >= 15 else {}
            if later:
                label = f"{number}: {a.split('.')[-1]} against {b.split('.')[-1]}"
                yield label, sizes, wanted[0].to_numpy(), wanted[1].to_numpy(), later


def foretold(found):
    """Foretell every pair, and print it; gives (factor, holds, width, error of the middle, error of no change)."""
    rows, silent = [], []
    for label, sizes, first, second, later in found:
        curves = extrapolate(sizes, first, second, best=1.0, floor=0.5)
        now = float(np.mean(first[:, -1] - second[:, -1]))
        if curves.fault:
            silent.append(curves.fault)
            print(f"{label:55}  cannot be said: {curves.fault}", flush=True)
            continue
        for factor, truth in later.items():
            said = curves.at(factor * sizes[-1], confidence=CONFIDENCE)
            holds = said.low <= truth <= said.high
            rows.append((factor, holds, said.high - said.low, abs(said.value - truth), abs(now - truth)))
            interval = f"{100 * said.low:6.2f} to {100 * said.high:6.2f}"
            shown = f"{100 * now:6.2f} points, at {factor:2} times {100 * said.value:6.2f} ({interval})"
            print(f"{label:55}{shown}, true {100 * truth:6.2f}{'' if holds else '  MISSED'}", flush=True)
    return np.array(rows, dtype=float).reshape(-1, 5), silent


def summarise(kind, rows, silent):
    for factor in (*TIMES, None):
        part = rows if factor is None else rows[rows[:, 0] == factor]
        if not len(part):
            continue
        share = rate(int(part[:, 1].sum()), len(part))
        errors = f"error {100 * part[:, 3].mean():.2f}, of no change {100 * part[:, 4].mean():.2f}"
        widths = f"width {100 * np.median(part[:, 2]):.1f}, {errors}"
        print(
            f"{kind}, {f'{factor} times' if factor else 'all'}: {len(part)} intervals of {100 * CONFIDENCE:.0f} % hold "
            f"{100 * share.value:.1f} % (95 % interval {100 * share.low:.1f} to {100 * share.high:.1f}); points: {widths}",
            flush=True,
        )
    print(f"{kind}: nothing said of {len(silent)} pairs", flush=True)


def settled(n_simulations=300, size=16_384):
    """Curves with a known law: do curves up to the rows that would settle a question settle it in 8 of 10 cases?"""
    rng, done, none, now = np.random.default_rng(5), [], 0, 0
    for seed in range(n_simulations):
        ends, gains, powers = rng.uniform(0.8, 0.84, 2), rng.uniform(0.5, 2.0, 2), rng.uniform(0.4, 0.8, 2)
        shared = 0.01 * rng.normal(size=(REPEATS, 1))

        def measured(sizes, ends=ends, gains=gains, powers=powers, shared=shared, seed=seed):
            n = np.array(sizes, dtype=float)
            noise = 0.1 * np.random.default_rng(seed).normal(size=(2, REPEATS, len(n))) / np.sqrt(n)
            scores = ends[:, None] - gains[:, None] * (n + 20) ** -powers[:, None]
            return extrapolate(sizes, *(scores[:, None] + shared + noise), best=1.0, floor=0.5, seed=seed)

        curves = measured(SIZES)
        if _off(curves.at(size)):
            now += 1
            continue
        error = float(np.std(curves.differences(SIZES[-1])))
        rows = rows_to_settle(curves, MARGIN, size=size, standard_error=error)
        if rows is None:
            none += 1
            continue
        done.append(_off(measured(np.unique(np.geomspace(SIZES[0], rows, 7).astype(int))).at(size)))
    share = rate(sum(done), len(done))
    said = f"{100 * share.value:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f})"
    print(
        f"how far curves must go to settle it: {now} of {n_simulations} simulations are settled as they are, {none} have no "
        f"answer, {len(done)} have one, and it settles {said} of these",
        flush=True,
    )


def _off(estimate):
    return estimate.low > MARGIN or estimate.high < MARGIN


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", help="database-auc.csv of the learning curve database")
    path = parser.parse_args().database
    if path:
        summarise("LCDB", *foretold(database(path)))
        return
    made, found = foretold(pairs(PROCESSES, generated, N_GENERATED)), foretold(pairs(CUTS, real, N_REAL))
    summarise("generated", *made)
    summarise("real", *found)
    summarise("together", np.concatenate([made[0], found[0]]), [*made[1], *found[1]])
    settled()


if __name__ == "__main__":
    main()
