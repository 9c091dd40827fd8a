"""How do lines become rows? CSV with a header or JSON lines, told apart by the first line; a row that does not parse is left out."""

import csv
import dataclasses
import io
import json
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from lab.cleaning import short
from lab.errors import DataError
from lab.watching.protocol import Cell
from lab.watching.sources.source import Piece, Unread

__all__ = ["LONGEST", "Parsed", "Rows", "columns_of"]

LONGEST = 1 << 20
"""Bytes of the longest line; what is longer is no row."""
_MOST_COLUMNS = 2_000
_MOST_LINES = 100
"""Lines of one CSV row at most (a quoted cell may hold line ends); else its first line is one that does not parse."""
_SEPARATORS = ",;\t|"
_LARGEST = 1e300
_MARK = "\ufeff"
_FORMS = ("{}", " {}", "{} ", _MARK + "{}", _MARK + '"{}"')
"""How the name of a column may stand in the first cell of a header."""
_FIRST = operator.itemgetter(0)


@dataclass(frozen=True)
class Parsed:
    """Rows, and of how many lines they were made; the others are the beginning of a row that is not there yet."""

    piece: Piece
    used: int


class Rows:
    """Makes rows of lines; its form is known from the first one, and is part of the place of a source.

    Parameters
    ----------
    name : str
        What the source is called.
    form : mapping, optional
        A form that `form` gave, to go on in the middle of a text.
    """

    def __init__(self, name: str, form: Mapping[str, Any] | None = None) -> None:
        self._name = name
        self._kind: str = form["kind"] if form else ""
        self._separator: str = form["separator"] if form else ","
        self._columns: list[str] = []
        self._name_columns(form["columns"] if form else ())

    @property
    def form(self) -> dict[str, Any] | None:
        """How lines are read, as plain values; None before the first."""
        if not self._kind:
            return None
        return {"kind": self._kind, "separator": self._separator, "columns": list(self._columns)}

    def parse(self, lines: Sequence[bytes], *, final: bool) -> Parsed:
        """Make rows of whole lines, each with its end.

        Parameters
        ----------
        final : bool
            No line will follow these.

        Raises
        ------
        DataError
            If the first line is no header and no JSON.
        """
        begin = 0
        while not self._kind and begin < len(lines):
            self._begin(lines[begin])
            begin += 1 if self._kind != "json" else 0
        rest = lines[begin:]
        found = self._json(rest) if self._kind == "json" else self._csv(rest, final)
        return Parsed(found.piece, begin + found.used)

    def _begin(self, line: bytes) -> None:
        text = line.decode(errors="replace").removeprefix(_MARK).strip("\r\n")
        if not text.strip():
            return
        if text.lstrip().startswith("{"):
            self._kind = "json"
            return
        self._separator = max(_SEPARATORS, key=text.count)
        try:
            names = [name.strip() for name in next(csv.reader([text], delimiter=self._separator, strict=True))]
        except csv.Error as error:
            raise DataError(f"{self._name}: the first line is no header ({error}); it must name the columns") from error
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or "\ufffd" in text:
            wrong = f"names {short(twice[0])!r} twice" if twice else "is not UTF-8"
            raise DataError(f"{self._name}: the header {wrong}; mend the header where the rows are written")
        self._kind = "csv"
        self._name_columns(names)

    def _name_columns(self, names: Sequence[str]) -> None:
        self._columns, self._names = list(names), frozenset(names)
        written = (form.format(name) for form in _FORMS for name in names)
        self._heads = frozenset(written)

    def _json(self, lines: Sequence[bytes]) -> Parsed:
        rows: list[dict[str, Any]] = []
        unread: list[Unread] = []
        for line in lines:
            if not line.strip():
                continue
            try:
                row = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                unread.append(Unread(len(rows), "it is no JSON"))
                continue
            if isinstance(row, dict):
                rows.append(row)
            else:
                unread.append(Unread(len(rows), "it is no JSON object"))
        return Parsed(Piece(columns_of(rows, self._columns), tuple(unread), widens=True), len(lines))

    def _csv(self, lines: Sequence[bytes], final: bool) -> Parsed:
        try:
            text = b"".join(lines).decode()
            columns = self._plainly(text, lines)
            if columns is not None:
                return Parsed(Piece(columns), len(lines))
            rows = list(csv.reader(io.StringIO(text, newline="\n"), delimiter=self._separator, strict=True))
        except (csv.Error, UnicodeDecodeError):
            return self._row_by_row(lines, final)
        if self._may_hold_header(map(_FIRST, filter(None, rows))) and any(map(self._is_header, rows)):
            return self._row_by_row(lines, final)
        return Parsed(self._piece(rows, []), len(lines))

    def _may_hold_header(self, first: Iterable[str]) -> bool:
        """Whether the first cell of a row is the name of a column: seldom, and seen at once."""
        return not self._heads.isdisjoint(first)

    def _is_header(self, row: Sequence[str]) -> bool:
        """Whether a row names the columns again, in whatever order."""
        return len(row) == len(self._columns) and _name(row[0]) in self._names and {*map(_name, row)} == self._names

    def _plainly(self, text: str, lines: Sequence[bytes]) -> Mapping[str, Sequence[Cell]] | None:
        """Read several times as fast what holds nothing but cells between separators; None where there is more to it, as a header."""
        width, separator = len(self._columns), self._separator
        sign = separator.encode()
        if width < 2 or '"' in text or "\r" in text or any(line.count(sign) != width - 1 for line in lines):
            return None
        cells = text.removesuffix("\n").replace("\n", separator).split(separator)
        if not lines:
            return dict.fromkeys(self._columns, ())
        columns = {name: cells[place::width] for place, name in enumerate(self._columns)}
        if self._may_hold_header(cells[::width]):
            rows = zip(*columns.values(), strict=True)
            if any(map(self._is_header, rows)):
                return None
        return {name: _filled(column) for name, column in columns.items()} if "" in cells else columns

    def _row_by_row(self, lines: Sequence[bytes], final: bool) -> Parsed:
        """Read the same where a row does not parse, or the last one is not whole."""
        rows: list[list[str]] = []
        unread: list[Unread] = []
        at = 0
        while at < len(lines):
            whole = at + _MOST_LINES <= len(lines) or final
            row, n_lines, reason = self._one(lines[at : at + _MOST_LINES], whole=whole)
            if row is None and not reason:
                break
            at += n_lines
            if row is None:
                unread.append(Unread(len(rows), reason))
            elif self._is_header(row):
                before = self._piece(rows, unread)
                self._name_columns([*map(_name, row)])
                return Parsed(dataclasses.replace(before, header_again=True), at)
            else:
                rows.append(row)
        return Parsed(self._piece(rows, unread), at)

    def _one(self, lines: Sequence[bytes], *, whole: bool) -> tuple[list[str] | None, int, str]:
        """Read one row; gives it, of how many lines it was made, and why not where it does not parse (empty: not whole yet)."""
        try:
            decoded = [lines[0].decode()]
        except UnicodeDecodeError:
            return None, 1, "it is not UTF-8"
        decoded += [line.decode(errors="replace") for line in lines[1:]] if '"' in decoded[0] else []
        reader = csv.reader(decoded, delimiter=self._separator, strict=True)
        try:
            row = next(reader, [])
        except csv.Error as error:
            ran_out = "unexpected end" in str(error)
            if ran_out and not whole:
                return None, 0, ""
            return None, 1, "a quotation mark is not closed" if ran_out else str(error)
        if any("\ufffd" in cell for cell in row) and reader.line_num > 1:
            return None, reader.line_num, "it is not UTF-8"
        return row, reader.line_num, ""

    def _piece(self, rows: list[list[str]], unread: list[Unread]) -> Piece:
        """Leave out what has other than the header's cells, and turn rows into columns."""
        width = len(self._columns)
        if not all(len(row) == width for row in rows):
            rows, unread = _of_width(rows, unread, width)
        if not rows:
            return Piece(dict.fromkeys(self._columns, ()), tuple(unread))
        cells = zip(*rows, strict=True)
        columns = {name: _filled(column) for name, column in zip(self._columns, cells, strict=True)}
        return Piece(columns, tuple(unread))


