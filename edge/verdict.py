"""How is the edge verdict worded? The sentence that carries it, and what would change it."""

import math
from collections.abc import Sequence

from edge.budget.decision import EQUALITY, GAIN, Decision, Item
from lab.protocol import Estimate, Evidence, Verdict
from lab.wording import amount, difference, longer_curves, opening, rough, settled_by_curves, source_of

__all__ = ["verdict_on"]


def verdict_on(decision: Decision, evidence: Evidence, *, max_rows: int) -> Verdict:
    """Word the verdict on the candidate that decides.

    Parameters
    ----------
    max_rows : int
        Rows that a run uses at most: more of them would settle it only with another setting.
    """
    name, limited, facts = decision.name, decision.items, evidence.facts
    label, found = facts["labels"][name], evidence.estimates
    size = facts.get("size")
    start, one = ("The", "No") if size is None else (opening("The", facts), opening("No", facts))
    figures = _figures(name, evidence)
    if decision.status == "pass":
        return Verdict("yes", "Yes", f"{start} {label} fits every budget: {figures}.", _budgets(limited, "below"))
    short = [item for item in limited if item.status == decision.status]
    causes = " and ".join(f"{item.name} ({_shown(item)})" for item in short)
    if decision.status == "fail":
        sentence = f"{one} candidate fits; the most accurate, the {label}, misses {causes}: {figures}."
        change = _budgets(short, "of at least")
        return Verdict("no", "No", sentence, (*change, "a smaller model of another kind"))
    in_table = facts["rows_in_table"]
    change = tuple(
        _would_settle(item, in_table=in_table, max_rows=max_rows)
        for item in short
        if not item.busy and item.size is None
    )
    if any(item.busy for item in short):
        change = ("a quiet machine: close other programs and repeat the run", *change)
    settled = ""
    if any(item.size is not None for item in short):
        change = (*change, longer_curves(facts))
        if f"{name}.drop_at_size" in found:
            settled = f"; {settled_by_curves(facts['curve_settles'][name], facts)}"
    sentence = f"{start} {label} may fit, but {_not_certain(short)}: {figures}{settled}."
    return Verdict("undecided", "Undecided", sentence, (*change, "a wider budget"))


_STANDARD = "the model chosen as best in training"
"""What a loss is against: in each fold the model with the best inner score, which another one may beat on the test rows."""


def _figures(name: str, evidence: Evidence) -> str:
    """Say what was found of a candidate, and what is expected of it at the size that the verdict is about."""
    found, facts = evidence.estimates, evidence.facts
    p99, size, metric = found[f"{name}.p99_ms"], found[f"{name}.size_mb"], facts["metric"]
    standard = _STANDARD if metric == "accuracy" else f"{_STANDARD} by {metric}"
    said = (
        f"it answers in {rough(p99.value)} ms at p99 (95 % interval {rough(p99.low)} to {rough(p99.high)}), "
        f"takes {amount(size.value, size.unit)}, and is {difference(_gain(found[f'{name}.drop']), standard)}"
    )
    if facts.get("size") is None:
        return said
    then, rows = found.get(f"{name}.drop_at_size"), f"{facts['size']:,} rows"
    if then is None:
        return f"{said}; what it loses with {rows} cannot be said: {facts['curve_fault'][name]}"
    return f"{said}; with {rows} we expect it {difference(_gain(then), 'the best of the other models')}"


def _gain(loss: Estimate) -> Estimate:
    return Estimate(-loss.value, -loss.high, -loss.low, loss.unit, loss.confidence)


def _not_certain(short: Sequence[Item]) -> str:
    """Say which items may be beyond their budgets, which has none, and of which it is open only because of other programs."""
    busy = [item.name for item in short if item.busy]
    limited = [item.name for item in short if not item.busy and item.name != GAIN]
    others = [item.name for item in short if item.name == GAIN]
    said = []
    for names, reason in (
        (busy, "undecided because the machine was busy"),
        (limited, "not certain to be within budget"),
        (others, "not certain"),
    ):
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


def _budgets(limited: Sequence[Item], how: str) -> tuple[str, ...]:
    """Name the budgets at which the answer changes: the upper ends that are more than nothing as they are shown."""
    return tuple(
        f"a budget for {item.name} {how} {shown}"
        for item in limited
        if item.found.high > 0
        and item.name not in (*EQUALITY, GAIN)
        and (shown := amount(item.found.high, item.found.unit)) != amount(0.0, item.found.unit)
    )
