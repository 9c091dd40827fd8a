"""How does AutoGluon do on the lab's own outer folds? Each fold in a process of the peers' environment, scored here.

Made once by `python -m venv .peers/autogluon` and
`.peers/autogluon/bin/pip install "autogluon.tabular[catboost,lightgbm,xgboost]" pyarrow`; without torch, which the preset then
leaves out.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from lab.learning.families import Family
from lab.learning.folds import all_folds, split
from lab.learning.outer import FoldRow, fold_key
from lab.learning.scoring import score_said, scored_beside

PEER = Path(__file__).with_name("autogluon_peer.py")
METRICS = {
    "roc_auc": "roc_auc", "roc_auc_ovr": "roc_auc_ovo_macro", "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy", "neg_log_loss": "log_loss", "r2": "r2",
}  # fmt: skip
"""The library's name of the same metric, or of its nearest."""


def family(seconds):
    """A name for its scores; the lab never builds it."""
    return Family("peer-autogluon", f"AutoGluon, best quality, {seconds} s a fold", lambda features, seed: None)


def folds(dataset, settings, metric, *, seed, seconds, python):
    """Rows of AutoGluon on every outer fold by their keys, and its processor seconds."""
    rows, spent, name = {}, 0.0, family(seconds)
    for fold in all_folds(settings.folds, settings.repeats, seed):
        train, test = split(dataset, fold)
        said, used = answered(dataset, train, test, metric.scorer, seconds=seconds, python=python)
        spent += used
        rows[fold_key(name, fold.index).name] = FoldRow(
            score_said(metric.scorer, said, dataset.target[test]),
            said,
            scored_beside(said, dataset.target[test], len(dataset.classes)),
            test_rows=test,
            parameters={},
        )
    return rows, spent


def answered(dataset, train, test, scorer, *, seconds, python):
    """Its predictions for the test rows, and the processor seconds that it took to learn."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder, f"{name}.parquet")) for name in ("train", "test")}
        features = dataset.features.astype(dict.fromkeys(dataset.features.select_dtypes(object), "string"))
        features.iloc[train].assign(target_of_the_lab=dataset.target[train]).to_parquet(paths["train"], index=False)
        features.iloc[test].to_parquet(paths["test"], index=False)
        said = Path(folder, "said.npy")
        job = {
            **paths, "target": "target_of_the_lab", "metric": METRICS[scorer], "seconds": seconds,
            "n_classes": len(dataset.classes), "said": str(said),
        }  # fmt: skip
        done = subprocess.run(
            [str(python), str(PEER)], input=json.dumps(job), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"AutoGluon failed: {done.stderr[-2_000:]}")
        return np.load(said), float(done.stdout.splitlines()[-1])
