"""Files as people export them: each is read like the plain table in it, or refused in one sentence."""

import datetime as dt
import gzip
import io
import json
import sqlite3
import sys
import tracemalloc
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from samples import nosy

from lab.errors import DataError
from lab.reading import content, read, workbooks
from lab.reading.encodings import decoded
from lab.reading.how import How, declared_kinds
from lab.reading.read import read as read_file

N = 40
ROWS = [
    (20 + i * 7 % 50, 1000.25 + 37.5 * i, ["basic", "plus", "pro"][i % 3], ["no", "yes"][i * i % 5 > 1])
    for i in range(N)
]
NAMES = ("age", "income", "plan", "churn")
FIRST = {"age": 20, "income": 1000.25, "plan": "basic", "churn": "no"}


def text(separator=",", names=NAMES, rows=ROWS, end="\n"):
    lines = [names, *rows] if names else rows
    return "".join(separator.join(map(str, line)) + end for line in lines)


def found(tmp_path, body, name="t.csv", *, target="churn", wanted=(), **how):
    path = tmp_path / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return read_file(str(path), How(**how), target=target, wanted=wanted)


def is_the_table(read_, names=NAMES, first=FIRST, rows=N):
    columns = {name: read_.table[name].to_pylist() for name in read_.table.column_names}
    assert list(columns) == list(names)
    assert {name: values[0] for name, values in columns.items()} == first
    assert len(read_.table) == rows
    return " | ".join(read_.notes)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", ":", "   "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_separator_and_any_end_of_a_line(tmp_path, separator, end):
    is_the_table(found(tmp_path, text(separator, end=end)))


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("sep=;\n", ""),
        ("Customers of March\nCreated by the billing system\n\n", "first 2 lines"),
        ("# unit: month\n# second comment\n", "first 2 lines"),
        ("\n\n", ""),
        ("# a; comment; with; four parts\n", "first line"),
    ],
)
def test_what_stands_above_the_header_is_no_part_of_the_table(tmp_path, before, said):
    assert said in is_the_table(found(tmp_path, before + text(";")))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("Total;61000.5;;\n", "sums up"),
        ("Source: the billing system\n", "last line"),
        (";;;\n;;;\n", "2 empty rows"),
        ("age;income;plan;churn\n", "header stands again in 1 row"),
    ],
)
def test_what_stands_below_the_rows_is_no_case(tmp_path, after, said):
    assert said in is_the_table(found(tmp_path, text(";") + after))


def test_a_comment_and_an_empty_line_above_a_single_column_are_no_fault_of_ours(tmp_path):
    with pytest.raises(DataError, match=r"has one column \('name'\)"):
        found(tmp_path, "# made by hand\n\nname\nx\ny\n")


def test_units_below_the_header_are_no_case(tmp_path):
    lines = text().splitlines(keepends=True)
    assert "has units" in is_the_table(found(tmp_path, lines[0] + "years,EUR,,\n" + "".join(lines[1:])))
    odd = lines[0] + "years,1000.25,basic,no\n" + "".join(lines[2:])
    assert found(tmp_path, odd).table["income"][0].as_py() == 1000.25, "one word is no row of units"


def test_names_that_are_missing_or_there_twice_are_made_up_and_said(tmp_path):
    body = "age,,age,churn\n" + "".join(f"{a},{b},{c},{d}\n" for a, b, c, d in ROWS)
    read_ = found(tmp_path, body)
    assert read_.table.column_names == ["age", "column 2", "age (2)", "churn"]
    assert {"column 2 has no name and is called 'column 2'", "a second column named 'age' is called 'age (2)'"} <= set(
        read_.notes
    )


@pytest.mark.parametrize(
    "index", [lambda i: i, lambda i: i + 1, lambda i: 3 * i + 7, lambda i: 7 * i % N, lambda i: f"row {i}"]
)
def test_an_index_without_a_name_is_left_out(tmp_path, index):
    body = "," + text().replace("\n", "\n§").rstrip("§")
    for i in range(N):
        body = body.replace("§", f"{index(i)},", 1)
    assert "no name" in is_the_table(found(tmp_path, body))


