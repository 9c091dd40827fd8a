"""How is the edge verdict worded? The sentence that carries it, and what would change it."""

import math
from collections.abc import Sequence

from edge.budget.decision import EQUALITY, GAIN, Decision, Item
from lab.protocol import Estimate, Evidence, Verdict
from lab.wording import amount, difference, rough, source_of

__all__ = ["verdict_on"]


def verdict_on(decision: Decision, evidence: Evidence, *, max_rows: int) -> Verdict:
    """Word the verdict on the candidate that decides.

    Parameters
    ----------
    max_rows : int
        Rows that a run uses at most: more of them would settle it only with another setting.
    """
    name, limited = decision.name, decision.items
    label = evidence.facts["labels"][name]
    found = evidence.estimates
    p99, size, loss = found[f"{name}.p99_ms"], found[f"{name}.size_mb"], found[f"{name}.drop"]
    gain = Estimate(-loss.value, -loss.high, -loss.low, loss.unit, loss.confidence)
    metric = evidence.facts["metric"]
    standard = "the best model tried" if metric == "accuracy" else f"the best model tried in {metric}"
    figures = (
        f"it answers in {rough(p99.value)} ms at p99 (95 % interval {rough(p99.low)} to {rough(p99.high)}), "
        f"takes {amount(size.value, size.unit)}, and is {difference(gain, standard)}"
    )
    if decision.status == "pass":
        return Verdict("yes", "Yes", f"The {label} fits every budget: {figures}.", _reserve(limited))
    short = [item for item in limited if item.status == decision.status]
    causes = " and ".join(f"{item.name} ({_shown(item)})" for item in short)
    if decision.status == "fail":
        sentence = f"No candidate fits; the most accurate, the {label}, misses {causes}: {figures}."
        change = tuple(
            f"a budget for {item.name} of at least {amount(item.found.high, item.found.unit)}"
            for item in short
            if item.name not in (*EQUALITY, GAIN)
        )
        return Verdict("no", "No", sentence, (*change, "a smaller model of another kind"))
    in_table = evidence.facts["rows_in_table"]
    change = tuple(_would_settle(item, in_table=in_table, max_rows=max_rows) for item in short if not item.busy)
    if any(item.busy for item in short):
        change = ("a quiet machine: close other programs and repeat the run", *change)
    sentence = f"The {label} may fit, but {_not_certain(short)}: {figures}."
    return Verdict("undecided", "Undecided", sentence, (*change, "a wider budget"))


def _not_certain(short: Sequence[Item]) -> str:
    """Say which items are not certain, and of which only because of other programs."""
    said = []
    for reason, busy in (("undecided because the machine was busy", True), ("not certain", False)):
        names = [item.name for item in short if item.busy == busy]
        if names:
            said.append(f"its {' and '.join(names)} {'is' if len(names) == 1 else 'are'} {reason}")
    return " and ".join(said)


_WORK = {"ms": "rounds (--rounds)", "%": "seconds of load (--load-seconds)"}
"""What an interval in this unit shrinks with; rows of the table in any other."""


def _would_settle(item: Item, *, in_table: int, max_rows: int) -> str:
    """Say how much more work would bring the limit outside the interval, which shrinks with the square root of it."""
    what = _WORK.get(item.found.unit, "rows")
    half, distance = (item.found.high - item.found.low) / 2, abs(item.found.value - item.allowed)
    if 10 * distance <= half:
        return f"for {item.name} no practical number of {what}: the estimate lies on the budget"
    times = max(2, math.ceil((half / distance) ** 2))
    source = (
        ""
        if item.found.unit in _WORK
        else source_of(times * min(in_table, max_rows), in_table=in_table, max_rows=max_rows)
    )
    return f"about {times} times the {what}{source} for {item.name}, were it as estimated"


def _shown(item: Item) -> str:
    low, high, allowed = (amount(value, item.found.unit) for value in (item.found.low, item.found.high, item.allowed))
    against = f"more than {allowed} needed" if item.name == GAIN else f"{allowed} allowed"
    return f"{low if low == high else f'{low} to {high}'} against {against}"


def _reserve(limited: Sequence[Item]) -> tuple[str, ...]:
    return tuple(
        f"a budget for {item.name} below {amount(item.found.high, item.found.unit)}"
        for item in limited
        if item.found.high > 0 and item.name not in (*EQUALITY, GAIN)
    )
