"""What is the file of a deck, before and after its slides? An empty wide show with one layout; and the same bytes each time."""

import io
import re
import zipfile
from typing import Any

import pptx
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.presentation import Presentation
from pptx.util import Pt

from lab.report.slides.boxes import HEIGHT, TITLE, WIDTH, Box
from lab.report.zipped import zipped

__all__ = ["empty_show", "put", "timeless"]

_TITLE_ONLY = 5  # of the layouts that the library brings
_NARROW = 720.0  # width of its slides, in points
_UNUSED = ("thumbnail", "printerSettings")


def empty_show() -> Presentation:
    """Make a show of wide slides, with one layout, a title at its place, and the font whose widths are known."""
    show = pptx.Presentation()
    show.slide_width, show.slide_height = Pt(WIDTH), Pt(HEIGHT)
    for place, layout in reversed(list(enumerate(show.slide_layouts))):
        if place != _TITLE_ONLY:
            show.slide_layouts.remove(layout)
    parts: tuple[Any, ...] = (show.slide_master, show.slide_layouts[0])
    for part in parts:
        for holder in list(part.placeholders):
            if holder.placeholder_format.type == PP_PLACEHOLDER.TITLE:
                put(holder, TITLE)
            elif part is show.slide_master:
                holder.left, holder.width = (round(WIDTH / _NARROW * length) for length in (holder.left, holder.width))
            else:
                holder._element.getparent().remove(holder._element)
    for relation in show.slide_master.part.rels.values():
        if relation.reltype.endswith("/theme"):
            theme: Any = relation.target_part
            theme._blob = re.sub(rb'<a:latin typeface="Calibri"', b'<a:latin typeface="Arial"', theme.blob)
    owners: tuple[Any, ...] = (show.part.package, show.part)
    for owner in owners:
        for key in [key for key, relation in owner._rels.items() if relation.reltype.rpartition("/")[2] in _UNUSED]:
            owner._rels.pop(key)
    return show


def put(shape: Any, box: Box) -> None:
    """Move a shape to a place."""
    shape.left, shape.top, shape.width, shape.height = Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height)


def timeless(page: io.BytesIO) -> bytes:
    """Write the parts of a file again, without the time at which each was written."""
    with zipfile.ZipFile(page) as parts:
        return zipped({name: parts.read(name) for name in parts.namelist()})
