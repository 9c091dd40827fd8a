"""How is the profile of a table made? One part of its rows fixes the places, the other is counted in them."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edge.watch.cells import read_cells
from edge.watch.places import places_of
from edge.watch.profile import FINE, Answered, Column, Profile, rarity_of
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["answered_by", "confidence_step", "predicted_class", "profile_by", "profile_of", "values_of"]

_MOST_TO_FIX = 20_000


def profile_of(
    dataset: Dataset,
    *,
    seed: int,
    answered: Answered | None = None,
    seasons: "NDArray[np.int64] | None" = None,
    n_seasons: int = 1,
) -> Profile:
    """Make the profile of a table with classes to predict.

    Parameters
    ----------
    answered : Answered, optional
        What a model said of rows that it did not learn from.
    seasons : array of shape (n_rows,), optional
        The season of each row, from 0 to `n_seasons` - 1.
    """
    order = np.random.default_rng(seed).permutation(dataset.n_rows)
    to_fix = min(dataset.n_rows // 2, _MOST_TO_FIX)
    fixing, counted = order[:to_fix], order[to_fix:]
    season = None if seasons is None else seasons[counted]
    return profile_by(dataset, fixing, counted, answered=answered, season=season, n_seasons=n_seasons)


def profile_by(
    dataset: Dataset,
    fixing: "NDArray[np.int64]",
    counted: "NDArray[np.int64]",
    *,
    answered: Answered | None = None,
    season: "NDArray[np.int64] | None" = None,
    n_seasons: int = 1,
) -> Profile:
    """Make the profile whose places are fixed by some rows (numbers, shape (n_fixing,)) and counted in others, shape (n_counted,).

    `season` has the shape (n_counted,).
    """
    season = np.zeros(len(counted), dtype=np.int64) if season is None else season
    columns = tuple(_column(dataset, name, fixing, counted, season, n_seasons) for name in dataset.kinds)
    return Profile(columns, dataset.classes, dataset.target_name, len(fixing) + len(counted), answered)


def answered_by(probabilities: "NDArray[np.float64]", target: "NDArray[np.int64]", *, is_own: bool = False) -> Answered:
    """Count what was predicted: probabilities of shape (n_rows, n_classes), codes of shape (n_rows,).

    Rows without an answer, of numbers that are not finite, do not count.
    """
    there = np.isfinite(probabilities).all(axis=1)
    probabilities, target = probabilities[there], target[there]
    predicted, step = probabilities.argmax(axis=1), confidence_step(probabilities)
    return Answered(
        tuple(np.bincount(predicted, minlength=probabilities.shape[1]).tolist()),
        tuple(np.bincount(step, minlength=FINE).tolist()),
        tuple(np.bincount(step[predicted == target], minlength=FINE).tolist()),
        is_own,
    )


def confidence_step(probabilities: "NDArray[np.float64]") -> "NDArray[np.int64]":
    """Give the step of the confidence of each prediction, shape (n_rows,); `FINE` where numbers that are not finite are no answer.

    >>> confidence_step(np.array([[0.3, 0.7], [np.nan, np.nan]])).tolist()
    [35, 50]
    """
    there = np.isfinite(probabilities).all(axis=1)
    confidence = np.where(there, probabilities.max(axis=1), 0.0)
    return np.where(there, np.clip((confidence * FINE).astype(np.int64), 0, FINE - 1), FINE)


def predicted_class(probabilities: "NDArray[np.float64]") -> "NDArray[np.int64]":
    """Give the class of each prediction, shape (n_rows,); the number of classes where numbers that are not finite are no answer.

    >>> predicted_class(np.array([[0.3, 0.7], [np.nan, np.nan]])).tolist()
    [1, 2]
    """
    there = np.isfinite(probabilities).all(axis=1)
    return np.where(there, probabilities.argmax(axis=1), probabilities.shape[1])


def values_of(dataset: Dataset, name: str) -> "NDArray[Any]":
    """Give the values of a column of a table as `edge.watch.cells` reads those of a stream: shape (n_rows,). Texts stay."""
    cells = dataset.features[name].to_numpy()
    if dataset.kinds[name] == "category":
        return read_cells(cells, "category", keeps={cell for cell in cells if type(cell) is str and cell})[0]
    return read_cells(cells, "number")[0]  # dates are days there


def _column(
    dataset: Dataset,
    name: str,
    fixing: "NDArray[np.int64]",
    counted: "NDArray[np.int64]",
    season: "NDArray[np.int64]",
    n_seasons: int,
) -> Column:
    kind, cells = dataset.kinds[name], values_of(dataset, name)
    places = places_of(pd.Series(cells[fixing], name=name), kind)
    rarity = rarity_of(np.bincount(places.codes(cells[fixing]), minlength=places.n_codes))
    codes = season * places.n_codes + places.codes(cells[counted])
    history = np.bincount(codes, minlength=n_seasons * places.n_codes).reshape(n_seasons, places.n_codes)
    mean = deviation = None
    known = cells[np.concatenate([fixing, counted])]
    if kind in ("number", "boolean") and np.count_nonzero(~np.isnan(known)) >= MIN_ROWS:
        mean, deviation = (float(f"{value:.6g}") for value in (np.nanmean(known), np.nanstd(known)))
    return Column(name, kind, places, rarity, tuple(map(tuple, history.tolist())), mean, deviation)
