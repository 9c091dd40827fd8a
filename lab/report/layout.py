"""How does a picture use the room that it has? The same description, laid out for a wide sheet and for a narrow one.

A sheet is as wide as its units say, whatever the labels are: the plot takes what they leave. The page shows a sheet at a
size at which its text is the text of the page, so that a picture is never shrunk as a whole.
"""

import copy
import math
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["NARROW", "WIDE", "Sheet", "labels_in_place", "laid_out", "sheets_for"]

Spec = dict[str, Any]
"""A part of a Vega-Lite description."""

_PER_LETTER = 0.62  # width of a letter of DejaVu Sans, the widest of the page's fonts, in sizes of the text
_LABEL_LINES = r"split(datum.label, '\n')"
_SYMBOL = 4  # letters that a symbol of a legend and the room after a name take
_TICKS = 8  # letters that numbers and a title take beside an axis
_EDGE = 'paint-order="stroke" stroke="var(--page)" stroke-width="6" stroke-linejoin="round"'
_MANY_ROWS = 12  # from here on rows stand closer


@dataclass(frozen=True)
class Sheet:
    """Room for a picture: its width, the size of its text, both in units; letters that a label has; ticks of an axis."""

    width: int
    text: int
    letters: int
    ticks: int
    shown: float
    """Width on the page, in sizes of the page's text; less where the screen is smaller."""

    @property
    def across(self) -> int:
        """Letters that fit into the width."""
        return int(self.width / (_PER_LETTER * self.text))

    @property
    def line(self) -> int:
        """Height of a line of text, as Vega sets it."""
        return self.text + 2


WIDE = Sheet(width=1080, text=16, letters=50, ticks=8, shown=67.5)
NARROW = Sheet(width=340, text=16, letters=14, ticks=4, shown=26.0)


def sheets_for(spec: Mapping[str, Any]) -> dict[str, Sheet]:
    """Name the sheets on which a picture is drawn, by the room of the page in which each is shown.

    A narrow one has no room for texts among marks, under columns, or for a legend above bars that stand beside their labels.
    """
    return {"always": WIDE} if any(_is_crowded(unit) for unit in _units(spec)) else {"roomy": WIDE, "tight": NARROW}


def laid_out(spec: Mapping[str, Any], sheet: Sheet) -> Spec:
    """Lay a picture out for a sheet: its width, labels in lines, a legend of what is there, no text cut.

    A diagram (a picture without axes) keeps its own size, in which its texts stand.
    """
    made: Spec = copy.deepcopy(dict(spec))
    data = list(_rows_of(made))
    room = sheet.across - _letters_left_of_the_plot(made, data, sheet) - _SYMBOL
    for unit in list(_units(made)):
        for channel in unit["encoding"].values():
            _only_what_is_there(channel, data, room)
    _legends_in_lines(made, data, room)
    rows = [unit for unit in _units(made) if unit["encoding"].get("y", {}).get("type") == "nominal"]
    if rows:
        _lay_rows(made, rows, sheet)
    if "vconcat" in made:
        for part in made["vconcat"]:
            part["width"] = sheet.width - math.ceil(7 * sheet.text)  # labels and title of the height
    elif not _is_diagram(made):
        made["width"] = sheet.width
        made["autosize"] = {"type": "fit-x", "contains": "padding"}
    for unit in _units(made):
        _title_in_lines(unit["encoding"].get("x", {}), sheet)
    return made


def labels_in_place(drawn: str, spec: Mapping[str, Any]) -> str:
    """Raise the labels of rows that have several lines: the library hangs them all below the place of the first.

    A label beside its row ends up with its middle there, one above it with its last line. Lines that cross the picture end at
    the letters of a label above its row, which have an edge in the colour of the page.
    """
    axes = [unit["encoding"].get("y", {}).get("axis") or {} for unit in _units(spec)]
    above = any(axis.get("labelBaseline") == "bottom" for axis in axes)

    def raised(found: re.Match[str]) -> str:
        lines = re.findall(r'<tspan x="[^"]*" dy="([\d.]+)"', found[0])
        up = sum(map(float, lines)) / (1 if above else 2)
        return found[0].replace("<tspan>", f'<tspan dy="-{up:g}">', 1)

    def group(found: re.Match[str]) -> str:
        placed = re.sub(r"<text\b[^>]*><tspan>.*?</text>", raised, found[0], flags=re.DOTALL)
        return placed.replace("<text ", f"<text {_EDGE} ") if above else placed

    return re.sub(r'<g class="mark-text role-axis-label".*?</g>', group, drawn, flags=re.DOTALL)


def _units(spec: Mapping[str, Any]) -> Iterator[Spec]:
    """Every single kind of mark in a picture, however the marks are put together."""
    parts = [part for key in ("layer", "vconcat") for part in spec.get(key, ())]
    for part in parts:
        yield from _units(part)
    if "encoding" in spec and "mark" in spec:
        yield spec  # type: ignore[misc]  # the copy that is laid out


def _are_above(units: Sequence[Spec], sheet: Sheet) -> bool:
    """Whether the labels of rows stand above them."""
    return sheet is NARROW and not any(_kind(unit) == "bar" for unit in units)


def _kind(unit: Mapping[str, Any]) -> str:
    mark = unit["mark"]
    return str(mark if isinstance(mark, str) else mark["type"])


def _is_crowded(unit: Mapping[str, Any]) -> bool:
    is_of_columns = unit["encoding"].get("x", {}).get("type") == "nominal"
    has_texts = (
        _kind(unit) == "text" and unit["encoding"].get("y", {}).get("type") != "nominal"
    )  # else they stand in rows
    return has_texts or is_of_columns or "yOffset" in unit["encoding"]


