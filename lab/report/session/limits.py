"""Which candidate keeps to budgets that a reader moves? Judged from the measured values of the record, as its lab did.

A lab that limits something says so by facts: `candidates` (names), `labels` (their words), `unmeasured` (names) and `limits`, each
with `name`, `estimate` and `least` (which end the names of a candidate's estimates, as in `mlp.p99_ms`; least: what it would have
been on a quiet machine), `allowed`, `moves` (whether a reader may move it) and `above` (whether it must be exceeded). A candidate's
estimate `NAME.score` decides among those that keep to them equally well. The page's script does the same; tests hold both against
the lab's own decision.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from lab.protocol import Estimate, Evidence
from lab.report.session.digits import three

__all__ = ["Candidate", "Limit", "Limits", "Measured", "Outcome", "Status", "outcome", "read", "shown", "worst"]

Status = Literal["pass", "undecided", "fail"]
STATUSES: tuple[Status, ...] = ("pass", "undecided", "fail")
_ROOM = 2.0  # times beyond the measured values and the budget that a control reaches


@dataclass(frozen=True)
class _Said:
    """A limit as the facts of a record say it."""

    name: str
    estimate: str
    least: str | None
    allowed: float
    moves: bool
    above: bool


@dataclass(frozen=True)
class Measured:
    """What was measured of a candidate: a value, the ends of its interval, and what they would at least be on a quiet machine."""

    value: float
    low: float
    high: float
    least_low: float | None = None
    least_high: float | None = None


@dataclass(frozen=True)
class Limit:
    """What is limited, in which unit, where its control begins and ends, and whether that is logarithmic."""

    name: str
    unit: str
    allowed: float
    moves: bool
    above: bool
    low: float
    high: float
    log: bool


@dataclass(frozen=True)
class Candidate:
    """A candidate: its words, its score, and what was measured for each limit (None: nothing can be said of it)."""

    label: str
    score: float
    found: tuple[Measured | None, ...]


@dataclass(frozen=True)
class Limits:
    """All that a panel needs; `unmeasured` are the labels of candidates of which too little is known."""

    limits: tuple[Limit, ...]
    candidates: tuple[Candidate, ...]
    unmeasured: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """The answer for some budgets: the candidate that decides, by its place, in words, and a status for every cell."""

    status: Status
    chosen: int
    said: str
    cells: tuple[tuple[Status, ...], ...]


def read(evidence: Evidence) -> Limits | None:
    """Read from the facts and the estimates of a record what is limited; None where they say nothing of the kind."""
    facts, estimates = evidence.facts, evidence.estimates
    try:
        said = msgspec.convert(facts["limits"], tuple[_Said, ...])
        names = msgspec.convert(facts["candidates"], tuple[str, ...])
        missing = msgspec.convert(facts.get("unmeasured", ()), tuple[str, ...])
        labels = msgspec.convert(facts["labels"], dict[str, str])
        candidates = tuple(
            Candidate(labels[name], float(estimates[f"{name}.score"].value), tuple(_of(estimates, name, one) for one in said))
            for name in names
        )  # fmt: skip
        unmeasured = tuple(labels[name] for name in missing)
    except (KeyError, msgspec.ValidationError):
        return None
    if not candidates or not any(one.moves for one in said):
        return None
    limits = tuple(_limit(one, place, names, candidates, estimates) for place, one in enumerate(said))
    return Limits(limits, candidates, unmeasured)


def outcome(panel: Limits, allowed: Sequence[float]) -> Outcome:
    """Judge all candidates by budgets, one for each limit: of those with the best status the most accurate decides."""
    cells = tuple(
        tuple(_status(limit, found, most) for limit, found, most in zip(panel.limits, each.found, allowed, strict=True))
        for each in panel.candidates
    )
    all_of_it = [worst(row) for row in cells]
    best = min(all_of_it, key=STATUSES.index)
    chosen = max(
        (place for place, status in enumerate(all_of_it) if status == best),
        key=lambda place: panel.candidates[place].score,
    )
    status: Status = "undecided" if panel.unmeasured and best == "fail" else best
    return Outcome(status, chosen, _sentence(panel, best, chosen, cells[chosen]), cells)


def _of(estimates: Mapping[str, Estimate], name: str, said: _Said) -> Measured | None:
    found = estimates.get(f"{name}.{said.estimate}")
    if found is None:
        return None
    least = estimates.get(f"{name}.{said.least}") if said.least else None
    ends = (None, None) if least is None else (float(least.low), float(least.high))
    return Measured(float(found.value), float(found.low), float(found.high), *ends)


def _limit(
    said: _Said, place: int, names: Sequence[str], candidates: Sequence[Candidate], estimates: Mapping[str, Estimate]
) -> Limit:
    units = [estimates[key].unit for name in names if (key := f"{name}.{said.estimate}") in estimates]
    found = [each.found[place] for each in candidates]
    ends = [end for each in found if each is not None for end in (each.low, each.high)] + [said.allowed]
    least, most = min(ends), _ROOM * max(*ends, 0.0)
    log = least > 0 and most / least >= 10
    low, high = (least / _ROOM, most) if log else (0.0, most or 1.0)
    return Limit(
        said.name, units[0] if units else "", said.allowed, said.moves, said.above, _round(low), _round(high), log
    )


def _round(value: float) -> float:
    return float(f"{value:.2g}")


def _status(limit: Limit, found: Measured | None, allowed: float) -> Status:
    if found is None:
        return "undecided"
    status = _within(found.low, found.high, allowed)
    if limit.above:
        return STATUSES[::-1][STATUSES.index(status)]
    if found.least_low is not None and found.least_high is not None:
        quiet = _within(found.least_low, found.least_high, allowed)
        if STATUSES.index(quiet) < STATUSES.index(status):  # only other programs keep it from being better
            return "undecided"
    return status


def _within(low: float, high: float, allowed: float) -> Status:
    if high <= allowed:
        return "pass"
    return "fail" if low > allowed else "undecided"


def _sentence(panel: Limits, best: Status, chosen: int, cells: Sequence[Status]) -> str:
    label = panel.candidates[chosen].label
    if best == "pass":
        return f"The {label} keeps to all of these budgets."
    if panel.unmeasured:
        return f"No candidate is shown to keep to them; not measured: {', '.join(panel.unmeasured)}."
    short = " and ".join(limit.name for limit, cell in zip(panel.limits, cells, strict=True) if cell == best)
    if best == "fail":
        return f"No candidate keeps to them. The most accurate, the {label}, misses {short}."
    return f"The {label} may keep to them; not certain: {short}."


def worst(statuses: Iterable[Status]) -> Status:
    """Take the worst of several; "pass" of none."""
    return STATUSES[max(map(STATUSES.index, statuses), default=0)]


def shown(found: Measured | None) -> tuple[str, str]:
    """Write what was measured, and its interval; none where it has no width.

    >>> shown(Measured(0.81234, 0.5, 1.25)), shown(Measured(3.0, 3.0, 3.0))
    (('0.812', '0.500 to 1.25'), ('3.00', ''))
    """
    if found is None:
        return "not known", ""
    interval = "" if found.low == found.high else f"{three(found.low)} to {three(found.high)}"
    return three(found.value), interval
