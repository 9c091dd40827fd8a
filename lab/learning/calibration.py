"""How do scores become probabilities that never turn a model round? Platt's sigmoid, whose slope is kept above zero.

Where a machine has hardly learned anything, its scores of rows kept aside may by chance speak for the wrong class. Platt's
curve then falls: the probabilities rank rows in the opposite order of the machine, and a model that is a little better than
chance is scored as one that is worse. A curve that must rise is best where it is level, at the share of the class.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.special import logit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["LEAST_SLOPE", "RisingCalibration", "rising_sigmoid"]

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

    def fit(self, X: "ArrayLike", y: "ArrayLike") -> Self:
        """Fit the machine and the sigmoids on X of shape (n_samples, n_features) and labels y of shape (n_samples,).

        Raises
        ------
        ValueError
            If `method` is another than "sigmoid", or the data is not usable.
        """
        if self.method != "sigmoid":
            raise ValueError(f"method is {self.method!r}; only 'sigmoid' is kept rising")
        super().fit(X, y)
        labels = np.asarray(y)
        for fitted in self.calibrated_classifiers_:
            scored = fitted.estimator.classes_[-len(fitted.calibrators) :]  # of two classes the second
            for label, sigmoid in zip(scored, fitted.calibrators, strict=True):
                _keep_rising(sigmoid, labels == label)
        return self


def _keep_rising(sigmoid: Any, positive: "NDArray[np.bool_]") -> None:
    """Mend a fitted sigmoid 1 / (1 + exp(a s + b)) of scores s, if it does not rise."""
    if -sigmoid.a_ >= LEAST_SLOPE:
        return
    n_positive, n = int(positive.sum()), len(positive)
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