@pytest.mark.parametrize(("rows", "values"), [(19, lambda i: 7 * i % 19), (N, lambda i: 7 * i % N // 2)])
def test_few_numbers_without_a_name_that_do_not_grow_or_are_there_twice_are_a_column(tmp_path, rows, values):
    body = (
        "," + ",".join(NAMES) + "\n" + "".join(f"{values(i)},{text(rows=[ROWS[i]], names=None)}" for i in range(rows))
    )
    assert found(tmp_path, body).table.column_names == ["column 1", *NAMES]


@pytest.mark.parametrize("separator", [",", "\t", " "])
def test_names_in_single_quotes_are_read_without_them(tmp_path, separator):
    body = text(separator, names=[f"'{name}'" for name in NAMES])
    assert "single quotes" in is_the_table(found(tmp_path, body))
    names = [f"'{name}'" for name in NAMES]
    assert found(tmp_path, body, target="'churn'").table.column_names == names, "whoever writes them is believed"
    mixed = text(separator, names=["'age'", *NAMES[1:]])
    assert found(tmp_path, mixed).table.column_names == ["'age'", *NAMES[1:]]


@pytest.mark.parametrize("end", [",\n", "\n"])
def test_separators_at_the_ends_of_lines_make_no_column(tmp_path, end):
    lines = text().splitlines()
    is_the_table(found(tmp_path, lines[0] + end + "".join(f"{line},\n" for line in lines[1:])))


def test_a_file_without_a_header_loses_no_row(tmp_path):
    names = [f"column {place}" for place in range(1, 5)]
    note = is_the_table(
        found(tmp_path, text(names=None), target="column 4"), names, dict(zip(names, FIRST.values(), strict=True))
    )
    assert "no header" in note
    given = found(tmp_path, text(names=None), target="20", header=True)
    assert given.table.column_names[0] == "20", "whoever says that there is one is believed"
    assert found(tmp_path, text(), target="column 4", header=False).table.column_names[0] == "column 1"


@pytest.mark.parametrize(
    "names", [("0", "1", "2", "y"), ("1", "2", "3", "4"), ("2019", "2020", "2021", "y"), ("a", "b", "c", "d")]
)
def test_a_header_of_numbers_is_a_header(tmp_path, names):
    body = ",".join(names) + "\n" + "".join(f"{i * 7 % 11},{i * 3 % 13}.5,{i % 5},{i % 2}\n" for i in range(N))
    assert tuple(found(tmp_path, body, target=names[-1]).table.column_names) == names


@pytest.mark.parametrize("first", [0, 1])
def test_names_that_count_are_a_header_though_nobody_names_one(tmp_path, first):
    names = [str(first + place) for place in range(4)]
    body = ",".join(names) + "\n" + "".join(f"{i * 7 % 11},{i * 3 % 13},{i % 5},{i % 2}\n" for i in range(N))
    assert found(tmp_path, body, target="").table.column_names == names


def test_a_quote_that_is_never_closed_swallows_no_rows(tmp_path):
    lines = text().splitlines(keepends=True)
    lines[5] = lines[5].replace("plus", '"plus').replace("basic", '"basic').replace("pro,", '"pro,')
    read_ = found(tmp_path, "".join(lines) + '20,1.5,"basic,no\n')
    assert len(read_.table) == N + 1
    assert any("not closed" in note for note in read_.notes)
    assert set(read_.table["plan"].to_pylist()) == {"basic", "plus", "pro"}


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", ["größe", "weiß", "naïve", "10 €"]),
        ("cp1252", ["10 €", "20 €", "30 €", "Köln 1 €"]),
        ("cp1252", ["21.5 °C", "3 m²", "5 – 7", "mañana"]),
        ("cp1252", ["à", "été", "ça", "où"]),
        ("mac_roman", ["10 €", "Köln", "20 €"]),
        ("cp1250", ["Łódź", "Kraków", "żółty"]),
        ("cp1251", ["Москва", "красный", "большой"]),
        ("cp1253", ["Αθήνα", "κόκκινο", "μεγάλο"]),
        ("mac_roman", ["größe", "weiß", "façade"]),
        ("cp850", ["größe", "München", "klein"]),
        ("shift_jis", ["東京", "大阪", "赤い"]),
        ("utf-16", ["größe", "東京", "b"]),
        ("utf-16-le", ["grosse", "weiß", "b"]),
        ("utf-16-be", ["grosse", "weiß", "b"]),
        ("utf-8-sig", ["größe", "東京", "b"]),
    ],
)
def test_letters_of_any_encoding_are_read(tmp_path, encoding, words):
    body = "word,a,churn\n" + "".join(f"{words[i % len(words)]},{i * 7 % 11},{'yn'[i % 2]}\n" for i in range(60))
    read_ = found(tmp_path, body.encode(encoding))
    assert set(read_.table["word"].to_pylist()) == set(words)
    is_plain = encoding in ("utf-16", "utf-8-sig")
    assert any("--encoding says otherwise" in note for note in read_.notes) != is_plain
    assert set(found(tmp_path, body.encode(encoding), encoding=encoding).table["word"].to_pylist()) == set(words)


def frame():
    return pd.DataFrame(ROWS, columns=NAMES)


def workbook(tables, **options):
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "default_date_format": "yyyy-mm-dd", **options})
    for name, lines in tables.items():
        sheet = book.add_worksheet(name)
        for place, line in enumerate(lines):
            sheet.write_row(place, 0, line)
    book.close()
    return stream.getvalue()


