"""How do scores become probabilities that never turn a model round? Platt's sigmoid, whose slope is kept above zero.

Where a machine has hardly learned anything, its scores of rows kept aside may by chance speak for the wrong class. Platt's
curve then falls: the probabilities rank rows in the opposite order of the machine, and a model that is a little better than
chance is scored as one that is worse. A curve that must rise is best where it is level, at the share of the class.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, logit, softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["LEAST_SLOPE", "RisingCalibration", "rising_sigmoid", "rising_softmax"]

LEAST_SLOPE = 1e-3
"""Logits for a whole margin of the machine: too little to say anything, enough to keep the order of rows in float32."""


class RisingCalibration(CalibratedClassifierCV):
    """scikit-learn's calibration by a sigmoid for each class, none of which falls as the class's score rises.

    A sigmoid that rises is left as it was fitted. The likelihood is concave in slope and intercept, so that where the best
    sigmoid falls, the best of those that do not is level: it gets `LEAST_SLOPE`, and the mean of Platt's targets as its
    height. Its parameters and attributes are those of `CalibratedClassifierCV`; `method` must be "sigmoid".

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines; Lin, Lin and Weng (2007), Machine Learning 68, 267-276.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> x, y = np.random.default_rng(1).normal(size=(40, 2)), np.arange(40) % 2  # nothing to learn
    >>> def slope(calibration):
    ...     return float(-calibration(SVC(), cv=3, ensemble=False).fit(x, y).calibrated_classifiers_[0].calibrators[0].a_)
    >>> slope(CalibratedClassifierCV) < 0, slope(RisingCalibration)
    (True, 0.001)
    """

    def fit(self, X: "ArrayLike", y: "ArrayLike", sample_weight: "ArrayLike | None" = None) -> Self:
        """Fit the machine and the sigmoids on X of shape (n_samples, n_features) and labels y of shape (n_samples,).

        `sample_weight`, shape (n_samples,), says for how much each row counts; all alike without it.

        Raises
        ------
        ValueError
            If `method` is another than "sigmoid", or the data is not usable.
        """
        if self.method != "sigmoid":
            raise ValueError(f"method is {self.method!r}; only 'sigmoid' is kept rising")
        super().fit(X, y, sample_weight)
        labels = np.asarray(y)
        weights = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        for fitted in self.calibrated_classifiers_:
            scored = fitted.estimator.classes_[-len(fitted.calibrators) :]  # of two classes the second
            for label, sigmoid in zip(scored, fitted.calibrators, strict=True):
                _keep_rising(sigmoid, labels == label, weights)
        return self


def _keep_rising(sigmoid: Any, positive: "NDArray[np.bool_]", weights: "NDArray[np.float64]") -> None:
    """Mend a fitted sigmoid 1 / (1 + exp(a s + b)) of scores s, if it does not rise; both arrays have shape (n_samples,)."""
    if -sigmoid.a_ >= LEAST_SLOPE:
        return
    n_positive, n = float(weights[positive].sum()), float(weights.sum())
    targets = n_positive * (n_positive + 1) / (n_positive + 2) + (n - n_positive) / (n - n_positive + 2)
    sigmoid.a_, sigmoid.b_ = -LEAST_SLOPE, -float(logit(targets / n))


def rising_sigmoid(scores: "NDArray", positive: "NDArray[np.bool_]") -> tuple[float, float]:
    """Fit sigmoid(slope * score + bias) to what happened; give (slope, bias), the slope at least `LEAST_SLOPE`.

    Parameters
    ----------
    scores : numpy.ndarray of shape (n_samples,)
        Of rows that the machine has not learned from.
    positive : numpy.ndarray of bool, shape (n_samples,)
        Whether the row is of the class that high scores speak for; both must occur.
    """
    curve = LogisticRegression().fit(scores[:, None], positive)
    slope, bias = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    return (slope, bias) if slope >= LEAST_SLOPE else (LEAST_SLOPE, float(logit(positive.mean())))


def rising_softmax(
    scores: "NDArray[np.float64]", labels: "NDArray[np.int64]"
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Fit softmax(slopes @ score + biases) to what happened, so that a class gets likelier as its own score rises.

    Multinomial logistic regression with scikit-learn's penalty, and one restriction: where the score of class k rises and the
    others stay, the logit of no class rises by as much as that of k (it falls behind by at least `LEAST_SLOPE` a unit).

    Parameters
    ----------
    scores : numpy.ndarray of shape (n_samples, n_classes)
        Of rows that the machine has not learned from.
    labels : numpy.ndarray of int, shape (n_samples,)
        Codes of the classes, the columns of the scores.

    Returns
    -------
    slopes, biases : numpy.ndarray of shapes (n_classes, n_classes) and (n_classes,)
        Slopes by logit and score; each column has mean 0.
    """
    n_classes = scores.shape[1]
    happened, others = np.eye(n_classes)[labels], ~np.eye(n_classes, dtype=bool)
    n_slopes = n_classes * (n_classes - 1)

    def centred(behind: "NDArray[np.float64]") -> "NDArray[np.float64]":
        slopes = np.zeros((n_classes, n_classes))
        slopes[others] = -behind  # a softmax sees differences of logits only: a class's own slope may be 0
        return np.asarray(slopes - slopes.mean(axis=0))

    def loss(parameters: "NDArray[np.float64]") -> "tuple[float, NDArray[np.float64]]":
        slopes, biases = centred(parameters[:n_slopes]), parameters[n_slopes:]
        logits = scores @ slopes.T + biases
        pulls = softmax(logits, axis=1) - happened
        cost = -(happened * log_softmax(logits, axis=1)).sum() + 0.5 * (slopes**2).sum()
        return float(cost), np.concatenate([-(pulls.T @ scores + slopes)[others], pulls.sum(axis=0)])

    start = np.concatenate([np.full(n_slopes, 1.0 / n_classes), np.zeros(n_classes)])
    bounds = [(LEAST_SLOPE, None)] * n_slopes + [(None, None)] * n_classes
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return centred(found[:n_slopes]), found[n_slopes:]
