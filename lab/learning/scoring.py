"""How good is a fitted model? One primary metric, fixed before the run, and the usual ones beside it."""

import dataclasses
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, get_scorer, get_scorer_names, log_loss
from sklearn.pipeline import Pipeline

from lab.data.positive import OF_ONE_CLASS
from lab.errors import SettingsError, nearest
from lab.privacy.cells import without_cells
from lab.protocol import Dataset, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BESIDE", "Metric", "Scored", "calibration_error", "prepared", "primary_metric", "said_by", "score_model",
    "score_said", "scored_beside", "scored_by",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Metric:
    """A scorer of scikit-learn and how to show it: higher is better; shown = score x `factor`, in `unit`.

    `lowest` is where it ends below, as shown; `task` is what it scores.
    """

    scorer: str
    label: str
    unit: str
    factor: float
    lowest: float = 0.0
    task: Task = "classes"


@dataclasses.dataclass(frozen=True)
class _Kind:
    """What can score one kind of target: the beginnings of the scorers' names, those of `points` being shares of one."""

    words: str
    points: tuple[str, ...]
    others: tuple[str, ...]
    lowest: float
    constant: Callable[[], Any]


_KINDS: Mapping[Task, _Kind] = {
    "classes": _Kind(
        "classification scorers",
        (
            "roc_auc",
            "accuracy",
            "balanced_accuracy",
            "average_precision",
            "f1",
            "precision",
            "recall",
            "jaccard",
            "top_k",
        ),
        ("neg_log_loss", "neg_brier_score", "matthews_corrcoef", "d2_log_loss_score", "d2_brier_score"),
        0.0,
        lambda: DummyClassifier(strategy="prior"),
    ),
    "number": _Kind(
        "regression scorers",
        ("r2", "explained_variance", "d2_absolute_error_score"),
        ("neg_mean_", "neg_median_", "neg_root_mean_"),  # the largest error is one row's
        -np.inf,
        DummyRegressor,
    ),
}
_LABELS = {
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC (mean over classes)",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "average_precision": "average precision",
    "f1": "F1 score",
    "neg_log_loss": "log loss (negative)",
    "r2": "R² (explained variance)",
    "neg_mean_absolute_error": "mean absolute error (negative)",
    "neg_mean_squared_error": "mean squared error (negative)",
    "neg_root_mean_squared_error": "root mean squared error (negative)",
    "neg_median_absolute_error": "median absolute error (negative)",
}
# What stands beside the primary metric in a table, by column: smaller is better but for the first of classes.
BESIDE: Mapping[Task, tuple[str, ...]] = {
    "classes": ("balanced accuracy", "log loss (nats)", "Brier", "calibration error"),
    "number": ("root mean squared error", "mean absolute error", "mean error"),
}


@dataclasses.dataclass(frozen=True)
class Scored:
    """How a fitted model did on rows that it had not seen.

    Attributes
    ----------
    score : float
        The primary metric, as scikit-learn's scorer gives it.
    predictions : numpy.ndarray
        Probabilities of shape (n_rows, n_classes), or numbers of shape (n_rows,).
    beside : mapping of str to float
        The usual metrics, by the columns of `BESIDE`: balanced accuracy in [0, 1], log loss in nats, Brier (mean over
        rows of the squared distance between the probabilities and the truth, 0 to 2), calibration error in [0, 1]; for
        numbers errors in the unit of the target.
    """

    score: float
    predictions: np.ndarray
    beside: Mapping[str, float]


