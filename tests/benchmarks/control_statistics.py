"""How often are the statistics alone wrong, kind by kind of control? The labs' own splits, comparison and decision; cheap learners.

Where a whole lab runs, a kind is asked 10 to 20 times; here 200 times or more. Each kind draws tables of which the truth is known
by construction: two sides that are equal by symmetry, of which neither may be called better by the margin; nothing that can be
learned of new rows; or a difference that is a multiple of the margin (`lab.learning.known`). What is asked is what a lab asks: is
the one side better than the other by more than the margin? Rows that belong together are split as the user said, and where
nobody said so the verdict is held if the lab suspects it.

Printed for each kind: the answers, and the wrong ones with their exact 95 % interval. Wanted: at most 5 % wrong in every kind,
the upper end at most 7.5 %. Where the truth lies at the margin itself 5 % are expected.

python tests/benchmarks/control_statistics.py                        200 tables of each kind (--draws N, --only WORD, --jobs N)
"""

import argparse
import functools
import itertools
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from lab.data import made
from lab.data.frames import from_arrays
from lab.decisions import side_of_margin
from lab.doubts import doubts_about
from lab.learning.comparison import Comparison, Scores
from lab.learning.folds import all_folds, split
from lab.learning.known import auc_apart, sparse
from lab.learning.outer import FoldRow
from lab.learning.preparation import dense_columns
from lab.learning.scoring import primary_metric, score_model
from lab.protocol import Estimate
from lab.stats import rate

FOLDS, REPEATS = 3, 2
MOST_WRONG, MOST_UPPER = 0.05, 0.075


@dataclass(frozen=True)
class Kind:
    """A way to draw tables, two learners, and which answers are wrong: of (above, below) the margin, in points."""

    draw: object
    one: object
    other: object
    wrong: tuple = ("above",)
    margin: float = 1.0
    symmetric: bool = False  # neither side may be called better
    asks_doubts: bool = False
    said: tuple = ()


def on(columns, model):
    """Make a learner that sees some of the columns only."""
    return functools.partial(_on, columns=columns, model=model)


def _on(features, columns, model):
    return make_pipeline(dense_columns(scale=True), model()), list(features.columns[columns])


FIRST, SECOND, ALL = slice(0, 1), slice(1, 2), slice(None)
LOGIT = functools.partial(LogisticRegression, max_iter=500)
NEAREST = functools.partial(KNeighborsClassifier, 3)
TREE = functools.partial(DecisionTreeClassifier, max_leaf_nodes=8, random_state=0)
CONSTANT = functools.partial(DummyClassifier, strategy="prior")


def equal(rng, n_rows, positives=None, tails=None, gaps=0.0):
    """Two columns that say equally much of two classes."""
    positives = n_rows // 2 if positives is None else positives
    labels = rng.permutation((np.arange(n_rows) < positives).astype(np.int64))
    noise = rng.normal(size=(n_rows, 2)) if tails is None else rng.standard_t(tails, size=(n_rows, 2))
    frame = pd.DataFrame(noise + labels[:, None]).add_prefix("x")
    return (frame.mask(rng.random(frame.shape) < gaps) if gaps else frame), labels


def equal_classes(rng, n_rows, n_classes):
    """Classes of one size along the sum of two columns and noise."""
    features = rng.normal(size=(n_rows, 2))
    order = np.argsort(features.sum(axis=1) + rng.logistic(size=n_rows))
    labels = np.empty(n_rows, dtype=np.int64)
    labels[order] = np.arange(n_rows) * n_classes // n_rows
    return pd.DataFrame(features).add_prefix("x"), labels


def equal_categories(rng, n_rows):
    """Two columns of categories with the same effects."""
    codes, effects = rng.integers(0, 5, size=(n_rows, 2)), np.linspace(-1.5, 1.5, 5)
    frame = pd.DataFrame({f"x{place}": [f"level {code}" for code in codes[:, place]] for place in range(2)})
    return frame, (rng.random(n_rows) < expit(effects[codes].sum(axis=1))).astype(np.int64)


def equal_numbers(rng, n_rows, tails):
    """A number: the sum of two columns and heavy-tailed noise."""
    features = rng.normal(size=(n_rows, 2))
    return pd.DataFrame(features).add_prefix("x"), features.sum(axis=1) + rng.standard_t(tails, size=n_rows)


def noise(rng, n_rows):
    """Draw two classes at random."""
    return pd.DataFrame(rng.normal(size=(n_rows, 4))).add_prefix("x"), rng.integers(0, 2, n_rows)


def at(rng, times, n_rows=2_000):
    """Two columns of which the first is better by `times` a margin of 5 points."""
    return made.apart(rng, n_rows=n_rows, first=auc_apart(0.75 + 0.05 * times), second=auc_apart(0.75))


def sides(draw, model=LOGIT):
    """Ask of two columns that are equal."""
    return Kind(draw, on(FIRST, model), on(SECOND, model), symmetric=True)


def multiple(times, wrong):
    """Ask of a difference that is a multiple of the margin."""
    return Kind(functools.partial(at, times=times), on(FIRST, LOGIT), on(SECOND, LOGIT), wrong, margin=5.0)


def recognised(draw, **more):
    """Ask whether neighbours, which learn rows by heart, are better than a constant prediction, where nothing is known of new rows."""
    return Kind(draw, on(ALL, NEAREST), on(ALL, CONSTANT), **more)


