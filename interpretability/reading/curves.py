"""What does a term of an additive model look like? A curve with the rows behind it, bars for categories, a map for a pair."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from interpretability.reading.additive import can_be_set
from interpretability.reading.days import as_dates, first_day
from interpretability.scale import Scale, scale_of
from lab.numbers import number, plain
from lab.privacy.aggregates import MIN_ROWS, outer_range
from lab.protocol import Dataset, Figure, Input, Kind, Term, WhatIf
from lab.report import additive, charts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["density_of", "few_values", "pair_map", "shape_of", "shapes_of"]

_POINTS, _CELLS = 120, 12
_FEW = 5  # different numbers that are told apart like categories
_BINS, _FEWEST_BINS, _ROWS_PER_BIN = 30, 5, 15


def density_of(values: "NDArray[np.float64]") -> list[tuple[float, float, int]]:
    """Count values, shape (n_rows,), in equal steps of a round range: (from, to, rows); steps of fewer than 5 rows are left out.

    >>> density_of(np.repeat([1.0, 2.0, 3.0, 9_876_543.0], [20, 20, 20, 1]))
    [(1.0, 1.4, 20), (1.8, 2.2, 20), (2.6, 3.0, 20)]
    """
    present = values[~np.isnan(values)]
    ends = outer_range(present)
    if ends is None:
        return []
    bins = min(_BINS, max(len(present) // _ROWS_PER_BIN, _FEWEST_BINS))
    counts, edges = np.histogram(present, bins=bins, range=ends)
    steps = zip(edges[:-1], edges[1:], counts, strict=True)
    return [(float(f"{a:.10g}"), float(f"{b:.10g}"), int(n)) for a, b, n in steps if n >= MIN_ROWS]


def few_values(values: "NDArray[np.float64]") -> list[float]:
    """Give the values of a column, shape (n_rows,), that is numeric but names few kinds (1 and 2, say); none for a measured one.

    Each has at least 5 rows.

    >>> few_values(np.array([1.0, 2.0] * 9)), few_values(np.arange(40.0)), few_values(np.array([1.0] * 9 + [2.0]))
    ([1.0, 2.0], [], [])
    """
    found, rows = np.unique(values[~np.isnan(values)], return_counts=True)
    return [float(value) for value in found] if len(found) <= _FEW and rows.min(initial=MIN_ROWS) >= MIN_ROWS else []


def shapes_of(opened: WhatIf, dataset: Dataset, at_most: int) -> list[Figure]:
    """Draw the strongest terms of one feature each, but for those of which nothing can be said."""
    single = [term for term in opened.terms if len(term.inputs) == 1 and can_be_set(opened.inputs[term.inputs[0]])]
    return [_shape(opened, term, dataset) for term in single[:at_most]]


def pair_map(opened: WhatIf, term: Term, scale: Scale) -> Figure:
    """Draw a term of two features as a map."""
    sides = [_places(opened.inputs[where], bins) for where, bins in zip(term.inputs, term.bins, strict=True)]
    values = np.array(term.values, dtype=np.float64)
    cells = [(a, b, float(values[i, j])) for a, i in sides[0] for b, j in sides[1]]
    names = [opened.inputs[where].name for where in term.inputs]
    return Figure(
        f"Joint effect of {names[0]!r} and {names[1]!r}",
        f"What the pair adds beyond what each of the two adds alone (interaction); blue {scale.upwards}.",
        charts.heat_map(cells, x=names[0], y=names[1], value=f"adds ({scale.unit})"),
    )


def _shape(opened: WhatIf, term: Term, dataset: Dataset) -> Figure:
    item = opened.inputs[term.inputs[0]]
    scale = scale_of(dataset)
    title, axis = f"Effect of {item.name!r}", f"contribution ({scale.unit})"
    says = f"A value above zero {scale.upwards}."
    state: list[Any] = [entry.start for entry in opened.inputs]

    def adds(value: float | str | None) -> float:
        state[term.inputs[0]] = value
        place = opened.terms.index(term)
        return additive.contributions(opened, state)[place]

    if item.kind == "category":
        return Figure(title, says, charts.bars([(text, adds(text)) for text in item.choices], axis=axis))
    if item.kind == "boolean":
        return Figure(title, says, charts.bars([("false", adds(0.0)), ("true", adds(1.0))], axis=axis))
    kinds = few_values(dataset.features[item.name].to_numpy()) if item.kind == "number" else []
    if kinds:
        return Figure(title, says, charts.bars([(number(value), adds(value)) for value in kinds], axis=axis))
    points = np.linspace(item.low, item.high, _POINTS)
    rows = [(float(x), adds(float(x)), adds(float(x)), adds(float(x))) for x in points]
    density = density_of(dataset.features[item.name].to_numpy())
    says += " Below the curve: the number of rows."
    return Figure(title, says, shape_of(rows, density, item.kind, x=item.name, y=axis, curved=True))


def shape_of(
    rows: Sequence[tuple[float, float, float, float]],
    density: Sequence[tuple[float, float, int]],
    kind: Kind,
    *,
    x: str,
    y: str,
    curved: bool = False,
) -> dict[str, Any]:
    """Draw a shape function over a column of this kind (see `lab.report.charts.shape`): over dates, if it holds such."""
    if kind != "date":
        return charts.shape(rows, density, x=x, y=y, curved=curved)
    dates = as_dates([at for at, *_ in rows])
    days = iter(as_dates([end for start, end, _ in density for end in (start, end)]) if density else ())
    return charts.shape(
        [(date, value, low, high) for date, (_, value, low, high) in zip(dates, rows, strict=True)],
        [(next(days), next(days), n) for _, _, n in density],
        x=x,
        y=y,
        curved=curved,
    )


def _places(item: Input, bins: tuple[Any, ...]) -> list[tuple[str, int]]:
    """Name the places of one side of a map; neighbouring bins beyond a dozen are skipped."""
    if item.kind == "category":
        return [(str(text), 1 + place) for place, text in enumerate(bins)]
    if item.kind == "boolean":
        return [("false", 1), ("true", len(bins) + 1)]
    edges = [float("-inf"), *bins, float("inf")]
    if not bins:
        return [("any", 1)]

    def said(edge: float) -> str:
        return first_day(edge) if item.kind == "date" else plain(edge, 6)

    named = [(f"from {said(edges[i])}", 1 + i) for i in range(1, len(bins) + 1)]
    named.insert(0, (f"below {said(edges[1])}", 1))
    step = max(1, -(-len(named) // _CELLS))
    return named[::step]
