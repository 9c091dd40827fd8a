"""Is the change of an estimate between two runs more than noise? Told from the two intervals, as far as they can tell it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

from lab.protocol import Estimate

__all__ = ["Change", "Finding", "changes", "difference_of"]

Finding = Literal["more than noise", "within noise", "cannot be told", "no change", "changed", "not compared"]
_LEVEL = 0.05
_COMMON = 0.95
_NORMAL = NormalDist()
_MEASURED_ANEW = ("ms", "us", "s", "ns", "MB")
"""Units of what each run measures anew, whichever rows it uses."""


@dataclass(frozen=True)
class Change:
    """What became of one estimate.

    Attributes
    ----------
    difference : Estimate or None
        After less before; None where the two cannot be subtracted.
    finding : Finding
        "cannot be told": the runs share their rows, and the difference is not so large that it is more than noise in any
        case. "changed": both are known exactly.
    reason : str
        Why it is not compared; empty otherwise.
    """

    name: str
    before: Estimate
    after: Estimate
    difference: Estimate | None
    finding: Finding
    reason: str = ""


def changes(
    before: Mapping[str, Estimate],
    after: Mapping[str, Estimate],
    *,
    share_rows: bool,
    reasons: Mapping[str, str] | None = None,
) -> tuple[Change, ...]:
    """Compare the estimates that two runs have in common, in the order of the first.

    With several estimates some would seem to change by chance alone, so that the level of 5 % is that of all of them together
    (Holm 1979).

    Parameters
    ----------
    share_rows : bool
        Whether both runs used rows of the same table. Their errors then tend to go the same way, and the interval of the
        difference, which takes them as independent, is too wide: what leaves 0 outside is more than noise all the same,
        what does not is open.
    reasons : mapping of str to str
        Why estimates of a unit are not compared, by the unit.
    """
    found = [
        _change(name, before[name], after[name], (reasons or {}).get(before[name].unit, ""))
        for name in before
        if name in after
    ]
    tested = sorted(
        (p, at) for at, change in enumerate(found) if (p := _chance(change)) is not None
    )  # fmt: skip
    clear = set()
    for rank, (p, at) in enumerate(tested):
        if p > _LEVEL / (len(tested) - rank):
            break
        clear.add(at)
    for _, at in tested:
        open_end = share_rows and found[at].before.unit not in _MEASURED_ANEW
        finding: Finding = "more than noise" if at in clear else "cannot be told" if open_end else "within noise"
        found[at] = replace(found[at], finding=finding)
    return tuple(found)


def difference_of(before: Estimate, after: Estimate) -> Estimate:
    """Give the difference of two independent estimates with its interval: after less before.

    The interval joins the sides of the two (Zou and Donner 2008, Statistics in Medicine 27, 1693-1702), which need not be as
    long as one another. Where the confidence of the two differs, both are first brought to 95 %, as if they were normal.

    Raises
    ------
    ValueError
        If their units differ.

    Examples
    --------
    >>> difference_of(Estimate(1.0, 0.0, 2.0, "points"), Estimate(4.0, 4.0, 4.0, "points"))
    Estimate(value=3.0, low=2.0, high=4.0, unit='points', confidence=0.95)
    """
    if before.unit != after.unit:
        raise ValueError(f"{before.unit!r} and {after.unit!r} cannot be subtracted")
    if before.confidence != after.confidence:
        before, after = _at_common(before), _at_common(after)
    value = after.value - before.value
    low = math.hypot(after.value - after.low, before.high - before.value)
    high = math.hypot(after.high - after.value, before.value - before.low)
    return Estimate(value, value - low, value + high, before.unit, before.confidence)


def _change(name: str, before: Estimate, after: Estimate, reason: str) -> Change:
    if before.unit != after.unit:
        reason = f"one is in {before.unit or 'no unit'}, the other in {after.unit or 'no unit'}"
    if reason:
        return Change(name, before, after, None, "not compared", reason)
    difference = difference_of(before, after)
    return Change(name, before, after, difference, "no change" if difference.value == 0 else "changed")


def _chance(change: Change) -> float | None:
    """Give the chance of so large a difference where nothing changed; None where there is nothing to test."""
    found = change.difference
    if found is None or found.value == 0:
        return None
    half = found.value - found.low if found.value > 0 else found.high - found.value
    if half == 0:
        return None  # both are exact
    return 2 * (1 - _NORMAL.cdf(abs(found.value) / half * _quantile(found.confidence)))


def _at_common(estimate: Estimate) -> Estimate:
    factor = _quantile(_COMMON) / _quantile(estimate.confidence)
    low = estimate.value - factor * (estimate.value - estimate.low)
    high = estimate.value + factor * (estimate.high - estimate.value)
    return Estimate(estimate.value, low, high, estimate.unit, _COMMON)


def _quantile(confidence: float) -> float:
    return _NORMAL.inv_cdf(0.5 + confidence / 2)
