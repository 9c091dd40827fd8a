"""A stream that is spelled in another way than plainly tells nothing else: it is read as the ground reads such a table."""

import numpy as np
import pandas as pd
import pytest
from samples.watch_rows import alarms, batches, calendar, monitor, profile, rows, watched

from edge.watch.cells import Spelling, read_cells
from edge.watch.spelling import Reader
from lab.data.load import load
from lab.reading.missing import SPELLINGS

N = 700


def comma(values):
    return np.array([f"{value:,.2f}".translate(str.maketrans(",.", ".,")) for value in values], dtype=object)


def spelled(seed=21, n_rows=N, factor=1.0):
    """A stream with decimal commas, blanks around categories, and words for what is missing."""
    columns, labels = rows(seed, n_rows)
    columns["heat"] = comma(columns["heat"] * factor)
    columns["kind"] = np.array([f" {kind} " for kind in columns["kind"]], dtype=object)
    return columns, labels


def said(found):
    return [(each.kind, each.row, each.sentence) for each in found]


def test_a_stream_that_is_spelled_otherwise_raises_no_alarm_and_is_told_once():
    watch, plain = monitor(), monitor()
    found = said(watched(watch, *spelled(n_rows=2_000)))
    assert found == [("notice", 0, "The column 'heat' is read as numbers with a decimal comma.")]
    columns, labels = rows(21, 2_000)
    columns["heat"] = columns["heat"].round(2)
    assert watched(plain, columns, labels) == []
    assert [(each.name, each.evidence) for each in watch.status().signals] == [
        (each.name, each.evidence) for each in plain.status().signals
    ]


def test_nothing_depends_on_how_a_spelled_stream_is_cut_nor_on_how_often_it_is_taken_up_again():
    columns, labels = spelled()
    columns["heat"][:200] = rows(21, N)[0]["heat"][:200].astype(str)
    columns["heat"][500:] = rows(21, N)[0]["heat"][500:].astype(str)
    columns["alarms"] = columns["alarms"].astype(object)
    columns["alarms"][3] = 10**30
    whole = monitor()
    expected = said(watched(whole, columns, labels))
    assert [(kind, row) for kind, row, _ in expected] == [("notice", 200), ("notice", 500)]
    once = monitor()
    found = []
    for batch in batches(columns, labels, cuts=[3, 99, 100, 130, 251, 333, 640]):
        again = monitor()
        again.resume(once.state())
        found += again.take(batch)
        once = again
    assert said(found) == expected
    assert once.state() == whole.state()


@pytest.mark.parametrize(
    ("cells", "kind", "values", "words"),
    [
        (["63,9", "1.204,5", "7"] * 20, "number", [63.9, 1_204.5, 7], "a decimal comma, thousands parted by points"),
        (["53 %", "4 %", "n/a"] * 20, "number", [53, 4, None], "per cent"),
        (["1,204.50", "17", "2,000"] * 20, "number", [1_204.5, 17, 2_000], "thousands parted by commas"),
        (["€ 5", "€ 7.5", "--"] * 20, "number", [5, 7.5, None], "currency"),
        (["31/01/1970 12:00", "02/01/1970 00:00", "nil"] * 20, "date", [30.5, 1, None], "%d/%m/%Y"),
        (["01/31/1970", "01/02/1970", ""] * 20, "date", [30, 1, None], "%m/%d/%Y"),
        (["2. Jan 1970", "31. Jan 1970", "k.A."] * 20, "date", [1, 30, None], "%d. %b %Y"),
    ],
)
def test_what_the_ground_reads_is_read_in_a_stream(cells, kind, values, words, tmp_path):
    reader = Reader(kind)
    found, unreadable, told = reader.read(cells, 60)
    assert [None if value != value else value for value in found[:3].tolist()] == values
    assert not unreadable.any()
    assert [place for place, _ in told] == [0]
    assert words in told[0][1]
    path = tmp_path / "t.csv"
    table = pd.DataFrame({"x": cells, "other": np.arange(60) % 7, "y": ["a", "b"] * 30})
    table.to_csv(path, index=False, sep=";")
    of_ground = load(str(path), "y").features["x"]
    np.testing.assert_array_equal(found, of_ground.to_numpy())


