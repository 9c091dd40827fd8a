"""How does the lab compare with the same comparison written by hand? One run of each, side by side.

The peer: scikit-learn's GridSearchCV over small grids of the families that both know (logistic regression, tree, gradient
boosting, forest, extra trees, MLP, SVM) and InterpretML's explainable boosting machine with its defaults, nested in the same
repeated outer folds, one process for each core. The lab: its own command at standard effort, everything that follows on the
verdict included. Printed: seconds on the clock, and both conclusions (best readable and best black box, mean ROC AUC).

python tests/benchmarks/interpretability_run.py                      breast cancer; about 30 minutes on two idle cores
python tests/benchmarks/interpretability_run.py DATA.csv COLUMN      another table (two classes)
python tests/benchmarks/interpretability_run.py adult                a generated table of the size of UCI Adult, the lab only
"""

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
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold

from interpretability.families import EXTRA_TREES, TREE
from lab.data import load
from lab.families import BOOSTING, FOREST, LOGISTIC, MLP, SVM

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


def peer(data):
    splits = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0).split(data.features, data.target))
    names = [*GRIDS, "ebm"]
    start = time.perf_counter()
    jobs = (joblib.delayed(by_hand)(name, data, *split) for split in splits for name in names)
    found = joblib.Parallel(n_jobs=os.cpu_count())(jobs)
    seconds = time.perf_counter() - start
    sides = {"readable": ["logistic", "tree", "ebm"]}
    sides["black box"] = [name for name in names if name not in sides["readable"]]
    best = {}
    for side, members in sides.items():
        folds = [found[i : i + len(names)] for i in range(0, len(found), len(names))]
        taken = [max((row for row in fold if row[0] in members), key=lambda row: row[1]) for fold in folds]
        best[side] = 100 * float(np.mean([row[2] for row in taken]))
    print(f"by hand: {seconds:.0f} s; best readable {best['readable']:.2f}, best black box {best['black box']:.2f}")


def ours(words):
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        command = [sys.executable, "-m", "lab", "run", "interpretability", *words, "--out", folder]
        subprocess.run(command, check=True)
        print(f"lab: {time.perf_counter() - start:.0f} s")


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
    if sys.argv[1:] == ["adult"]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "adult_sized.csv"
            adult_sized(path)
            ours([str(path), "--target", "income"])
        return
    source, target = (sys.argv[1], sys.argv[2]) if len(sys.argv) == 3 else ("breast-cancer", None)
    ours([source, *(["--target", target] if target else [])])
    peer(load(source, target))


if __name__ == "__main__":
    main()
