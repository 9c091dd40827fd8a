"""How much of each budget does the candidate use on which the verdict rests? The picture of the first screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.budget.decision import EQUALITY, GAIN, NOTHING, STATUSES, Decision, Item, items, worst
from edge.candidates import Candidate
from edge.naming import model_named
from edge.settings import Settings
from lab.protocol import Estimate, Figure, Table
from lab.report.deciding import Use, budget_plot
from lab.wording import amount

__all__ = ["budget_table", "figure", "of_all"]

_WORDS = dict(zip(STATUSES, ("met", "undecided", "missed"), strict=True))
"""What is said of an item: the words have their colours and shapes in `lab.report.deciding`."""
_AXIS = "share of the budget (%)"
_SEEN = (
    "bars are what is used, lines on them intervals (95 % or more). Green with a circle is met, amber with a diamond undecided, red "
    "with a square missed; an arrow goes on."
)


def figure(decision: Decision, label: str) -> Figure:
    """Draw every budget item of the decision in percent of what is allowed, with its interval; `label` names the model.

    Whether the exported model is the same one is shown where it is not; of a budget of nothing there is no share, and the
    words say what was found.
    """
    shown = [item for item in decision.items if _is_budget(item) or item.status != "pass"]
    rows = [Use(_said(item), _WORDS[item.status], _share(item), _without_share(item)) for item in shown]
    caption = f"How much of each budget {model_named(label)} uses, in percent; {_SEEN}"
    return Figure("How much of each budget is used?", caption, budget_plot(rows, axis=_AXIS))


def of_all(
    there: Sequence[Candidate],
    estimates: Mapping[str, Estimate],
    settings: Settings,
    *,
    factor: float,
    facts: Mapping[str, Any] = NOTHING,
) -> Figure | None:
    """Draw of every candidate the budget that it uses most, among those with its worst answer; None for a single candidate."""
    if len(there) < 2:
        return None
    rows = []
    for family in there:
        limited = items(family.name, estimates, settings, factor=factor, facts=facts)
        bad = worst(item.status for item in limited)
        most = max((item for item in limited if item.status == bad and (bad != "pass" or _is_budget(item))), key=_use)
        rows.append(Use(f"{family.label}: {_said(most)}", _WORDS[bad], _share(most), _without_share(most)))
    caption = f"Of each candidate the budget that speaks most against it, in percent of what is allowed; {_SEEN}"
    return Figure("The tightest budget of each candidate", caption, budget_plot(rows, axis=_AXIS))


def _is_budget(item: Item) -> bool:
    """Whether it is something of which a user allows so much, whatever was found."""
    return item.name not in (*EQUALITY, GAIN)


def _said(item: Item) -> str:
    what = item.name if item.size is None else f"loss with {item.size:,} rows"  # there is room for so many letters
    word = _WORDS[item.status]
    if item.allowed <= 0:
        return f"{what}, {word}"
    unit = item.found.unit
    found, allowed = amount(item.found.value, unit), amount(item.allowed, unit)
    if found.endswith(f" {unit}") and allowed.endswith(f" {unit}"):
        found = found.removesuffix(f" {unit}")
    return f"{what}, {word}: {found} of {allowed}"


def _without_share(item: Item) -> str:
    """Say what was found of an item that has no share; nothing where it has one."""
    if item.allowed > 0:
        return ""
    low, high = (amount(end, item.found.unit) for end in (item.found.low, item.found.high))
    bound = "must be more than 0" if item.name == GAIN else "0 allowed"
    return f"{low if low == high else f'{low} to {high}'}; {bound}"


def _use(item: Item) -> float:
    return item.found.value / item.allowed if item.allowed > 0 else float("inf")


def _share(item: Item) -> Estimate | None:
    """Give the share of the budget in percent; below nothing, which is drawn as nothing, where a loss is a gain."""
    if item.allowed <= 0:
        return None
    value, low, high = (100 * end / item.allowed for end in (item.found.value, item.found.low, item.found.high))
    return Estimate(value, low, high, "%", item.found.confidence)


def budget_table(
    there: Sequence[Candidate],
    estimates: Mapping[str, Estimate],
    settings: Settings,
    *,
    factor: float,
    facts: Mapping[str, Any] = NOTHING,
) -> Table:
    """List every budget item of every candidate with its interval and its result."""
    rows = tuple(
        (
            family.label,
            item.name,
            item.found.value,
            item.found.low,
            item.found.high,
            item.allowed,
            item.found.unit,
            item.status,
        )
        for family in there
        for item in items(family.name, estimates, settings, factor=factor, facts=facts)
    )
    columns = ("model", "item", "found", "low", "high", "allowed", "unit", "result")
    caption = (
        f"An item passes or fails only if its whole interval does. The {GAIN} must be more than 0, all others at most what "
        "is allowed. What misses its budget only because other programs kept the machine busy is undecided."
    )
    if any(each is not None for each in facts.get("curve_fault", {}).values()):
        caption += " Where the loss with more rows cannot be said, that of the rows that were used is shown, and decides nothing."
    return Table("Budgets, item by item", caption, columns, rows)
