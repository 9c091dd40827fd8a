"""How often does the interval of a paired difference cover the truth? Through the comparison that ships, by simulation.

A table of learners x rows x metric x balance. Every cell draws tables from one process, scores two learners on the same
repeated stratified folds, and asks `lab.learning.comparison.Comparison.difference` for the 95 % interval. The truth is the mean
difference over all draws of the cell: cross-validation estimates the difference at its number of training rows without bias. The
standard error of that mean is added to the interval's ends where it matters (`MC error`).

A draw whose verdict would be held, since a few rows make up most of the spread of its target (`lab.learning.shortage`), says
nothing and is counted apart ("held").

An interval from test rows is right where what a learner gains from a row does not change its score at first order: learners that
minimise the loss they are scored by. Cells with "neg_log_loss" have learners that do not, and intervals up to 3 times too wide;
those with "log loss" have a logistic regression. Accuracy and balanced accuracy of rare classes are held wide by the floor of 3 rows
of the rarest class, which cannot go: without it two learners that agree on the few rows that there are would be level for sure. Where
both learners always say the common class nothing differs, and the interval
is the rule of three (width "inf").

Printed for each cell: coverage with its exact 95 % interval, half the width relative to the right one (1.96 standard deviations of
the estimate), and the share of intervals wholly above or below the truth by more than a point ("false by a point").
Wanted: 0.93 to 0.97, never above 0.99, in 95 % of the cells.

python tests/benchmarks/interval_coverage.py [--draws 400] [--only WORD] [--jobs 2]
python tests/benchmarks/interval_coverage.py --folds 3 --repeats 1        # as in the quantum lab's quick effort
"""

import argparse
import functools
import itertools
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.special import expit, softmax
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression

from lab import stats
from lab.belonging import ALONE, Belonging
from lab.learning.comparison import Comparison, Scores
from lab.learning.outer import FoldRow
from lab.learning.scoring import Metric
from lab.learning.shortage import shortage
from lab.learning.splits import k_folds
from lab.protocol import Dataset

COLUMNS = 12
WEIGHTS = np.array([0.8, 0.5, 0.3, 0.0, 0.0, 0.0] * 2)
FIRST, SECOND, ALL = slice(0, 6), slice(6, 12), slice(0, 12)


class Linear:
    """Least squares on indicators of the classes, or on the number; a softmax makes shares of its scores."""

    def fit(self, x, y):
        self.wanted = y if y.dtype.kind == "f" else np.eye(y.max() + 1)[y]
        self.weights = np.linalg.lstsq(_with_one(x), self.wanted, rcond=None)[0]
        return self

    def said(self, x):
        scores = _with_one(x) @ self.weights
        return scores if scores.ndim == 1 else softmax(4 * scores, axis=1)


class Logistic:
    """Logistic regression: unlike the others it minimises the log loss that it is scored by."""

    def fit(self, x, y):
        self.model = LogisticRegression(C=1.0).fit(x, y)
        return self

    def said(self, x):
        return self.model.predict_proba(x)


class Gaussian:
    """Gaussian naive Bayes."""

    def fit(self, x, y):
        rows = [x[y == code] for code in range(y.max() + 1)]
        self.means, self.sds = np.array([r.mean(axis=0) for r in rows]), np.array([r.std(axis=0) + 0.1 for r in rows])
        self.shares = np.log(np.bincount(y) / len(y))
        return self

    def said(self, x):
        fits = -0.5 * ((x[:, None] - self.means) / self.sds) ** 2 - np.log(self.sds)
        return softmax(fits.sum(axis=2) + self.shares, axis=1)


class Neighbours:
    """The mean over the 15 nearest rows."""

    def fit(self, x, y):
        self.tree, self.wanted = cKDTree(x), y if y.dtype.kind == "f" else np.eye(y.max() + 1)[y]
        return self

    def said(self, x):
        return self.wanted[self.tree.query(x, k=15)[1]].mean(axis=1)


class Cells(Neighbours):
    """The mean in each of 27 cells of the first three columns, and the overall one in equal weight: as jumpy as a tree."""

    def fit(self, x, y):
        wanted = y if y.dtype.kind == "f" else np.eye(y.max() + 1)[y]
        self.edges = np.quantile(x[:, :3], [1 / 3, 2 / 3], axis=0)
        cells, overall = self.cells(x), wanted.mean(axis=0)
        self.means = np.array(
            [(wanted[cells == cell].sum(axis=0) + overall) / (np.sum(cells == cell) + 1) for cell in range(27)]
        )
        return self

    def cells(self, x):
        return sum(3**place * np.searchsorted(self.edges[:, place], x[:, place]) for place in range(3))

    def said(self, x):
        return self.means[self.cells(x)]