def _name(cell: str) -> str:
    """Give a cell as the name of a column is taken."""
    return cell.removeprefix(_MARK).strip(' "\t') if cell.startswith(_MARK) else cell.strip()


def _filled(column: Sequence[Cell]) -> Sequence[Cell]:
    """Give cells of which an empty one is nothing."""
    return [cell or None for cell in column] if "" in column else column


def _of_width(rows: list[list[str]], unread: list[Unread], width: int) -> tuple[list[list[str]], list[Unread]]:
    kept: list[list[str]] = []
    left_out: list[Unread] = []
    waiting = list(reversed(unread))
    for place, row in enumerate(rows):
        while waiting and waiting[-1].after <= place:
            left_out.append(Unread(len(kept), waiting.pop().reason))
        if len(row) == width:
            kept.append(row)
        elif row:  # an empty line is no row
            left_out.append(Unread(len(kept), f"it has {len(row)} cells and the header {width}"))
    return kept, left_out + [Unread(len(kept), each.reason) for each in reversed(waiting)]


def columns_of(rows: Sequence[Mapping[str, Any]], known: list[str]) -> dict[str, list[Cell]]:
    """Turn objects into columns: all that are known, None where an object lacks one; new ones are added to `known`."""
    if not rows:
        return {}
    there = dict.fromkeys(known)
    for row in rows:
        if row.keys() - there.keys():
            there |= dict.fromkeys(row)
    known[:] = list(there)[:_MOST_COLUMNS]
    return {name: _cells([row.get(name) for row in rows]) for name in known}


def _cells(values: list[Any]) -> list[Cell]:
    """Give values as cells: what is neither text nor number is its JSON, and an empty text is nothing."""
    kinds = set(map(type, values))
    if kinds & {list, dict}:
        values = [json.dumps(value) if isinstance(value, list | dict) else value for value in values]
    if int in kinds:
        values = [
            value if type(value) is not int or abs(value) < _LARGEST else math.copysign(math.inf, value)
            for value in values
        ]
    return [None if value == "" else value for value in values] if str in kinds else values
