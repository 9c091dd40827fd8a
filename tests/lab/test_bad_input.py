"""Bad input gets exit code 2 and one sentence with the place, what was found and the way out; nothing is written."""

import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lab.reading import limits
from lab.reading.how import How
from lab.reading.read import read

RUN = ("run", "interpretability")


def refused(lab, tmp_path, *words, says):
    called = lab(*RUN, *words)
    assert called.code == 2, called.err
    assert called.out == ""
    assert "Traceback" not in called.err
    message = called.err.strip()
    assert message.startswith("error: ")
    assert len(message.splitlines()) == 1, "more than one line"
    for part in says:
        assert part in message
    assert not (tmp_path / "runs").exists(), "something was written"


def test_a_missing_file_names_the_nearest_one(lab, tmp_path, table):
    table("customers.csv")
    refused(lab, tmp_path, "custmers.csv", "--target", "churn", says=["no file", "custmers.csv", "'customers.csv'"])


@pytest.mark.parametrize(
    ("word", "file", "meant"),
    [
        ("orders", "orders.csv", "orders.csv"),
        ("ORDERS", "orders.csv", "orders.csv"),
        ("odrers", "Orders.parquet", "Orders.parquet"),
        ("wines", "winter.csv", "wine"),
        ("brest-cancer", "breast-cancers.csv", "breast-cancer"),
    ],
)
def test_a_name_without_its_ending_names_the_file_or_the_table_most_like_it(lab, tmp_path, table, word, file, meant):
    table(file)
    (tmp_path / "orders.md").write_text("no table")
    refused(lab, tmp_path, word, "--target", "churn", says=[f"table {word!r}; did you mean {meant!r}?"])


def test_a_built_in_table_is_not_taken_for_a_file_of_its_name(lab, tmp_path, table):
    table("churn.csv")
    refused(lab, tmp_path, "churn", "--target", "churn", says=["'churn' is a built-in table", "say 'churn.csv'"])


def test_a_missing_built_in_table_names_the_nearest_one(lab, tmp_path):
    refused(lab, tmp_path, "brest-cancer", says=["brest-cancer", "did you mean 'breast-cancer'?"])


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   "])
def test_an_empty_file_is_said_to_be_empty(lab, tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    refused(lab, tmp_path, "t.csv", "--target", "churn", says=["t.csv is empty", "header"])


def test_a_header_without_rows_is_refused(lab, tmp_path):
    (tmp_path / "t.csv").write_text("a,b,churn\n")
    refused(lab, tmp_path, "t.csv", "--target", "churn", says=["t.csv has a header and no rows"])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG picture"),
        (b"PK\x03\x04\x14\x00", "a zip archive or an Excel workbook"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"\x80\x04\x95abc", "a Python pickle"),
        (b"a,b\n\x00\x01,2\n", "binary data"),
    ],
)
def test_a_file_that_is_no_table_is_named_for_what_it_is(lab, tmp_path, content, what):
    (tmp_path / "t.csv").write_bytes(content)
    refused(lab, tmp_path, "t.csv", "--target", "churn", says=[what, "save the table as CSV (UTF-8) or Parquet"])


@pytest.mark.skipif(sys.platform != "linux", reason="the devices are those of Linux")
@pytest.mark.parametrize("words", [("/dev/zero",), ("t.csv", "--config", "/dev/zero")])
def test_a_device_without_an_end_is_refused(lab, tmp_path, table, words):
    table("t.csv")
    refused(lab, tmp_path, *words, "--target", "churn", says=["/dev/zero"])


def test_a_directory_is_refused(lab, tmp_path):
    (tmp_path / "t.csv").mkdir()
    refused(
        lab,
        tmp_path,
        "t.csv",
        "--target",
        "churn",
        says=["is a directory without Parquet files", "one CSV or Parquet file"],
    )


