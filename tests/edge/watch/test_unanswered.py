"""What the model does not answer is no class and no confidence: it is told once, and counts as wrong where a label comes."""

import dataclasses

import numpy as np
import pytest
from samples import watch_rows
from samples.watch_rows import PROFILE, alarms, monitor, reference, rows, watched

from edge.watch.cells import read_cells
from edge.watch.monitor import EdgeMonitor, Plan
from edge.watch.profiling import answered_by, profile_of


class Strict(watch_rows.Model):
    """Answers with numbers that are not finite where the heat is missing."""

    def __init__(self, silence=np.nan):
        self.silence = silence

    def of_blocks(self, columns, block):
        said = super().of_blocks(columns, block)
        said[np.isnan(columns["heat"])] = self.silence
        return said


def strict(silence=np.nan):
    return EdgeMonitor(Plan("model", PROFILE, None, 0.05, 0), Strict(silence))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("silence", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("cell", ["", 1e39, -1e200, 1.7976931348623157e308, "1e39", float("inf"), "much"])
def test_one_cell_that_gives_no_answer_is_told_once_with_its_row_and_changes_nothing_else(cell, silence):
    columns, labels = rows(21, 2_000)
    columns["heat"] = columns["heat"].astype(object)
    columns["heat"][[500, 501]] = cell
    watch = strict(silence)
    said = watched(watch, columns, labels)
    assert [(each.kind, each.row) for each in said] == [("notice", 500)]
    assert "no answer to row 501" in said[0].sentence
    whole = monitor()
    watched(whole, *rows(21, 2_000))
    right = [round(each.status().accuracy.value * 1_000) for each in (whole, watch)]
    assert 0 <= right[0] - right[1] <= 2, "both count as wrong"


def test_without_labels_many_rows_without_an_answer_are_no_class_and_no_low_confidence():
    columns, _ = rows(21, 3_000)
    columns["heat"][1_000::3] = np.nan
    found = alarms(watched(strict(), columns))
    assert set(found) == {"heat", "predicted class", "confidence of the predictions"}
    for name in ("predicted class", "confidence of the predictions"):
        assert "share of rows without an answer 0 % before" in found[name].sentence


def test_labels_of_rows_without_an_answer_count_as_wrong_whatever_they_say_and_whenever_they_come():
    columns, labels = rows(21, 600)
    columns["heat"][300:] = np.nan
    keys = [f"k{row}" for row in range(600)]
    labels[450:] = "none of the classes"
    with_rows, later = strict(), strict()
    watched(with_rows, columns, labels)
    watched(later, columns, keys=keys)
    later.take_labels(dict(zip(keys, labels.tolist(), strict=True)))
    assert with_rows.status().accuracy == later.status().accuracy
    assert with_rows.status().accuracy.value < 0.5


def test_a_reference_with_rows_without_an_answer_counts_the_others():
    table = reference()
    said = Strict().of_blocks(table.features, 0)
    said[::2] = np.nan
    found = answered_by(said, table.target, is_own=True)
    assert sum(found.predicted) == sum(found.asked) == len(table.target) // 2
    watch = EdgeMonitor(Plan("model", dataclasses.replace(PROFILE, answered=found), None, 0.05, 0), Strict())
    assert watched(watch, *rows(21, 600)) == []


@pytest.mark.filterwarnings("error")
def test_numbers_that_float32_cannot_hold_are_not_read_in_a_stream_nor_in_the_reference():
    _, unreadable = read_cells([1e38, "-3.5e38", 1e39, "1e200"], "number")
    assert unreadable.tolist() == [False, True, True, True]
    table = reference()
    features = table.features.copy()
    features.loc[::20, "heat"] = 1e300
    column = profile_of(dataclasses.replace(table, features=features), seed=1).columns[0]
    assert (column.mean, max(column.places.points)) < (60, 1_000)
