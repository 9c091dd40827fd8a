"""What stands on a slide? Plain facts, which `drawing` turns into shapes; all texts are those of the record, uncut."""

from dataclasses import dataclass
from typing import Any

from lab.protocol import Answer
from lab.report.slides.plots import Curves, Rows

__all__ = ["Chart", "Cover", "Grid", "Points", "Slide", "Statement"]


@dataclass(frozen=True, kw_only=True)
class Slide:
    """What every slide has.

    Attributes
    ----------
    title : str
        One line, two at most.
    notes : str
        What the speaker sees: the exact sentences.
    is_appendix : bool
        Whether smaller letters will do.
    """

    title: str
    notes: str = ""
    is_appendix: bool = False


@dataclass(frozen=True, kw_only=True)
class Cover(Slide):
    """The beginning of a deck, or of its appendix."""

    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Statement(Slide):
    """A verdict; the title is the question."""

    answer: Answer
    headline: str
    sentence: str
    details: str


@dataclass(frozen=True, kw_only=True)
class Chart(Slide):
    """A native chart, and a sentence that says what to see."""

    caption: str
    plot: Rows | Curves


@dataclass(frozen=True, kw_only=True)
class Grid(Slide):
    """A native table."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Points(Slide):
    """Whole sentences, one below the other."""

    items: tuple[str, ...]