def penalised(strength):
    """Make the learner of the pair that is unstable in its difference."""
    return functools.partial(_penalised, strength=strength)


def _penalised(features, strength):
    return sparse("sparse", "sparse", strength).build(features, 0), list(features.columns)


KINDS = {
    "no signal": Kind(functools.partial(noise, n_rows=300), on(ALL, LOGIT), on(ALL, TREE), symmetric=True),
    "no signal, against a constant": Kind(functools.partial(noise, n_rows=300), on(ALL, TREE), on(ALL, CONSTANT)),
    "rare class 1:30": sides(functools.partial(equal, n_rows=600, positives=20)),
    "rare class 1:100": sides(functools.partial(equal, n_rows=1_000, positives=10)),
    "copies": recognised(functools.partial(made.copies, distinct=120)),
    "groups, said": recognised(functools.partial(made.customers, count=60, named=True), said=(("by", "customer"),)),
    "groups, not said": recognised(functools.partial(made.customers, count=60), asks_doubts=True),
    "time and drift": recognised(made.drifting, said=(("time", "day"),)),
    "10 classes": sides(functools.partial(equal_classes, n_rows=500, n_classes=10)),
    "missing values": sides(functools.partial(equal, n_rows=400, gaps=0.2)),
    "categories only": sides(functools.partial(equal_categories, n_rows=400)),
    "60 rows": sides(functools.partial(equal, n_rows=60)),
    "5,000 rows": sides(functools.partial(equal, n_rows=5_000)),
    "50,000 rows": sides(functools.partial(equal, n_rows=50_000)),
    "heavy tails, columns": sides(functools.partial(equal, n_rows=400, tails=2)),
    "heavy tails, a number": sides(functools.partial(equal_numbers, n_rows=300, tails=3), LinearRegression),
    "unstable pair": Kind(
        functools.partial(made.linear, n_rows=400, n_noise=8), penalised(0.15), penalised(0.1), symmetric=True
    ),
    "truth level": multiple(0.0, ("above",)),
    "truth at half the margin": multiple(0.5, ("above",)),
    "truth at the margin": multiple(1.0, ("above", "below")),
    "truth at 1.5 times the margin": multiple(1.5, ("below",)),
    "truth at twice the margin": multiple(2.0, ("below",)),
}


def scored(learner, dataset, metric, seed):
    """Score a learner on the folds that a lab would use."""
    rows = []
    for fold in all_folds(FOLDS, REPEATS, seed):
        train, test = split(dataset, fold)
        model, columns = learner(dataset.features)
        seen = dataset.features[columns]
        model.fit(seen.iloc[train], dataset.target[train])
        found = score_model(model, seen.iloc[test], dataset.target[test], metric.scorer, len(dataset.classes))
        rows.append(FoldRow(found.score, found.predictions, {}, test_rows=test, parameters={}))
    return Scores("", "", metric.factor * np.array([row.score for row in rows]), tuple(rows))


def answer(kind, seed):
    """Draw a table and judge it: "above", "below" or "undecided", and whether that is wrong."""
    frame, labels = kind.draw(np.random.default_rng(seed))
    dataset = from_arrays("control", frame, labels, **dict(kind.said))
    metric = primary_metric("auto", dataset)
    one, other = (scored(learner, dataset, metric, seed) for learner in (kind.one, kind.other))
    found = Comparison(metric, FOLDS, dataset.target, {}, {}, {}, dataset.belonging).difference(one, other)
    side = side_of_margin(found, kind.margin)
    if kind.asks_doubts and doubts_about(dataset, dataset, seed=seed).suspicions:
        return "undecided", False
    turned = Estimate(-found.value, -found.high, -found.low, found.unit)
    if kind.symmetric and side_of_margin(turned, kind.margin) == "above":
        return "below", True
    return side, side in kind.wrong


def asked(name, draws):
    """Ask of a kind so many times."""
    warnings.simplefilter("ignore")
    start = time.process_time()
    answers = [answer(KINDS[name], seed) for seed in range(draws)]
    return answers, time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    names = [name for name in KINDS if given.only in name]
    good = wrong = 0
    print(f"{'kind':32}{'above':>6}{'below':>6}{'undecided':>10}{'wrong':>6}   95 % interval   CPU s", flush=True)
    with ProcessPoolExecutor(given.jobs) as pool:
        for name, (answers, seconds) in zip(names, pool.map(asked, names, itertools.repeat(given.draws)), strict=True):
            sides_taken, are_wrong = [side for side, _ in answers], sum(is_wrong for _, is_wrong in answers)
            found = rate(are_wrong, given.draws)
            wrong += are_wrong
            good += found.value <= MOST_WRONG and found.high <= MOST_UPPER
            counts = f"{sides_taken.count('above'):6}{sides_taken.count('below'):6}{sides_taken.count('undecided'):10}"
            print(
                f"{name:32}{counts}{are_wrong:6}   {100 * found.low:4.1f} to {100 * found.high:4.1f} %{seconds:8.0f}",
                flush=True,
            )
    print(f"{good} of {len(names)} kinds: at most 5 % wrong, with an upper end of at most 7.5 %")
    print(f"over all kinds {wrong} of {len(names) * given.draws} wrong")


if __name__ == "__main__":
    main()
