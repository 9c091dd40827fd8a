"""What does work cost at other prices? Worked out from what the record says is priced.

A lab that prices work says so by a fact `prices`: `works`, each with a `name`, its `circuits` and its `jobs`; `shots` for each
circuit; `overhead_s` (seconds for a job), `execution_s` (seconds for a shot) and `rate` (dollars for a second); `source`, which
says where the rate comes from. The page's script does the same; tests hold both against the lab's own formula.
"""

from dataclasses import dataclass

import msgspec

from lab.protocol import Evidence
from lab.report.session.digits import three

__all__ = ["Price", "Prices", "Work", "priced", "rate_in_words", "read"]

_UNIT = "dollars per device second"


@dataclass(frozen=True)
class Work:
    """Something to pay for: so many circuits in so many jobs."""

    name: str
    circuits: int
    jobs: int


@dataclass(frozen=True)
class Prices:
    """Works, and at which rates they were priced."""

    works: tuple[Work, ...]
    shots: int
    overhead_s: float
    execution_s: float
    rate: float
    source: str


@dataclass(frozen=True)
class Price:
    """What one work takes: executions, seconds on the device, and dollars."""

    executions: int
    seconds: float
    dollars: float


def read(evidence: Evidence) -> Prices | None:
    """Read from the facts of a record what is priced; None where they say nothing of the kind."""
    try:
        found = msgspec.convert(evidence.facts["prices"], Prices)
    except (KeyError, msgspec.ValidationError):
        return None
    return found if found.works else None


def rate_in_words(prices: Prices) -> str:
    """Say the rate and where it comes from.

    >>> rate_in_words(Prices((), 1024, 2.0, 0.00035, 1.6, "dollars per device second (a list of May)"))
    '1.60 dollars per device second (a list of May)'
    >>> rate_in_words(Prices((), 1024, 2.0, 0.00035, 1.6, "set by the user"))
    '1.60 dollars per device second (set by the user)'
    """
    source = prices.source.removeprefix(_UNIT).strip()
    return f"{three(prices.rate)} {_UNIT} {source if source.startswith('(') else f'({source})'}"


def priced(work: Work, *, shots: int, overhead_s: float, execution_s: float, rate: float) -> Price:
    """Price a work.

    >>> priced(Work("1,000 predictions", 1000, 1), shots=1024, overhead_s=2.0, execution_s=0.00035, rate=1.6)
    Price(executions=1024000, seconds=360.4, dollars=576.64)
    """
    executions = work.circuits * shots
    seconds = overhead_s * work.jobs + execution_s * executions
    return Price(executions, seconds, seconds * rate)
