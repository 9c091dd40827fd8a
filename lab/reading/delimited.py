"""How does delimited text become a table of texts? By Arrow, strictly: a ragged row is an error with its place, never a guess."""

import io
import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from lab.errors import DataError
from lab.reading.encodings import decoded
from lab.reading.layout import Layout, layout_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["delimited"]

_SAMPLE = 1 << 18
_BLOCK, _LONGEST_LINE = 1 << 24, 1 << 23
_LINE_END = re.compile(rb"\r\n|\n|\r")
_QUOTED = re.compile(r"'.*'|(?<=got )\d+: .*", re.DOTALL)  # cells of the row that Arrow met
_MOST_FOOTNOTES = 5


def delimited(
    content: bytes, name: str, *, encoding: str, header: bool | None, wanted: Collection[str]
) -> "tuple[pa.Table, str, list[str]]":
    """Read text; gives the table, all of whose columns are texts (null where empty), the separator, and what was understood.

    Names of columns are as in the file, and may be empty or there twice.

    Raises
    ------
    DataError
        If it is no table; says in which row.
    """
    text, notes = decoded(content, name, encoding)
    end = text.find(b"\n")  # of a header of a thousand names
    sample = text[: max(_SAMPLE, min(end + 1, _LONGEST_LINE))].decode("utf-8", "ignore")
    layout = layout_of(sample, header=header, wanted=wanted)
    if layout.delimiter == " ":
        text = b"\n".join(b"\t".join(line.split()) for line in _LINE_END.split(text))
    start = _after(text, layout.start)
    body = memoryview(text)[start:]
    table, footnotes = _parsed(body, name, layout)
    if table.num_rows < text.count(b"\n", start) and _swallows(table, text, layout):
        table, footnotes = _without_quotes(body, name, layout)
        notes.append("a quote that opens a value is not closed: quotes are read as any other sign")
    if footnotes:
        last = "the last line is" if footnotes == 1 else f"the last {footnotes} lines are"
        notes.append(f"{last} no part of the table and left out")
    return table, layout.delimiter, [*notes, *layout.notes]


def _after(text: bytes, lines: int) -> int:
    """Find where the text goes on after so many lines."""
    place = 0
    for _ in range(lines):
        end = _LINE_END.search(text, place)
        if end is None:
            return len(text)
        place = end.end()
    return place


def _parsed(body: memoryview, name: str, layout: Layout, *, quotes: bool = True) -> "tuple[pa.Table, int]":
    """Parse rows, and count the lines of one value below them; raises DataError where a row has too few values, or too many."""
    import pyarrow as pa
    from pyarrow import csv

    ragged: list[csv.InvalidRow] = []

    def on_ragged(row: csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip" if len(ragged) <= _MOST_FOOTNOTES else "error"

    places = [str(place) for place in range(len(layout.names))]
    if not bytes(body[:1000]).strip() and not bytes(body).strip():
        return pa.table({place: pa.array([], pa.string()) for place in places}).rename_columns(list(layout.names)), 0
    for block in (_BLOCK, 1 << 30):
        ragged.clear()
        try:
            table = csv.read_csv(
                io.BytesIO(body) if body.nbytes < _BLOCK else pa.BufferReader(pa.py_buffer(body)),
                read_options=csv.ReadOptions(
                    use_threads=False,
                    block_size=min(max(block, 1 << 20), max(4 * body.nbytes, 1 << 20), 1 << 30),
                    column_names=places,
                ),
                parse_options=csv.ParseOptions(
                    delimiter="\t" if layout.delimiter == " " else layout.delimiter,
                    quote_char='"' if quotes else False,
                    newlines_in_values=quotes,
                    invalid_row_handler=on_ragged,
                ),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(places, pa.string()), null_values=[""], strings_can_be_null=True
                ),
            )
        except pa.ArrowInvalid as error:
            if ragged:
                raise _ragged(name, ragged[0], layout) from error
            if "straddl" in str(error) and block == _BLOCK:
                continue
            raise DataError(
                f"{name} is not a table: {' '.join(_QUOTED.sub('...', str(error)).split())[:200]}; save it as CSV (UTF-8) or Parquet"
            ) from error
        break
    if any(row.actual_columns != 1 or (row.number or 0) <= table.num_rows for row in ragged):
        raise _ragged(name, ragged[0], layout)
    return table.rename_columns(list(layout.names)), len(ragged)


def _ragged(name: str, row: "object", layout: Layout) -> DataError:
    number, found, expected = (getattr(row, key) for key in ("number", "actual_columns", "expected_columns"))
    where = "" if number is None else f", row {number + layout.rows_before}"
    first = f" (the header is row {layout.rows_before})" if number is not None and layout.rows_before else ""
    return DataError(
        f"{name}{where}{first}: {found} values, but the header names {expected} columns; fix that row (quote values that contain "
        f"a {layout.delimiter!r})"
    )


def _swallows(table: "pa.Table", text: bytes, layout: Layout) -> bool:
    """Whether a value holds whole rows: line ends with as many separators behind them as a row has."""
    import pyarrow.compute as pc

    width = len(layout.names)
    if width < 2 or b'"' not in text:
        return False
    sign = re.escape("\t" if layout.delimiter == " " else layout.delimiter)
    whole_row = rf"\n(?:[^\n{sign}]*{sign}){{{min(width - 1, 50)}}}"
    broken = [column for column in table.columns if pc.any(pc.match_substring(column, "\n")).as_py()]
    return any(pc.any(pc.match_substring_regex(column, whole_row)).as_py() for column in broken)


def _without_quotes(body: memoryview, name: str, layout: Layout) -> "tuple[pa.Table, int]":
    """Read again with quotes as plain signs; where rows are ragged then, the quote that is not closed is what must be mended."""
    try:
        table, footnotes = _parsed(body, name, layout, quotes=False)
    except DataError as error:
        raise DataError(
            f"{name}: a quote that opens a value is not closed, and swallows the rows after it; close the quote (or double it, where "
            "it belongs to the value)"
        ) from error
    import pyarrow.compute as pc

    columns = [pc.utf8_trim(column, '"') for column in table.columns]
    return type(table).from_arrays(columns, names=table.column_names), footnotes