def test_times_of_day_and_durations_are_seconds_as_in_a_table(tmp_path):
    path = tmp_path / "t.csv"
    for cells in (["12:30", "0:05", "23:59:59", ""] * 15, ["26:10:05", "0:00:01", "n/a", "101:00:00"] * 15):
        pd.DataFrame({"x": cells, "other": np.arange(60) % 7, "y": ["a", "b"] * 30}).to_csv(path, index=False)
        found, unreadable, told = Reader("number").read(cells, 60)
        np.testing.assert_array_equal(found, load(str(path), "y").features["x"].to_numpy())
        assert (unreadable.any(), told) == (False, [])


def test_a_slip_among_plain_numbers_stays_unreadable():
    cells = [*["12.5"] * 58, "12,5", "53 %"]
    found, unreadable, told = Reader("number").read(cells, 60)
    assert (unreadable.sum(), told) == (2, [])
    assert found[0] == 12.5


def test_a_column_whose_type_changed_is_still_told():
    columns, _ = rows(6, 600)
    columns["heat"] = np.array(["hot"] * 600, dtype=object)
    watch = monitor()
    assert "heat" in alarms(watched(watch, columns))


def test_all_words_of_the_ground_for_what_is_missing_are_missing_whatever_the_kind():
    words = [word.upper() for word in sorted(SPELLINGS)]
    for kind in ("number", "boolean", "date", "category"):
        for spelling in (None, Spelling(",", "%", "%d/%m/%Y")):
            values, unreadable = read_cells(words, kind, spelling)
            assert pd.isna(pd.Series(values)).all(), (kind, spelling)
            assert not unreadable.any()


def test_a_category_of_the_reference_is_one_also_where_its_word_says_elsewhere_that_nothing_is_known():
    values, _ = read_cells(["unknown", " a ", "none", " b"], "category", keeps={"unknown", " b"})
    assert values.tolist() == ["unknown", "a", None, " b"]


def test_seasons_follow_times_that_are_spelled_otherwise_and_say_which_cannot_be_read():
    known = profile(times=np.arange(1_500) / 24, seasons=("hour",), is_own=False)
    columns, labels = rows(31, 300)
    hours = pd.date_range("2024-01-29", periods=300, freq="h")
    plain, other = monitor(known=known, calendar=calendar("hour")), monitor(known=known, calendar=calendar("hour"))
    whole = columns | {"time": hours.strftime("%Y-%m-%d %H:%M").to_numpy(dtype=object)}
    assert watched(plain, whole, labels) == []
    times = hours.strftime("%d/%m/%Y %H:%M").to_numpy(dtype=object)
    times[250:] = "later"
    found = said(watched(other, columns | {"time": times}, labels, cuts=[120]))
    assert [(row, sentence.partition(";")[0]) for _, row, sentence in found] == [
        (0, "The column 'time' is read as dates, written as %d/%m/%Y %H:%M."),
        (250, "Row 251 has no time in 'time' that can be read"),
    ]
    times[250:] = hours[250:].strftime("%d/%m/%Y %H:%M")
    other = monitor(known=known, calendar=calendar("hour"))
    for batch in batches(columns | {"time": times}, labels, cuts=[50, 120, 230]):
        again = monitor(known=known, calendar=calendar("hour"))
        again.resume(other.state())
        again.take(batch)
        other = again
    assert [each.evidence for each in other.status().signals] == [each.evidence for each in plain.status().signals]


def test_days_of_eight_digits_are_no_seconds():
    days = pd.date_range("2024-01-29", periods=100).strftime("%Y%m%d")
    for cells in (days.tolist(), [int(day) for day in days]):
        watch = calendar("weekday")
        (batch,) = batches({"time": np.array(cells, dtype=object)})
        assert watch.take(batch) == []
        assert watch.next(100).tolist() == (np.arange(100) % 7).tolist()
