"""How does a chart of rows stand on a slide? Its names and numbers are texts beside it, large enough for the last row of a room."""

from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.slide import Slide

from lab.report.page import number
from lab.report.slides.axes import Axis, axis_for
from lab.report.slides.boxes import INK, SOFT, Box, add_area, write
from lab.report.slides.fitting import LINE, height_of, width_of
from lab.report.slides.native import add_bars, add_points, legend_of
from lab.report.slides.plots import Place, Rows

__all__ = ["add_chart", "interval"]

_GAP = 14.0
_WIDEST_NAMES, _WIDEST_NUMBERS = 0.42, 0.25  # of the whole width
_AXIS = 5.5  # room for the numbers of an upright axis, in sizes of the text
_MOST_LINES = 4
_ROOM = 0.04  # of the span beyond the outermost point, whose mark is as wide
_ZONE, _BAND = "DFE2E6", "EDEFF2"


def add_chart(page: Slide, rows: Rows, box: Box, sizes: tuple[int, ...]) -> None:
    """Draw a chart of rows in a box: points with error bars, or bars where nothing has an interval and no line crosses."""
    if rows.are_bars and not rows.references and not any(place.is_measured for place in rows.places):
        _bars(page, rows, box, sizes)
    else:
        _points(page, rows, box, sizes)


def interval(place: Place) -> str:
    """Say an interval, in the digits of the report.

    >>> interval(Place("a", "", 4.66, 2.1, 7.25)), interval(Place("a", "", 3.0, 3.0, 3.0))
    ('2.10 to 7.25', '')
    """
    return f"{number(place.low)} to {number(place.high)}" if place.is_measured else ""


def _points(page: Slide, rows: Rows, box: Box, sizes: tuple[int, ...]) -> None:
    """Draw points from left to right: above them the name of the axis, below each its name, its value and its interval."""
    for size in sizes:
        left = _AXIS * size
        width = (box.width - left) / len(rows.places)
        lines = max(height_of(place.label, width - 8, size) for place in rows.places)
        numbers = max(width_of(interval(place), size) for place in rows.places)
        if lines <= 2.1 * LINE * size and numbers <= width - 4:
            break
    names = min(lines, _MOST_LINES * LINE * size)
    says = 2 if numbers <= width - 4 else 3
    title = 1.4 * LINE * size if rows.axis else 0.0
    legend = 1.8 * LINE * size if legend_of(rows) else 0.0
    said = width_of(rows.axis, size) + size
    if beside := bool(legend) and said + _legend_width(rows, size) <= box.width:
        title = 0.0
    top = box.top + title + legend + 0.5 * size
    inner = Box(box.left + left, top, box.width - left, box.bottom - top - names - says * LINE * size - 0.6 * size)
    room = Box(box.left, box.top, said if beside else box.width, legend if beside else title)
    write(page, rows.axis, room, (size,), colour=SOFT)
    whole = Box(box.left, box.top + title, box.width, inner.bottom + 0.6 * size - box.top - title)
    axis = _axis_of(rows)
    _shade(page, rows, inner, axis)
    add_points(page, rows, whole, inner, axis, size, legend_from=beside * said / box.width).name = "Chart"
    for at, place in enumerate(rows.places):
        x = inner.left + at * width
        label = Box(x + 4, whole.bottom, width - 8, names)
        value = Box(x, label.bottom, width, LINE * size)
        ends = Box(x, value.bottom, width, (says - 1) * LINE * size)
        write(page, place.label, label, (size,), align=PP_ALIGN.CENTER)
        beyond = " \u2191" if place.value > axis.high else " \u2193" if place.value < axis.low else ""
        write(page, number(place.value) + beyond, value, (size,), bold=True, align=PP_ALIGN.CENTER)
        if place.is_measured:
            write(page, interval(place), ends, (size,), colour=SOFT, align=PP_ALIGN.CENTER)


def _axis_of(rows: Rows) -> Axis:
    if rows.ends is not None:
        return axis_for(rows.ends)
    shown = [end for place in rows.places for end in (place.low, place.high)]
    return axis_for([*shown, *rows.references], is_log=rows.is_log, room=_ROOM)


def _shade(page: Slide, rows: Rows, inner: Box, axis: Axis) -> None:
    """Draw what lies behind the points: the band of the row that decides, and the zone that is shaded, to the end of the axis."""
    width = inner.width / len(rows.places)
    for at, place in enumerate(rows.places):
        if rows.banded and place.label == rows.banded:
            add_area(page, Box(inner.left + at * width, inner.top, width, inner.height), _BAND, "Band")
    if rows.zone is None:
        return
    shown = [end for place in rows.places for end in (place.low, place.high)]
    low = axis.low if rows.zone[0] <= min(shown) else rows.zone[0]
    high = axis.high if rows.zone[1] >= max(shown) else rows.zone[1]
    top, bottom = (inner.bottom - axis.share(end) * inner.height for end in (high, low))
    if bottom > top:
        add_area(page, Box(inner.left, top, inner.width, bottom - top), _ZONE, "Zone")


def _legend_width(rows: Rows, size: int) -> float:
    return sum(width_of(name, size) + 3.5 * size for name in legend_of(rows))


def _bars(page: Slide, rows: Rows, box: Box, sizes: tuple[int, ...]) -> None:
    """Draw bars from top to bottom: at the left of each its name, at the right its value."""
    for size in sizes:
        legend = 1.8 * LINE * size if legend_of(rows) else 0.0
        below = (3.2 if rows.axis else 1.6) * LINE * size
        height = (box.height - legend - below) / len(rows.places)
        names = min(_WIDEST_NAMES * box.width, max(width_of(place.label, size) for place in rows.places) + 2)
        if all(height_of(place.label, names, size) <= height for place in rows.places):
            break
    values = max(width_of(number(place.value), size) for place in rows.places) + 2
    numbers = min(_WIDEST_NUMBERS * box.width, values)
    inner = Box(
        box.left + names + _GAP, box.top + legend, box.width - names - numbers - 2 * _GAP, height * len(rows.places)
    )
    add_bars(page, rows, box, inner, size).name = "Chart"
    for at, place in enumerate(rows.places):
        top = inner.top + at * height
        name, value = Box(box.left, top, names, height), Box(inner.right + _GAP, top, numbers, height)
        write(page, place.label, name, (size,), anchor=MSO_ANCHOR.MIDDLE)
        write(
            page,
            number(place.value),
            value,
            (size,),
            colour=INK,
            align=PP_ALIGN.RIGHT,
            anchor=MSO_ANCHOR.MIDDLE,
        )
