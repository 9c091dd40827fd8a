"""Which slides does a slide become whose content does not fit? Lists go on on the next one, details get one of their own."""

from dataclasses import replace

from lab.cleaning import clean
from lab.report.slides.boxes import BETWEEN, BODY, BULLET, SIZES, SMALL_SIZES, Box
from lab.report.slides.content import Points, Statement
from lab.report.slides.fitting import height_of

__all__ = ["DETAILS", "SENTENCE", "points_in_pages", "size_of_points", "statement_in_pages"]

SENTENCE = Box(44.0, 226.0, 872.0, 160.0)
DETAILS = Box(44.0, 398.0, 872.0, 118.0)


def size_of_points(slide: Points) -> int:
    """Give the largest size in which all items fit on one slide; the smallest one, where they do in none."""
    sizes = SMALL_SIZES if slide.is_appendix else SIZES
    return next((size for size in sizes if sum(_heights(slide, size)) <= BODY.height), sizes[-1])


def points_in_pages(slide: Points) -> list[Points]:
    """Spread a list over as many slides as it needs."""
    size = size_of_points(slide)
    parts: list[list[str]] = [[]]
    left = BODY.height
    for item, height in zip(slide.items, _heights(slide, size), strict=True):
        if height > left and parts[-1]:
            parts.append([])
            left = BODY.height
        parts[-1].append(item)
        left -= height
    return [replace(slide, items=tuple(part)) for part in parts]


def statement_in_pages(slide: Statement) -> list[Statement | Points]:
    """Give details that do not fit below their sentence a slide of their own."""
    details = clean(slide.details)
    if not details or height_of(details, DETAILS.width, SIZES[-1]) <= DETAILS.height:
        return [slide]
    more = Points(title=slide.title, notes=slide.details, items=(slide.details,))
    return [replace(slide, details=""), *points_in_pages(more)]


def _heights(slide: Points, size: int) -> list[float]:
    return [height_of(clean(item), BODY.width - BULLET, size) + BETWEEN * size for item in slide.items]