def _with_one(x):
    return np.hstack([x, np.ones((len(x), 1))])


PAIRS = {
    "halves, linear": ((Linear, FIRST), (Linear, SECOND)),
    "halves, Bayes": ((Gaussian, FIRST), (Gaussian, SECOND)),
    "linear, Bayes": ((Linear, ALL), (Gaussian, ALL)),
    "linear, cells": ((Linear, ALL), (Cells, ALL)),
    "Bayes, neighbours": ((Gaussian, ALL), (Neighbours, ALL)),
}
LOG_LOSS_PAIRS = {
    "halves, logistic": ((Logistic, FIRST), (Logistic, SECOND)),
    "logistic, cells": ((Logistic, ALL), (Cells, ALL)),
}
NUMBER_PAIRS = {
    "halves, linear": ((Linear, FIRST), (Linear, SECOND)),
    "linear, cells": ((Linear, ALL), (Cells, ALL)),
    "linear, neighbours": ((Linear, ALL), (Neighbours, ALL)),
}
# (rows, rows of the rarest class): exact counts, so that no fold lacks it
BALANCES = [
    (60, 30),
    (200, 100),
    (1_000, 500),
    (200, 10),
    (1_000, 8),
    (1_000, 16),
    (500, 25),
    (5_000, 50),
    (1_000, 100),
]


def draw_classes(rng, n_rows, n_rare, n_classes):
    features = rng.normal(size=(n_rows, COLUMNS))
    noisy = features @ WEIGHTS + rng.logistic(size=n_rows)
    order = np.argsort(-noisy)
    target = np.zeros(n_rows, dtype=np.int64)
    if n_classes == 2:
        target[order[:n_rare]] = 1
    else:  # the rest in equal parts, the rarest at the top
        target[order[:n_rare]] = n_classes - 1
        for code, rows in enumerate(np.array_split(order[n_rare:], n_classes - 1)):
            target[rows] = code
    return features, target


def draw_numbers(rng, n_rows, tails):
    features = rng.normal(size=(n_rows, COLUMNS))
    noise = {"normal": rng.normal, "t3": functools.partial(rng.standard_t, 3), "log-normal": rng.lognormal}[tails]
    return features, features @ WEIGHTS + 1.5 * noise(size=n_rows)


def draw_groups(rng, n_rows, _):
    """Eight rows a group, which share a trait and a label that says nothing about other groups."""
    n_groups = n_rows // 8
    who = np.repeat(np.arange(n_groups), 8)
    traits = rng.normal(size=(n_groups, COLUMNS))
    labels = (rng.random(n_groups) < expit(traits @ WEIGHTS)).astype(np.int64)
    return traits[who] + 0.5 * rng.normal(size=(n_rows, COLUMNS)), labels[who], who


def cells():
    for (name, pair), (n_rows, n_rare) in itertools.product(PAIRS.items(), BALANCES):
        yield f"{name}; AUC; {n_rows} rows, {n_rare} rare", pair, "roc_auc", ("classes", n_rows, n_rare, 2)
    for name, metric, (n_rows, n_rare) in itertools.product(
        ("halves, linear", "linear, Bayes"), ("accuracy", "balanced_accuracy", "neg_log_loss"), BALANCES[:5]
    ):
        yield f"{name}; {metric}; {n_rows} rows, {n_rare} rare", PAIRS[name], metric, ("classes", n_rows, n_rare, 2)
    for (name, pair), (n_rows, n_rare) in itertools.product(LOG_LOSS_PAIRS.items(), BALANCES[:5]):
        yield f"{name}; log loss; {n_rows} rows, {n_rare} rare", pair, "neg_log_loss", ("classes", n_rows, n_rare, 2)
    for name, n_classes, n_rows, n_rare in itertools.product(
        ("halves, linear", "linear, Bayes"), (4, 10), (1_000,), (10, 60)
    ):
        yield (
            f"{name}; AUC of {n_classes}; {n_rows} rows, {n_rare} rare",
            PAIRS[name],
            "roc_auc_ovr",
            ("classes", n_rows, n_rare, n_classes),
        )
    for (name, pair), tails, n_rows in itertools.product(
        NUMBER_PAIRS.items(), ("normal", "t3", "log-normal"), (60, 300, 2_000)
    ):
        yield f"{name}; R2, {tails}; {n_rows} rows", pair, "r2", ("number", n_rows, tails, 0)
    for name, n_rows in itertools.product(("halves, linear", "linear, cells", "Bayes, neighbours"), (400, 1_600)):
        yield f"{name}; AUC, groups of 8; {n_rows} rows", PAIRS[name], "roc_auc", ("groups", n_rows, 0, 2)


