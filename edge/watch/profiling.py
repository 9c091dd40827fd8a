"""How is the profile of a table made? One part of its rows fixes the places, the other is counted in them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from edge.watch.cells import read_cells
from edge.watch.places import places_of
from edge.watch.profile import FINE, Answered, Column, Profile, rarity_of
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lab.protocol import Kind

__all__ = ["answered_by", "confidence_step", "profile_of"]

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
    season = np.zeros(len(counted), dtype=np.int64) if seasons is None else seasons[counted]
    columns = tuple(
        _column(name, kind, dataset.features[name], fixing, counted, season, n_seasons)
        for name, kind in dataset.kinds.items()
    )
    return Profile(columns, dataset.classes, dataset.target_name, dataset.n_rows, answered)


def answered_by(probabilities: "NDArray[np.float64]", target: "NDArray[np.int64]", *, is_own: bool = False) -> Answered:
    """Count what was predicted: probabilities of shape (n_rows, n_classes), codes of shape (n_rows,)."""
    predicted, step = probabilities.argmax(axis=1), confidence_step(probabilities)
    return Answered(
        tuple(np.bincount(predicted, minlength=probabilities.shape[1]).tolist()),
        tuple(np.bincount(step, minlength=FINE).tolist()),
        tuple(np.bincount(step[predicted == target], minlength=FINE).tolist()),
        is_own,
    )


def confidence_step(probabilities: "NDArray[np.float64]") -> "NDArray[np.int64]":
    """Give the step of the confidence of each prediction, shape (n_rows,)."""
    found: NDArray[np.int64] = np.clip((probabilities.max(axis=1) * FINE).astype(np.int64), 0, FINE - 1)
    return found


def _column(
    name: str,
    kind: "Kind",
    values: Any,
    fixing: "NDArray[np.int64]",
    counted: "NDArray[np.int64]",
    season: "NDArray[np.int64]",
    n_seasons: int,
) -> Column:
    places = places_of(values.iloc[fixing], kind)
    cells, _ = read_cells(values.to_numpy(), "category" if kind == "category" else "number")
    rarity = rarity_of(np.bincount(places.codes(cells[fixing]), minlength=places.n_codes))
    codes = season * places.n_codes + places.codes(cells[counted])
    history = np.bincount(codes, minlength=n_seasons * places.n_codes).reshape(n_seasons, places.n_codes)
    mean = deviation = None
    if kind in ("number", "boolean") and np.count_nonzero(~np.isnan(cells)) >= MIN_ROWS:
        mean, deviation = (float(f"{value:.6g}") for value in (np.nanmean(cells), np.nanstd(cells)))
    return Column(name, kind, places, rarity, tuple(map(tuple, history.tolist())), mean, deviation)
