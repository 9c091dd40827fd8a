"""Where does a text stand on a slide, and in which size? The largest in which it fits; on main slides never less than 18 pt.

Lengths are points; a slide is 960 wide and 540 high.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.slide import Slide
from pptx.util import Pt

from lab.cleaning import clean
from lab.report.slides.fitting import fitted

__all__ = [
    "BETWEEN",
    "BODY",
    "BULLET",
    "HEIGHT",
    "INK",
    "SIZES",
    "SMALL_SIZES",
    "SOFT",
    "TITLE",
    "WHITE",
    "WIDTH",
    "Box",
    "add_area",
    "add_run",
    "fill_frame",
    "paint",
    "write",
    "write_list",
]

INK, SOFT, WHITE = "1B1F24", "59626E", "FFFFFF"
SIZES, SMALL_SIZES = (28, 26, 24, 22, 20, 18), (16, 14, 12, 11)
"""Sizes of texts on main slides, and in the appendix."""


@dataclass(frozen=True)
class Box:
    """A place on a slide, in points from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.top + self.height


WIDTH, HEIGHT = 960.0, 540.0
BULLET, BETWEEN = 26.0, 0.5
"""Room for the sign before an item of a list; space between items, in sizes of the text."""
TITLE = Box(44.0, 20.0, 872.0, 78.0)
BODY = Box(44.0, 112.0, 872.0, 404.0)


def add_area(page: Slide, box: Box, colour: str, name: str) -> None:
    """Put a plain area on a slide, before what is to lie upon it."""
    shape = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height))
    paint(shape, colour)
    shape.name = name


def paint(shape: Any, colour: str) -> None:
    """Fill a shape, and leave it without a line, a shadow and whatever else its style would add."""
    for style in shape._element.findall(qn("p:style")):
        shape._element.remove(style)
    shape.fill.solid()
    shape.fill.fore_color.rgb = RGBColor.from_string(colour)
    shape.line.fill.background()


class Style(TypedDict, total=False):
    """How a text is written, where it is not written plainly: its colour, weight, and place in its lines."""

    colour: str
    bold: bool
    align: Any


def write(
    page: Slide,
    text: str,
    box: Box,
    sizes: Sequence[int],
    *,
    anchor: Any = MSO_ANCHOR.TOP,
    **style: Unpack[Style],
) -> None:
    """Put a text on a slide, in the largest of these sizes in which it fits; see `fitting.fitted`."""
    shape = page.shapes.add_textbox(Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height))
    fill_frame(shape.text_frame, text, box, sizes, anchor=anchor, **style)


def fill_frame(
    frame: Any,
    text: str,
    box: Box,
    sizes: Sequence[int],
    *,
    colour: str = INK,
    bold: bool = False,
    align: Any = PP_ALIGN.LEFT,
    anchor: Any = MSO_ANCHOR.MIDDLE,
) -> None:
    """Write a text into the frame of a shape, without margins; see `write`."""
    words, size = fitted(clean(text), box.width, box.height, sizes, bold=bold)
    frame.vertical_anchor = anchor
    _without_margins(frame)
    line = frame.paragraphs[0]
    line.alignment = align
    add_run(line, words, size, colour, bold=bold)


def write_list(frame: Any, items: Sequence[str], size: int) -> None:
    """Write sentences below one another, each with a dot before it, and half a line between them."""
    _without_margins(frame)
    for at, item in enumerate(items):
        line = frame.add_paragraph() if at else frame.paragraphs[0]
        line.space_after = Pt(BETWEEN * size)
        layout = line._p.get_or_add_pPr()
        layout.set("marL", str(Pt(BULLET)))
        layout.set("indent", str(-Pt(BULLET)))
        layout.append(parse_xml(f'<a:buChar {nsdecls("a")} char="\u2022"/>'))
        add_run(line, clean(item), size, INK)


def _without_margins(frame: Any) -> None:
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0


def add_run(line: Any, words: str, size: int, colour: str, *, bold: bool = False) -> None:
    """Write words at the end of a paragraph; an empty one keeps the height of their size."""
    if not words:
        line._p.get_or_add_endParaRPr().set("sz", str(100 * size))
        return
    run = line.add_run()
    run.text = words
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = RGBColor.from_string(colour)