def test_a_damaged_parquet_file_is_refused(lab, tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1" + b"\x00" * 50)
    refused(lab, tmp_path, "t.parquet", "--target", "churn", says=["damaged Parquet file", "write it again"])


def test_an_encoding_that_the_file_does_not_have_is_refused_with_the_line(lab, tmp_path):
    (tmp_path / "t.csv").write_bytes("a,churn\n1,yes\n2,Zürich\n".encode("latin-1"))
    words = ("t.csv", "--target", "churn", "--encoding")
    refused(lab, tmp_path, *words, "utf-8", says=["line 3", "0xfc", "not utf-8 text", "leave out --encoding"])
    refused(lab, tmp_path, *words, "windows-1552", says=["'windows-1552' is not known", "did you mean 'windows-1252'?"])


@pytest.mark.parametrize(("row", "found"), [("1,2", "2 values"), ("1,2,no,4", "4 values")])
def test_a_ragged_row_is_refused_with_its_number(lab, tmp_path, row, found):
    (tmp_path / "t.csv").write_text(f"a,b,churn\n1,2,yes\n{row}\n3,4,yes\n")
    refused(lab, tmp_path, "t.csv", "--target", "churn", says=["row 3", found, "3 columns", "fix that row"])


def test_a_missing_target_option_lists_the_columns(lab, tmp_path, table):
    refused(lab, tmp_path, table(), says=["no target given", "--target", "a, b, churn"])


def test_an_unknown_target_names_the_nearest_column(lab, tmp_path, table):
    refused(lab, tmp_path, table(), "--target", "chrun", says=["no column 'chrun'", "did you mean 'churn'?"])


def test_a_target_of_one_value_is_refused(lab, tmp_path, table):
    refused(lab, tmp_path, table(churn=["yes"] * 60), "--target", "churn", says=["one value (yes)", "two classes"])


def test_a_target_of_many_values_is_refused(lab, tmp_path, table):
    path = table(churn=[f"c{i % 21}" for i in range(60)])
    refused(lab, tmp_path, path, "--target", "churn", says=["21 different values", "2 to 20 classes"])


@pytest.mark.parametrize("name", ["quantum", "edge"])
def test_a_lab_of_classes_refuses_a_number(lab, tmp_path, table, name):
    path = table(churn=np.random.default_rng(1).normal(size=60))
    called = lab("run", name, path, "--target", "churn", "--quiet")
    assert (called.code, len(called.err.strip().splitlines())) == (2, 1), called.err
    for part in ("'churn' is numeric", f"the {name} lab only classifies", "group its values", "another column"):
        assert part in called.err
    assert not (tmp_path / "runs").exists()


def test_numbers_that_must_be_classes_are_refused_where_there_are_too_many(lab, tmp_path, table):
    path = table(churn=np.random.default_rng(1).normal(size=60))
    words = (path, "--target", "churn", "--task", "classes")
    refused(lab, tmp_path, *words, says=["60 different numbers", "2 to 20 classes", "omit --task"])


@pytest.mark.parametrize(
    ("values", "words", "says"),
    [
        (["yes", "no"] * 30, ("--task", "number"), ["holds text", "--task number needs numbers"]),
        ([3.5] * 60, ("--task", "number"), ["one value (3.5)", "numbers that vary"]),
        ([*range(58), "inf", 7], (), ["'churn' is infinite in 1 row(s)", "data row 59"]),
        ([1e200 * i for i in range(60)], (), ["reaches 1e+202", "shift or scale"]),
        ([1e12 + 0.001 * i for i in range(60)], (), ["lie less than 1e-01 apart", "shift or scale"]),
        ([*range(40), *[""] * 20], (), ["40 row(s)", "fewer than the 50 that 5 folds need"]),
        (range(60), ("--metric", "roc_auc"), ["'roc_auc'", "regression scorers"]),
        (range(-30, 30), ("--metric", "neg_mean_squared_log_error"), ["cannot score these numbers", "metric at auto"]),
        (range(60), ("--margin", "2"), ["margin is 2", "from 0 to 1", "R²"]),
        (range(60), ("--task", "numbers"), ["invalid choice: 'numbers'", "auto"]),
    ],
)
def test_a_number_that_cannot_be_predicted_is_refused(lab, tmp_path, table, values, words, says):
    refused(lab, tmp_path, table(churn=list(values)), "--target", "churn", *words, says=says)


def test_a_target_without_values_is_refused(lab, tmp_path, table):
    refused(lab, tmp_path, table(churn=[""] * 60), "--target", "churn", says=["missing in every row"])


def test_a_class_with_fewer_rows_than_folds_is_refused_with_the_number(lab, tmp_path, table):
    path = table(churn=["rare"] * 3 + ["yes", "no"] * 28 + ["no"])
    refused(lab, tmp_path, path, "--target", "churn", says=["the rarest class", "3 row(s)", "7 that 5 folds need"])
    five = table(churn=["5"] * 9 + ["6"] * 20 + ["7"] * 25 + ["8"] * 6)
    called = lab(*RUN, five, "--target", "churn", "--folds", "5", "--quiet")
    assert "fewer than the 7 that 5 folds need" in called.err
    assert "--task number" in called.err
    assert "--folds" not in called.err, "fewer folds need more rows of a class"
    ten = table(churn=["yes"] * 8 + ["no"] * 52)
    assert "lower --folds to" in lab(*RUN, ten, "--target", "churn", "--folds", "10", "--quiet").err


def test_three_rows_are_refused(lab, tmp_path, table):
    refused(lab, tmp_path, table(n_rows=3), "--target", "churn", says=["1 row(s)", "add rows"])


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (["same"] * 60, "constant"),
        ([""] * 60, "every value is missing"),
        ([f"customer {i}" for i in range(60)], "identifier"),
        (["ja" if i % 2 else "nein" for i in range(60)], "copy of the target"),
    ],
)
def test_a_table_with_nothing_but_a_useless_column_is_refused_with_the_reason(lab, tmp_path, table, column, reason):
    path = table(a=column, b=column)
    refused(lab, tmp_path, path, "--target", "churn", says=["no usable column is left", "'a'", reason])


