"""How good is a fitted classifier? One primary metric, fixed before the run, and the usual ones beside it."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, get_scorer, get_scorer_names, log_loss

from lab.errors import SettingsError, nearest
from lab.protocol import Dataset, Row
from lab.stats import auc_influence

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Metric", "calibration_error", "influence", "primary_metric", "score_model"]

_SHARES = (
    "roc_auc",
    "accuracy",
    "balanced_accuracy",
    "average_precision",
    "f1",
    "precision",
    "recall",
    "jaccard",
    "top_k",
)
_OTHERS = ("neg_log_loss", "neg_brier_score", "matthews_corrcoef", "d2_log_loss_score", "d2_brier_score")
_LABELS = {
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC (mean over classes)",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "average_precision": "average precision",
    "f1": "F1 score",
    "neg_log_loss": "log loss (negative)",
}


@dataclasses.dataclass(frozen=True)
class Metric:
    """A scorer of scikit-learn and how to show it: higher is better; shown = score x `factor`, in `unit`."""

    scorer: str
    label: str
    unit: str
    factor: float


def primary_metric(name: str, dataset: Dataset) -> Metric:
    """Choose the metric of the verdict; `auto` is the ROC AUC, averaged one-versus-rest over more than two classes.

    Raises
    ------
    SettingsError
        If scikit-learn has no such scorer for classifiers, or it cannot score a classifier on this target.
    """
    if name == "auto":
        name = "roc_auc" if len(dataset.classes) == 2 else "roc_auc_ovr"
    known = [scorer for scorer in get_scorer_names() if scorer.startswith((*_SHARES, *_OTHERS))]
    if name not in known:
        raise SettingsError(
            f"metric is {name!r}; {nearest(name, known, label='classification scorers of scikit-learn')}"
        )
    model = DummyClassifier(strategy="prior").fit(np.zeros((dataset.n_rows, 1)), dataset.target)
    try:
        get_scorer(name)(model, np.zeros((dataset.n_rows, 1)), dataset.target)
    except ValueError as error:
        raise SettingsError(
            f"metric {name!r} cannot score a target of {len(dataset.classes)} classes ({' '.join(str(error).split())}); "
            "leave metric at auto"
        ) from error
    bounded = name.startswith(_SHARES)
    return Metric(name, _LABELS.get(name, name), "points" if bounded else "", 100.0 if bounded else 1.0)


def score_model(model: Any, features: Any, target: "NDArray[np.int64]", scorer: str, n_classes: int) -> Row:
    """Score a fitted classifier on unseen rows.

    Returns
    -------
    dict
        `score` (the primary metric), `log_loss` (nats), `balanced_accuracy`, `brier` (mean over rows of the squared
        distance between the probabilities and the truth, 0 to 2), and `probabilities` of shape (n_rows, n_classes).
    """
    probabilities = np.asarray(model.predict_proba(features), dtype=np.float64)
    predicted = np.asarray(model.classes_)[probabilities.argmax(axis=1)]
    labels = np.arange(n_classes)
    return {
        "score": float(get_scorer(scorer)(model, features, target)),
        "log_loss": float(log_loss(target, probabilities, labels=labels)),
        "balanced_accuracy": float(balanced_accuracy_score(target, predicted)),
        "brier": float(brier_score_loss(target, probabilities, labels=labels, scale_by_half=False)),
        "probabilities": probabilities,
    }


def influence(scorer: str, probabilities: "NDArray", target: "NDArray[np.int64]") -> "NDArray[np.float64] | None":
    """What each row of a test fold adds to its score, times the number of rows; None for a metric that has no such form.

    Parameters
    ----------
    scorer : str
        Name of the metric.
    probabilities : array of shape (n_rows, n_classes)
        Of the fold's rows.
    target : array of shape (n_rows,)
        Codes of their classes.

    Returns
    -------
    array of shape (n_rows,) or None
        It sums to zero.
    """
    if scorer == "roc_auc":
        return auc_influence(probabilities[:, 1], target == 1)
    if scorer == "roc_auc_ovr":
        return np.mean([auc_influence(p, target == code) for code, p in enumerate(probabilities.T)], axis=0)
    rows = np.arange(len(target))
    one = {
        "accuracy": lambda: probabilities.argmax(axis=1) == target,
        "neg_log_loss": lambda: np.log(np.clip(probabilities[rows, target], np.finfo(np.float64).eps, 1)),
    }.get(scorer)
    if one is None:
        return None
    values = one().astype(np.float64)
    return values - values.mean()


def calibration_error(probabilities: "NDArray", target: "NDArray[np.int64]", *, n_bins: int = 10) -> float:
    """Expected calibration error of the predicted label's probability, in [0, 1], over bins of equal counts.

    The mean distance between how sure the model is and how often it is right (Naeini, Cooper and Hauskrecht 2015,
    with bins of equal counts rather than of equal width, so that no bin is empty).
    """
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == target
    bins = np.array_split(np.argsort(sure, kind="stable"), min(n_bins, len(sure)))
    return float(sum(abs(sure[rows].sum() - right[rows].sum()) for rows in bins) / len(sure))
