"""How much of each budget does the candidate use on which the verdict rests? The picture of the first screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.budget.decision import EQUALITY, GAIN, NOTHING, STATUSES, Decision, Item, items
from edge.candidates import Candidate
from edge.settings import Settings
from lab.protocol import Estimate, Figure, Table
from lab.report import charts
from lab.wording import amount

__all__ = ["budget_table", "figure"]

_LEAST = 0.1  # % of a budget: what lies below is drawn at the edge, for a logarithm has no zero
_WORDS = dict(zip(STATUSES, ("kept", "not certain", "missed"), strict=True))


def figure(decision: Decision, label: str) -> Figure:
    """Draw every budget item of the decision in percent of what is allowed, with its interval; `label` names the model.

    Items of which nothing at all is allowed have no share, and are left out; the table of the budgets has them.
    """
    shown = [item for item in decision.items if item.allowed > 0 and item.name not in EQUALITY]
    rows = [(_said(item), _WORDS[item.status], _share(item)) for item in shown]
    caption = (
        f"How much of each budget the {label} uses, in percent; bars are intervals (95 % or more), and the dotted line is the whole "
        f"budget. Shares below {_LEAST:g} % are drawn at the left edge."
    )
    spec = charts.interval_plot(
        rows,
        axis="share of the budget (%, log scale)",
        groups=[word for word in _WORDS.values() if any(group == word for _, group, _ in rows)],
        reference=100.0,
        log=True,
    )
    return Figure("How much of each budget is used?", caption, spec)


def _said(item: Item) -> str:
    unit = item.found.unit
    found, allowed = amount(item.found.value, unit), amount(item.allowed, unit)
    if item.size is None:
        return f"{item.name}: {found} of {allowed}"
    return f"loss with {item.size:,} rows: {found.removesuffix(f' {unit}')} of {allowed}"  # there is room for so many letters


def _share(item: Item) -> Estimate:
    value, low, high = (
        max(100 * end / item.allowed, _LEAST) for end in (item.found.value, item.found.low, item.found.high)
    )
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
