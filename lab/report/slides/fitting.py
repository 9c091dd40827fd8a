"""In which size does a text fit into its box? Estimated from the widths of letters, since no program draws it here.

Widths are those of Arial, which the slides use, and of Liberation Sans, which stands in for it elsewhere.
"""

import math
import re
import unicodedata
from collections.abc import Sequence

__all__ = ["LINE", "fitted", "height_of", "lines_of", "longest_word", "sentences_that_fit", "width_of"]

LINE = 1.2
"""Height of a line, in sizes of its text."""

_WIDTHS = {
    0.222: "ijl'",
    0.278: " !,./:;I[]\\ft|",
    0.350: '()-"`r{}*',
    0.500: "ckJsvxyz^",
    0.556: "0123456789#$?_abdeghnopquL",
    0.611: "FTZ+<=>~",
    0.667: "&ABEKPSVXY",
    0.722: "CDHNRUw",
    0.778: "GOQ",
    0.833: "mM",
    0.944: "W%",
    1.015: "@",
}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_WIDE, _OTHER = 1.3, 0.75  # of a square sign, of any other that is not among the widths
_BOLD, _MARGIN = 1.08, 1.04
_TALL = 1.4  # lines of other scripts, from other fonts
_CUT = "..."
_LONG = 5_000


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate the width of a line, in the unit of the size; rather too much than too little.

    >>> round(width_of("ill", 10.0), 1), round(width_of("WWW", 10.0), 1)
    (6.9, 29.5)
    """
    return size * _MARGIN * (_BOLD if bold else 1.0) * sum(map(_letter, text))


def longest_word(text: str, size: float, *, bold: bool = False) -> float:
    """Width of the widest part that is not broken, in the unit of the size; see `width_of`."""
    return max((width_of(word, size, bold=bold) for word in text.split()), default=0.0)


def lines_of(text: str, width: float, size: float, *, bold: bool = False) -> int:
    """Count the lines that a text takes in a box of a width; a word that is wider than the box is broken in it.

    >>> lines_of("one two three", 40.0, 10.0), lines_of("a" * 30, 60.0, 10.0), lines_of("", 60.0, 10.0)
    (2, 3, 1)
    """
    if len(text) > _LONG:  # no slide holds it, and to measure a megabyte takes seconds
        return math.ceil(_OTHER * size * len(text) / width)
    space = width_of(" ", size, bold=bold)
    lines, filled = 1, 0.0
    for word in text.split():
        long = width_of(word, size, bold=bold)
        if filled and filled + space + long <= width:
            filled += space + long
            continue
        lines += bool(filled)
        broken = math.ceil(long / width)
        lines += max(0, broken - 1)
        filled = long if broken <= 1 else width  # where a broken word ends is not known well
    return lines


def height_of(text: str, width: float, size: float, *, bold: bool = False) -> float:
    """Estimate the height of a text in a box of a width, in the unit of the size."""
    return lines_of(text, width, size, bold=bold) * size * (LINE if _is_latin(text) else _TALL)


def fitted(text: str, width: float, height: float, sizes: Sequence[int], *, bold: bool = False) -> tuple[str, int]:
    """Give a text and the largest of these sizes in which it fits; in the last one it is cut to what fits, with three dots.

    >>> fitted("a few words", 110.0, 30.0, (24, 18))
    ('a few words', 18)
    >>> fitted("a few words " * 40, 100.0, 30.0, (24, 18))
    ('a few wor...', 18)
    """
    for size in sizes:
        if height_of(text, width, size, bold=bold) <= height:
            return text, size
    low, high = 0, min(len(text), _LONG - len(_CUT))
    while low < high:
        middle = (low + high + 1) // 2
        if height_of(text[:middle].rstrip() + _CUT, width, sizes[-1], bold=bold) <= height:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + _CUT, sizes[-1]


def sentences_that_fit(text: str, width: float, height: float, size: float) -> str:
    """Give the first sentences of a text that fit together; all of it, where not even the first does.

    >>> sentences_that_fit("One is. Two are. Three were.", 70.0, 26.0, 10.0), sentences_that_fit("Far too long.", 10.0, 10.0, 10.0)
    ('One is. Two are.', 'Far too long.')
    """
    parts = re.split(r"(?<=[.!?]) +(?=[A-Z])", text)
    for n_parts in range(len(parts), 0, -1):
        kept = " ".join(parts[:n_parts])
        if height_of(kept, width, size) <= height:
            return kept
    return text


def _letter(sign: str) -> float:
    known = _WIDTH_OF.get(sign)
    if known is not None:
        return known
    if unicodedata.combining(sign):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(sign) in "WF" or ord(sign) > 0xFFFF else _OTHER


def _is_latin(text: str) -> bool:
    return all(ord(sign) < 0x370 or 0x2000 <= ord(sign) < 0x2200 for sign in text)
