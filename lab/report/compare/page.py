"""How does a comparison become one HTML file? As a report does: it loads nothing and runs nothing."""

from collections.abc import Sequence

from lab.protocol import Estimate
from lab.report.compare.changes import Change, Finding
from lab.report.compare.comparison import Comparison, Pair, Row
from lab.report.page import number, render, setting
from lab.wording import count

__all__ = ["columns_of", "heading", "html", "rows_of", "summary", "title_of"]


_ORDER: tuple[Finding, ...] = (
    "more than noise", "changed", "cannot be told", "within noise", "not compared", "no change",
)  # fmt: skip


def html(found: Comparison) -> str:
    """Render the page of a comparison."""
    return render(
        "compare/compare.html",
        title=title_of(found), found=found, heading=heading, summary=summary, rows_of=rows_of, columns_of=columns_of,
    )  # fmt: skip


def title_of(found: Comparison) -> str:
    """Name what is compared."""
    return f"{len(found.sides)} runs side by side"


def heading(found: Comparison, pair: Pair) -> str:
    """Name two runs by their numbers in the list."""
    return f"From run {pair.before + 1} to run {pair.after + 1} ({found.sides[pair.before].lab})"


def summary(pair: Pair) -> str:
    """Count what is more than noise, of what can be compared.

    >>> summary(Pair(0, 1, False, "", (), (), ()))
    'No estimate could be compared.'
    """
    found = [change.finding for change in pair.changes]
    n_compared = len(found) - found.count("not compared")
    if not n_compared:
        return "No estimate could be compared."
    what = count(n_compared, "estimate" if n_compared == len(found) else "comparable estimate")
    return f"More than noise: {found.count('more than noise')} of {what}."


def rows_of(pair: Pair) -> list[tuple[str, str, str, str, str]]:
    """Give the changes of a pair as texts: name, before, after, difference, and whether it is more than noise; these first."""
    return [
        (
            in_words(change.name),
            with_unit(change.before),
            with_unit(change.after),
            with_unit(change.difference) if change.difference is not None else "",
            said(change),
        )
        for change in sorted(pair.changes, key=lambda change: _ORDER.index(change.finding))
    ]


def said(change: Change) -> str:
    """Say what was found."""
    return f"{change.finding}: {change.reason}" if change.reason else change.finding


def with_unit(estimate: Estimate) -> str:
    """Say an estimate with its interval and its unit, in the digits of the report.

    >>> with_unit(Estimate(4.66, 2.1, 7.25, "points")), with_unit(Estimate(3.0, 3.0, 3.0, "us"))
    ('4.66 points (2.10 to 7.25)', '3 µs')
    """
    unit = "µs" if estimate.unit == "us" else estimate.unit
    value = f"{number(estimate.value)} {unit}".rstrip()
    if estimate.low == estimate.high:
        return value
    return f"{value} ({number(estimate.low)} to {number(estimate.high)})"


def in_words(name: str) -> str:
    """Write the name of an estimate as words.

    >>> in_words("mlp.p99_ms"), in_words("advantage")
    ('mlp: p99 ms', 'advantage')
    """
    return name.replace(".", ": ").replace("_", " ")


def columns_of(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Give what differs as texts: the name, then what it is in each run."""
    return [(in_words(row.name), *map(setting, row.values)) for row in rows]
