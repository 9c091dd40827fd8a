"""A usable table becomes the right `Dataset`, whatever its columns, names and separators."""

import hashlib
import tracemalloc
import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from lab.data import builtin
from lab.data.columns import why_useless
from lab.data.leaks import leak_of, near_leak_of
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.errors import DataError

N = 40


def csv(tmp_path, text, name="t.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return str(path)


def rows(*columns):
    return "\n".join(",".join(str(cell) for cell in row) for row in zip(*columns, strict=True)) + "\n"


def test_every_kind_of_column_is_recognised_and_missing_values_stay_missing(tmp_path):
    days = pd.date_range("2024-01-01", periods=N).strftime("%Y-%m-%d").tolist()
    days[3] = ""
    flags = ["true" if i % 3 else "false" for i in range(N)]
    flags[4] = "NA"
    numbers = [str(i * i % 17) for i in range(N)]
    numbers[5] = "?"
    words = [["red", "green", "blue"][i % 3] for i in range(N)]
    words[6] = ""
    path = csv(tmp_path, "day,flag,n,word,y\n" + rows(days, flags, numbers, words, ["a", "b"] * (N // 2)))
    found = load(path, "y")
    assert dict(found.kinds) == {"day": "date", "flag": "boolean", "n": "number", "word": "category"}
    assert found.features["day"][0] == (np.datetime64("2024-01-01") - np.datetime64("1970-01-01")).astype(int)
    assert np.flatnonzero(found.features["day"].isna()).tolist() == [3]
    assert np.flatnonzero(found.features["flag"].isna()).tolist() == [4]
    assert np.flatnonzero(found.features["n"].isna()).tolist() == [5]
    assert np.flatnonzero(found.features["word"] == "").tolist() == [6]
    assert found.features["flag"].dropna().unique().tolist() in ([0.0, 1.0], [1.0, 0.0])


def test_the_digest_is_that_of_the_file(tmp_path, table):
    path = table()
    assert load(str(path), "churn").digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_parquet_gives_the_same_dataset_as_csv(tmp_path, table):
    path = table(word=[["x", "y", "z"][i % 3] for i in range(60)])
    frame = pd.read_csv(path)
    frame.to_parquet(tmp_path / "t.parquet", index=True)
    one, other = load(str(path), "churn"), load(str(tmp_path / "t.parquet"), "churn")
    pd.testing.assert_frame_equal(one.features, other.features)
    assert one.classes == other.classes
    assert one.target.tolist() == other.target.tolist()


def test_semicolons_with_decimal_commas_are_read_as_numbers(tmp_path):
    text = "preis;menge;ziel\n" + "".join(f"{i},5;{i % 7};{'ja' if i % 2 else 'nein'}\n" for i in range(N))
    found = load(csv(tmp_path, text), "ziel")
    assert found.features["preis"].tolist() == [i + 0.5 for i in range(N)]


def test_a_file_of_a_spreadsheet_in_utf_16_is_read(tmp_path):
    text = "größe\tziel\n" + "".join(f"{i % 7}\t{'ä' if i % 2 else 'ö'}\n" for i in range(N))
    found = load(csv(tmp_path, text, encoding="utf-16"), "ziel")
    assert found.classes == ("ä", "ö")
    assert list(found.features) == ["größe"]


def test_a_target_is_found_in_either_unicode_spelling(tmp_path):
    name = unicodedata.normalize("NFD", "Größe")
    path = csv(tmp_path, f"a,{name}\n" + rows([i % 7 for i in range(N)], ["x", "y"] * (N // 2)))
    assert load(path, "Größe").target_name == name


@pytest.mark.parametrize(
    "name", ["данные 数据 📈", "a b", "x.y[0]", "<script>alert(1)</script>", "=cmd()", "__array__"]
)
def test_any_column_name_is_kept(tmp_path, name):
    found = load(csv(tmp_path, f"{name},y\n" + rows([i % 7 for i in range(N)], ["x", "y"] * (N // 2))), "y")
    assert list(found.features) == [name]


def test_a_quoted_cell_may_hold_separators_quotes_and_line_breaks(tmp_path):
    cells = ['"one, two"', '"say ""hi"""', '"two\nlines"', "plain"] * (N // 4)
    found = load(csv(tmp_path, "a,y\n" + rows(cells, ["x", "x", "y", "y"] * (N // 4))), "y")
    assert set(found.features["a"]) == {"one, two", 'say "hi"', "two\nlines", "plain"}


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (["same"] * N, "constant (same)"),
        (["7"] * N, "constant (7.0)"),
        ([""] * N, "every value is missing"),
        ([f"id{i}" for i in range(N)], "identifier (40 different values in 40 rows)"),
        (list(range(100, 100 + N)), "row number"),
        (["x", "y"] * (N // 2), "copy of the target (leakage)"),
        (["5", "3"] * (N // 2), "copy of the target (leakage)"),
    ],
)
def test_a_useless_column_is_left_out_and_named(tmp_path, column, reason):
    path = csv(tmp_path, "odd,a,y\n" + rows(column, [i % 7 for i in range(N)], ["x", "y"] * (N // 2)))
    found = load(path, "y")
    assert list(found.features) == ["a"]
    (note,) = found.notes
    assert "'odd' was left out" in note
    assert reason in note


def test_a_column_that_nearly_gives_the_target_away_is_kept_with_a_warning(tmp_path):
    target = ["x", "y"] * 50
    leak = [(i % 2) * 10 + (i % 9) / 9 for i in range(100)]
    found = load(csv(tmp_path, "leak,a,y\n" + rows(leak, [i % 7 for i in range(100)], target)), "y")
    assert list(found.features) == ["leak", "a"]
    assert "'leak' alone tells the two classes apart" in found.notes[0]


def _with_gaps(n, share, seed=0):
    return np.flatnonzero(np.random.default_rng(seed).random(round(n / share)) < share)


@pytest.mark.parametrize(
    ("values", "is_left_out"),
    [
        (_with_gaps(400, 0.5), True),
        (_with_gaps(400, 0.2) + 5_000, True),
        (
            np.sort(np.random.default_rng(1).choice(10**6, 400, replace=False)),
            False,
        ),  # so far apart no value comes twice anyway
        (np.random.default_rng(2).permutation(_with_gaps(400, 0.5)), False),  # a rank, say
        (np.sort(np.random.default_rng(3).integers(0, 800, 400)), False),
        (np.repeat(np.arange(0, 800, 4), 2)[:400], False),
        (_with_gaps(400, 0.5) + 0.5, False),
        (np.sort(np.random.default_rng(4).choice(np.arange(1500, 2100), 400, replace=False)), False),
    ],
)
def test_dense_whole_numbers_that_rise_with_gaps_are_row_numbers(tmp_path, values, is_left_out):
    n = len(values)
    target = ["x", "y", "y"] * n
    found = load(csv(tmp_path, "count,a,y\n" + rows(values, [i * i % 11 for i in range(n)], target[:n])), "y")
    assert (found.left_out.get("count") == "it looks like a row number with gaps") == is_left_out
    assert ("count" in found.kinds) != is_left_out


@pytest.mark.parametrize(("name", "is_left_out"), [
    ("CUSTOMERID", True), ("PATIENTNR", True), ("USERID", True), ("orderno", True), ("HUMID", False), ("PAID", False),
])  # fmt: skip
def test_identifiers_in_capitals_are_known_by_their_words(tmp_path, name, is_left_out):
    values = np.random.default_rng(5).permutation(np.arange(0, 7 * N, 7))
    found = load(
        csv(tmp_path, f"{name},a,y\n" + rows(values, [i * i % 7 for i in range(N)], ["x", "y"] * (N // 2))), "y"
    )
    assert (name in found.left_out) == is_left_out


@pytest.mark.parametrize("first", ["2009-12-20", "2023-01-15"])
def test_days_of_six_digits_are_dates_and_months_of_a_year_are_not(tmp_path, first):
    days = pd.date_range(first, periods=N, freq="3D")
    months = pd.period_range("2001-01", periods=N, freq="M").strftime("%Y%m")
    given = [days.strftime("%y%m%d"), months, 100_000 + 977 * np.arange(N) ** 2 % 800_000, np.arange(N) ** 2 % 13]
    found = load(csv(tmp_path, "day,month,count,a,y\n" + rows(*given, ["x", "y"] * (N // 2))), "y")
    assert found.kinds["day"] == "date"
    assert found.features["day"].tolist() == ((days - pd.Timestamp("1970-01-01")) // pd.Timedelta("1D")).tolist()
    assert any("'day' is read as dates, written as %y%m%d" in note for note in found.notes)
    assert found.kinds["count"] == "number"
    assert found.kinds.get("month", "number") == "number"


def test_numbers_with_gaps_that_rise_are_no_row_numbers(tmp_path):
    found = load(csv(tmp_path, "a,y\n" + rows([2 * i for i in range(N)], ["x", "y"] * (N // 2))), "y")
    assert list(found.features) == ["a"]


@pytest.mark.parametrize(
    ("name", "first", "reason"),
    [("year", 1950, None), ("x", 1700, None), ("n", 1, "row number"), ("n", 2090, "row number")],
)
def test_years_that_follow_one_another_are_no_row_numbers(tmp_path, name, first, reason):
    path = csv(
        tmp_path, f"{name},a,y\n" + rows(range(first, first + N), [i * i % 7 for i in range(N)], ["x", "y"] * (N // 2))
    )
    assert (reason or "None") in str(load(path, "y").left_out.get(name))


@pytest.mark.parametrize(
    ("name", "is_left_out"),
    [("id", True), ("customerId", True), ("PID", True), ("identifier", True), ("phone", True), ("policy_no", True),
     ("amount paid", False), ("number of rooms", False), ("income", False)],
)  # fmt: skip
def test_whole_numbers_that_all_differ_are_left_out_if_they_are_called_like_an_identifier(tmp_path, name, is_left_out):
    values = np.random.default_rng(0).permutation(1_000)[:N]
    path = csv(tmp_path, f"{name},a,y\n" + rows(values, [i * i % 7 for i in range(N)], ["x", "y"] * (N // 2)))
    assert ("identifier" in load(path, "y").left_out.get(name, "")) == is_left_out


def test_rows_without_a_target_are_left_out_and_counted(tmp_path):
    target = ["x", "y"] * (N // 2)
    target[0] = target[7] = ""
    found = load(csv(tmp_path, "a,y\n" + rows([i % 7 for i in range(N)], target)), "y")
    assert found.n_rows == N - 2
    assert "2 of 40 rows had no value in the target" in found.notes[0]


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (["10", "9"] * (N // 2), ("9", "10")),
        (["1", "", "2", "1"] * (N // 4), ("1", "2")),
        (["true", "false"] * (N // 2), ("false", "true")),
        (["no", "yes"] * (N // 2), ("no", "yes")),
    ],
)
def test_classes_are_named_as_in_the_file_and_in_order(tmp_path, target, classes):
    found = load(csv(tmp_path, "a,y\n" + rows([i % 7 for i in range(N)], target)), "y")
    assert tuple(label.lower() for label in found.classes) == classes


def test_classes_that_differ_in_large_letters_or_blanks_only_are_one(tmp_path):
    target = ["yes", "Yes", "no", "no  way", "no way", "yes"] * 10
    found = load(csv(tmp_path, "a,y\n" + rows([i % 7 for i in range(60)], target)), "y")
    assert found.classes == ("no", "no way", "yes")
    assert [found.classes[code] for code in found.target[:6]] == ["yes", "yes", "no", "no way", "no way", "yes"]
    assert "the classes 'yes', 'Yes' of the target 'y' are taken for one" in found.notes


def test_a_rating_is_a_number_in_order_and_other_scales_say_what_they_are_taken_for(tmp_path):
    found = load(csv(tmp_path, "a,y\n" + rows(range(0, 80, 2), [1 + i % 10 for i in range(N)])), "y")
    assert found.task == "number"
    assert any("10 different whole numbers and looks like a rating" in note for note in found.notes)
    asked = load(str(tmp_path / "t.csv"), "y", task="classes")
    assert len(asked.classes) == 10
    only = load(str(tmp_path / "t.csv"), "y", tasks=("classes",))
    assert len(only.classes) == 10
    assert any("10 different whole numbers, each taken for a class" in note for note in only.notes)
    kinds = load(csv(tmp_path, "a,kind\n" + rows(range(0, 80, 2), [1 + i % 7 for i in range(N)])), "kind")
    assert len(kinds.classes) == 7
    assert any("7 different whole numbers, each taken for a class; --task number" in note for note in kinds.notes)
    named = load(
        csv(tmp_path, "a,QualityScore\n" + rows(range(0, 80, 2), [1 + i % 7 for i in range(N)])), "QualityScore"
    )
    assert named.task == "number"
    named = load(csv(tmp_path, "a,y\n" + rows(range(0, 80, 2), [0, 1] * (N // 2))), "y")
    assert not any("whole numbers" in note for note in named.notes)


def test_dropped_columns_are_gone(table):
    assert list(load(str(table()), "churn", drop=["a"]).features) == ["b"]


@pytest.mark.parametrize(("name", "shape"), [("breast-cancer", (569, 30)), ("wine", (178, 13)), ("loans", (1200, 7))])
def test_built_in_tables_have_the_shape_that_the_list_says(name, shape):
    found = load(name)
    assert found.features.shape == shape
    assert f"{shape[0]:,} rows" in builtin.TABLES[name]


def test_the_generated_table_has_every_kind_missing_values_and_a_group():
    found = load("loans")
    assert set(found.kinds.values()) == {"number", "boolean", "date", "category"}
    assert found.features["income"].isna().any()
    assert "region" in found.kinds


def test_a_sample_keeps_the_shares_of_the_classes_and_says_so():
    whole = load("loans")
    part = sample_rows(whole, 300, seed=1)
    assert part.whole is whole
    assert part.n_rows == 300
    assert part.target.mean() == pytest.approx(whole.target.mean(), abs=1 / 300)
    assert "300 of the 1,200 rows" in part.notes[-1]
    assert sample_rows(whole, 5_000, seed=1) is whole
    assert (whole.rows_in_table, part.rows_in_table) == (whole.n_rows, whole.n_rows)
    assert sample_rows(part, 100, seed=1).rows_in_table == whole.n_rows, "a sample of a sample, too"


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["1234567", "1234568", "1234569"], ("1234567", "1234568", "1234569")),
        ([str(2**60), str(2**60 + 1)], (str(2**60), str(2**60 + 1))),
        (["1.0000001", "1.0000002"], ("1.0000001", "1.0000002")),
    ],
)
def test_numbers_that_differ_are_different_classes(tmp_path, labels, classes):
    text = "a,y\n" + rows([i % 7 for i in range(N)], [labels[i % len(labels)] for i in range(N)])
    assert load(csv(tmp_path, text), "y").classes == classes


def test_a_date_far_in_the_future_stays_there(tmp_path):
    days = ["9999-12-31" if i % 2 else "2024-01-01" for i in range(N)]
    found = load(csv(tmp_path, "day,y\n" + rows(days, ["x", "y", "y", "x"] * (N // 4))), "y")
    expected = [(np.datetime64(day) - np.datetime64("1970-01-01")).astype(int) for day in days]
    assert found.features["day"].tolist() == expected


def test_padding_around_missing_values_does_not_hide_dates_and_booleans(tmp_path):
    days = [" NA" if i == 3 else f"2024-01-{i % 20 + 1:02}" for i in range(N)]
    flags = [" ?" if i == 4 else ["true", "false", "true"][i % 3] for i in range(N)]
    found = load(csv(tmp_path, "day,flag,y\n" + rows(days, flags, ["x", "y"] * (N // 2))), "y")
    assert dict(found.kinds) == {"day": "date", "flag": "boolean"}
    assert found.features.isna().sum().tolist() == [1, 1]


def test_old_line_ends_are_read(tmp_path):
    text = ("a;y\n" + "".join(f"{i % 7};{'u' if i % 2 else 'v'}\n" for i in range(N))).replace("\n", "\r")
    assert load(csv(tmp_path, text), "y").n_rows == N


def test_levels_that_give_the_target_away_are_named(tmp_path):
    levels = ["ABCD"[i % 4] if i != 7 else "" for i in range(3 * N)]
    found = load(csv(tmp_path, "level,a,y\n" + rows(levels, range(0, 6 * N, 2), ["x", "y"] * (3 * N // 2))), "y")
    assert "'level' alone gives the target away" in found.notes[0]


def test_a_sample_of_nearly_all_rows_keeps_a_small_class(tmp_path):
    target = ["rare"] * 8 + ["x", "y"] * 300
    whole = load(csv(tmp_path, "a,y\n" + rows([i % 97 for i in range(608)], target)), "y")
    part = sample_rows(whole, 607, seed=0)
    assert part.n_rows == 607
    assert np.bincount(part.target)[whole.classes.index("rare")] == 8
    assert np.bincount(sample_rows(whole, 100, seed=0).target).tolist() == [8, 46, 46]


def peak_of(action):
    """Bytes of Python and numpy at the peak of an action, beyond what there was before."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("length", [400, 100_000])
def test_a_long_text_is_not_paid_for_by_every_row(tmp_path, ending, length):
    n = 20_000
    columns = {
        "a": np.arange(n) % 7,
        "t": ["u", "v"] * (n // 2 - 1) + ["w", "x" * length],
        "y": [*["no", "yes"] * (n // 2 - 1), "no", "z" * 480],
    }
    path = tmp_path / f"t.{ending}"
    table = pa.table(columns)
    pa_csv.write_csv(table, path) if ending == "csv" else pq.write_table(table, path)
    assert peak_of(lambda: load(str(path), "y")) < 400 * n  # a fixed width would cost each row 4 bytes a character
    assert ("t" in load(str(path), "y").kinds) == (length <= 500)


def test_a_column_with_a_text_too_long_for_a_category_is_left_out_with_the_reason(tmp_path):
    path = csv(
        tmp_path,
        "a,t,y\n" + rows([i % 7 for i in range(N)], ["u", "x" * 600] * (N // 2), ["p", "q", "q", "p"] * (N // 4)),
    )
    found = load(path, "y")
    assert list(found.kinds) == ["a"]
    assert "column 't' was left out: it holds a text of 600 characters (a category has at most 500)" in found.notes


@pytest.mark.parametrize("entries", [["u", " v ", "NA", "v"], ["x1", " x2", "?", "x2"]])
def test_a_dictionary_is_understood_as_the_same_texts_written_out(tmp_path, entries):
    codes = [[0, 1, 2, 3, 1, 0, 3][i % 7] for i in range(N)]
    labels = ["p", "q", "q"] * (N // 3) + ["p"] * (N % 3)
    found = []
    for values in (
        pa.array([entries[code] for code in codes]),
        pa.DictionaryArray.from_arrays(codes, [*entries, "unused"]),
    ):
        pq.write_table(
            pa.table({"t": values, "a": [i * i % 11 for i in range(N)], "y": labels}), tmp_path / "t.parquet"
        )
        found.append(load(str(tmp_path / "t.parquet"), "y"))
    assert dict(found[0].kinds) == dict(found[1].kinds)
    assert found[0].features.equals(found[1].features)
    assert found[0].classes == found[1].classes == ("p", "q")


def test_a_dictionary_with_missing_codes_is_missing_there(tmp_path):
    values = pa.DictionaryArray.from_arrays(pa.array([0, 1, None] * (N // 3) + [0] * (N % 3)), ["u", "v"])
    labels = [["p", "q"][i // 2 % 2] for i in range(N)]
    pq.write_table(pa.table({"t": values, "y": labels}), tmp_path / "t.parquet")
    assert load(str(tmp_path / "t.parquet"), "y").features["t"].tolist()[:3] == ["u", "v", ""]
    pq.write_table(pa.table({"a": [i * i % 11 for i in range(N)], "y": values}), tmp_path / "t.parquet")
    assert load(str(tmp_path / "t.parquet"), "y").n_rows == N - N // 3


@pytest.mark.parametrize("known", [[], ["u", "v"]])
def test_a_target_of_missing_categories_alone_is_refused_whether_categories_are_known_or_not(tmp_path, known):
    values = pa.DictionaryArray.from_arrays(pa.array([None] * N, pa.int8()), pa.array(known, pa.string()))
    pq.write_table(pa.table({"a": [i * i % 11 for i in range(N)], "y": values}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="is missing in every row; choose another column"):
        load(str(tmp_path / "t.parquet"), "y")


def test_a_date_as_a_target_keeps_its_classes(tmp_path):
    days = pa.array([["2024-01-02", "2023-05-06"][i % 2] for i in range(N)]).cast(pa.date32())
    pq.write_table(pa.table({"a": [i * i % 11 for i in range(N)], "y": days}), tmp_path / "t.parquet")
    assert load(str(tmp_path / "t.parquet"), "y").classes == ("2023-05-06", "2024-01-02")


def _columns(rng, n_rows, target):
    """Columns around every limit of what is useless or gives the target away."""
    wrong = target.copy()
    wrong[rng.choice(n_rows, 25, replace=False)] ^= 1
    late = np.zeros(n_rows)
    late[-7:] = np.arange(7)
    few = np.zeros(n_rows)
    few[rng.choice(n_rows, 4, replace=False)] = 1.5
    return {
        "noise": rng.normal(size=n_rows), "copy": 3.0 * target, "near copy": 5.0 - wrong, "late": late, "few": few,
        "order": target * 10 + rng.random(n_rows), "nearly": 2.0 * target + rng.normal(size=n_rows) * 0.64,
        "holes": np.where(rng.random(n_rows) < 0.9997, np.nan, rng.random(n_rows)), "row": np.arange(n_rows, dtype=float),
        "half row": np.arange(n_rows) / 2, "levels": rng.integers(0, 60, n_rows).astype(float),
    }  # fmt: skip


@pytest.mark.parametrize("rare", [0.5, 0.002])
def test_columns_of_a_large_table_are_judged_by_their_first_rows_as_by_all(rare):
    """What the first rows, or some, rule out, all rows rule out: the long way round says the same of every column."""
    rng = np.random.default_rng(6)
    target = (rng.random(40_000) < rare).astype(np.int64)
    target[:2] = [0, 1]
    expected = {"copy": "copy of the target", "near copy": "target away in all but 25 row(s)", "order": "(ROC AUC 1.0000)",
                "few": "fewer than 5 rows", "row": "row number"}  # fmt: skip
    for name, values in _columns(rng, 40_000, target).items():
        found = (
            why_useless(values, "number")
            or leak_of(values, "number", target, 2)
            or near_leak_of(values, "number", target, 2)
        )
        assert (expected.get(name) or "None") in str(found), name