def primary_metric(name: str, dataset: Dataset) -> Metric:
    """Choose the metric of the verdict.

    `auto` is the ROC AUC, averaged one-versus-rest over more than two classes, and R² for a number.

    Raises
    ------
    SettingsError
        If scikit-learn has no such scorer for this kind of target, or it cannot score this one.
    """
    kind = _KINDS[dataset.task]
    if name == "auto":
        name = {0: "r2", 2: "roc_auc"}.get(len(dataset.classes), "roc_auc_ovr")
    known = [scorer for scorer in get_scorer_names() if scorer.startswith((*kind.points, *kind.others))]
    if name not in known:
        raise SettingsError(f"metric is {name!r}; {nearest(name, known, label=f'{kind.words} of scikit-learn')}")
    nothing = np.zeros((dataset.n_rows, 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a constant finds none of a rare class
            get_scorer(name)(kind.constant().fit(nothing, dataset.target), nothing, dataset.target)
    except ValueError as error:
        what = f"a target of {len(dataset.classes)} classes" if dataset.classes else "these numbers"
        raise SettingsError(
            f"metric {name!r} cannot score {what} ({' '.join(without_cells(str(error), dataset).split())}); leave metric at auto"
        ) from error
    label = _LABELS.get(name, name)
    if dataset.positive and name in OF_ONE_CLASS:
        label += f" of class {dataset.positive!r}"
    if not name.startswith(kind.points):
        return Metric(name, label, "", 1.0, -np.inf, dataset.task)
    return Metric(name, label, "points", 100.0, kind.lowest, dataset.task)


def score_model(
    model: Any, features: Any, target: "NDArray", scorer: str, n_classes: int, weights: "NDArray | None" = None
) -> Scored:
    """Score a fitted classifier, or (`n_classes` is 0) a fitted regressor, on unseen rows; arrays have shape (n_rows,)."""
    last, seen = prepared(model, features)
    score, said = scored_by(scorer, last, seen, target, weights), said_by(last, seen)
    return Scored(score, said, scored_beside(said, target, n_classes, weights))


def scored_by(scorer: str, model: Any, features: Any, target: "NDArray", weights: "NDArray | None" = None) -> float:
    """Score a fitted model by a scorer of scikit-learn, as this gives it; `target` and `weights` have shape (n_rows,)."""
    counted = {} if weights is None else {"sample_weight": weights}
    return float(get_scorer(scorer)(model, features, target, **counted))


def prepared(model: Any, features: Any) -> tuple[Any, Any]:
    """Carry rows through the steps before a fitted pipeline's last one, so that it can be asked twice: give both.

    What is no pipeline, or has a single step, is given back with the rows as they are.
    """
    if not isinstance(model, Pipeline) or len(model) < 2:
        return model, features
    return model[-1], model[:-1].transform(features)


def said_by(model: Any, features: Any) -> "NDArray[np.float64]":
    """What a fitted model says of rows: probabilities of shape (n_rows, n_classes), or numbers of shape (n_rows,)."""
    speaks = model.predict_proba if hasattr(model, "classes_") else model.predict
    return np.asarray(speaks(features), dtype=np.float64)


def scored_beside(
    said: "NDArray[np.float64]", target: "NDArray", n_classes: int, weights: "NDArray | None" = None
) -> dict[str, float]:
    """Compute the usual metrics of predictions, by the columns of `BESIDE`.

    Parameters
    ----------
    said : array of shape (n_rows, n_classes), or (n_rows,) where `n_classes` is 0
        Probabilities, or numbers.
    target : array of shape (n_rows,)
        Codes of classes from 0, or numbers.
    weights : array of shape (n_rows,), optional
        For how much each row counts; all alike without it.
    """
    if n_classes == 0:
        errors = said - target
        means = (np.average(values, weights=weights) for values in (errors**2, np.abs(errors), errors))
        found = (np.sqrt(next(means)), *means)
        return dict(zip(BESIDE["number"], map(float, found), strict=True))
    labels = np.arange(n_classes)
    shares = (
        balanced_accuracy_score(target, said.argmax(axis=1), sample_weight=weights),
        log_loss(target, said, labels=labels, sample_weight=weights),
        brier_score_loss(target, said, labels=labels, scale_by_half=False, sample_weight=weights),
        calibration_error(said, target, weights=weights),
    )
    return dict(zip(BESIDE["classes"], map(float, shares), strict=True))


def score_said(scorer: str, said: "NDArray[np.float64]", target: "NDArray", weights: "NDArray | None" = None) -> float:
    """Score predictions without a model, as scikit-learn's scorer would score one that says so.

    Parameters
    ----------
    scorer : str
        Its name.
    said : array of shape (n_rows, n_classes) or (n_rows,)
        Probabilities by the code of the class, or numbers.
    target : array of shape (n_rows,)
        Codes from 0, or numbers.
    weights : array of shape (n_rows,), optional
        For how much each row counts; all alike without it.
    """
    speaker = _SaysNumbers(said) if said.ndim == 1 else _SaysClasses(said)
    return scored_by(scorer, speaker, np.empty((len(said), 1)), target, weights)


class _SaysClasses(ClassifierMixin, BaseEstimator):
    """It says the probabilities that it was given, in their order."""

    def __init__(self, said: "NDArray") -> None:
        self.said = said
        self.classes_ = np.arange(said.shape[1])

    def predict_proba(self, X: Any) -> "NDArray":
        del X
        return self.said

    def predict(self, X: Any) -> "NDArray":
        del X
        return self.said.argmax(axis=1)


class _SaysNumbers(RegressorMixin, BaseEstimator):
    """It says the numbers that it was given, in their order."""

    def __init__(self, said: "NDArray") -> None:
        self.said = said

    def predict(self, X: Any) -> "NDArray":
        del X
        return self.said


def calibration_error(
    probabilities: "NDArray", target: "NDArray[np.int64]", *, n_bins: int = 10, weights: "NDArray | None" = None
) -> float:
    """Expected calibration error of the predicted label's probability, in [0, 1], over bins of equal counts.

    The mean distance between how sure the model is and how often it is right (Naeini, Cooper and Hauskrecht 2015,
    with bins of equal counts rather than of equal width, so that no bin is empty).

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_rows, n_classes)
    target : numpy.ndarray of shape (n_rows,)
        Codes of the classes, from 0.
    n_bins : int
    weights : numpy.ndarray of shape (n_rows,), optional
        For how much each row counts; the bins hold equal counts of rows all the same.
    """
    counts = np.ones(len(target)) if weights is None else weights
    sure = counts * probabilities.max(axis=1)
    right = counts * (probabilities.argmax(axis=1) == target)
    bins = np.array_split(np.argsort(probabilities.max(axis=1), kind="stable"), min(n_bins, len(sure)))
    return float(sum(abs(sure[rows].sum() - right[rows].sum()) for rows in bins) / counts.sum())
