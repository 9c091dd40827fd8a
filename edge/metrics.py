"""Which metric does the edge lab take where the user names none? Accuracy, unless a class is rare: it then says nothing."""

import numpy as np

from lab.protocol import Dataset

__all__ = ["named", "remark"]

_RARE = 10  # times as many rows in the largest class


def named(metric: str, dataset: Dataset) -> str:
    """Give the scorer's name: of `auto` accuracy, or ROC AUC where the rarest class has under a tenth of the largest one's rows."""
    if metric != "auto":
        return metric
    if not _has_rare(dataset):
        return "accuracy"
    return "roc_auc" if len(dataset.classes) == 2 else "roc_auc_ovr"


def remark(metric: str, dataset: Dataset) -> tuple[str, ...]:
    """Say why accuracy is not the metric, where `auto` has decided against it."""
    if metric != "auto" or not _has_rare(dataset):
        return ()
    which = "ROC AUC" if len(dataset.classes) == 2 else "ROC AUC (mean over classes)"
    return (
        f"the metric is {which}, not accuracy: the largest class has more than {_RARE} times as many rows as the rarest, so "
        "always predicting it would be accurate (--metric accuracy to override)",
    )


def _has_rare(dataset: Dataset) -> bool:
    counts = np.bincount(dataset.target, minlength=len(dataset.classes))
    return bool(_RARE * counts.min() < counts.max())
