"""What does each row add to a score? The ground of the intervals: rows, not folds, are what was drawn from the world.

A score is written as a sum of means over kinds of rows: the accuracy as one over all of them, the ROC AUC as one over the
positive and one over the negative rows (each row's share of the rows of the other kind that it is ranked rightly against).
What a row adds to the difference of two scores is its distance from the mean of its kind over the whole repetition. Inside a
test fold that has a single row of a rare class this distance would be zero, and with few it is too small.

Where rows have weights, all means are weighted ones, and what a row adds grows with its weight (Binder 1983): the variance is
that of rows drawn from the world with their weights, as surveys have it, and not that of so many independent rows as the weights
add up to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Part", "added", "added_alone", "auc_placements", "parts", "r2_influence"]


@dataclass(frozen=True, eq=False)
class Part:
    """One of the means whose sum is a score, up to a constant.

    Attributes
    ----------
    members : numpy.ndarray of shape (n_rows,), bool
        The rows that it is a mean over.
    values : numpy.ndarray of shape (n_rows,) or (n_models, n_rows), float64
        What it is a mean of; only the members' count.
    """

    members: "NDArray"
    values: "NDArray[np.float64]"


def parts(scorer: str, said: "NDArray", target: "NDArray", weights: "NDArray | None" = None) -> tuple[Part, ...] | None:
    """Write the score of a test fold as a sum of means over its rows; None for a metric that has no such form.

    Parameters
    ----------
    scorer : str
        Name of the metric.
    said : array of shape (n_rows, n_classes) or (n_rows,)
        Probabilities of the fold's rows, or the numbers predicted for them; those of several models at once with their number in
        front, for all metrics but R², and so are the values of the parts then.
    target : array of shape (n_rows,)
        Codes of their classes, or their numbers.
    weights : array of shape (n_rows,), optional
        For how much each row counts; all alike without it. The means of the parts then are weighted ones.

    Returns
    -------
    tuple of Part, or None
        As many for every fold of a table. None too where all numbers of the fold are the same, so that R² says nothing.
    """
    if scorer == "roc_auc":
        return _auc(said[..., 1], target == 1, 1.0, weights)
    if scorer == "roc_auc_ovr":
        n = said.shape[-1]
        return tuple(part for code in range(n) for part in _auc(said[..., code], target == code, 1 / n, weights))
    every = np.ones(len(target), dtype=bool)
    if scorer == "r2":
        return (Part(every, r2_influence(said, target, weights)),) if np.ptp(target) > 0 else None
    if scorer == "balanced_accuracy":
        right = (said.argmax(axis=-1) == target).astype(np.float64)
        n = said.shape[-1]
        return tuple(Part(target == code, right / n) for code in range(n))
    rows = np.arange(len(target))
    one = {  # means over the rows
        "accuracy": lambda: said.argmax(axis=-1) == target,
        "neg_log_loss": lambda: np.log(np.clip(said[..., rows, target], np.finfo(np.float64).eps, 1)),
        "neg_mean_absolute_error": lambda: -np.abs(said - target),
        "neg_mean_squared_error": lambda: -((said - target) ** 2),
    }.get(scorer)
    return None if one is None else (Part(every, one().astype(np.float64)),)


def _auc(scores: "NDArray", positive: "NDArray", share: float, weights: "NDArray | None" = None) -> tuple[Part, Part]:
    values = share * auc_placements(scores, positive, weights)
    return Part(positive, values), Part(~positive, values)


def added(
    folds: "Sequence[tuple[NDArray, tuple[Part, ...], tuple[Part, ...]]]", n_rows: int, weights: "NDArray | None" = None
) -> "NDArray[np.float64]":
    """What each row adds to the difference of two scores, each the mean over the test folds of one repetition.

    Parameters
    ----------
    folds : sequence of (array of shape (n_test,), tuple of Part, tuple of Part)
        Row numbers of a test fold, and the parts of both scores on it.
    n_rows : int
        Of the table.
    weights : numpy.ndarray of shape (n_rows,), optional
        For how much each row of the table counts; all alike without it.

    Returns
    -------
    numpy.ndarray of shape (n_parts, n_rows)
        NaN where a row is no member of a part, or is not tested.
    """
    n_parts, counts = len(folds[0][1]), np.ones(n_rows) if weights is None else weights
    values, shares = np.full((n_parts, n_rows), np.nan), np.zeros((n_parts, n_rows))
    for rows, first, second in folds:
        for place, (one, other) in enumerate(zip(first, second, strict=True)):
            members = rows[one.members]
            if len(members):
                values[place, members] = (one.values - other.values)[one.members]
                shares[place, members] = counts[members] / (counts[members].sum() * len(folds))
    with np.errstate(invalid="ignore"):
        centred = values - np.array([[_mean(part, counts)] for part in values])
    return centred * shares


def _mean(values: "NDArray[np.float64]", counts: "NDArray[np.float64]") -> float:
    """Weighted mean of what is there; 0 of nothing."""
    there = ~np.isnan(values)
    return float(np.average(values[there], weights=counts[there])) if there.any() else 0.0


def added_alone(found: tuple[Part, ...], n_rows: int, weights: "NDArray | None" = None) -> "NDArray[np.float64]":
    """What each row adds to the score of one fitted model on these rows: shape (n_parts, n_rows), NaN outside a part.

    `weights`, shape (n_rows,), are those with which the parts were made.
    """
    nothing = tuple(Part(part.members, np.zeros(n_rows)) for part in found)
    return added([(np.arange(n_rows), found, nothing)], n_rows, weights)


def auc_placements(
    scores: "ArrayLike", positive: "ArrayLike", weights: "ArrayLike | None" = None
) -> "NDArray[np.float64]":
    """Share of the rows of the other kind against which each row is ranked rightly, ties counting one half, in [0, 1].

    Their mean over the positive rows is the area under the ROC curve, and so is that over the negative ones.

    Parameters
    ----------
    scores : array-like of shape (n_rows,) or (n_models, n_rows)
        Higher speaks for the positive class.
    positive : array-like of shape (n_rows,), bool
        Both kinds must be there.
    weights : array-like of shape (n_rows,), optional
        For how much each row of the other kind counts; all alike without it. The mean over a kind is then a weighted one, too.

    Raises
    ------
    ValueError
        If one of them is missing.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845: the structural components.
    """
    values, is_positive = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    n_positive = int(is_positive.sum())
    n_negative = len(is_positive) - n_positive
    if not n_positive or not n_negative:
        raise ValueError("an area under the ROC curve needs rows of both kinds")
    if weights is not None:
        counts = np.asarray(weights, dtype=np.float64)
        return np.apply_along_axis(_weighted_placements, -1, values, is_positive, counts)
    ranks = rankdata(values, axis=-1)
    placed = np.empty(values.shape)
    within = rankdata(values[..., is_positive], axis=-1)
    placed[..., is_positive] = (ranks[..., is_positive] - within) / n_negative
    within = rankdata(values[..., ~is_positive], axis=-1)
    placed[..., ~is_positive] = 1 - (ranks[..., ~is_positive] - within) / n_positive
    return placed


def _weighted_placements(
    scores: "NDArray[np.float64]", positive: "NDArray[np.bool_]", counts: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Share of the weight of the other kind against which each row is ranked rightly; all have shape (n_rows,)."""
    placed = np.empty(len(scores))
    for kind, lower_is_right in ((positive, True), (~positive, False)):
        order = np.argsort(scores[~kind], kind="stable")
        others, until = scores[~kind][order], np.concatenate([[0.0], np.cumsum(counts[~kind][order])])
        below, not_above = (until[np.searchsorted(others, scores[kind], side=side)] for side in ("left", "right"))
        share = (below + not_above) / (2 * until[-1])
        placed[kind] = share if lower_is_right else 1 - share
    return placed


