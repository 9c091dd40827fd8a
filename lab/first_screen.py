"""How long may the sentence of a verdict be? It is read from the back of a room; the rest stands below it in smaller letters."""

import re
from collections.abc import Iterable

__all__ = ["NUMBERS", "WORDS", "first_that_fits", "fits", "in_a_row", "size_of"]

WORDS, NUMBERS = 30, 4
"""Most words and most numbers of a sentence."""

_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\w)")


def size_of(sentence: str) -> tuple[int, int]:
    """Count words and numbers; what stands between blanks is a word.

    >>> size_of("It is 0.3 points below the best of 12,000 (95 % interval 0.1 to 0.5).")
    (15, 5)
    >>> size_of("R2 of the f1 model with float16")
    (7, 0)
    """
    return len(sentence.split()), len(_NUMBER.findall(sentence))


def fits(sentence: str) -> bool:
    """Whether it can be the sentence of a verdict."""
    words, numbers = size_of(sentence)
    return words <= WORDS and numbers <= NUMBERS


def first_that_fits(*sentences: str) -> str:
    """Take the first that is short enough; the last one if none is.

    >>> first_that_fits("on " * 31, "It is short."), first_that_fits("It is short.", "Shorter.")
    ('It is short.', 'It is short.')
    """
    return next((sentence for sentence in sentences if fits(sentence)), sentences[-1])


def in_a_row(sentences: Iterable[str]) -> str:
    """Put sentences one after the other; empty ones and those that were said already are left out.

    >>> in_a_row(["It is so.", "", "It is more.", "It is so."])
    'It is so. It is more.'
    """
    return " ".join(dict.fromkeys(filter(None, sentences)))
