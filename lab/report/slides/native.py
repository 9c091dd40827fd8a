"""How does a chart become a native one, with error bars? By python-pptx, and by XML of our own for what it lacks.

Each point stands in one row of the sheet behind its chart, with its label, value, interval and the two lengths of its
error bar, and the chart refers to these cells: who changes the sheet moves the bars.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.slide import Slide
from pptx.util import Pt
from xlsxwriter.utility import xl_col_to_name

from lab.cleaning import clean
from lab.report.charts import COLOURS
from lab.report.page import number
from lab.report.slides.axes import Axis, axis_for
from lab.report.slides.boxes import Box
from lab.report.slides.fitting import fitted
from lab.report.slides.plots import Curves, Place, Rows
from lab.report.slides.workbook import column, sheet

__all__ = ["add_bars", "add_curves", "add_points", "legend_of"]

_MARKERS = (
    XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.DIAMOND, XL_MARKER_STYLE.SQUARE,
    XL_MARKER_STYLE.TRIANGLE, XL_MARKER_STYLE.PLUS, XL_MARKER_STYLE.X,
)  # fmt: skip
_DASHES = (
    MSO_LINE.SOLID,
    MSO_LINE.DASH,
    MSO_LINE.ROUND_DOT,
    MSO_LINE.DASH_DOT,
    MSO_LINE.LONG_DASH,
    MSO_LINE.SQUARE_DOT,
)
_LINES = (MSO_LINE.ROUND_DOT, MSO_LINE.DASH, MSO_LINE.DASH_DOT)
_LINE, _GRID = "#444444", "#D9DEE4"
_HEADER = ("label", "place", "minus", "plus", "low", "high")
_FIRST = 2  # row of the sheet below the header
_ONE_LINE = 1.5  # its height in any script, in sizes of the text
_LEGEND = 700.0  # width of a legend, without its marks


@dataclass(frozen=True)
class _Series:
    """A column of the sheet that is drawn: a group of points, or a line across; None where a row is of another group."""

    name: str
    group: str
    across: tuple[float, ...]
    values: tuple[float | None, ...]
    first: int
    is_line: bool = False

    @property
    def last(self) -> int:
        """Last row of the sheet."""
        return self.first + len(self.values) - 1


def add_points(
    page: Slide, rows: Rows, box: Box, inner: Box, axis: Axis, size: int, *, legend_from: float = 0.0
) -> Any:
    """Draw rows as points with vertical error bars, from left to right. Their names are not drawn, nor is the name of the axis.

    Error bars are vertical because programs other than PowerPoint draw no horizontal ones that have lengths of their own.

    Parameters
    ----------
    box, inner : Box
        The place of the chart, and within it that of the points, which share its width.
    axis : Axis
        Of the values.
    size : int
        Of the text, in points.
    legend_from : float
        Where a legend begins at the top, as a share of the width.
    """
    n_rows = len(rows.places)
    drawn = _series_of(rows)
    data = XyChartData()
    for one in drawn:
        data.add_series(_named(one.name, size, len(drawn))).add_data_point(0, 0)
    chart = (frame := _frame(page, XL_CHART_TYPE.XY_SCATTER, box, data)).chart
    n_lines = 0
    minus, plus = ([_side(place, sign) for place in rows.places] for sign in (-1, 1))
    for at, (one, series) in enumerate(zip(drawn, chart.plots[0].series, strict=True)):
        letter, element = xl_col_to_name(len(_HEADER) + at), series._element
        _refer(element, "tx", column(letter, 1, 1), None)
        _refer(element, "xVal", column("B", one.first, one.last), one.across)
        _refer(element, "yVal", column(letter, one.first, one.last), one.values)
        if one.is_line:
            _draw_line(series, _LINE, _LINES[n_lines % len(_LINES)])
            n_lines += 1
            continue
        _draw_points(series, _colour(rows, one.group), _MARKERS[_rank(rows, one.group) % len(_MARKERS)])
        if any(place.is_measured for place in rows.places if place.group == one.group):
            _add_error_bars(element, minus, plus, _colour(rows, one.group), one)
    cells = [
        [place.label, at + 0.5, minus[at], plus[at], place.low, place.high] for at, place in enumerate(rows.places)
    ]
    cells += [[f"line {side}", x, None, None, None, None] for side, x in (("left", 0.0), ("right", float(n_rows)))]
    for one in drawn:
        padded = (None,) * (one.first - _FIRST) + one.values
        for at, row in enumerate(cells):
            row.append(padded[at] if at < len(padded) else None)
    _set_sheet(chart, [[*_HEADER, *(one.name for one in drawn)], *cells])
    _plain(chart, size, _is_in_legend(rows))
    _lay_out(chart, box, inner)
    if legend_from:
        chart.legend._element.find(qn("c:overlay")).addprevious(
            _layout("", (legend_from, 0.0, 1 - legend_from, 1.7 * size / box.height))
        )
    _scale(chart.value_axis, axis, "", size, 0.0)
    hidden = chart.category_axis
    hidden.minimum_scale, hidden.maximum_scale = 0, n_rows
    _hide(hidden)
    for element in chart._chartSpace.iter(qn("c:crosses")):  # not at 0, which may be outside
        element.set("val", "min")
    return frame


def add_bars(page: Slide, rows: Rows, box: Box, inner: Box, size: int) -> Any:
    """Draw rows as horizontal bars from 0, the first at the top; each group is a series, with gaps where rows are of others.

    Their names are not drawn. For the parameters see `add_points`.
    """
    data = CategoryChartData()
    data.categories = [_named(place.label, size) for place in rows.places]
    for group in rows.groups:
        values = [place.value if place.group == group else None for place in rows.places]
        data.add_series(_named(group or rows.axis, size, len(rows.groups)), values)
    frame = _frame(page, XL_CHART_TYPE.BAR_CLUSTERED, box, data)
    chart = frame.chart
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 60, 100
    for group, series in zip(rows.groups, plot.series, strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = _rgb(_colour(rows, group))
    cells = (
        (place.label, *(place.value if place.group == one else None for one in rows.groups)) for place in rows.places
    )
    _set_sheet(chart, [("label", *(group or rows.axis for group in rows.groups)), *cells])
    _plain(chart, size, _is_in_legend(rows))
    _lay_out(chart, box, inner)
    _scale(chart.value_axis, axis_for([0.0, *(place.value for place in rows.places)]), rows.axis, size, inner.width)
    chart.category_axis.reverse_order = True
    _hide(chart.category_axis)
    chart.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH  # below, since the order is reversed
    return frame


def add_curves(page: Slide, curves: Curves, box: Box, size: int) -> Any:
    """Draw a chart of curves, with both axes."""
    data = XyChartData()
    rows: list[Sequence[Any]] = [("curve", "x", "y")]
    for name, points in curves.series.items():
        series = data.add_series(_named(name, size, len(curves.series)))
        series.add_data_point(0, 0)
        rows += [(name, x, y) for x, y in points]
    frame = _frame(page, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, box, data)
    chart = frame.chart
    _plain(chart, size, [len(curves.series) > 1] * len(curves.series))
    first = _FIRST
    for place, (series, points) in enumerate(zip(chart.plots[0].series, curves.series.values(), strict=True)):
        last = first + len(points) - 1
        _refer(series._element, "tx", column("A", first, first), None)
        for part, letter, values in (("xVal", "B", [x for x, _ in points]), ("yVal", "C", [y for _, y in points])):
            _refer(series._element, part, column(letter, first, last), values)
        first = last + 1
        _draw_line(series, COLOURS[place % len(COLOURS)], _DASHES[place % len(_DASHES)])
    _set_sheet(chart, rows)
    for axis, at, title, is_log in (
        (chart.category_axis, 0, curves.x, curves.is_log_x),
        (chart.value_axis, 1, curves.y, curves.is_log_y),
    ):
        values = [point[at] for points in curves.series.values() for point in points]
        _scale(axis, axis_for(values, is_log=is_log), title, size, 0.7 * (box.height if at else box.width))
        axis.visible = True
    return frame


def _frame(page: Slide, kind: Any, box: Box, data: Any) -> Any:
    return page.shapes.add_chart(kind, Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height), data)


def _series_of(rows: Rows) -> list[_Series]:
    """List the groups of points, then the lines that cross them."""
    n_rows = len(rows.places)
    middles = tuple(at + 0.5 for at in range(n_rows))
    groups = [
        _Series(
            group or rows.axis or "value", group, middles,
            tuple(place.value if place.group == group else None for place in rows.places), _FIRST,
        )
        for group in rows.groups
    ]  # fmt: skip
    lines = [
        _Series(words or f"line at {number(at)}", "", (0.0, float(n_rows)), (at, at), _FIRST + n_rows, is_line=True)
        for at, words in rows.references.items()
    ]
    return groups + lines


def _side(place: Place, sign: int) -> float:
    """Length of an error bar above (1) or below (-1) a point."""
    return place.high - place.value if sign > 0 else place.value - place.low


def _set_sheet(chart: Any, rows: Sequence[Sequence[Any]]) -> None:
    chart.part.chart_workbook.update_from_xlsx_blob(sheet(rows))


def _refer(series: Any, part: str, cells: str, values: Sequence[float | None] | None) -> None:
    """Have a part of a series refer to cells, and hold their values; without values it keeps those that it has."""
    found = series.find(qn(f"c:{part}"))
    if values is None:
        found.find(f".//{qn('c:f')}").text = cells
        return
    for old in list(found):
        found.remove(old)
    found.append(parse_xml(_reference(cells, values)))


def _add_error_bars(series: Any, minus: Sequence[float], plus: Sequence[float], colour: str, drawn: _Series) -> None:
    """Add error bars whose lengths differ from point to point and from side to side: python-pptx has none."""
    lengths = "".join(
        f"<c:{side}>{_reference(column(letter, drawn.first, drawn.last), values)}</c:{side}>"
        for side, letter, values in (("plus", "D", plus), ("minus", "C", minus))
    )
    made = parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errDir val="y"/><c:errBarType val="both"/><c:errValType val="cust"/>'
        f'<c:noEndCap val="0"/>{lengths}<c:spPr><a:ln w="38100"><a:solidFill><a:srgbClr val="{_rgb(colour)}"/></a:solidFill>'
        "</a:ln></c:spPr></c:errBars>"
    )
    series.find(qn("c:xVal")).addprevious(made)


def _reference(cells: str, values: Sequence[float | None]) -> str:
    """Write a reference to cells with the numbers that stand in them."""
    points = "".join(
        f'<c:pt idx="{at}"><c:v>{value!r}</c:v></c:pt>' for at, value in enumerate(values) if value is not None
    )
    cache = f'<c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>{points}'
    return f"<c:numRef {nsdecls('c')}><c:f>{cells}</c:f><c:numCache>{cache}</c:numCache></c:numRef>"


def _draw_points(series: Any, colour: str, marker: Any) -> None:
    series.marker.style, series.marker.size = marker, 12
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = _rgb(colour)
    series.marker.format.line.color.rgb = _rgb(colour)
    series.format.line.fill.background()


def _draw_line(series: Any, colour: str, dash: Any) -> None:
    series.marker.style = XL_MARKER_STYLE.NONE
    series.smooth = False
    line = series.format.line
    line.width, line.dash_style = Pt(2.25), dash
    line.color.rgb = _rgb(colour)


def _colour(rows: Rows, group: str) -> str:
    return rows.colours.get(group, COLOURS[_rank(rows, group) % len(COLOURS)])


def _rank(rows: Rows, group: str) -> int:
    """Place of a group among all of the picture, of which these rows may be a part."""
    return list(dict.fromkeys((*rows.colours, *rows.groups))).index(group)


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.removeprefix("#").upper())


def _named(text: str, size: int, n_names: int = 1) -> str:
    """Cut a name to its share of a legend as wide as a slide."""
    return fitted(clean(text), _LEGEND / n_names, _ONE_LINE * size, (size,))[0] or " "


def _hide(axis: Any) -> None:
    axis.visible = False
    axis.has_major_gridlines = False


def _plain(chart: Any, size: int, named: Sequence[bool]) -> None:
    """Have no title, and a legend of those series that are named there."""
    chart.has_title = False
    chart.font.size = Pt(size)
    chart.has_legend = any(named)
    if not chart.has_legend:
        return
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    chart.legend.font.size = Pt(size)
    for place in reversed([place for place, is_named in enumerate(named) if not is_named]):
        entry = f'<c:legendEntry {nsdecls("c")}><c:idx val="{place}"/><c:delete val="1"/></c:legendEntry>'
        chart.legend._element.find(qn("c:legendPos")).addnext(parse_xml(entry))


def _is_in_legend(rows: Rows) -> list[bool]:
    """Say of each series whether the legend names it: groups where there are several, lines of which something is said."""
    return [len(rows.groups) > 1 for _ in rows.groups] + [bool(words) for words in rows.references.values()]


def legend_of(rows: Rows) -> list[str]:
    """List the names that a legend shows."""
    names = [*rows.groups, *rows.references.values()]
    return [name for name, is_named in zip(names, _is_in_legend(rows), strict=True) if is_named]


def _lay_out(chart: Any, box: Box, inner: Box) -> None:
    """Fix the place of the rows in the chart, so that labels beside it stand at their rows."""
    area = chart._chartSpace.chart.plotArea
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    across, down = (inner.left - box.left) / box.width, (inner.top - box.top) / box.height
    sizes = (across, down, inner.width / box.width, inner.height / box.height)
    area.insert(0, _layout('<c:layoutTarget val="inner"/>', sizes))


def _layout(target: str, sizes: tuple[float, float, float, float]) -> Any:
    """Write a place in a chart: left, top, width and height as shares of it."""
    modes = "".join(f'<c:{name}Mode val="edge"/>' for name in "xy")
    parts = "".join(f'<c:{name} val="{value:.6f}"/>' for name, value in zip("xywh", sizes, strict=True))
    return parse_xml(f"<c:layout {nsdecls('c')}><c:manualLayout>{target}{modes}{parts}</c:manualLayout></c:layout>")


def _scale(axis: Any, ends: Axis, title: str, size: int, room: float) -> None:
    """Set the ends of an axis and its ticks, and name it in so much room."""
    axis.minimum_scale, axis.maximum_scale = ends.low, ends.high
    if ends.is_log:
        scaling = axis._element.find(qn("c:scaling"))
        scaling.insert(0, parse_xml(f'<c:logBase {nsdecls("c")} val="10"/>'))
    else:
        axis.major_unit = ends.step
    axis.has_major_gridlines = True
    axis.major_gridlines.format.line.color.rgb = _rgb(_GRID)
    axis.format.line.color.rgb = _rgb(_LINE)
    axis.major_tick_mark = XL_TICK_MARK.NONE
    axis.tick_labels.font.size = Pt(size)
    decimals = max(0, -math.floor(math.log10(ends.step) + 1e-9))
    form = "General" if ends.is_log else "#,##0" + ("." + "0" * decimals if decimals else "")
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = form, False
    axis.has_title = bool(title)
    if title:
        words = axis.axis_title.text_frame
        words.text = fitted(clean(title), room, _ONE_LINE * size, (size,))[0]
        words.paragraphs[0].runs[0].font.size, words.paragraphs[0].runs[0].font.bold = Pt(size), False