def test_infinite_values_are_refused_with_column_and_row(lab, tmp_path, table):
    path = table(speed=[1.0, 2.0, float("inf")] + [3.0] * 57)
    refused(lab, tmp_path, path, "--target", "churn", says=["column 'speed'", "infinite", "data row 3"])


def test_a_target_that_is_there_twice_is_refused(lab, tmp_path):
    (tmp_path / "t.csv").write_text("a,churn,churn\n1,yes,yes\n3,no,no\n")
    refused(lab, tmp_path, "t.csv", "--target", "churn", says=["two columns named 'churn'", "rename one"])


def test_five_thousand_columns_are_refused(lab, tmp_path):
    header = ",".join(f"c{i}" for i in range(5_000))
    (tmp_path / "t.csv").write_text(f"{header}\n" + (",".join(["1"] * 5_000) + "\n") * 2)
    refused(lab, tmp_path, "t.csv", "--target", "c1", says=["5,000 columns", "at most 1,000"])


def test_one_column_is_refused(lab, tmp_path):
    (tmp_path / "t.csv").write_text("churn\nyes\nno\n")
    refused(lab, tmp_path, "t.csv", "--target", "churn", says=["one column ('churn')"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--folds", "1"), ["folds is 1", "from 2 to 20"]),
        (("--folds", "many"), ["folds is 'many'", "whole number"]),
        (("--margin", "nan"), ["margin is nan", "at least 0"]),
        (("--metric", "roc-auc"), ["metric is 'roc-auc'", "did you mean 'roc_auc'?"]),
        (("--metric", "r2"), ["metric is 'r2'", "classification scorers"]),
        (("--seed", "99999999999"), ["seed is 99999999999", "from 0 to 4294967295"]),
        (("--fold", "3"), ["unknown option --fold", "did you mean '--folds'?"]),
        (("--seed", "-1"), ["seed is -1", "from 0 to"]),
        (("--workers", "0"), ["'0' is not a whole number of at least 1"]),
        (("--drop", "A"), ["no column 'A'", "did you mean 'a'?"]),
        (("--config", "none.toml"), ["cannot read none.toml", "TOML"]),
    ],
)
def test_an_impossible_option_says_its_range_or_the_nearest_name(lab, tmp_path, table, words, says):
    refused(lab, tmp_path, table(), "--target", "churn", *words, says=says)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "quantm", "wine"), ["no lab 'quantm'", "did you mean 'quantum'?"]),
        (("rnu",), ["no command 'rnu'", "did you mean 'run'?"]),
        (("run",), ["no lab given", "quantum"]),
        (("controls", "edgy"), ["no lab 'edgy'", "did you mean 'edge'?"]),
        (("report", "nowhere"), ["no record at nowhere", "finished run"]),
        (("run", "edge", "wine", "--metric", "f1"), ["cannot score a target of 3 classes", "leave metric at auto"]),
        (("run", "edge", "wine", "--p99-ms", "0"), ["p99_ms is 0", "above 0"]),
        (("run", "edge", "wine", "--size-mb", "-1"), ["size_mb is -1", "above 0"]),
        (
            ("run", "edge", "wine", "--models", "mlp,tree"),
            ["models is 'tree'", "logistic, forest, extra-trees, boosting, mlp"],
        ),
        (("run", "edge", "wine", "--models", "mlp,mlp"), ["twice", "--models mlp,forest"]),
        (("run", "quantum", "wine", "--qubits", "13"), ["qubits is 13", "from 0 to 12"]),
        (("run", "quantum", "wine", "--qubits", "1"), ["qubits is 1", "3 classes", "at least 2"]),
        (("run", "quantum", "wine", "--devices", "torinno"), ["devices is 'torinno'", "did you mean 'torino'?"]),
        (("run", "quantum", "wine", "--shots", "0"), ["shots is 0", "from 1"]),
    ],
)
def test_impossible_words_are_refused_in_every_command(lab, tmp_path, words, says):
    called = lab(*words)
    assert called.code == 2, called.err
    assert len(called.err.strip().splitlines()) == 1
    for part in says:
        assert part in called.err
    assert not (tmp_path / "runs").exists()