def database(*, more=()):
    connection = sqlite3.connect(":memory:")
    frame().to_sql("customers", connection, index=False)
    for statement in more:
        connection.execute(statement)
    connection.commit()
    return connection.serialize()


def packed(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return stream.getvalue()


def arrow(write):
    stream = io.BytesIO()
    write(pa.Table.from_pandas(frame()), stream)
    return stream.getvalue()


def streamed(table, stream):
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)


FILES = {
    "t.csv.gz": lambda: gzip.compress(text().encode()),
    "two parts.gz": lambda: gzip.compress(text()[:300].encode()) + gzip.compress(text()[300:].encode()),
    "t.zip": lambda: packed({"folder/data.csv": text(), "__MACOSX/._data.csv": "x"}),
    "t.xlsx": lambda: workbook({"a": [NAMES, *ROWS]}),
    "titles.xlsx": lambda: workbook({"notes": [["to do"]], "a": [["Customers"], [], NAMES, *ROWS, ["Total", 9.5]]}),
    "t.json": lambda: frame().to_json(orient="records").encode(),
    "t.jsonl": lambda: frame().to_json(orient="records", lines=True).encode(),
    "inside.json": lambda: json.dumps({"made": "today", "rows": frame().to_dict("records")}).encode(),
    "t.sqlite": lambda: database(more=["CREATE TABLE other (a)", "CREATE VIEW v AS SELECT * FROM customers"]),
    "t.parquet": lambda: arrow(lambda table, stream: pd.DataFrame(ROWS, columns=NAMES).to_parquet(stream)),
    "t.feather": lambda: arrow(pyarrow.feather.write_feather),
    "t.arrows": lambda: arrow(streamed),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_gives_the_table_in_it(tmp_path, name):
    is_the_table(found(tmp_path, FILES[name](), name))


def test_the_parquet_files_of_a_folder_are_one_table(tmp_path):
    whole = frame()
    for year, part in (("2023", whole[:25]), ("2024", whole[25:])):
        (tmp_path / "t" / f"year={year}").mkdir(parents=True)
        part.to_parquet(tmp_path / "t" / f"year={year}" / "part-0.parquet")
    read_ = read_file(str(tmp_path / "t"), How(), target="churn")
    is_the_table(read_, (*NAMES, "year"), {**FIRST, "year": 2023})
    assert read_.table["year"].to_pylist() == [2023] * 25 + [2024] * 15
    (tmp_path / "t" / "other.parquet").write_bytes(FILES["t.feather"]())
    with pytest.raises(DataError, match="damaged Parquet file"):
        read_file(str(tmp_path / "t"), How())


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text().encode())))
    is_the_table(read_file("-", How(), target="churn"))


