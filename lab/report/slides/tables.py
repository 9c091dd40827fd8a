"""How wide are the columns of a table on a slide, and which rows does a slide hold? Numbers are never broken, texts are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.slide import Slide
from pptx.util import Pt

from lab.cleaning import clean
from lab.report.page import number, unit
from lab.report.slides.boxes import BODY, INK, Box, add_run
from lab.report.slides.content import Grid
from lab.report.slides.fitting import LINE, fitted, height_of, longest_word, width_of

__all__ = ["Laid", "add_table", "in_pages"]

_SIZES, _SMALL_SIZES = (32, 28, 24, 22, 20, 18), (14, 12, 11)
_SPREAD, _SMALL_SPREAD = (18,), (12, 11, 10, 9)  # where one slide does not hold it
_ACROSS, _DOWN = 7.0, 3.0  # margins of a cell on each side
_SLACK = 2.0
_WIDEST_WORD = 0.4  # of the table: a longer word is broken
_MOST_LINES = 7
_HEAD = "E8ECF0"
_GRID_STYLE = "{5940675A-B579-460E-94D1-54222C63F5DA}"  # lines around all cells, no colours


@dataclass(frozen=True)
class Laid:
    """A table, or a part of one, as it is drawn: its size of text, the widths of its columns, the heights of head and rows."""

    grid: Grid
    size: int
    widths: tuple[float, ...]
    head: float
    heights: tuple[float, ...]


def in_pages(grid: Grid, room: float) -> list[Laid]:
    """Spread a table over slides that have so much room for it; none where its columns do not fit at any size."""
    laid = _laid_out(grid, room)
    if laid is None:
        return []
    starts, left = [0], room - laid.head
    for at, height in enumerate(laid.heights):
        if height > left and at > starts[-1]:
            starts.append(at)
            left = room - laid.head
        left -= height
    ends = [*starts[1:], len(grid.rows)]
    return [
        replace(laid, grid=replace(grid, rows=grid.rows[a:b]), heights=laid.heights[a:b])
        for a, b in zip(starts, ends, strict=True)
    ]


def add_table(page: Slide, laid: Laid, box: Box) -> None:
    """Draw a table as it was laid out, from the upper left corner of a box."""
    grid = laid.grid
    shape = page.shapes.add_table(
        len(grid.rows) + 1, len(grid.columns), Pt(box.left), Pt(box.top), Pt(sum(laid.widths)), Pt(laid.head)
    )
    shape.name = clean(grid.title)[:80]
    table = shape.table
    for style in table._tbl.iter(qn("a:tableStyleId")):
        style.text = _GRID_STYLE
    table.horz_banding = False
    for place, width in enumerate(laid.widths):
        table.columns[place].width = Pt(width)
    numeric = [_is_numeric(grid.rows, place) for place in range(len(grid.columns))]
    shown = [tuple(map(unit, grid.columns)), *(tuple(map(number, row)) for row in grid.rows)]
    for at, (row, height) in enumerate(zip(shown, (laid.head, *laid.heights), strict=True)):
        table.rows[at].height = Pt(height)
        for place, text in enumerate(row):
            _fill(table.cell(at, place), text, laid, place, is_head=at == 0, is_number=numeric[place])


def _laid_out(grid: Grid, room: float) -> Laid | None:
    """Choose the largest size in which all of it fits on one slide, or else a readable one for several slides."""
    for size in _SMALL_SIZES if grid.is_appendix else _SIZES:
        laid = _at_size(grid, size)
        if laid is not None and laid.head + sum(laid.heights) <= room:
            return laid
    spread = (_at_size(grid, size) for size in (*(() if grid.is_appendix else _SPREAD), *_SMALL_SPREAD))
    return next((laid for laid in spread if laid is not None), None)


def _at_size(grid: Grid, size: int) -> Laid | None:
    shown = [tuple(map(number, row)) for row in grid.rows]
    margins = 2 * _ACROSS + _SLACK
    least, wanted = [], []
    for place, name in enumerate(grid.columns):
        is_number = _is_numeric(grid.rows, place)
        cells = [clean(row[place]) for row in shown]
        head = longest_word(unit(name), size, bold=True)
        widest = max((width_of(cell, size) for cell in cells), default=0.0)
        word = widest if is_number else max((longest_word(cell, size) for cell in cells), default=0.0)
        least.append(min(max(head, word), _WIDEST_WORD * BODY.width) + margins)
        wanted.append(max(least[-1], widest + margins))
    if sum(least) > BODY.width:
        return None
    more = BODY.width - sum(least)
    asked = [want - has for want, has in zip(wanted, least, strict=True)]
    share = min(1.0, more / sum(asked)) if sum(asked) else 0.0
    widths = tuple(has + share * ask for has, ask in zip(least, asked, strict=True))
    head = _height(tuple(map(unit, grid.columns)), widths, size, bold=True)
    return Laid(grid, size, widths, head, tuple(_height(row, widths, size) for row in shown))


def _height(row: Sequence[str], widths: Sequence[float], size: int, *, bold: bool = False) -> float:
    heights = [
        height_of(clean(text), width - 2 * _ACROSS, size, bold=bold) for text, width in zip(row, widths, strict=True)
    ]
    return min(max(heights), _MOST_LINES * LINE * size) + 2 * _DOWN


def _fill(cell: Any, text: str, laid: Laid, place: int, *, is_head: bool, is_number: bool) -> None:
    words, size = fitted(
        clean(text), laid.widths[place] - 2 * _ACROSS, _MOST_LINES * LINE * laid.size, (laid.size,), bold=is_head
    )
    cell.margin_left = cell.margin_right = Pt(_ACROSS)
    cell.margin_top = cell.margin_bottom = Pt(_DOWN)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    line = cell.text_frame.paragraphs[0]
    line.alignment = PP_ALIGN.RIGHT if is_number else PP_ALIGN.LEFT
    add_run(line, words, size, INK, bold=is_head)
    if is_head:
        cell.fill.solid()
        cell.fill.fore_color.rgb = RGBColor.from_string(_HEAD)


def _is_numeric(rows: Sequence[Sequence[Any]], place: int) -> bool:
    values = [row[place] for row in rows if row[place] is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)
