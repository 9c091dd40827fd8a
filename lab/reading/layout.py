"""How is delimited text laid out? Which sign separates its columns, where its header stands, and where its rows begin.

Judged by the first rows: the separator is the sign by which most of them have the same number of values, and the header is the first
such row.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

__all__ = ["Layout", "layout_of"]

_SAMPLE, _ROWS = 1 << 18, 300
_DELIMITERS = ",;\t|"
_CONSISTENT = 0.9
_SAID = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"#(?!\w)|//|%%")
_IN_QUOTES = re.compile(r"'[^']+'")
_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?\s*%?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")
_NAMES = {"\t": "tabs", ":": "colons", "|": "bars", ";": "semicolons", ",": "commas", " ": "blanks"}


@dataclass(frozen=True)
class Layout:
    """Where the parts of a text are.

    Attributes
    ----------
    delimiter : str
        The sign between values; a blank stands for any number of blanks and tabs.
    names : tuple of str
        Names of all columns, trimmed; empty where one has none.
    start : int
        The number of line ends before the first row.
    rows_before : int
        How many rows come before, the header among them.
    notes : tuple of str
        What was skipped or assumed.
    """

    delimiter: str
    names: tuple[str, ...]
    start: int
    rows_before: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """The first rows by one delimiter: where those of the usual width begin, and how many of the rest have it."""

    delimiter: str
    rows: list[list[str]]
    ends: list[int]  # line ends after each row
    width: int
    first: int
    share: float


def layout_of(text: str, *, header: bool | None, wanted: Collection[str]) -> Layout:
    """Find the layout of text by its beginning.

    Parameters
    ----------
    text : str
        The beginning of the file, at most so much that `sample` cut.
    header : bool, optional
        Whether the first row has the names; found out where the user does not say.
    wanted : collection of str
        Names that the user gave: a row that has one of them is the header.
    """
    said = _SAID.fullmatch(_LINE_END.split(text, maxsplit=1)[0])
    skipped = 1 if said else 0
    body = _after_lines(text, skipped)
    delimiters = said[1] if said else _DELIMITERS
    best = _best(body, delimiters)
    if best is None:
        best = _best(body, ":")
    if best is None or best.share < _CONSISTENT:
        by_blanks = None if said else _by_blanks(body)
        best = by_blanks or best or _plain(body, said[1] if said else _most_in_header(body))
    return _laid_out(best, skipped, header, wanted)


def _after_lines(text: str, lines: int) -> str:
    for _ in range(lines):
        end = _LINE_END.search(text)
        text = text[end.end() :] if end else ""
    return text


def _most_in_header(text: str) -> str:
    line = _LINE_END.split(text.lstrip("\r\n"), maxsplit=1)[0]
    unquoted = re.sub('"[^"]*"', "", line)
    return max(_DELIMITERS, key=unquoted.count)


def _rows_by(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Split the first rows; one that the sample cuts off is left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, ends = [], []
    usual = csv.field_size_limit(len(text) + 1)
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) > _ROWS:
                break
    except csv.Error:  # a zero byte, or a line end that the module does not know
        pass
    finally:
        csv.field_size_limit(usual)
    if len(text) >= _SAMPLE and len(rows) > 1 and len(rows) <= _ROWS:
        rows, ends = rows[:-1], ends[:-1]
    return rows, ends


def _read(text: str, delimiter: str) -> _Reading | None:
    rows, ends = _rows_by(text, delimiter)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return None
    most = max(widths.values())
    width = max(width for width, count in widths.items() if count == most)
    first = next(place for place, row in enumerate(rows) if len(row) == width)
    later = [row for row in rows[first:] if row]
    return _Reading(delimiter, rows, ends, width, first, sum(len(row) == width for row in later) / len(later))


def _best(text: str, delimiters: str) -> _Reading | None:
    """Choose the separator by which the rows agree, with least before them; then the widest."""
    found = [reading for reading in (_read(text, sign) for sign in delimiters) if reading is not None]
    return max(
        found,
        key=lambda each: (each.share >= _CONSISTENT, -_before(each), round(each.share, 2), each.width),
        default=None,
    )


def _before(reading: _Reading) -> int:
    """Count the rows before those of the usual width, but for a header that is one name short."""
    short = max(reading.width - 1, 2)  # a line of one word is a title
    return sum(bool(row) and len(row) != short for row in reading.rows[: reading.first])


def _plain(text: str, delimiter: str) -> _Reading:
    rows, ends = _rows_by(text, delimiter)
    first = next((place for place, row in enumerate(rows) if row), 0)
    return _Reading(delimiter, rows, ends, len(rows[first]) if rows else 1, first, 1.0)


def _by_blanks(text: str) -> _Reading | None:
    """Read columns that blanks part, where every row has as many words."""
    lines = _LINE_END.split(text)[: _ROWS + 1]
    rows = [line.split() for line in (lines[:-1] if len(text) >= _SAMPLE else lines)]
    some = [row for row in rows if row]
    widths = {len(row) for row in some}
    if len(widths) != 1 or widths == {1} or len(some) < 3 or '"' in text:
        return None
    if not any(_NUMBER.fullmatch(cell) for row in some[1:] for cell in row):
        return None  # sentences of one length
    return _Reading(" ", rows, [place + 1 for place in range(len(rows))], widths.pop(), rows.index(some[0]), 1.0)


def _laid_out(found: _Reading, skipped: int, header: bool | None, wanted: Collection[str]) -> Layout:
    notes = []
    first, rows = found.first, found.rows
    while first + 1 < len(rows) and (
        _filled(rows[first]) < min(2, found.width) or _COMMENT.match(rows[first][0].lstrip())
    ):
        first += 1  # a title, or a comment, that happens to have as many separators
    before = next((place for place in range(first - 1, -1, -1) if rows[place]), -1)
    names = [cell.strip() for cell in rows[first]] if rows else []
    is_short = before >= 0 and len(rows[before]) == found.width - 1 >= 2 and not _looks_like(rows[before], rows[first:])
    if is_short:
        short = [cell.strip() for cell in rows[before]]
        trailing = all(not row[-1].strip() for row in rows[first:] if len(row) == found.width)
        names = [*short, ""] if trailing else ["", *short]
        first = before
        start = found.ends[before]
    else:
        start = found.ends[first] if rows else 0
    as_quoted = {*wanted, *(f"'{name}'" for name in wanted)}
    there = header if header is not None else is_short or _has_header(rows[first:], found.width, as_quoted)
    given = [name for name in names if name]
    if there and len(given) > 1 and all(_IN_QUOTES.fullmatch(name) for name in given) and not set(given) & set(wanted):
        names = [name[1:-1].strip() for name in names]
        notes.append("the names of the columns stand in single quotes, which are left out")
    extra = sum(bool(row) and bool("".join(row).strip()) for row in rows[:first])
    if extra:
        lines = "line is" if extra == 1 else f"{extra} lines are"
        notes.append(f"the first {lines} no part of the table and left out")
    if not there:
        names = [f"column {place + 1}" for place in range(found.width)]
        start = found.ends[first - 1] if first else 0
        notes.append(
            "the first row looks like no header: the columns are called 'column 1', 'column 2' and so on (--header says otherwise)"
        )
    if found.delimiter in ":| ":
        notes.append(f"its columns are parted by {_NAMES[found.delimiter]}")
    rows_before = first + (1 if there else 0) + skipped
    return Layout(found.delimiter, tuple(names), start + skipped, rows_before, tuple(notes))


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _has_header(rows: Sequence[Sequence[str]], width: int, wanted: Collection[str]) -> bool:
    """Whether the first row names columns: it has a name that the user gave, or is of another kind than what stands below it."""
    names = [cell.strip() for cell in rows[0]] if rows else []
    below = [row for row in rows[1:] if len(row) == width]
    if not below or set(names) & set(wanted):
        return True
    numbers = [name for name in names if name]
    if numbers in ([str(place) for place in range(len(numbers))], [str(place + 1) for place in range(len(numbers))]):
        return True  # names that count
    others = [row for row in below if [cell.strip() for cell in row] != names]  # a header may be said again
    return not _looks_like(names, others or below)


def _looks_like(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row looks like those below it: numbers over numbers, and words that stand there too."""
    alike = 0
    for name, *column in zip(names, *(row for row in below if len(row) == len(names)), strict=False):
        values = [cell.strip() for cell in column if cell.strip()]
        if not values or not name.strip():
            continue
        kind = next((form for form in (_NUMBER, _DATE) if all(form.fullmatch(value) for value in values)), None)
        if kind is not None:
            if not kind.fullmatch(name.strip()):
                return False
            alike += 1
        elif name.strip() in values:
            alike += 1
        elif len(set(values)) < len(values):
            return False  # a word that is none of the words below: a name
    return alike > 0
