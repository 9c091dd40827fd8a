"""Lines become rows, whatever stands in them and wherever they are cut; what does not parse is left out and counted."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import DataError
from lab.watching.sources.lines import Lines
from lab.watching.sources.text import LONGEST


def read_all(content, *, most=10, chunk=7, place=None, stop=None):
    """Read bytes in chunks and rows in pieces; gives the rows, why others were left out, and the places between pieces."""
    at = place["offset"] if place else 0
    lines, rows, unread, places = Lines("here", place), [], [], []

    def more(most):
        nonlocal at
        found = content[at : at + min(chunk, most)]
        at += len(found)
        return found

    while True:
        before = lines.offset
        piece = lines.read(most, more, final=True)
        rows += [dict(zip(piece.columns, row, strict=True)) for row in zip(*piece.columns.values(), strict=True)]
        unread += [(len(rows) - piece.n_rows + each.after, each.reason) for each in piece.unread]
        places.append(lines.place())
        if piece.is_empty and lines.offset == before and at >= len(content):
            return rows, unread, places


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=6)


QUOTING = st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])


ROWS = st.tuples(CELLS, CELLS).filter(lambda cells: {*map(str.strip, cells)} != {"a", "b"})  # that is a header


@given(st.lists(ROWS, min_size=1, max_size=8), st.integers(1, 5), st.integers(1, 40), QUOTING)
@settings(max_examples=60, deadline=None)
def test_what_a_writer_of_csv_wrote_is_read_however_it_is_cut(cells, most, chunk, quoting):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n", quoting=quoting).writerows([("a", "b"), *cells])
    content = stream.getvalue().encode()
    rows, unread, places = read_all(content, most=most, chunk=chunk)
    assert rows == [{"a": a or None, "b": b or None} for a, b in cells]
    assert unread == []
    for place in places[:-1]:  # and from any place between
        rest, _, _ = read_all(content, most=3, place=json.loads(json.dumps(place)))
        assert rest == rows[len(rows) - len(rest) :]


def test_csv_rows_that_do_not_parse_are_left_out_in_their_place():
    content = b'a;b\n1;2\n3\n\n4;5;6\n7;8\n9;\xff\n"10;11\n12;13\n14;15\n'
    rows, unread, _ = read_all(content)
    assert [row["a"] for row in rows] == ["1", "7", "12", "14"]
    assert unread == [
        (1, "it has 1 cells and the header 2"),
        (1, "it has 3 cells and the header 2"),
        (2, "it is not UTF-8"),
        (2, "a quotation mark is not closed"),
    ]


def test_rows_of_other_widths_are_left_out_even_where_their_cells_add_up():
    rows, unread, _ = read_all(b"a,b\n1,2\n3\n4,5,6\n7,\n")
    assert rows == [{"a": "1", "b": "2"}, {"a": "7", "b": None}]
    assert [place for place, _ in unread] == [1, 1]


def test_json_lines_keep_their_kinds_and_columns_may_come_and_go():
    content = b'{"a": 1, "b": "x"}\nnonsense\n[1]\n{"a": true, "c": {"d": [1]}}\n{"b": "", "a": 1e999}\n{"a": null}'
    rows, unread, _ = read_all(content, most=2)
    assert rows[0] == {"a": 1, "b": "x"}
    assert rows[1] == {"a": True, "b": None, "c": '{"d": [1]}'}
    assert rows[2] == {"a": None, "b": None, "c": None}
    assert unread == [(1, "it is no JSON"), (1, "it is no JSON object"), (2, "it is no JSON")]


def test_numbers_too_large_for_a_float_are_infinite():
    rows, _, _ = read_all(b'{"a": 1' + b"0" * 305 + b"}\n", chunk=400)
    assert rows == [{"a": float("inf")}]


def test_a_line_that_is_too_long_is_left_out_and_not_kept():
    content = b"a\n1\n" + b"x" * (2 * LONGEST) + b"\n2\n"
    lines = Lines("here")
    at = 0

    def more(most):
        nonlocal at
        found = content[at : at + most]
        at += len(found)
        assert len(lines._rest) <= LONGEST + most
        return found

    piece = lines.read(10, more, final=True)
    assert piece.columns == {"a": ("1", "2")}
    assert [each.reason for each in piece.unread] == ["its line is longer than 1 MiB"]
    assert lines.offset == len(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"a,a\n1,2\n", "names 'a' twice"), (b"a,\xff\n", "is not UTF-8"), (b'a,"b\n', "is no header")],
)
def test_a_first_line_that_is_no_header_is_said(content, said):
    with pytest.raises(DataError, match=said):
        read_all(content)


def test_a_mark_at_the_beginning_is_no_part_of_a_name():
    assert read_all(b"\xef\xbb\xbfa,b\r\n1,2\r\n")[0] == [{"a": "1", "b": "2"}]
    assert read_all(b'\xef\xbb\xbf{"a": 1}\n')[0] == [{"a": 1}]


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("most", [1, 2, 100])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_that_comes_again_is_no_row_and_its_order_is_followed(quote, most, end):
    def written(*rows):
        return end.join(",".join(f"{quote}{cell}{quote}" for cell in row) for row in rows) + end

    content = (
        written(("id", "x"), (1, 2), (3, "id"))
        + "\ufeff"
        + written(("x", "id"), ("x", 5), (6, 7))
        + written(("x", "id"), (8, 9))
    )
    rows, unread, places = read_all(content.encode(), most=most)
    assert [(row["id"], row["x"]) for row in rows] == [("1", "2"), ("3", "id"), ("5", "x"), ("7", "6"), ("9", "8")]
    assert unread == []
    for place in places[:-1]:
        rest, _, _ = read_all(content.encode(), place=json.loads(json.dumps(place)))
        assert rest == rows[len(rows) - len(rest) :]


def test_what_does_not_parse_before_a_header_that_comes_again_keeps_its_place():
    rows, unread, _ = read_all(b"a,b\n1,2\n3\nb,a\n4\n5,6\n")
    assert rows == [{"a": "1", "b": "2"}, {"a": "6", "b": "5"}]
    assert [place for place, _ in unread] == [1, 1]
