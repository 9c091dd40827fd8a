"""For how many equal units do the rows of a table count? Rows that belong together are one, and unequal weights make fewer of them."""

from typing import TYPE_CHECKING

import numpy as np

from lab.belonging import equal_units
from lab.learning.splits import units_by_stratum
from lab.protocol import Belonging

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["counted_by_stratum", "counted_units"]


def counted_units(belonging: Belonging, n_rows: int) -> float:
    """Count the units of a table of so many rows: rows, where each stands alone; fewer where they have unequal weights."""
    if belonging.weights is None:
        return float(n_rows if belonging.units is None else len(np.unique(belonging.units)))
    return equal_units(_of_units(belonging.weights, belonging.units))


def counted_by_stratum(target: "NDArray", belonging: Belonging, n_strata: int) -> "NDArray[np.float64]":
    """Count the units that have rows of each class: shape (n_strata,); fewer where they have unequal weights.

    `target` holds codes of classes, shape (n_rows,), each of which occurs.
    """
    weights, units = belonging.weights, belonging.units
    if weights is None:
        return units_by_stratum(target, belonging, n_strata).astype(np.float64)
    of_class = [np.flatnonzero(target == code) for code in range(n_strata)]
    return np.array(
        [equal_units(_of_units(weights[rows], None if units is None else units[rows])) for rows in of_class]
    )


def _of_units(weights: "NDArray[np.float64]", units: "NDArray | None") -> "NDArray[np.float64]":
    """Add up the weights of rows that belong together: shape (n_units,)."""
    return (
        weights if units is None else np.bincount(np.unique(units, return_inverse=True)[1], weights).astype(np.float64)
    )