def test_a_sheet_and_a_table_can_be_named(tmp_path):
    body = workbook({"small": [["a", "churn"], [1, "yes"], [2, "no"], [4, "yes"]], "large": [NAMES, *ROWS]})
    assert "'large' is read, the largest of 2" in is_the_table(found(tmp_path, body, "t.xlsx"))
    assert found(tmp_path, body, "t.xlsx", sheet="small").table["a"].to_pylist() == [1, 2, 4]
    body = database(more=["CREATE TABLE tiny AS SELECT age, churn FROM customers LIMIT 5"])
    assert len(found(tmp_path, body, "t.db", table="tiny").table) == 5


def test_cells_of_a_workbook_keep_their_kinds(tmp_path):
    import xlsxwriter

    path = tmp_path / "t.xlsx"
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["day", "flag", "share", "code", "churn"])
    for i in range(1, N):
        sheet.write_datetime(i, 0, dt.datetime(2024, 1, 1) + dt.timedelta(days=i * i % 90))
        sheet.write_boolean(i, 1, i % 3 == 0)
        sheet.write_number(i, 2, i / 8)
        sheet.write_string(i, 3, f"00{i % 7}")
        sheet.write_string(i, 4, "yn"[i % 2])
    book.close()
    table = read_file(str(path), How(), target="churn").table
    assert table["day"][0].as_py() == dt.datetime(2024, 1, 2)
    assert table["flag"].to_pylist()[:3] == [False, False, True]
    assert table["share"].to_pylist()[:2] == [0.125, 0.25]
    assert table["code"].to_pylist()[:2] == ["001", "002"]


def test_values_inside_others_have_both_names(tmp_path):
    rows = [
        {"a": i, "place": {"town": "x" if i % 2 else "y", "at": {"lat": i / 2}}, "tags": [1], "churn": "yn"[i % 2]}
        for i in range(9)
    ]
    table = found(tmp_path, json.dumps(rows), "t.json").table
    assert table.column_names == ["a", "place.town", "place.at.lat", "churn"]
    assert table["place.at.lat"].to_pylist()[:3] == [0.0, 0.5, 1.0]


REFUSED = {
    "two.zip": (lambda: packed({"a.csv": "a", "b.csv": "b"}), ["2 files", "'a.csv', 'b.csv'", "give the one"]),
    "short.gz": (lambda: gzip.compress(text().encode())[:60], ["gzip archive that is damaged", "pack it again"]),
    "text.json": (lambda: b'[{"a": 1}, {"a": ', ["damaged JSON", "write it again"]),
    "list.json": (lambda: b'[{"a": 1}, 2]', ["no list of objects"]),
    "damaged.xlsx": (
        lambda: packed({"[Content_Types].xml": "<x", "xl/workbook.xml": "<"}),
        ["damaged workbook", "CSV"],
    ),
    "damaged.db": (lambda: b"SQLite format 3\x00" + b"\x01" * 2000, ["SQLite file that cannot be read"]),
    "empty.db": (lambda: _empty(), ["without a table"]),
    "old.xls": (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), ["workbook", "CSV"]),
    "t.7z": (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(50), ["a 7z archive, not a table"]),
    "t.duckdb": (lambda: bytes(8) + b"DUCK" + bytes(90), ["DuckDB file that cannot be read"]),
    "short.arrow": (lambda: arrow(pyarrow.feather.write_feather)[:200], ["damaged Arrow file"]),
}


def _empty():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("DROP TABLE t")
    connection.commit()
    return connection.serialize()


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path, name):
    make, says = REFUSED[name]
    with pytest.raises(DataError) as refusal:
        found(tmp_path, make(), name)
    assert "\n" not in str(refusal.value)
    for part in (name, *says):
        assert part in str(refusal.value)


def test_an_archive_that_unpacks_without_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MAX_BYTES", 1 << 20)
    body = b"a,churn\n" + b"1,yes\n" * 400_000
    for name, bomb in (("t.gz", gzip.compress(body)), ("t.zip", _deflated(body))):
        assert len(bomb) < 20_000
        with pytest.raises(DataError, match="holds more than 1,048,576 bytes once unpacked"):
            found(tmp_path, bomb, name)


