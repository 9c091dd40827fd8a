"""How often do intervals of a paired difference cover the truth, and how wide are they? Four estimators by simulation.

Two learners on repeated cross-validation (5 folds, 3 repetitions) of freshly drawn tables whose process is known; the truth
is zero by construction ("halves": each learner sees one half of features that matter alike) or the mean over many large
draws. The metric is the AUC for classes, R² for a number.

    naive      t on the folds, as if they were independent
    corrected  t with the variance factor 1/J + n_test/n_train (Nadeau and Bengio 2003)
    influence  normal, variance of the rows' influence on the pooled out-of-fold scores (LeDell et al. 2015; DeLong et al. 1988)
    shipped    lab.stats.pooled_spread: influence x K/(K-1) + variance between the repetitions, t

Printed for each: share of the simulations whose interval holds the truth, and half the width relative to what an interval
of exactly the right width has. Last the power: how often the interval excludes zero where the truth is not zero.

python tests/benchmarks/interpretability_intervals.py [SIMULATIONS] [classes|number]    400 take about 40 minutes on one idle core
"""

import sys
import warnings

import numpy as np
from scipy import stats
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from lab.data.strata import strata
from lab.stats import auc_influence, corrected_spread, pooled_spread, r2_influence

FOLDS, REPEATS, CONFIDENCE = 5, 3, 0.95
WEIGHTS = np.array([0.8, 0.5, 0.3, 0.0, 0.0, 0.0] * 2)
FIRST, SECOND, ALL = slice(0, 6), slice(6, 12), slice(0, 12)


def tree(depth):
    return lambda: DecisionTreeClassifier(max_depth=depth, min_samples_leaf=5)


def number_tree(depth):
    return lambda: DecisionTreeRegressor(max_depth=depth, min_samples_leaf=5)


PAIRS = {  # learner and features of a, of b, strength of an interaction that only a tree can see
    "halves, logistic": ((LogisticRegression, FIRST), (LogisticRegression, SECOND), 0.0),
    "halves, tree": ((tree(4), FIRST), (tree(4), SECOND), 0.0),
    "logistic against tree": ((LogisticRegression, ALL), (tree(4), ALL), 1.0),
    "logistic against Bayes": ((LogisticRegression, ALL), (GaussianNB, ALL), 0.0),
    "tree against deeper tree": ((tree(3), ALL), (tree(5), ALL), 1.0),
}


NUMBER_PAIRS = {
    "halves, linear": ((LinearRegression, FIRST), (LinearRegression, SECOND), 0.0),
    "halves, tree": ((number_tree(4), FIRST), (number_tree(4), SECOND), 0.0),
    "linear against tree": ((LinearRegression, ALL), (number_tree(4), ALL), 1.0),
    "tree against deeper tree": ((number_tree(3), ALL), (number_tree(5), ALL), 1.0),
}


def draw_numbers(rng, n_rows, interaction):
    """Noise with heavy tails: t with five degrees of freedom."""
    features = rng.normal(size=(n_rows, 12))
    mean = features @ WEIGHTS + interaction * features[:, 0] * features[:, 1]
    return features, mean + 1.5 * rng.standard_t(5, size=n_rows)


def draw(rng, n_rows, interaction):
    features = rng.normal(size=(n_rows, 12))
    odds = features @ WEIGHTS + interaction * features[:, 0] * features[:, 1]
    return features, (rng.random(n_rows) < 1 / (1 + np.exp(-odds))).astype(int)


def said(learner, train, test):
    make, columns = learner
    model = make().fit(train[0][:, columns], train[1])
    if hasattr(model, "predict_proba"):
        return model.predict_proba(test[:, columns])[:, 1]
    return model.predict(test[:, columns])


def score_and_influence(target, found):
    if target.dtype.kind == "f":
        return r2_score(target, found), r2_influence(found, target)
    return roc_auc_score(target, found), auc_influence(found, target == 1)


def true_difference(name, a, b, interaction, n_train, draw):
    if name.startswith("halves"):
        return 0.0
    rng, large = np.random.default_rng(1), draw(np.random.default_rng(99), 60_000, interaction)
    found = []
    for _ in range(80):
        train = draw(rng, n_train, interaction)
        one, other = (score_and_influence(large[1], said(x, train, large[0]))[0] for x in (a, b))
        found.append(one - other)
    return float(np.mean(found))


def half_widths(differences, influence):
    means = differences.reshape(REPEATS, FOLDS).mean(axis=1)
    rows = np.sqrt((influence.mean(axis=0) ** 2).sum()) / influence.shape[1]
    return {
        "naive": corrected_spread(differences, 0.0).half_width(CONFIDENCE),
        "corrected": corrected_spread(differences, 1 / FOLDS).half_width(CONFIDENCE),
        "influence": stats.norm.ppf((1 + CONFIDENCE) / 2) * rows,
        "shipped": pooled_spread(influence, means, folds=FOLDS).half_width(CONFIDENCE),
    }


def simulate(name, pair, draw, n_rows, n_simulations):
    a, b, interaction = pair
    truth = true_difference(name, a, b, interaction, n_rows - n_rows // FOLDS, draw)
    rng, means, widths = np.random.default_rng(0), [], []
    for seed in range(n_simulations):
        features, target = draw(rng, n_rows, interaction)
        differences, influence = [], np.zeros((REPEATS, n_rows))
        splits = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=seed)
        for place, (train, test) in enumerate(splits.split(features, strata(target, FOLDS))):
            one, other = (said(x, (features[train], target[train]), features[test]) for x in (a, b))
            scores, adds = zip(*(score_and_influence(target[test], x) for x in (one, other)), strict=True)
            differences.append(scores[0] - scores[1])
            influence[place // FOLDS, test] = adds[0] - adds[1]
        means.append(np.mean(differences))
        widths.append(half_widths(np.array(differences), influence))
    right = stats.norm.ppf((1 + CONFIDENCE) / 2) * np.std(means)
    print(f"{name}, {n_rows} rows, true difference {100 * truth:.2f} points")
    for kind in widths[0]:
        half = np.array([width[kind] for width in widths])
        covered = np.mean(np.abs(np.array(means) - truth) <= half)
        power = "" if truth == 0 else f"  excludes zero {np.mean(np.abs(means) > half):.3f}"
        print(f"    {kind:12}covers {covered:.3f}  relative width {half.mean() / right:.2f}{power}", flush=True)


def main():
    warnings.simplefilter("ignore")
    n_simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    wanted = sys.argv[2] if len(sys.argv) > 2 else "both"
    kinds = {"classes": (PAIRS, draw), "number": (NUMBER_PAIRS, draw_numbers)}
    for kind, (pairs, drawing) in kinds.items():
        for n_rows in (200, 500, 2_000) if wanted in ("both", kind) else ():
            for name, pair in pairs.items():
                simulate(name, pair, drawing, n_rows, n_simulations)


if __name__ == "__main__":
    main()
