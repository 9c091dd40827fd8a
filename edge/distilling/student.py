"""How does a small network learn what larger models know? From their probabilities of rows that they have not seen.

Of its own training rows a teacher says nearly the label again; what it says of rows kept aside holds what is not certain. So
the student's probabilities become better where labels are a matter of chance. Where classes are told apart almost always, the
teachers' doubts can cost accuracy: the search may choose to learn from labels alone (`tests/benchmarks/edge_distilling.py`).
"""

import hashlib
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from lab.belonging import ALONE
from lab.learning.splits import k_folds

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["DistilledClassifier", "soft_targets", "taught"]

_TREES = 100
_LEAST = 0.01
"""Shares of a class below this are left out: each would cost one more row to learn from."""
_KEPT = 4
_known: "OrderedDict[bytes, NDArray[np.float64]]" = OrderedDict()
"""What the teachers said, by the rows and the splits: the candidates of one search share them."""


class DistilledClassifier(ClassifierMixin, BaseEstimator):
    """A network with one small hidden layer that learns soft labels: mostly the teachers' probabilities, partly the labels.

    The teachers are extra trees, a network of 100 units and a logistic regression, the average of which teaches. Each row is
    taught by models that learned without it. Cross-entropy against soft labels is that of weighted copies of a row, one a class.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
        Units of the student's layers.
    alpha, learning_rate_init : float
        As in scikit-learn's `MLPClassifier`, of the student.
    hard : float
        Share of the label itself in what is learned, in [0.01, 1]; 1 is learning without a teacher.
    cv : int or sequence of (array, array)
        Folds in which the teachers learn and say, or the row numbers of their training and test parts.
    random_state : int
        Seeds teachers, folds and student.

    References
    ----------
    Hinton, Vinyals, Dean (2015), Distilling the knowledge in a neural network, arXiv 1503.02531.
    """

    def __init__(
        self,
        hidden_layer_sizes: tuple[int, ...] = (16,),
        alpha: float = 1e-4,
        learning_rate_init: float = 1e-3,
        hard: float = 0.5,
        cv: Any = 3,
        random_state: int = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.alpha = alpha
        self.learning_rate_init = learning_rate_init
        self.hard = hard
        self.cv = cv
        self.random_state = random_state

    def fit(self, X: "ArrayLike", y: "ArrayLike") -> Self:
        """Let the teachers learn from X, shape (n_rows, n_features), and y, shape (n_rows,), and then the student from them."""
        if not _LEAST <= self.hard <= 1:
            raise ValueError(f"hard is {self.hard}; it is a share from {_LEAST} to 1")
        rows = np.asarray(X, dtype=np.float64)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        said = np.zeros((len(rows), len(self.classes_)))
        if self.hard < 1:
            splits = k_folds(codes, ALONE, self.cv, self.random_state) if isinstance(self.cv, int) else self.cv
            said = taught(rows, codes, splits, seed=self.random_state)
        soft = soft_targets(said, codes, hard=self.hard)
        place, label = np.nonzero(soft >= _LEAST)
        student = MLPClassifier(
            self.hidden_layer_sizes, alpha=self.alpha, learning_rate_init=self.learning_rate_init, max_iter=400,
            n_iter_no_change=8, tol=1e-3, random_state=self.random_state,
        )  # fmt: skip
        self.student_ = student.fit(rows[place], label, sample_weight=soft[place, label])
        return self

    def predict_proba(self, X: "ArrayLike") -> "NDArray[np.float64]":
        """Give the probability of each class for rows of shape (n_rows, n_features): shape (n_rows, n_classes)."""
        found: NDArray[np.float64] = self.student_.predict_proba(X)
        return found

    def predict(self, X: "ArrayLike") -> "NDArray":
        """Give the class of the highest probability, shape (n_rows,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def soft_targets(said: "NDArray[np.float64]", codes: "NDArray[np.int64]", *, hard: float) -> "NDArray[np.float64]":
    """Mix what the teachers said, shape (n_rows, n_classes), with the labels; a row of which nothing was said keeps its label.

    >>> soft_targets(np.array([[0.6, 0.4], [0.0, 0.0]]), np.array([1, 0]), hard=0.5)
    array([[0.3, 0.7],
           [1. , 0. ]])
    """
    labels = np.eye(said.shape[1])[codes]
    unsaid = said.sum(axis=1) == 0
    mixed = (1 - hard) * said + hard * labels
    mixed[unsaid] = labels[unsaid]
    return mixed


def taught(
    rows: "NDArray[np.float64]", codes: "NDArray[np.int64]", splits: "Sequence[tuple[NDArray, NDArray]]", *, seed: int
) -> "NDArray[np.float64]":
    """Give the teachers' average probabilities of the rows in the test parts, each by teachers that learned from its training part.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n_rows, n_features)
    codes : numpy.ndarray of shape (n_rows,)
        Classes, counted from 0.
    splits : sequence of (array, array)
        Row numbers.

    Returns
    -------
    numpy.ndarray of shape (n_rows, n_classes)
        Zeros for rows in no test part.
    """
    parts = [np.ascontiguousarray(part, dtype=np.int64) for split in splits for part in split]
    asked = hashlib.blake2b(repr((rows.shape, seed, _TREES, [len(part) for part in parts])).encode())
    for content in (np.ascontiguousarray(rows), np.ascontiguousarray(codes, dtype=np.int64), *parts):
        asked.update(content.data)
    key = asked.digest()
    if key not in _known:
        _known[key] = _said(rows, codes, splits, seed)
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    return _known[key].copy()


def _said(
    rows: "NDArray", codes: "NDArray", splits: "Sequence[tuple[NDArray, NDArray]]", seed: int
) -> "NDArray[np.float64]":
    found = np.zeros((len(rows), int(codes.max()) + 1))
    for train, test in splits:
        if len(np.unique(codes[train])) < 2:
            found[test, codes[train[0]]] = 1.0
            continue
        teachers = _teachers(seed)
        for teacher in teachers:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # whether they converge or not, what they say is measured by what it teaches
                teacher.fit(rows[train], codes[train])
            found[np.ix_(test, teacher.classes_)] += teacher.predict_proba(rows[test]) / len(teachers)
    return found


def _teachers(seed: int) -> tuple[Any, ...]:
    return (
        ExtraTreesClassifier(_TREES, random_state=seed),
        MLPClassifier(max_iter=400, n_iter_no_change=8, tol=1e-3, random_state=seed),
        LogisticRegression(max_iter=2_000),
    )
