"""How do records become a file that PowerPoint opens? The same records give the same bytes."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.presentation import Presentation
from pptx.slide import Slide as Page
from pptx.util import Pt

from lab.cleaning import clean
from lab.record import Record
from lab.report.slides import content
from lab.report.slides.boxes import (
    BODY,
    SIZES,
    SOFT,
    TITLE,
    WHITE,
    Box,
    fill_frame,
    paint,
    write,
    write_list,
)
from lab.report.slides.fitting import LINE, height_of, sentences_that_fit, width_of
from lab.report.slides.native import add_curves
from lab.report.slides.package import empty_show, put, timeless
from lab.report.slides.paging import DETAILS, SENTENCE, points_in_pages, size_of_points, statement_in_pages
from lab.report.slides.plots import Rows
from lab.report.slides.rows import add_chart
from lab.report.slides.story import begun, story
from lab.report.slides.tables import add_table, in_pages

__all__ = ["deck"]

_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
_TITLE_SIZES, _COVER_SIZES = (32, 30, 28, 26, 24, 22, 20, 18), (48, 44, 40, 36, 32, 28, 24, 20, 18)
_HEADLINE_SIZES = (40, 36, 32, 28, 24, 20, 18)
_VERDICTS = {
    "yes": ("1A7F4B", MSO_SHAPE.OVAL, "\u2713"),
    "no": ("B3261E", MSO_SHAPE.OCTAGON, "\u2715"),
    "undecided": ("8A5A00", MSO_SHAPE.DIAMOND, "?"),
}


def deck(records: Sequence[Record], title: str = "") -> bytes:
    """Write records as slides: native text, tables and charts.

    Parameters
    ----------
    records : sequence of Record
        At least one, in the order of the deck.
    title : str
        Of the cover; where it is empty, that of a session of these records.

    Returns
    -------
    bytes
        A `.pptx` file.
    """
    slides = story(records, title)
    show = empty_show()
    for slide in slides:
        _add(show, slide)
    about = show.core_properties
    at = max((when for record in records if (when := begun(record)) is not None), default=_EPOCH)
    about.title, about.author, about.last_modified_by = (
        clean(slides[0].title)[:200],
        "Future-Tech Lab",
        "Future-Tech Lab",
    )
    about.created = about.modified = at.replace(tzinfo=None, microsecond=0)
    about.revision, about.comments, about.keywords, about.subject = 1, "", "", ""
    page = io.BytesIO()
    show.save(page)
    return timeless(page)


def _add(show: Presentation, slide: content.Slide) -> None:
    """Add a slide, or as many as it needs."""
    match slide:
        case content.Grid():
            caption = _caption_box(slide, slide.caption)
            for laid in in_pages(slide, caption.top - BODY.top - 8):
                page = _page(show, slide)
                add_table(page, laid, BODY)
                _caption(page, slide, slide.caption)
        case content.Points():
            for part in points_in_pages(slide):
                _points(_page(show, part), part)
        case content.Statement():
            for piece in statement_in_pages(slide):
                if isinstance(piece, content.Points):
                    _add(show, piece)
                else:
                    _statement(_page(show, piece), piece)
        case content.Chart():
            _chart(_page(show, slide), slide)
        case content.Cover():
            _cover(_page(show, slide), slide)


def _page(show: Presentation, slide: content.Slide) -> Page:
    """Make a page with title and notes."""
    page = show.slides.add_slide(show.slide_layouts[0])
    holder = page.shapes.title
    assert holder is not None
    box = Box(TITLE.left, 130.0, TITLE.width, 130.0) if isinstance(slide, content.Cover) else TITLE
    put(holder, box)
    sizes = _COVER_SIZES if isinstance(slide, content.Cover) else _TITLE_SIZES
    anchor = MSO_ANCHOR.BOTTOM if isinstance(slide, content.Cover) else MSO_ANCHOR.MIDDLE
    fill_frame(holder.text_frame, slide.title, box, sizes, bold=True, anchor=anchor)
    words = page.notes_slide.notes_text_frame
    if slide.notes and words is not None:
        words.text = "\n".join(map(clean, slide.notes.split("\n")))
    return page


def _cover(page: Page, slide: content.Cover) -> None:
    room = Box(BODY.left, 280.0, BODY.width, 220.0)
    lines = slide.lines[:6]
    height = room.height / max(len(lines), 4)
    sizes = (24, 22, 20, 18)
    size = next((one for one in sizes if all(height_of(clean(line), room.width, one) < height for line in lines)), 18)
    for at, line in enumerate(lines):
        write(page, line, Box(room.left, room.top + at * height, room.width, height), (size,), colour=SOFT)


def _statement(page: Page, slide: content.Statement) -> None:
    """Draw a verdict: a shape with a sign, the word on its colour, the sentence, and the details."""
    colour, form, sign = _VERDICTS[slide.answer]
    mark = page.shapes.add_shape(form, Pt(44), Pt(128), Pt(88), Pt(88))
    size = next((size for size in _HEADLINE_SIZES if width_of(slide.headline, size, bold=True) <= 700), 18)
    wide = min(760.0, width_of(clean(slide.headline), size, bold=True) + 60)
    plate = page.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, Pt(150), Pt(134), Pt(wide), Pt(76))
    for shape in (mark, plate):
        paint(shape, colour)
    mark.name, plate.name = f"Sign: {slide.answer}", "Verdict"
    for shape, text, box, sizes in (
        (mark, sign, Box(44, 128, 88, 88), (44,)),
        (plate, slide.headline, Box(150, 134, wide - 40, 76), _HEADLINE_SIZES),
    ):
        fill_frame(shape.text_frame, text, box, sizes, colour=WHITE, bold=True, align=PP_ALIGN.CENTER)
    room = (
        SENTENCE if slide.details else Box(SENTENCE.left, SENTENCE.top, SENTENCE.width, DETAILS.bottom - SENTENCE.top)
    )
    write(page, slide.sentence, room, (32, 30, *SIZES))
    if slide.details:
        write(page, slide.details, DETAILS, (20, 18), colour=SOFT)


def _chart(page: Page, slide: content.Chart) -> None:
    caption = _caption_box(slide, slide.caption)
    box = Box(BODY.left, BODY.top - 4, BODY.width, caption.top - BODY.top - 4)
    sizes = (14, 12, 11, 10) if slide.is_appendix else (20, 18)
    if isinstance(slide.plot, Rows):
        add_chart(page, slide.plot, box, sizes)
    else:
        add_curves(page, slide.plot, box, sizes[-2])
    for shape in page.shapes:
        if shape.has_chart:
            shape._element.nvGraphicFramePr.cNvPr.set("descr", f"{clean(slide.title)}. {clean(slide.caption)}")
    _caption(page, slide, slide.caption)


def _caption_box(slide: content.Slide, caption: str) -> Box:
    """Give the caption what it needs at the foot of the slide, a few lines at most; the notes hold all of it."""
    size = _caption_sizes(slide)[-1]
    lines = 3 if slide.is_appendix else 2
    height = min(height_of(clean(caption), BODY.width, size), (lines * LINE + 0.1) * size) if caption else 0.0
    return Box(BODY.left, BODY.bottom - height, BODY.width, height)


def _caption(page: Page, slide: content.Slide, caption: str) -> None:
    if caption:
        box, sizes = _caption_box(slide, caption), _caption_sizes(slide)
        write(page, sentences_that_fit(clean(caption), box.width, box.height, sizes[-1]), box, sizes, colour=SOFT)


def _caption_sizes(slide: content.Slide) -> tuple[int, ...]:
    return (12,) if slide.is_appendix else (18,)


def _points(page: Page, slide: content.Points) -> None:
    shape = page.shapes.add_textbox(Pt(BODY.left), Pt(BODY.top), Pt(BODY.width), Pt(BODY.height))
    write_list(shape.text_frame, slide.items, size_of_points(slide))
