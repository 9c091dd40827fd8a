"""How does the lab compare with the same comparison written by hand? One run of each, side by side.

The peer: scikit-learn's GridSearchCV over small grids of the families that both know (logistic regression, tree, gradient
boosting, forest, extra trees, MLP, SVM) and InterpretML's explainable boosting machine with its defaults, nested in the same
repeated outer folds, one process for each core; its conclusion is the corrected t interval of the difference between the best
readable and the best black box. The lab: its own command at standard effort, everything that follows on the verdict included.
Printed: seconds on the clock, their ratio, both conclusions, and whether they agree.

python tests/benchmarks/interpretability_run.py                      breast cancer; the peer takes half an hour on two idle cores
python tests/benchmarks/interpretability_run.py --repeats 1          both sides with 5 folds x 1 instead of 5 x 3: ten minutes
python tests/benchmarks/interpretability_run.py DATA.csv COLUMN      another table (two classes)
python tests/benchmarks/interpretability_run.py adult                a generated table of the size of UCI Adult, the lab only
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier
from scipy import stats
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold

from interpretability.models.classifiers import TREE
from lab.data.load import load
from lab.learning.families import BOOSTING, EXTRA_TREES, FOREST, LOGISTIC, MLP, SVM

FOLDS, MARGIN = 5, 1.0
GRIDS = {  # four candidates each, as the lab tries
    "logistic": (LOGISTIC, "readable", {"model__C": [0.01, 0.1, 1, 10]}),
    "tree": (TREE, "readable", {"model__max_leaf_nodes": [4, 8], "model__min_samples_leaf": [5, 20]}),
    "boosting": (BOOSTING, "black box", {"model__learning_rate": [0.05, 0.1], "model__max_leaf_nodes": [8, 31]}),
    "forest": (FOREST, "black box", {"model__max_features": ["sqrt", 0.3], "model__min_samples_leaf": [1, 5]}),
    "extra-trees": (
        EXTRA_TREES,
        "black box",
        {"model__max_features": ["sqrt", 0.3], "model__min_samples_leaf": [1, 5]},
    ),
    "mlp": (MLP, "black box", {"model__hidden_layer_sizes": [(32,), (100,)], "model__alpha": [1e-4, 1e-1]}),
    "svm": (SVM, "black box", {"model__estimator__C": [1, 10], "model__estimator__gamma": [0.01, 0.1]}),
}


def by_hand(name, data, train, test):
    warnings.simplefilter("ignore")
    features, target = data.features, data.target
    if name == "ebm":
        kinds = ["nominal" if features[column].dtype == object else "continuous" for column in features]
        model, grid = ExplainableBoostingClassifier(feature_types=kinds, n_jobs=1, random_state=0), {}
    else:
        family, _, grid = GRIDS[name]
        model = family.build(features, 0)
    search = GridSearchCV(model, grid, scoring="roc_auc", cv=3).fit(features.iloc[train], target[train])
    return name, search.best_score_, search.score(features.iloc[test], target[test])


def peer(data, repeats):
    """Seconds, mean score of the best of each side, and (difference, low, high) in points."""
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=0)
    splits = list(folds.split(data.features, data.target))
    names = [*GRIDS, "ebm"]
    start = time.perf_counter()
    jobs = (joblib.delayed(by_hand)(name, data, *split) for split in splits for name in names)
    found = joblib.Parallel(n_jobs=os.cpu_count())(jobs)
    seconds = time.perf_counter() - start
    readable = [name for name in names if name == "ebm" or GRIDS[name][1] == "readable"]
    best = {}
    for side, members in (("glass", readable), ("black", [name for name in names if name not in readable])):
        rows = [found[i : i + len(names)] for i in range(0, len(found), len(names))]
        taken = [max((row for row in fold if row[0] in members), key=lambda row: row[1]) for fold in rows]
        best[side] = 100 * np.array([row[2] for row in taken])
    differences = best["black"] - best["glass"]
    n = len(differences)
    error = np.sqrt(differences.var(ddof=1) * (1 / n + 1 / (FOLDS - 1)))  # Nadeau and Bengio 2003
    half = stats.t.ppf(0.975, n - 1) * error
    mean = differences.mean()
    return seconds, best["glass"].mean(), best["black"].mean(), (mean, mean - half, mean + half)


def ours(words):
    """The same of the lab, read from its record."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        command = [sys.executable, "-m", "lab", "run", "interpretability", *words, "--out", folder]
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - start
        (record,) = Path(folder).glob("*/record.json")
        found = json.loads(record.read_text(encoding="utf-8"))["evidence"]["estimates"]
    loss = found["loss"]
    return seconds, found["glass"]["value"], found["black"]["value"], (loss["value"], loss["low"], loss["high"])


def answer(loss):
    return "loses nothing" if loss[2] < MARGIN else "loses" if loss[1] > MARGIN else "undecided"


def show(name, seconds, glass, black, loss):
    print(
        f"{name:8}{seconds:7.0f} s   best readable {glass:.2f}   best black box {black:.2f}   "
        f"loss {loss[0]:+.2f} ({loss[1]:+.2f} to {loss[2]:+.2f}): {answer(loss)}",
        flush=True,
    )


def adult_sized(path):
    """Draw 32,561 rows of 6 numbers and 8 categories, with missing values."""
    rng = np.random.default_rng(0)
    n = 32_561
    table = {f"number {i}": rng.normal(size=n).round(4) for i in range(6)}
    odds = table["number 0"] - 0.5 * table["number 1"] ** 2 + 0.7 * table["number 2"] * table["number 3"]
    for i in range(8):
        codes = rng.integers(0, 3 + 5 * i, n)
        odds = odds + rng.normal(scale=0.4, size=3 + 5 * i)[codes]
        table[f"category {i}"] = np.where(rng.random(n) < 0.02, "", np.char.add("c", codes.astype(str)))
    table["income"] = np.where(rng.random(n) < 1 / (1 + np.exp(1 - odds)), ">50K", "<=50K")
    pd.DataFrame(table).to_csv(path, index=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", nargs="?", default="breast-cancer")
    parser.add_argument("target", nargs="?")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    words = ["--folds", str(FOLDS), "--repeats", str(asked.repeats)]
    if asked.source == "adult":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "adult_sized.csv"
            adult_sized(path)
            show("lab", *ours([str(path), "--target", "income", *words]))
        return
    lab = ours([asked.source, *(["--target", asked.target] if asked.target else []), *words])
    show("lab", *lab)
    hand = peer(load(asked.source, asked.target), asked.repeats)
    show("by hand", *hand)
    overlap = lab[3][1] <= hand[3][2] and hand[3][1] <= lab[3][2]
    same = answer(lab[3]) == answer(hand[3])
    print(
        f"by hand took {hand[0] / lab[0]:.1f} times as long; the answers are {'the same' if same else 'not the same'}, "
        f"the intervals {'overlap' if overlap else 'do not overlap'}"
    )


if __name__ == "__main__":
    main()
