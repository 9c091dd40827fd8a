"""What do fewer borders of a column save in CatBoost, and what do they cost? Ours at the library's 254, and at 128 and 64.

Three folds twice, on the tables of `strength.py`: points of ROC AUC (R2 where the target is a number), and processor seconds.

python tests/benchmarks/catboost_borders.py [--only WORD]
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.metrics import r2_score, roc_auc_score
from strength import tables

from interpretability.models import classifiers, regressors
from lab.learning.folds import all_folds, split

BORDERS = (254, 128, 64)


def scored(dataset, borders, train, test):
    """Points on the test rows, and processor seconds of the fit."""
    is_number = dataset.task == "number"
    family = (regressors if is_number else classifiers).CATBOOST
    model = family.build(dataset.features, 0).set_params(model__border_count=borders)
    start = time.process_time()
    model.fit(dataset.features.iloc[train], dataset.target[train])
    spent = time.process_time() - start
    features, target = dataset.features.iloc[test], dataset.target[test]
    if is_number:
        return 100 * r2_score(target, model.predict(features)), spent
    return 100 * roc_auc_score(target, model.predict_proba(features)[:, 1]), spent


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="tables whose name has this in it")
    only = parser.parse_args().only
    print(f"{'table':22}" + "".join(f"{borders:>9}" for borders in BORDERS))
    points, seconds = [], np.zeros(len(BORDERS))
    for name, build in tables().items():
        if only not in name:
            continue
        dataset = build()
        found = np.array([
            [scored(dataset, borders, *split(dataset, fold)) for borders in BORDERS] for fold in all_folds(3, 2, 0)
        ])  # fmt: skip
        points.append(found[..., 0])
        seconds += found[..., 1].sum(axis=0)
        print(f"{name:22}" + "".join(f"{value:9.2f}" for value in found[..., 0].mean(axis=0)), flush=True)
    every = np.concatenate(points)
    for place, borders in enumerate(BORDERS):
        gained = every[:, place] - every[:, 0]
        error = gained.std(ddof=1) / np.sqrt(len(gained))
        print(
            f"{borders} borders: {gained.mean():+.2f} points (standard error {error:.2f}), {seconds[place]:.0f} CPU s"
        )


if __name__ == "__main__":
    main()