def _is_diagram(spec: Mapping[str, Any]) -> bool:
    axes = [channel for unit in _units(spec) for name, channel in unit["encoding"].items() if name in ("x", "y")]
    return bool(axes) and all("axis" in channel and channel["axis"] is None for channel in axes)


def _rows_of(spec: Mapping[str, Any]) -> Iterator[Spec]:
    """Every row of data in a picture, whichever of its parts holds it."""
    yield from spec.get("data", {}).get("values", ())
    for key in ("layer", "vconcat"):
        for part in spec.get(key, ()):
            yield from _rows_of(part)


def _letters_left_of_the_plot(made: Spec, data: Sequence[Spec], sheet: Sheet) -> int:
    """Say how many letters the labels of the height take, so that a legend, which begins where the plot does, knows its room."""
    units = list(_units(made))
    fields = {
        unit["encoding"]["y"]["field"] for unit in units if unit["encoding"].get("y", {}).get("type") == "nominal"
    }
    if not fields:
        return _TICKS
    if _are_above(units, sheet):
        return 0
    return min(sheet.letters, max((len(str(row[field])) for row in data for field in fields & row.keys()), default=0))


def _only_what_is_there(channel: Spec, rows: Sequence[Spec], room: int) -> None:
    """Leave out of a legend what no mark shows, and set it in as many columns as fit; colours stay with their groups."""
    scale = channel.get("scale") or {}
    there = {row.get(str(channel.get("field"))) for row in rows}
    kept = [pair for pair in zip(scale.get("domain", ()), scale.get("range", ()), strict=False) if pair[0] in there]
    if channel.get("type") != "nominal" or not kept:
        return
    names = [str(name) for name, _ in kept]
    channel["scale"] = scale | {"domain": names, "range": [shown for _, shown in kept]}
    if isinstance(channel.get("legend"), dict):
        across = max(1, room // (min(max(map(len, names)), room) + _SYMBOL))
        channel["legend"] = channel["legend"] | {"columns": across, "labelLimit": 0}


def _legends_in_lines(made: Spec, rows: Sequence[Spec], room: int) -> None:
    """Break names that are longer than a legend has room for, everywhere in the picture: marks and legends meet by them."""
    units = list(_units(made))
    named = [c for unit in units for c in unit["encoding"].values() if c.get("type") == "nominal" and "legend" in c]
    fields = {str(channel["field"]) for channel in named if isinstance(channel["legend"], dict)}
    long = {row[f] for row in rows for f in fields & row.keys() if isinstance(row[f], str) and len(row[f]) > room}
    if not long:
        return

    def broken(name: Any) -> Any:
        return _in_lines(name, room) if isinstance(name, str) and name in long else name

    for row in rows:
        row.update({field: broken(row[field]) for field in fields & row.keys()})
    for channel in named:
        if channel["field"] in fields:
            scale = channel.get("scale") or {}
            channel["scale"] = scale | {"domain": [broken(name) for name in scale.get("domain", ())]}
            if isinstance(channel["legend"], dict):
                channel["legend"] = channel["legend"] | {"labelExpr": _LABEL_LINES}
    conditions = [c for unit in units for step in unit.get("transform", ()) for c in step["filter"]["and"]]
    for condition in conditions:
        if condition["field"] in fields:
            condition["equal"] = broken(condition["equal"])


def _lay_rows(made: Spec, units: Sequence[Spec], sheet: Sheet) -> None:
    """Write the labels of rows in lines, beside the rows or, where that leaves no room, above them."""
    above = _are_above(units, sheet)
    letters = int(0.9 * sheet.across) if above else sheet.letters
    fields = {unit["encoding"]["y"]["field"] for unit in units}
    labels = set()
    for row in _rows_of(made):
        for field in fields & {key for key, value in row.items() if isinstance(value, str)}:
            row[field] = _in_lines(row[field], letters)
            labels.add(row[field])
    for unit in units:
        y = unit["encoding"]["y"]
        if isinstance(y.get("sort"), list):
            y["sort"] = [_in_lines(name, letters) if isinstance(name, str) else name for name in y["sort"]]
        y["axis"] = (y.get("axis") or {}) | {"labelLimit": 0, "labelOverlap": False, "labelExpr": _LABEL_LINES}
        if above:
            places = {
                "labelAlign": "left",
                "labelBaseline": "bottom",
                "labelPadding": 0,
                "labelOffset": -0.5 * sheet.text,
            }
            y["axis"] |= {"ticks": False, "domain": False, "zindex": 1, **places}  # over lines that cross the picture
    height = max((label.count("\n") + 1 for label in labels), default=1) * sheet.line
    if above:  # the first label stands above the plot
        for channel in [channel for unit in _units(made) for channel in unit["encoding"].values()]:
            if isinstance(channel.get("legend"), dict):
                channel["legend"] = channel["legend"] | {"offset": height}
    if isinstance(made.get("height"), dict):
        parts = max(len(unit["encoding"].get("yOffset", {}).get("sort") or [1]) for unit in units)
        many = len(labels) > _MANY_ROWS
        least = height + (1.2 if above else 0.25 if many else 0.5) * sheet.text
        own = 0 if above or many else made["height"]["step"]
        made["height"] = {"step": max(own, least / parts)}


def _in_lines(text: str, letters: int) -> str:
    """Break a text into lines of so many letters; two different texts stay different.

    >>> _in_lines("weighted average of the models", 20).split(chr(10))
    ['weighted average of ', 'the models']
    """
    return "\n".join(textwrap.wrap(text, letters, drop_whitespace=False, replace_whitespace=False)) or text


def _title_in_lines(channel: Spec, sheet: Sheet) -> None:
    title = channel.get("title")
    if isinstance(title, str) and len(title) > 0.8 * sheet.across:
        channel["title"] = textwrap.wrap(title, int(0.8 * sheet.across))
