"""How is a scorecard read? Its lines, and points to add up."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import expit

from interpretability.reading.limits import SHOWN, Opened
from interpretability.reading.tree import condition
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset, Kind, Table

__all__ = ["lines_of_card"]


def lines_of_card(model: Any, dataset: Dataset) -> Opened:
    """Lay a scorecard open: its lines and their points."""
    card = model.named_steps["model"]
    rows = sorted(
        (
            (_line_in_words(line, dataset.kinds), int(points))
            for line, points in zip(card.conditions_, card.points_, strict=True)
        ),
        key=lambda row: -abs(row[1]),
    )
    points = Table(
        "The scorecard",
        f"Add the points of every line that applies; the more, the likelier {dataset.classes[1]!r}. A missing number exceeds nothing.",
        ("if", "points"),
        tuple(rows),
    )
    totals, rows_of_total = np.unique(card.total(dataset.features), return_counts=True)
    totals = totals[rows_of_total >= MIN_ROWS]
    some = totals[np.unique(np.linspace(0, len(totals) - 1, SHOWN).astype(int))] if len(totals) else totals
    chances = expit(card.offset_ + card.slope_ * some)
    read_off = Table(
        "What the total means",
        f"Totals reached by at least {MIN_ROWS} rows, from the lowest to the highest.",
        ("total points", f"probability of {dataset.classes[1]!r}"),
        tuple((int(total), float(chance)) for total, chance in zip(some, chances, strict=True)),
    )
    return Opened((), (points, read_off))


def _line_in_words(line: tuple[str, str, Any], kinds: Mapping[str, Kind]) -> str:
    name, kind, bound = line
    if kind == "is":
        return f"{name} is {bound or 'missing'}"
    return f"{name} is missing" if kind == "missing" else condition(name, kinds, bound, is_left=False)
