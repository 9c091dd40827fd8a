"""Is a budget met? Judged by the end of the interval that counts: three answers for an item, the worst for the whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from edge.settings import Settings
from lab.protocol import Estimate

__all__ = [
    "EQUALITY",
    "GAIN",
    "LATE",
    "LATENCY",
    "LOSS",
    "MEMORY",
    "NOTHING",
    "SIZE",
    "STATUSES",
    "Decision",
    "Item",
    "Status",
    "decide",
    "items",
    "status",
    "worst",
]

Status = Literal["pass", "undecided", "fail"]
STATUSES: tuple[Status, ...] = ("pass", "undecided", "fail")
LATENCY, LATE, SIZE, MEMORY, LOSS = (
    "latency (p99)", "share of late answers", "file size", "peak memory", "accuracy loss",
)  # fmt: skip
EQUALITY = ("difference from the original", "flipped labels")
"""Items that say whether the exported model is the same model: no budget that one could widen."""
GAIN = "accuracy above a constant prediction"
"""The item that must be more than its limit; all others may be as much as that."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
"""Facts of a verdict that is about the rows that were used."""


@dataclass(frozen=True)
class Item:
    """One thing that is limited.

    Attributes
    ----------
    name : str
    found : Estimate
    allowed : float
        In the unit of the estimate: the most that it may be; of `GAIN` what it must exceed.
    least : Estimate, optional
        What it would at least have been on a quiet machine, where that can be told.
    size : int, optional
        The number of rows that it is about, where that is not the number of those that were used.
    unsaid : bool
        Whether nothing can be said of it at that size: `found` is then of the rows that were used, and decides nothing.
    """

    name: str
    found: Estimate
    allowed: float
    least: Estimate | None = None
    size: int | None = None
    unsaid: bool = False

    @property
    def status(self) -> Status:
        """Pass, fail or undecided; what fails only on a busy machine is undecided."""
        if self.name == GAIN:
            below = status(self.found, self.allowed)
            return "fail" if below == "pass" else "pass" if below == "fail" else "undecided"
        return "undecided" if self.busy or self.unsaid else status(self.found, self.allowed)

    @property
    def busy(self) -> bool:
        """Whether only other programs keep the answer from being better."""
        if self.least is None:
            return False
        return STATUSES.index(status(self.least, self.allowed)) < STATUSES.index(status(self.found, self.allowed))


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
    return max(statuses, key=STATUSES.index, default="pass")


@dataclass(frozen=True)
class Decision:
    """The candidate on which the verdict rests, the worst of its items, and all of them."""

    name: str
    status: Status
    items: tuple[Item, ...]


def items(
    name: str,
    estimates: Mapping[str, Estimate],
    settings: Settings,
    *,
    factor: float,
    facts: Mapping[str, Any] = NOTHING,
) -> tuple[Item, ...]:
    """List the budget items of a candidate.

    `factor` turns a share of the metric into the unit of its estimates; `facts` say of which size the verdict is, see
    `edge.accuracy.at_size`.
    """
    limited = [Item(LATENCY, estimates[f"{name}.p99_ms"], settings.p99_ms, estimates.get(f"{name}.least_p99_ms"))]
    if settings.rate is not None:
        late, least = estimates[f"{name}.misses"], estimates.get(f"{name}.least_misses")
        limited.append(Item(LATE, late, 100 * settings.max_misses, least))
    limited.append(Item(SIZE, estimates[f"{name}.size_mb"], settings.size_mb))
    if settings.memory_mb is not None:
        limited.append(Item(MEMORY, estimates[f"{name}.memory_mb"], settings.memory_mb))
    equal = zip(EQUALITY, ("parity", "flips"), (settings.tolerance, 0), strict=True)
    return (
        *limited,
        _loss(name, estimates, settings.max_drop * factor, facts),
        Item(GAIN, estimates[f"{name}.gain"], 0.0),
        *(Item(words, estimates[f"{name}.{key}"], allowed) for words, key, allowed in equal),
    )


def _loss(name: str, estimates: Mapping[str, Estimate], allowed: float, facts: Mapping[str, Any]) -> Item:
    """Make the item of the accuracy that is lost: with the rows that were used, or with those that the verdict is about."""
    size, of_sample = facts.get("size"), estimates[f"{name}.drop"]
    if size is None:
        return Item(LOSS, of_sample, allowed)
    found = estimates.get(f"{name}.drop_at_size")
    what = f"{LOSS} with {size:,} rows"
    return Item(what, found or of_sample, allowed, size=size, unsaid=found is None)


def decide(
    candidates: Sequence[str],
    estimates: Mapping[str, Estimate],
    settings: Settings,
    *,
    factor: float,
    facts: Mapping[str, Any] = NOTHING,
) -> Decision:
    """Choose the candidate on which the verdict rests: of those with the best status the most accurate.

    Raises
    ------
    ValueError
        If there is no candidate.
    """
    judged = [(name, items(name, estimates, settings, factor=factor, facts=facts)) for name in candidates]
    decisions = [Decision(name, worst(item.status for item in found), found) for name, found in judged]
    for answer in STATUSES:
        having = [decision for decision in decisions if decision.status == answer]
        if having:
            return max(having, key=lambda decision: estimates[f"{decision.name}.score"].value)
    raise ValueError("no candidate was measured")
