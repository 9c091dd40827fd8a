"""How long does it take to call a model at a user's rate, and what can so many calls decide?

Rare calls never wait for one another: each finds the model idle, whether the last one came half a second ago or an hour. So
nobody has to wait for an hour: below 2 calls a second they are offered at 2 a second, and that is said.
"""

import math
from dataclasses import dataclass

from edge.load.arrivals import PATTERNS
from lab.wording import amount, count, duration

__all__ = ["SLOWEST", "Offered", "at_rate", "calls_in", "calls_needed", "foretold", "limits_of", "waiting_s"]

SLOWEST = 2.0
"""Calls per second: rarer ones are offered at this rate."""
_FEWEST_CALLS, _MOST_CALLS = 20, 20_000
_DECIDING = 1_000  # calls: without a miss among them the interval ends at 0.4 %
_PATIENCE = 100  # times `seconds`, at most, to wait for so many
_LONG_S = 60.0  # of waiting: worth a word before it begins
_REPEATED = 2  # a disturbed run with random arrivals is repeated once


@dataclass(frozen=True)
class Offered:
    """Calls in a pattern: how many, and how many come in a second."""

    pattern: str
    rate: float
    calls: int

    @property
    def seconds(self) -> float:
        """How long it takes until the last one has come, on average."""
        return self.calls / self.rate


def calls_in(rate: float, seconds: float) -> int:
    """How many calls are made at a rate in about so many seconds: from 20 to 20,000.

    >>> calls_in(1_000.0, 0.2), calls_in(2.0, 0.2), calls_in(1e6, 1.0)
    (200, 20, 20000)
    """
    return int(min(max(rate * seconds, _FEWEST_CALLS), _MOST_CALLS))


def at_rate(rate: float, seconds: float) -> tuple[Offered, ...]:
    """List what is offered at a user's rate: random arrivals first, for 1,000 calls if they come within 100 times `seconds`.

    >>> [(each.calls, each.rate) for each in at_rate(0.01, 0.2)]
    [(40, 2.0), (20, 2.0), (20, 2.0)]
    """
    offered = max(rate, SLOWEST)
    patient = min(max(seconds, _DECIDING / offered), _PATIENCE * seconds)
    random, *others = PATTERNS
    return (
        Offered(random, offered, calls_in(offered, patient)),
        *(Offered(name, offered, calls_in(offered, min(patient, 2 * seconds))) for name in others),
    )


def waiting_s(rate: float | None, seconds: float) -> float:
    """How long the calls of one model at a user's rate take at most, in seconds: 0 without a rate."""
    if rate is None:
        return 0.0
    first, *others = at_rate(rate, seconds)
    return _REPEATED * first.seconds + sum(each.seconds for each in others)


def calls_needed(max_misses: float) -> int | None:
    """How many calls without a late one show that at most such a share is late (exact 95 % interval); None for no share at all.

    >>> calls_needed(0.01), calls_needed(0.5), calls_needed(0.0)
    (368, 6, None)
    """
    if max_misses <= 0:
        return None
    return 1 if max_misses >= 1 else math.ceil(math.log(0.025) / math.log1p(-max_misses))


def limits_of(rate: float, seconds: float, max_misses: float) -> str:
    """Say what the calls at a rate can show of the share of late answers, and how many would show what is allowed."""
    first = at_rate(rate, seconds)[0]
    needed = calls_needed(max_misses)
    least = 100 * (1 - 0.025 ** (1 / first.calls))
    start = f"{first.calls:,} calls without a late one show that at most {least:.2g} % are late"
    if needed is None:
        return f"{start}, and no number of calls shows that none is"
    if first.calls >= needed:
        return start
    longer = math.ceil(100 * needed / (_PATIENCE * first.rate)) / 100
    how = f" (--load-seconds {longer:g})" if needed <= _DECIDING else ""
    return (
        f"{start}; for the {amount(100 * max_misses, '%')} allowed {needed:,} are needed{how}, and they take "
        f"{duration(needed / rate)} at {rate:g} calls per second in service"
    )


def foretold(rate: float | None, seconds: float, max_misses: float, *, models: int) -> str:
    """Say before a run how long the calls at a user's rate take, and what they can decide; nothing where that is soon over."""
    if rate is None:
        return ""
    longest = models * waiting_s(rate, seconds)
    if rate >= SLOWEST and longest < _LONG_S:
        return ""
    instead = (
        f"calls come at {SLOWEST:g} a second in place of {rate:g}, since each finds an idle model at either; "
        if rate < SLOWEST
        else ""
    )
    return (
        f"late answers: {instead}that takes up to {duration(longest)} for {count(models, 'model')}; "
        f"{limits_of(rate, seconds, max_misses)}"
    )
