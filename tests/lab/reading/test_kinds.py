"""What a column of texts is: by most of its values, by what the user says, and never by the rare ones aloud."""

import numpy as np
import pyarrow as pa
import pytest

from lab.reading.kinds import Told, typed

N = 200


def column(values, **told):
    notes = Told(**told)
    table = typed(pa.table({"x": pa.array(values, pa.string()), "y": pa.array(["a", "b"] * (len(values) // 2))}), notes)
    return table["x"], " | ".join(notes.notes)


def numbers(n=N):
    return [str(value) for value in np.random.default_rng(0).integers(1, 90, n)]


def kind_of(values):
    return "text" if pa.types.is_dictionary(values.type) else str(values.type)


@pytest.mark.parametrize(
    "mark",
    [
        "-",
        "--",
        ".",
        "missing",
        "Unknown",
        "na",
        "N.A.",
        "n.a.",
        "\\N",
        "#DIV/0!",
        "#N/A",
        "nil",
        "None",
        "(null)",
        " ",
        "?",
        "NULL",
        "NaN",
        "k.A.",
    ],
)
def test_a_missing_value_is_missing_however_it_is_spelled(mark):
    known = numbers()
    values = [mark if place % 4 == 0 else text for place, text in enumerate(known)]
    found, _ = column(values)
    assert [None if place % 4 == 0 else float(text) for place, text in enumerate(known)] == found.to_pylist()


@pytest.mark.parametrize("mark", ["-", "unknown", "None", "?", "nil"])
def test_in_the_target_only_what_is_empty_is_missing(mark):
    values = [["red", "blue", mark, ""][place % 4] for place in range(N)]
    found, _ = column(values, target="x", as_they_are=frozenset({"x"}))
    assert found.to_pylist() == [value or None for value in values]
    found, _ = column(values, target="x", as_they_are=frozenset({"x"}), missing=frozenset({mark.casefold()}))
    assert set(found.to_pylist()) == {"red", "blue", None}, "but for what the user says"


@pytest.mark.parametrize("mark", ["NA", "-", "unknown", "?"])
def test_in_a_target_of_numbers_words_that_say_nothing_are_missing(mark):
    told = {"target": "x", "as_they_are": frozenset({"x"})}
    values = [mark if place % 3 else str(place * 7 % 301) for place in range(N)]
    found, notes = column(values, **told)
    assert found.to_pylist() == [None if place % 3 else float(place * 7 % 301) for place in range(N)]
    assert (repr(mark) in notes) == (mark in ("-", "unknown")), "what any table may say is not said again"
    found, _ = column([mark if place % 3 else str(place % 20) for place in range(N)], **told)
    assert found.to_pylist().count(mark) == N - N // 3 - 1, "of so few numbers they are classes, and the word is one"
    found, _ = column([mark if place % 3 else f"p{place}" for place in range(N)], **told)
    assert mark in found.to_pylist()


def test_a_number_that_the_user_says_is_missing_is_missing_in_plain_columns_too():
    values = ["3", "-1", "5", "8"] * 50
    assert column(values)[0].to_pylist()[:4] == [3, -1, 5, 8]
    assert column(values, missing=frozenset({"-1"}))[0].to_pylist()[:4] == [3, None, 5, 8]


@pytest.mark.parametrize(("odd", "is_number"), [(1, True), (9, True), (11, False), (60, False)])
def test_a_column_is_a_number_if_95_of_100_values_are(odd, is_number):
    known = [str(1000 + place * 7) for place in range(N)]
    values = [f"n{place}" if place < odd else text for place, text in enumerate(known)]
    found, notes = column(values)
    assert (kind_of(found) == "double") == is_number
    assert (f"{odd} value" in notes) == is_number
    assert "n0" not in notes, "a rare value is nobody's business"


@pytest.mark.parametrize("word", ["s/d", "#ÜBERLAUF!", "keine Angabe"])
def test_one_word_that_nobody_knows_among_many_numbers_is_missing_and_named(word):
    values = [word if place % 7 == 0 else str(1.5 * place) for place in range(N)]
    found, notes = column(values)
    assert kind_of(found) == "double"
    assert found.null_count == len(range(0, N, 7))
    assert f"{word!r} is taken for missing" in notes
    assert kind_of(column([word if place % 7 == 0 else str(place % 9) for place in range(N)])[0]) != "double", (
        "of few numbers it is a level"
    )
    assert kind_of(column([word, "other"] * 40 + [str(1.5 * place) for place in range(N)])[0]) != "double"


def test_durations_of_a_day_and_more_are_seconds():
    found, notes = column([f"{place}:{place % 60:02d}:07" for place in range(N)])
    assert found.to_pylist() == [3_600 * place + 60 * (place % 60) + 7 for place in range(N)]
    assert "durations" in notes


def test_one_word_among_the_numbers_of_a_target_of_few_is_a_class():
    values = ["0", "1"] * 98 + ["unknown"] * 4
    assert set(column(values, target="x", as_they_are=frozenset({"x"}))[0].to_pylist()) == {"0", "1", "unknown"}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([f"{place * 37 % 1000:05d}" for place in range(N)], "text"),  # postal codes
        ([str(10**18 + place) for place in range(N)], "text"),
        (["0", "10", "7", "100"] * 50, "int64"),
        (["0.5", "0.25", "00.5", "1"] * 50, "double"),
        ([f"{place % 24:02d}:{place % 60:02d}" for place in range(N)], "int64"),
        (["TRUE", "false", "True"] * 66, "bool"),
        ([f"2024{1 + place % 12:02d}{1 + place % 28:02d}" for place in range(N)], "timestamp[us]"),
        ([str(20_249_901 + place) for place in range(N)], "double"),  # eight digits, no days
        (["red", "blue"] * 100, "text"),
    ],
)
def test_codes_times_and_days_are_what_they_are(values, kind):
    assert kind_of(column(values)[0]) == kind


@pytest.mark.parametrize(
    ("said", "values", "kind"),
    [
        (("category", ""), numbers(), "text"),
        (("number", ""), ["1", "two", "3", "x"] * 50, "double"),
        (("date", "%m/%d/%Y"), ["03/04/2023", "05/06/2023"] * 100, "timestamp[us]"),
        (("date", "%Y"), ["2001", "2002", "1999", "1998"] * 50, "timestamp[us]"),
    ],
)
def test_what_the_user_says_is_done(said, values, kind):
    found, _ = column(values, kinds={"x": said})
    assert kind_of(found) == kind
    if said[1] == "%m/%d/%Y":
        assert found[0].as_py().month == 3
    if said[0] == "number":
        assert found.to_pylist()[:4] == [1.0, None, 3.0, None]


def test_columns_that_know_their_kind_stay_but_for_what_the_user_says():
    table = pa.table({"n": [1.5, 2.5], "key": [2**60, 2**60 + 1], "c": pa.array(["1", "2"]).dictionary_encode()})
    told = Told()
    found = typed(table, told)
    assert str(found["n"].type) == "double"
    assert found["key"].to_pylist() == [str(2**60), str(2**60 + 1)], "as numbers they would be one"
    assert found["c"].to_pylist() == ["1", "2"], "what its owner declares to be categories are categories"
    assert typed(table, Told(kinds={"n": ("category", "")}))["n"].to_pylist() == ["1.5", "2.5"]


def test_the_columns_of_a_file_share_their_decimal_sign():
    table = pa.table({"proof": ["1,5", "2,75", "3"], "alone": ["1.367", "2.345", "7.001"]})
    assert typed(table, Told())["alone"].to_pylist() == [1367.0, 2345.0, 7001.0]
    table = pa.table({"proof": ["1.5", "2.75", "3"], "alone": ["1,367", "2,345", "7,001"]})
    assert typed(table, Told(by_separator=","))["alone"].to_pylist() == [1367.0, 2345.0, 7001.0]
    table = pa.table({"alone": ["1,367", "2,345", "7,001"]})
    assert typed(table, Told(by_separator=","))["alone"].to_pylist() == [1.367, 2.345, 7.001]
