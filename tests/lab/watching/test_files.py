"""Files, folders and standard input that grow, are cut, changed or damaged: each row is read once, and what happened is told."""

import json
import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lab.errors import DataError, LabError
from lab.watching.sources import folder as folders
from lab.watching.sources.folder import Folder
from lab.watching.sources.growing import GrowingFile
from lab.watching.sources.opened import opened
from lab.watching.sources.parquet import ParquetFile
from lab.watching.sources.standard import StandardInput


def write(path, *rows, head="a\n"):
    path.write_text(head + "".join(f"{row}\n" for row in rows))


def add(path, text):
    with path.open("a") as stream:
        stream.write(text)


def drained(source, most=1_000):
    """Read until nothing comes; gives column a, and what was told."""
    cells, told, quiet = [], [], 0
    while quiet < 2:
        piece = source.read(most, 0.0)
        assert piece.n_rows <= most
        cells += piece.columns.get("a", ())
        told += piece.told
        quiet = quiet + 1 if piece.is_empty else 0
    return cells, told


def moved(source, again):
    """Go on with another source where one stands, as after a restart."""
    place = json.loads(json.dumps(source.place()))
    source.close()
    return again.seek(place)


def test_a_file_is_read_as_it_grows_and_a_row_counts_when_its_line_ends(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, 1, 2)
    source = GrowingFile(path)
    assert drained(source) == (["1", "2"], [])
    add(path, "3\n4")
    assert drained(source) == (["3"], [])
    add(path, "5\n")
    assert drained(source) == (["45"], [])
    source.close()


