"""How do other tools do on the lab's own outer folds? Each fold in a process of the peer's environment, scored here.

Made once: AutoGluon by `python -m venv .peers/autogluon` and
`.peers/autogluon/bin/pip install "autogluon.tabular[catboost,lightgbm,xgboost]" pyarrow`; without torch, which the preset then
leaves out. The rule learners by `python -m venv .peers/rules` and
`.peers/rules/bin/pip install "gosdt>=1" imodels six requests pyarrow`. FasterRisk 0.1.10 does not run with NumPy 2 (it calls
`ndarray.tostring`), and asks for a pandas of 2022.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lab.learning.families import Family
from lab.learning.folds import all_folds, split
from lab.learning.outer import FoldRow, fold_key
from lab.learning.scoring import score_said, scored_beside

FOLDER = Path(__file__).parent
METRICS = {
    "roc_auc": "roc_auc", "roc_auc_ovr": "roc_auc_ovo_macro", "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy", "neg_log_loss": "log_loss", "r2": "r2",
}  # fmt: skip
"""The library's name of the same metric, or of its nearest."""
RULES = {
    "gosdt": "optimal sparse tree (GOSDT)", "rulefit": "RuleFit (imodels)",
    "hs-tree": "shrunken tree (imodels)", "boosted-rules": "boosted rules (imodels)", "tree-gam": "trees of one column (imodels)",
}  # fmt: skip
"""Rule learners for two classes."""


@dataclass(frozen=True)
class Peer:
    """Another tool: its name, what to call it, the script and the interpreter that run it, and what else its job says."""

    name: str
    label: str
    script: Path
    python: str
    job: Mapping[str, Any]

    @property
    def family(self):
        """A name for its scores; the lab never builds it."""
        return Family(f"peer-{self.name}", self.label, lambda features, seed: None)


def autogluon(seconds, python):
    """AutoGluon's preset for the best quality."""
    label = f"AutoGluon, best quality, {seconds} s a fold"
    return Peer("autogluon", label, FOLDER / "autogluon_peer.py", python, {"seconds": seconds})


def rule_learners(python):
    """All of `RULES`."""
    return [Peer(name, label, FOLDER / "rules_peer.py", python, {"model": name}) for name, label in RULES.items()]


def folds(dataset, settings, metric, *, seed, peer):
    """Rows of a peer on every outer fold by their keys, and its processor seconds."""
    rows, spent = {}, 0.0
    for fold in all_folds(settings.folds, settings.repeats, seed):
        train, test = split(dataset, fold)
        said, used = answered(dataset, train, test, metric.scorer, peer)
        spent += used
        rows[fold_key(peer.family, fold.index).name] = FoldRow(
            score_said(metric.scorer, said, dataset.target[test]),
            said,
            scored_beside(said, dataset.target[test], len(dataset.classes)),
            test_rows=test,
            parameters={},
        )
    return rows, spent


def answered(dataset, train, test, scorer, peer):
    """Its predictions for the test rows, and the processor seconds that it took to learn."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder, f"{name}.parquet")) for name in ("train", "test")}
        features = dataset.features.astype(dict.fromkeys(dataset.features.select_dtypes(object), "string"))
        features.iloc[train].assign(target_of_the_lab=dataset.target[train]).to_parquet(paths["train"], index=False)
        features.iloc[test].to_parquet(paths["test"], index=False)
        said = Path(folder, "said.npy")
        job = {
            **paths, "target": "target_of_the_lab", "metric": METRICS[scorer], "n_classes": len(dataset.classes),
            "said": str(said), **peer.job,
        }  # fmt: skip
        done = subprocess.run(
            [str(peer.python), str(peer.script)], input=json.dumps(job), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{peer.label} failed: {done.stderr[-2_000:]}")
        return np.load(said), float(done.stdout.splitlines()[-1])
