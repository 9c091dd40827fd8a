"""How is a text from elsewhere shown so that it can do nothing? Whatever steers a terminal or hides in a line is spelt out.

Names of files, columns and classes, values, and messages of libraries all come from outside. A terminal obeys the escape
sequences in them, a page turns with its direction marks, and an invisible sign makes two names look like one. The texts
stay as they are in the data and in the record; they pass through here on their way to a screen, a log or a page.
"""

import os
import shlex
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

__all__ = ["clean", "clean_values", "command_line", "sentence", "short", "without_surrogates"]

_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, formats (direction, zero width, tags), surrogates, separators
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and marks that show nothing
_LONGEST = 4_000  # signs of a sentence on a screen


def clean(text: str) -> str:
    r"""Spell out every sign that is not seen, as Python writes it; newlines and tabs too, so that a line stays one line.

    >>> print(clean("\x1b]0;TITLE\x07 a\u202eb\u200bc\n\udcff Zürich"))
    \x1b]0;TITLE\x07 a\u202eb\u200bc\n\udcff Zürich
    """
    if text.isprintable() and _BLANK.isdisjoint(text):
        return text
    return "".join(_seen(sign) for sign in text)


@lru_cache(maxsize=4_096)
def _seen(sign: str) -> str:
    code = ord(sign)
    is_no_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    if unicodedata.category(sign) in _STEERING or sign in _BLANK or is_no_character:
        return sign.encode("unicode_escape").decode("ascii")
    return sign


def short(text: str, most: int = 80) -> str:
    """Cut a long text, saying how long it was.

    >>> short("abc"), short("a" * 1_000, 5)
    ('abc', 'aaaaa... (1,000 characters)')
    """
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def sentence(text: str) -> str:
    """Make a text fit to be said in one line on a screen."""
    return short(clean(short(text, _LONGEST)), 2 * _LONGEST)


def clean_values(value: Any) -> Any:
    r"""Clean every text in plain data, keys of dictionaries too.

    >>> clean_values({"a\x0b": ["\x00", 1, None]})
    {'a\\x0b': ['\\x00', 1, None]}
    """
    return _walk(value, clean)


def without_surrogates(value: Any) -> Any:
    r"""Spell out the halves of characters in plain data, which stand for bytes that are not UTF-8 and cannot be written.

    >>> without_surrogates({"name": "a\udcffb\x0b"})
    {'name': 'a\\udcffb\x0b'}
    """
    return _walk(value, lambda text: text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _walk(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_walk(key, change): _walk(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_walk(item, change) for item in value)
    return value


def command_line(words: Sequence[str]) -> str:
    r"""Write a command as a shell takes it; a word with signs that are not seen, or bytes that are no text, as $'...'.

    >>> print(command_line(["lab", "run", "my data.csv", "a\x1b'\udcff.csv"]))
    lab run 'my data.csv' $'a\x1b\'\xff.csv'
    """
    return " ".join(_word(word) for word in words)


def _word(word: str) -> str:
    if clean(word) == word:
        return shlex.quote(word)
    inner = ""
    for sign in word.replace("\\", "\\\\").replace("'", "\\'"):
        inner += sign if clean(sign) == sign else "".join(f"\\x{byte:02x}" for byte in _bytes(sign))
    return f"$'{inner}'"


def _bytes(sign: str) -> bytes:
    try:
        return os.fsencode(sign)
    except UnicodeEncodeError:
        return sign.encode("utf-8", "surrogatepass")