def test_a_file_that_is_whole_ends_and_its_last_line_needs_no_end(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a\n1\n2")
    source = GrowingFile(path, ends=True)
    assert drained(source, 1) == (["1", "2"], [])
    assert source.read(1, 0.0).ended
    source.close()


@pytest.mark.parametrize("line", ["1,2,3\n", "\n"])
def test_what_is_read_behind_a_run_of_lines_that_are_no_rows(tmp_path, pipe, line):
    (tmp_path / "a.csv").write_text("a\n1\n" + 20 * line + "2\n" + 20 * line)
    (tmp_path / "b.csv").write_text("a\n3\n")
    for source, cells in (
        (GrowingFile(tmp_path / "a.csv", ends=True), ["1", "2"]),
        (Folder(tmp_path, ends=True), list("123")),
    ):
        found, n_unread = [], 0
        while not (piece := source.read(5, 0.0)).ended:
            found += piece.columns.get("a", ())
            n_unread += len(piece.unread)
        assert found == cells
        assert n_unread == (40 if line.strip() else 0)
        source.close()
    reading, feed, end = pipe
    feed((tmp_path / "a.csv").read_text())
    end()
    assert drained(StandardInput(descriptor=reading), 5)[0] == ["1", "2"]


@pytest.mark.parametrize("more", ["", "9\n"])
def test_a_file_that_is_written_over_is_read_from_its_beginning(tmp_path, more):
    path = tmp_path / "rows.csv"
    write(path, 1, 2, 3)
    source = GrowingFile(path)
    assert drained(source)[0] == ["1", "2", "3"]
    path.write_text("a\n4\n5\n6\n" + more)
    cells, (told,) = drained(source)
    assert cells == ["4", "5", "6", *more.split()]
    assert told == "rows.csv was written over: it is read from its beginning, and rows between the two may be lost"
    add(path, "7\n")
    assert drained(source) == (["7"], [])
    source.close()


def test_a_last_line_that_may_be_half_of_one_is_left_where_the_watch_goes_on_later(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a\n1\n2")
    source = opened(str(path), ends=True, lasts=True)
    assert drained(source) == (["1"], ["the last line of rows.csv has no line end, and is left until it has one"])
    add(path, "3\n")
    again = opened(str(path), ends=True, lasts=True)
    assert moved(source, again) == ()
    assert drained(again) == (["23"], [])
    again.close()
    path.write_text("a\n1\n2")
    source = opened(str(path), ends=True, lasts=False)
    assert drained(source) == (["1", "2"], [])
    source.close()


def test_a_file_that_was_cut_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, 1, 2, 3)
    source = GrowingFile(path)
    drained(source)
    write(path, 4)
    cells, (told,) = drained(source)
    assert cells == ["4"]
    assert "was cut" in told
    source.close()


def test_a_file_that_is_changed_for_a_new_one_is_read_to_its_end_first(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, 1)
    source = GrowingFile(path)
    drained(source)
    add(path, "2\n3")
    path.rename(tmp_path / "rows.csv.1")
    cells, (told,) = drained(source)
    assert cells == ["2"]
    assert "is gone" in told
    write(path, 4, head="b,a\n0,")
    cells, (told,) = drained(source)
    assert cells == ["3", "4"]
    assert "changed for a new file" in told
    source.close()


def test_a_new_file_without_a_header_is_told_and_the_next_one_is_read(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, 1, head="a,a\n")
    with pytest.raises(DataError, match="names 'a' twice"):
        GrowingFile(path).read(1, 0.0)
    write(path, 1)
    source = GrowingFile(path)
    assert drained(source)[0] == ["1"]
    for head, cells in (("a,a\n", []), ("a\n", ["2"])):
        write(tmp_path / "next", 2, head=head)
        (tmp_path / "next").rename(path)
        found, told = drained(source)
        assert found == cells
        assert len(told) == (1 if cells else 2)
    source.close()


@pytest.mark.parametrize("most", [1, 2, 100])
def test_after_a_restart_a_file_goes_on_where_it_was(tmp_path, most):
    path = tmp_path / "rows.csv"
    write(path, *range(5))
    source = GrowingFile(path)
    first = list(source.read(most, 0.0).columns["a"])
    again = GrowingFile(path)
    assert moved(source, again) == ()
    assert first + drained(again)[0] == list("01234")
    again.close()


def test_after_a_restart_the_rest_of_a_file_that_was_moved_is_read_first(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, 1, 2)
    source = GrowingFile(path)
    source.read(1, 0.0)
    path.rename(tmp_path / "rows.csv.1")
    write(path, 3, 4)
    again = GrowingFile(path)
    (told,) = moved(source, again)
    assert "the rest of rows.csv.1 is read first" in told
    assert drained(again)[0] == ["2", "3", "4"]
    again.close()


def test_after_a_restart_a_copy_of_the_file_goes_on_and_another_file_begins_anew(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, 1, 2)
    source = GrowingFile(path)
    source.read(1, 0.0)
    place = source.place()
    source.close()
    shutil.copy(path, tmp_path / "copy")
    path.unlink()
    (tmp_path / "copy").rename(path)
    again = GrowingFile(path)
    assert again.seek(place) == ()
    assert drained(again)[0] == ["2"]
    again.close()
    path.unlink()
    write(path, 7, 8, 9)
    other = GrowingFile(path)
    (told,) = other.seek(place)
    assert "another file than before" in told
    assert drained(other)[0] == ["7", "8", "9"]
    other.close()


def test_the_files_of_a_folder_are_read_once_in_the_order_of_their_names_when_they_are_finished(tmp_path, monkeypatch):
    now = 1_000_000.0
    monkeypatch.setattr(folders.time, "time", lambda: now)
    place = tmp_path / "in"
    place.mkdir()

    def put(name, *rows, changed=now - 60):
        (place / name).parent.mkdir(exist_ok=True)
        write(place / name, *rows)
        os.utime(place / name, (changed, changed))

    put("b.csv", 2)
    put("a.csv", 1)
    put(".hidden.csv", 9)
    put("d.csv.part", 9)
    source = Folder(place)
    assert drained(source) == (["1", "2"], [])
    put("c.csv", 3, changed=now - 0.5)
    put("site=north/rows.jsonl", changed=now - 60)
    (place / "site=north/rows.jsonl").write_text('{"a": "4"}\n')
    os.utime(place / "site=north/rows.jsonl", (now - 60, now - 60))
    assert drained(source) == ([], []), "it waits for the file whose turn it is"
    now += 10
    assert source.read(10, 0.0).columns == {"a": ("3",)}
    again = Folder(place)
    assert moved(source, again) == ()
    assert again.read(10, 0.0).columns == {"a": ["4"], "site": ["north"]}
    put("aa.csv", 5)
    cells, (told,) = drained(again)
    assert cells == []
    assert "aa.csv came after site=north/rows.jsonl was read" in told
    again.close()


def test_a_folder_goes_on_in_the_middle_of_a_file_and_leaves_out_what_cannot_be_read(tmp_path):
    write(tmp_path / "a.csv", 1, 2, 3)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 nonsense")
    (tmp_path / "bb.csv").write_text("a,a\n1,1\n")
    pq.write_table(pa.table({"a": [4, 5]}), tmp_path / "c.parquet")
    source = Folder(tmp_path, ends=True)
    assert source.read(2, 0.0).columns == {"a": ("1", "2")}
    again = Folder(tmp_path, ends=True)
    assert moved(source, again) == ()
    cells, (told, twice) = drained(again, 1)
    assert cells == ["3", 4, 5]
    assert "b.parquet cannot be read as Parquet" in told
    assert (
        twice == "bb.csv: the header names 'a' twice; mend the header where the rows are written; the file is left out"
    )
    assert again.read(1, 0.0).ended
    again.close()


def test_a_file_of_a_folder_without_any_column_that_is_watched_is_left_out(tmp_path):
    write(tmp_path / "a.csv", 1)
    (tmp_path / "b.txt").write_text("Read me\nfirst\n")
    (tmp_path / "c.csv").write_text("x,y\n")
    (tmp_path / "d.jsonl").write_text('{"x": 1}\n')
    pq.write_table(pa.table({"x": [4, 5]}), tmp_path / "e.parquet")
    (tmp_path / "f.csv").write_text("x,a\n1,2\n")
    source = opened(str(tmp_path), ends=True, wanted={"a", "none"})
    cells, told = drained(source)
    assert cells == ["1", "2"]
    said = "has none of the columns that are watched; the file is left out"
    assert told == [f"{name} {said}" for name in ("b.txt", "c.csv", "d.jsonl", "e.parquet")]
    source.close()


def test_a_header_without_rows_gives_its_columns(tmp_path, pipe):
    (tmp_path / "rows.csv").write_text("a,b\n")
    pq.write_table(pa.table({"a": [], "b": []}), tmp_path / "rows.parquet")
    reading, feed, _ = pipe
    feed("a,b\n")
    for source in (
        *(opened(str(tmp_path / name), ends=ends) for name in ("rows.csv", "rows.parquet") for ends in (True, False)),
        StandardInput(descriptor=reading),
    ):
        piece = source.read(5, 0.0)
        assert (list(piece.columns), piece.n_rows) == (["a", "b"], 0)
        source.close()


def test_a_parquet_file_is_read_from_any_row_on(tmp_path):
    path = tmp_path / "rows.parquet"
    table = pa.table({
        "a": list(range(100)),
        "number": [None if i % 10 == 3 else i / 2 for i in range(100)],
        "text": pa.array([str(i % 3) for i in range(100)]).dictionary_encode(),
        "day": pa.array([86_400 * i for i in range(100)], pa.timestamp("s")),
        "list": [[i] for i in range(100)],
    })  # fmt: skip
    pq.write_table(table, path, row_group_size=13)
    expected = table.to_pylist()
    source = ParquetFile(path)
    rows, number = [], 0
    while not (piece := source.read(1 + number % 7, 0.0)).ended:
        rows += [dict(zip(piece.columns, row, strict=True)) for row in zip(*piece.columns.values(), strict=True)]
        again = ParquetFile(path)
        assert moved(source, again) == ()
        source, number = again, number + 1
    assert [row["a"] for row in rows] == list(range(100))
    assert [row["number"] for row in rows] == [row["number"] for row in expected]
    assert [row["text"] for row in rows] == [row["text"] for row in expected]
    assert [row["day"] for row in rows] == [row["day"].isoformat() for row in expected]
    assert rows[4]["list"] == "[4]"
    source.close()


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, lambda text: os.write(writing, text.encode()), lambda: os.close(writing)
    os.close(reading)


def test_standard_input_is_read_as_it_comes_to_its_end(pipe):
    reading, feed, end = pipe
    source = StandardInput(descriptor=reading)
    assert source.read(10, 0.0).n_rows == 0
    feed("a\n1\n2\n3")
    assert source.read(10, 5.0).columns == {"a": ("1", "2")}
    end()
    assert source.read(10, 5.0).columns == {"a": ("3",)}
    assert source.read(10, 5.0).ended


def test_standard_input_that_is_fed_again_skips_what_was_taken(pipe):
    reading, feed, end = pipe
    feed("a\n1\n2\n3\n")
    source = StandardInput(descriptor=reading)
    source.read(2, 5.0)
    place = json.loads(json.dumps(source.place()))
    again = StandardInput(descriptor=reading, skips=True)
    assert again.seek(place) == ()
    feed("a\n1\n2\n3\n4\n")
    end()
    assert drained(again)[0] == ["3", "4"]


def test_standard_input_that_is_another_one_is_not_skipped(pipe):
    reading, feed, end = pipe
    feed("a\n1\n")
    source = StandardInput(descriptor=reading)
    source.read(2, 5.0)
    again = StandardInput(descriptor=reading, skips=True)
    again.seek(source.place())
    feed("a\n7\n8\n")
    end()
    with pytest.raises(DataError, match="does not begin with the rows that were taken"):
        drained(again)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("none.csv", "there is no none.csv"),
        ("http://here/rows", "no source of this kind"),
        ("/dev/null", "is not a file"),
        ("kafka://here", "write kafka://HOST:PORT/TOPIC"),
        ("mqtt:///rows", "write mqtt://HOST:PORT/TOPIC"),
    ],
)
def test_what_is_no_source_is_said_in_one_sentence(where, said):
    with pytest.raises(LabError, match=said):
        opened(where)