def test_a_name_too_long_for_a_file_is_refused(lab, tmp_path):
    refused(lab, tmp_path, "x" * 300 + ".csv", "--target", "churn", says=["cannot read", "File name too long"])


def test_a_target_of_lists_is_refused(lab, tmp_path):
    pd.DataFrame({"a": [1.0, 2.0] * 20, "y": [[1], [2]] * 20}).to_parquet(tmp_path / "t.parquet")
    refused(lab, tmp_path, "t.parquet", "--target", "y", says=["target 'y' holds list", "text, numbers or booleans"])


def test_a_target_that_is_there_twice_in_parquet_is_refused_as_such(lab, tmp_path):
    columns = [pa.array([1, 2] * 20), pa.array(["u", "v"] * 20), pa.array(["u", "v"] * 20)]
    pq.write_table(pa.Table.from_arrays(columns, names=["a", "y", "y"]), tmp_path / "t.parquet")
    refused(lab, tmp_path, "t.parquet", "--target", "y", says=["two columns named 'y'"])


def test_a_file_in_the_place_of_the_output_folder_is_refused(lab, tmp_path, table):
    (tmp_path / "out").write_text("mine")
    refused(lab, tmp_path, table(), "--target", "churn", "--out", "out", says=["cannot make the folder out", "--out"])
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(("line", "says"), [("folds = inf", "folds is inf"), ("metric = 5", "metric is 5")])
def test_a_wrong_value_in_a_file_is_refused(lab, tmp_path, table, line, says):
    (tmp_path / "s.toml").write_text(line + "\n")
    refused(lab, tmp_path, table(), "--target", "churn", "--config", "s.toml", says=[says])


def test_debug_shows_the_traceback(lab, tmp_path):
    called = lab(*RUN, "nowhere.csv", "--target", "churn", "--debug")
    assert called.code == 2
    assert "Traceback" in called.err


def _parquet(path, columns, parts=1, **options):
    made = pa.table(columns)
    with pq.ParquetWriter(path, made.schema, **options) as writer:
        for _ in range(parts):
            writer.write_table(made)


def test_a_small_parquet_file_of_very_many_rows_is_refused_unread(lab, tmp_path, monkeypatch):
    rows = np.zeros(1_000_000, np.int8)
    _parquet(tmp_path / "t.parquet", {"a": rows, "y": rows}, parts=11)
    assert (tmp_path / "t.parquet").stat().st_size < 100_000
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    refused(
        lab,
        tmp_path,
        "t.parquet",
        "--target",
        "y",
        says=["11,000,000 rows of 2 columns", "at most 10,000,000 rows", "sample"],
    )


