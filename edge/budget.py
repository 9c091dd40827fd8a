"""Is a budget met? Judged by the end of the interval that counts: three answers for an item, the worst for the whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lab.protocol import Estimate

__all__ = ["Item", "Status", "status", "worst"]

Status = Literal["pass", "undecided", "fail"]
_ORDER: tuple[Status, ...] = ("pass", "undecided", "fail")


@dataclass(frozen=True)
class Item:
    """One thing that is limited: what was found and what is allowed, in the same unit."""

    name: str
    found: Estimate
    allowed: float

    @property
    def status(self) -> Status:
        """Pass, fail or undecided."""
        return status(self.found, self.allowed)


def status(found: Estimate, allowed: float) -> Status:
    """Pass where even the high end is allowed, fail where even the low end is not.

    >>> status(Estimate(0.8, 0.7, 0.9, "ms"), 1.0), status(Estimate(0.8, 0.7, 1.1, "ms"), 1.0)
    ('pass', 'undecided')
    >>> status(Estimate(2.0, 1.5, 2.5, "ms"), 1.0)
    'fail'
    """
    if found.high <= allowed:
        return "pass"
    return "fail" if found.low > allowed else "undecided"


def worst(statuses: Iterable[Status]) -> Status:
    """Take the worst of several.

    >>> worst(["pass", "undecided"])
    'undecided'
    """
    return max(statuses, key=_ORDER.index, default="pass")
