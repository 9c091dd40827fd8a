"""What changed of a column? A middle, the share of a value or of a category, or the share of what is missing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from lab.privacy.aggregates import middle

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Change", "change"]

_FEWEST_TO_NAME = 10  # rows: a rarer value may tell who it is
_MISSING_MOVED = 0.05  # of the rows: by so much the missing values are what changed


@dataclass(frozen=True)
class Change:
    """What changed of a column (`of`: a median or a share), and what it was before and after; None where nothing is known."""

    of: str
    before: float | None
    after: float | None


def change(before: "pd.Series", after: "pd.Series") -> Change:
    """Describe a change: missing values, middles of numbers (see `lab.privacy.aggregates`), or the value whose share changed most.

    Values and categories of fewer than 10 rows are never named.
    """
    missing = Change("share of missing values", _share(before.isna()), _share(after.isna()))
    gone, value = _distance(missing), _moved_most(before, after)
    if before.dtype == object:
        return missing if value is None or (gone and gone >= _distance(value)) else value
    if gone >= _MISSING_MOVED:
        return missing
    middles = Change("median", middle(before), middle(after))
    if value is None or (_distance(middles) and not _is_switch(before, after)):
        return middles
    return value


def _distance(found: Change) -> float:
    return 0.0 if found.before is None or found.after is None else abs(found.after - found.before)


def _share(flags: "pd.Series") -> float | None:
    return float(flags.mean()) if len(flags) else None


def _is_switch(before: "pd.Series", after: "pd.Series") -> bool:
    """Whether a column holds nothing but 0 and 1, of which a share says more than a median."""
    return before.dtype != object and bool(before.dropna().isin((0, 1)).all() and after.dropna().isin((0, 1)).all())


def _moved_most(before: "pd.Series", after: "pd.Series") -> Change | None:
    """Name the value whose share among those that are there moved most; None where none may be named."""
    shares = [part.value_counts(normalize=True) for part in (before, after)]
    moved = (shares[1].sub(shares[0], fill_value=0)).abs()
    counts = pd.concat([before, after]).value_counts()
    moved = moved[counts.reindex(moved.index) >= _FEWEST_TO_NAME]
    few = before.dtype != object and min(len(before), len(after)) < _FEWEST_TO_NAME
    if moved.empty or few:
        return None
    value: Hashable = 1.0 if _is_switch(before, after) and 1.0 in moved.index else moved.idxmax()
    was, now = (float(share.get(value, 0.0)) for share in shares)
    named = repr(value) if isinstance(value, str) else f"{value:g}"
    return Change(f"share of {named}", was, now)