def test_a_small_parquet_file_of_very_many_bytes_is_refused_unread(lab, tmp_path, monkeypatch):
    texts = pa.array(["x" * 100_000, "y" * 100_000] * 30)
    _parquet(tmp_path / "t.parquet", {"a": texts, "y": [0, 1] * 30}, use_dictionary=False, compression="zstd")
    assert (tmp_path / "t.parquet").stat().st_size < 10_000
    assert limits.MAX_BYTES == 2**30
    monkeypatch.setattr(limits, "MAX_BYTES", 2**20)  # the real one would take a gigabyte to write
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    refused(
        lab, tmp_path, "t.parquet", "--target", "y", says=["bytes once unpacked", "at most 1,048,576", "long texts"]
    )


def test_a_parquet_file_of_very_many_columns_is_refused_unread(lab, tmp_path, monkeypatch):
    _parquet(tmp_path / "t.parquet", {f"c{place}": [0, 1] for place in range(1_500)})
    monkeypatch.setattr(pq.ParquetFile, "read", None)
    refused(lab, tmp_path, "t.parquet", "--target", "c1", says=["1,500 columns", "at most 1,000"])


def test_lists_in_a_parquet_file_are_named_and_their_values_not_read(lab, tmp_path):
    lists = pa.array([[0] * 100_000] * 60, pa.list_(pa.int8()))
    _parquet(tmp_path / "t.parquet", {"a": np.arange(60.0) % 7, "l": lists, "y": [0, 1] * 30})
    before = pa.total_allocated_bytes()
    table = read(str(tmp_path / "t.parquet"), How()).table
    assert pa.total_allocated_bytes() - before < 1_000_000
    assert table["l"].null_count == 60
    refused(lab, tmp_path, "t.parquet", "--target", "y", says=["column 'l' holds list<element: int8>", "--drop 'l'"])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_name_of_a_column_has_a_limit(lab, tmp_path, kind):
    name = "n" * 1_000_000
    if kind == "csv":
        (tmp_path / "t.csv").write_text(f"a,{name},churn\n" + "1,2,yes\n3,4,no\n" * 20)
    else:
        _parquet(tmp_path / "t.parquet", {"a": [1, 2] * 20, name: [1, 2] * 20, "churn": [0, 1] * 20})
    refused(lab, tmp_path, f"t.{kind}", "--target", "churn", says=["column 2 has 1,000,000 characters", "at most 500"])


def test_a_target_with_a_very_long_text_is_refused(lab, tmp_path, table):
    path = table(churn=["yes", "n" * 100_000] * 30)
    refused(
        lab,
        tmp_path,
        path,
        "--target",
        "churn",
        says=["the target 'churn' holds a text of 100,000 characters", "at most 500"],
    )


@pytest.mark.parametrize("place", ["feature", "name"])
def test_text_in_a_parquet_file_that_is_not_unicode_is_refused(lab, tmp_path, place):
    _parquet(tmp_path / "t.parquet", {"abcdef": ["qwerty", "asdfgh"] * 20, "y": [0, 1] * 20}, compression="none")
    content = (tmp_path / "t.parquet").read_bytes()
    spoilt = (
        content.replace(b"qwerty", b"q\xff\xfety") if place == "feature" else content.replace(b"abcdef", b"a\xff\xfeef")
    )
    (tmp_path / "t.parquet").write_bytes(spoilt)
    called = lab(*RUN, "t.parquet", "--target", "y")
    assert called.code == 2
    assert "t.parquet" in called.err
    assert "our fault" not in called.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a." * 100_000 + b"a = 1", "has more than 65,536 bytes"),
        (b"a." * 30_000 + b"a = 1", "more than 20 parts"),
        (b"folds = " + b"[" * 20_000, "is not TOML"),
        (b"folds = " + b"9" * 5_000, "is not TOML"),
        (b"folds = 0x" + b"f" * 5_000, "more digits than can be written"),
        (b"folds = " + b"9" * 400, "fewer digits"),
        (b"folds = '\xff'", "is not TOML"),
    ],
)
def test_a_settings_file_made_to_harm_is_refused(lab, tmp_path, table, content, says):
    (tmp_path / "s.toml").write_bytes(content)
    refused(
        lab,
        tmp_path,
        table(),
        "--target",
        "churn",
        "--config",
        "s.toml",
        says=["s.toml" if "digits" not in says else "is", says],
    )