def drawn(rng, process):
    kind, n_rows, detail, n_classes = process
    if kind == "number":
        features, target = draw_numbers(rng, n_rows, detail)
        return features, target, ALONE
    if kind == "groups":
        features, target, who = draw_groups(rng, n_rows, detail)
        return features, target, Belonging(units=who, by="group")
    features, target = draw_classes(rng, n_rows, detail, n_classes)
    return features, target, ALONE


def auc(said, positive):
    ranks, n = rankdata(said), int(positive.sum())
    return (ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(said) - n))


SCORES = {
    "roc_auc": lambda said, y: auc(said[:, 1], y == 1),
    "roc_auc_ovr": lambda said, y: np.mean([auc(said[:, code], y == code) for code in range(said.shape[1])]),
    "accuracy": lambda said, y: np.mean(said.argmax(axis=1) == y),
    "balanced_accuracy": lambda said, y: np.mean(
        [np.mean(said[y == code].argmax(axis=1) == code) for code in np.unique(y)]
    ),
    "neg_log_loss": lambda said, y: np.mean(np.log(np.clip(said[np.arange(len(y)), y], 1e-15, 1))),
    "r2": lambda said, y: 1 - np.mean((said - y) ** 2) / y.var(),
}


def scored(learner, features, target, folds, scorer):
    make, columns = learner
    rows = []
    for train, test in folds:
        said = make().fit(features[train][:, columns], target[train]).said(features[test][:, columns])
        rows.append(FoldRow(float(SCORES[scorer](said, target[test])), said, {}, test_rows=test, parameters={}))
    return Scores("", "", 100 * np.array([row.score for row in rows]), tuple(rows))


def is_short(target, belonging):
    features = pd.DataFrame({"x": np.zeros(len(target))})
    return shortage(Dataset("t", features, target, "y", (), {"x": "number"}, "", (), belonging)) is not None


def simulate(cell, draws, n_folds, repeats):
    name, (a, b), scorer, process = cell
    warnings.simplefilter("ignore")
    metric, found = Metric(scorer, scorer, "points", 100.0, task="number" if scorer == "r2" else "classes"), []
    held = 0
    for seed in range(draws):
        rng = np.random.default_rng([seed, len(name)])
        features, target, belonging = drawn(rng, process)
        if target.dtype.kind == "f" and is_short(target, belonging):
            held += 1
            continue
        seeds = range(1_000 * seed, 1_000 * seed + repeats)
        folds = [pair for each in seeds for pair in k_folds(target, belonging, n_folds, each)]
        try:
            one, other = (scored(learner, features, target, folds, scorer) for learner in (a, b))
            comparison = Comparison(metric, n_folds, target, {}, {}, {}, belonging)
            estimate = comparison.difference(one, other)
        except ValueError as error:
            return name, str(error)
        found.append((estimate.value, estimate.low, estimate.high))
    value, low, high = np.array(found).T
    truth = value.mean()
    covered = int(np.sum((low <= truth) & (truth <= high)))
    share = stats.rate(covered, len(found))
    width = np.mean(high - low) / 2 / (1.96 * value.std(ddof=1))
    false = np.mean((low > truth + 1) | (high < truth - 1))
    return name, (share.value, share.low, share.high, width, false, truth, value.std(ddof=1), held / draws)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    todo = [cell for cell in cells() if given.only in cell[0]]
    inside = above = counted = 0
    with ProcessPoolExecutor(given.jobs) as pool:
        asked = (itertools.repeat(each) for each in (given.draws, given.folds, given.repeats))
        for name, row in pool.map(simulate, todo, *asked):
            if isinstance(row, str):
                print(f"{name:58} not possible: {row}", flush=True)
                continue
            share, low, high, width, false, truth, sd, held = row
            counted += 1
            inside += low <= 0.97 and high >= 0.93
            above += low > 0.99
            print(
                f"{name:58} covers {share:.3f} ({low:.3f} to {high:.3f})  width {width:4.2f}  "
                f"false by a point {false:.3f}  truth {truth:6.2f} sd {sd:5.2f}"
                + (f"  held {held:.2f}" if held else ""),
                flush=True,
            )
    print(f"{inside} of {counted} cells are not shown to lie outside 0.93 to 0.97; {above} are shown to be above 0.99")


if __name__ == "__main__":
    main()