def r2_influence(
    predicted: "ArrayLike", target: "ArrayLike", weights: "ArrayLike | None" = None
) -> "NDArray[np.float64]":
    """What each row adds to R², the share of the target's variance that is explained, times the number of rows.

    R² is one minus the ratio of two means over the rows, the squared error and the squared distance from the mean, so that
    its influence function is that of a ratio; it sums to zero.

    Parameters
    ----------
    predicted, target : array-like of shape (n_rows,)
        In the target's unit; the target must vary.
    weights : array-like of shape (n_rows,), optional
        For how much each row counts; the sum that is zero is the weighted one then.

    Raises
    ------
    ValueError
        If it does not.

    References
    ----------
    Hampel (1974), Journal of the American Statistical Association 69, 383-393: the influence curve.
    """
    truth = np.asarray(target, dtype=np.float64)
    counts = None if weights is None else np.asarray(weights, dtype=np.float64)
    errors = (np.asarray(predicted) - truth) ** 2
    distances = (truth - float(np.average(truth, weights=counts))) ** 2
    error, variance = (float(np.average(values, weights=counts)) for values in (errors, distances))
    if variance == 0:
        raise ValueError("R² needs a target that varies")
    return np.asarray(-(errors - error) / variance + error * (distances - variance) / variance**2)
