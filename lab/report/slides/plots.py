"""Which pictures of a record can be native charts? Rows with names and values, with or without intervals, and curves.

A picture is a Vega-Lite description (see `lab.report.charts`); what is no such form is left to the report.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from lab.protocol import Figure

__all__ = ["Curves", "Place", "Rows", "curves_of", "in_parts", "rows_of"]

_MOST_CURVES, _MOST_POINTS = 6, 300
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Place:
    """One row of a chart: its name, the group that gives its colour, its value, and the ends of its interval."""

    label: str
    group: str
    value: float
    low: float
    high: float

    @property
    def is_measured(self) -> bool:
        """Whether it has an interval."""
        return self.low < self.value or self.value < self.high


@dataclass(frozen=True)
class Rows:
    """A chart of rows.

    Attributes
    ----------
    axis : str
        What the values are, with their unit.
    places : tuple of Place
        From top to bottom.
    references : mapping of float to str
        Values of the axis where a line crosses all rows, with what is said of it; empty words where nothing is.
    zone : (float, float), optional
        A part of the axis that is shaded.
    banded : str
        The label of the row that has a band behind it; empty where none has.
    ends : (float, float), optional
        Where the axis ends, where the picture fixes it and values may lie beyond.
    are_bars : bool
        Whether a bar leads from 0 to each value.
    is_log : bool
        Whether the axis is logarithmic.
    colours : mapping of str to str
        Colours of groups as the picture has them, of the form `#0072B2`.
    """

    axis: str
    places: tuple[Place, ...]
    references: Mapping[float, str] = field(default_factory=dict)
    zone: tuple[float, float] | None = None
    banded: str = ""
    ends: tuple[float, float] | None = None
    are_bars: bool = False
    is_log: bool = False
    colours: Mapping[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups, in the order of their first rows."""
        return tuple(dict.fromkeys(place.group for place in self.places))


@dataclass(frozen=True)
class Curves:
    """A chart of curves: names of both axes, which of them are logarithmic, and the points of each curve by its name."""

    x: str
    y: str
    series: Mapping[str, tuple[tuple[float, float], ...]]
    is_log_x: bool = False
    is_log_y: bool = False


def rows_of(figure: Figure) -> Rows | None:
    """Read a picture whose marks stand in named rows; None where it is another."""
    spec = figure.spec
    units = list(_units(spec))
    named = [unit for unit in units if _channel(unit, "y").get("field") == "label"]
    if not named or "vconcat" in spec:
        return None
    found = [row for row in _data(spec, named[0]) if _is_number(row.get("value")) and "label" in row]
    if not found:
        return None
    across = next((axis for unit in named if (axis := _channel(unit, "x")).get("title")), {})
    is_log = any(_is_log(_channel(unit, "x")) for unit in named)
    if is_log and any(row["value"] <= 0 for row in found):
        return None
    return Rows(
        str(across.get("title") or ""),
        tuple(_place(row, is_log=is_log) for row in found),
        _references(units, is_log=is_log),
        _zone(units),
        next((str(row["label"]) for row in found if row.get("role") == "decides"), ""),
        _ends(named),
        are_bars=all(_mark(unit) == "bar" for unit in named) and not is_log,
        is_log=is_log,
        colours=_colours(named),
    )


def curves_of(figure: Figure) -> Curves | None:
    """Read a picture of a few curves; None where it is another, or holds more points than a slide."""
    spec = figure.spec
    drawn = next((unit for unit in _units(spec) if _mark(unit) == "line"), None)
    if drawn is None or "vconcat" in spec or _channel(drawn, "y").get("field") != "y":
        return None
    across, up = _channel(drawn, "x"), _channel(drawn, "y")
    series: dict[str, list[tuple[float, float]]] = {}
    for row in _data(spec, drawn):
        if _is_number(row.get("x")) and _is_number(row.get("y")):
            series.setdefault(str(row.get("series", "")), []).append((row["x"], row["y"]))
    n_points = sum(map(len, series.values()))
    if not series or len(series) > _MOST_CURVES or n_points > _MOST_POINTS:
        return None
    ends = [(_is_log(across), 0), (_is_log(up), 1)]
    if any(is_log and min(point[at] for curve in series.values() for point in curve) <= 0 for is_log, at in ends):
        return None
    kept = {name: tuple(curve) for name, curve in series.items()}
    return Curves(str(across.get("title") or ""), str(up.get("title") or ""), kept, _is_log(across), _is_log(up))


def in_parts(rows: Rows, most: int) -> list[Rows]:
    """Spread a chart over several of about as many rows, at most so many each.

    >>> one = Place("a", "", 1.0, 1.0, 1.0)
    >>> [len(part.places) for part in in_parts(Rows("", (one,) * 10), 8)]
    [5, 5]
    """
    n_parts = math.ceil(len(rows.places) / most)
    size = math.ceil(len(rows.places) / n_parts)
    starts = range(0, len(rows.places), size)
    return [replace(rows, places=rows.places[start : start + size]) for start in starts]


def _place(row: Mapping[str, Any], *, is_log: bool) -> Place:
    value = row["value"]
    low, high = (row[name] if _is_number(row.get(name)) else value for name in ("low", "high"))
    if is_log and low <= 0:
        low = value
    return Place(str(row["label"]), str(row.get("group", "")), value, min(low, value), max(high, value))


def _references(units: Sequence[Mapping[str, Any]], *, is_log: bool) -> dict[float, str]:
    """Find the lines that cross all rows, and the words that stand at them."""
    texts = [row for unit in units if _mark(unit) == "text" for row in _data(unit, unit)]
    said = {float(row["at"]): str(row.get("words", "")) for row in texts if _is_number(row.get("at"))}
    drawn = [_channel(unit, "x").get("datum") for unit in units if _mark(unit) == "rule"]
    return {
        at: said.get(at, "") for at in sorted({float(at) for at in drawn if _is_number(at)}) if at > 0 or not is_log
    }


def _zone(units: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    for unit in units:
        start, end = (_channel(unit, name).get("datum") for name in ("x", "x2"))
        if _mark(unit) == "rect" and _is_number(start) and _is_number(end):
            return min(start, end), max(start, end)
    return None


def _ends(units: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """Find the ends of an axis that cuts what lies beyond."""
    for unit in units:
        scale = _channel(unit, "x").get("scale") or {}
        domain = list(scale.get("domain") or ())
        if scale.get("clamp") and len(domain) == 2 and all(map(_is_number, domain)):
            return float(domain[0]), float(domain[1])
    return None


def _colours(units: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    scales = [_channel(unit, "color").get("scale") or {} for unit in units]
    pairs = [pair for scale in scales for pair in zip(scale.get("domain", ()), scale.get("range", ()), strict=False)]
    return {str(group): shown for group, shown in pairs if isinstance(shown, str) and _COLOUR.fullmatch(shown)}


def _units(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "mark" in spec:
        yield spec
    for part in spec.get("layer", ()):
        yield from _units(part)


def _data(spec: Mapping[str, Any], unit: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Rows of a unit: its own, or those of the whole picture."""
    values: Sequence[Mapping[str, Any]] = (unit.get("data") or spec.get("data") or {}).get("values") or ()
    return values


def _channel(unit: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = unit.get("encoding", {}).get(name) or {}
    return found


def _mark(unit: Mapping[str, Any]) -> str:
    mark = unit["mark"]
    return str(mark if isinstance(mark, str) else mark.get("type"))


def _is_log(channel: Mapping[str, Any]) -> bool:
    return (channel.get("scale") or {}).get("type") == "log"


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
