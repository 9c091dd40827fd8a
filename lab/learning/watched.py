"""Does a side rise faster than its learning curve foretells? Families that learn fast go on to all rows, and tell what no law can.

A fine pattern may be learned only from more rows than curves are measured with. Until then nothing of it shows in them, and the law of
a curve that was level leads to a level: surely, and to the wrong place. A single family that rises beyond what was foretold of the
best of its side shows that. One that does not is no proof of the opposite: others of its side may.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lab.learning.at_size import SizePlan, side_at_sizes
from lab.learning.comparison import Group
from lab.learning.curves import Extrapolation
from lab.protocol import Rows
from lab.wording import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["rises_faster"]

_FORETOLD, _ERRORS = 0.975, 2.0
"""One-sided confidence of the rise that is foretold at most; standard errors by which the measured one must exceed it as well."""


def rises_faster(
    curves: Extrapolation, sides: Mapping[str, Group], plan: SizePlan, rows: Rows, *, factor: float
) -> str | None:
    """Say which side rises beyond its learning curve, as the end of a sentence; None where none does, or nothing is known.

    Parameters
    ----------
    curves : Extrapolation
    sides : mapping of str to Group
        The two sides of the curves by their labels, in their order.
    plan : SizePlan
        Its further sizes are those that only families that learn fast have.
    rows : mapping
        Of the trials of `lab.learning.at_size`.
    factor : float
        What scores were multiplied by for the curves.
    """
    further = tuple(size for size in plan.further if size > curves.largest)
    for place, (label, group) in enumerate(sides.items()):
        best = side_at_sizes(group, plan, rows, (curves.largest,)).scores
        for family in (each for each in group.families if each.is_cheap and further):
            alone = Group(family.name, family.label, (family,))
            rises = factor * (side_at_sizes(alone, plan, rows, further).scores - best)
            for size, rise in zip(further, rises.T, strict=True):
                most = float(np.quantile(curves.rises(size, place), _FORETOLD))
                if _least(rise[~np.isnan(rise)]) > most:
                    return f"the {label} learns from {count(size, 'row')} what its learning curve does not foretell"
    return None


def _least(rise: "NDArray[np.float64]") -> float:
    """The least that a mean of these may be."""
    if len(rise) < 2:
        return -np.inf
    error = rise.std(ddof=1) / np.sqrt(len(rise))
    return float(rise.mean() - _ERRORS * error)