def test_no_more_than_the_limit_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MAX_BYTES", 1 << 20)
    bomb = gzip.compress(b"a,churn\n" + bytes(50 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="once unpacked"):
            found(tmp_path, bomb, "t.gz")
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def _deflated(body):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", body)
    return stream.getvalue()


def test_a_sheet_of_billions_of_cells_is_refused_and_ends(tmp_path):
    import xlsxwriter

    path = tmp_path / "t.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "a")
    sheet.write(1_048_575, 16_383, "b")
    book.close()
    with pytest.raises(DataError, match=r"(cells, more than are read|too large to be read)"):
        read_file(str(path), How())


def test_a_workbook_is_read_where_it_can_write_nowhere_else(monkeypatch, tmp_path):
    """The module that reads it is another one here first, which looks around."""
    outside = nosy.sent_along(monkeypatch, tmp_path, workbooks)
    is_the_table(found(tmp_path, workbook({"a": [NAMES, *ROWS]}), "t.xlsx"))
    assert outside() == []


def test_a_database_is_asked_for_rows_and_nothing_else(tmp_path):
    body = database(more=["CREATE TABLE trap (a, b AS (a || 'x'))", "INSERT INTO trap (a) VALUES (1)"])
    assert len(found(tmp_path, body, "t.db").table) == N
    with pytest.raises(DataError, match="has no table 'none'; did you mean"):
        found(tmp_path, database(more=["CREATE TABLE nine (a)"]), "t.db", table="none")


@pytest.mark.parametrize("word", ["zip", "zip=town", "zip=number:%d", "=number", "day=date:x"])
def test_what_is_no_kind_is_refused(word):
    with pytest.raises(DataError, match="--as"):
        declared_kinds([word])


def test_a_kind_of_a_column_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no column 'agee' \(--as\); did you mean 'age'"):
        found(tmp_path, text(), kinds=declared_kinds(["agee=number"]))


def test_the_module_has_one_way_in():
    assert read.__all__ == ["Read", "read", "untyped"]


def test_a_title_with_a_separator_above_decimal_commas_does_not_hide_the_header(tmp_path):
    rows = [(age, f"{income:.2f}".replace(".", ","), plan, churn) for age, income, plan, churn in ROWS]
    body = "Bericht 2024;\n" + text(";", rows=rows) + "Summe;99;;\nMittelwert;9;;\n"
    said = is_the_table(found(tmp_path, body))
    assert "the last 2 rows sum up the others" in said


def test_a_header_that_is_said_again_in_the_middle_is_a_header(tmp_path):
    body = text(rows=[*ROWS[:20], NAMES, *ROWS[20:]])
    assert "the header stands again in 1 row" in is_the_table(found(tmp_path, body, target=""))


def test_few_accents_of_latin_letters_are_no_signs_of_east_asia():
    body = "region;v;k;y\n" + "Nord;1.5;2;ja\n" * 20 + "Total g\u00e9n\u00e9ral;2941.3;1500;\n"
    read_, notes = decoded(body.encode("latin-1"), "t.csv", "")
    assert read_.decode() == body
    assert any("Western European" in note for note in notes)


@pytest.mark.parametrize("orient", ["list", "dict"])
def test_json_of_columns_is_a_table(tmp_path, orient):
    frame = pd.DataFrame(ROWS, columns=NAMES)
    is_the_table(found(tmp_path, json.dumps(frame.to_dict(orient)), "t.json"))


def test_lists_in_json_are_left_out_and_said(tmp_path):
    lines = "\n".join(
        json.dumps({**dict(zip(NAMES, row, strict=True)), "tags": ["a"] * (place % 3)})
        for place, row in enumerate(ROWS)
    )
    assert "'tags' holds lists" in is_the_table(found(tmp_path, lines, "t.jsonl"))


def test_records_in_parquet_are_taken_apart_as_those_of_json(tmp_path):
    inner = [{"age": age, "more": {"income": income}} for age, income, _, _ in ROWS]
    table = pa.table({"who": inner, "plan": [row[2] for row in ROWS], "churn": [row[3] for row in ROWS]})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    read_ = read_file(str(tmp_path / "t.parquet"), How(), target="churn", wanted=())
    first = {"who.age": 20, "who.more.income": 1000.25, "plan": "basic", "churn": "no"}
    is_the_table(read_, names=tuple(first), first=first)
