"""What is said of groups of people is what the oracle works out from the out-of-fold predictions."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from oracles import intervals
from samples.golden import (
    N_ROWS,
    NORTH,
    with_random,
)
from samples.interpretability_rows import BLACK, DATA, GLASS, SETTINGS, made_rows, out_of_fold, summarised, titled
from scipy import stats

from interpretability.groups import numbers
from interpretability.groups.classes import check_groups
from interpretability.groups.intervals import drawn_units, of_mean, of_share
from lab.belonging import Belonging
from lab.errors import DataError
from lab.learning.comparison import Scores
from lab.learning.outer import FoldRow
from lab.protocol import Dataset

CUSTOMERS = np.arange(N_ROWS) // 3


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    pytest.importorskip("fairlearn")
    return summarised(SETTINGS, rows)


def test_groups_are_compared_on_the_first_repetition(evidence):
    table = titled(evidence, "Does the model serve every group of 'region' equally well?")
    assert table.columns == (
        "model", "group", "rows", "ROC AUC", "low", "high", "false positives (%)", "low ", "high ",
        "false negatives (%)", "low  ", "high  ", "calibration (points)", "low   ", "high   ",
    )  # fmt: skip
    lines = table.rows
    assert [line[:3] for line in lines] == [
        ("best readable model", "north", 26), ("best readable model", "south", 22),
        ("best black box", "north", 26), ("best black box", "south", 22),
    ]  # fmt: skip
    north = NORTH
    for line, folds, there in zip(lines, (GLASS, GLASS, BLACK, BLACK), (north, ~north, north, ~north), strict=True):
        chances, truth = out_of_fold(folds)[there], (np.arange(N_ROWS) % 2)[there]
        yes, positive, n = chances > 0.5, truth == 1, int(there.sum())
        both = np.stack([1 - chances, chances], axis=1)
        area = intervals.auc(chances, positive)
        half = 3 / n if area == 1 else max(intervals.half_of_one_model(both, truth, intervals.auc_kinds), 3 / n)
        assert line[3:6] == pytest.approx((area, max(area - half, 0), min(area + half, 1)))
        assert line[6:9] == pytest.approx(intervals.share(int((yes & ~positive).sum()), int((~positive).sum())))
        assert line[9:12] == pytest.approx(intervals.share(int((~yes & positive).sum()), int(positive.sum())))
        gap = 100 * (chances - truth)
        reach = stats.t.ppf(0.975, (n - 1) / 2) * gap.std(ddof=1) / np.sqrt(n)
        assert line[12:] == pytest.approx((gap.mean(), gap.mean() - reach, gap.mean() + reach))


def test_the_largest_gap_between_groups_is_drawn_with_a_bootstrap_inside_the_groups(evidence):
    drawn = {
        value["label"]: value
        for value in titled(evidence, "How far apart are the groups of 'region'?").spec["data"]["values"]
    }
    chances, truth = out_of_fold(GLASS), np.arange(N_ROWS) % 2
    yes = chances > 0.5
    rates = {
        "predicted positive": lambda rows: yes[rows].mean(),
        "false positives": lambda rows: yes[rows][truth[rows] == 0].mean(),
        "false negatives": lambda rows: (~yes[rows])[truth[rows] == 1].mean(),
    }
    groups = np.flatnonzero(NORTH), np.flatnonzero(~NORTH)
    rng = np.random.default_rng(77)
    for name, rate in rates.items():
        value = drawn[f"{name} - best readable model"]
        assert value["value"] == pytest.approx(100 * abs(rate(groups[0]) - rate(groups[1])))
        gaps = [100 * abs(rate(rng.choice(groups[0], 26)) - rate(rng.choice(groups[1], 22))) for _ in range(4_000)]
        expected = np.quantile(gaps, [0.025, 0.975])
        # steps of 1/22 and 1/11: neighbouring values of a bootstrap of so few rows, and its 2,000 draws
        assert [value["low"], value["high"]] == pytest.approx([min(expected[0], value["value"]), expected[1]], abs=2.0)


def test_groups_of_customers_rows_count_the_customers(rows):
    """Every customer has three rows; an interval over rows would be that of independent ones."""
    pytest.importorskip("fairlearn")
    data = dataclasses.replace(DATA, belonging=Belonging(units=CUSTOMERS, by="customer"))
    table = titled(
        summarised(SETTINGS, with_random(rows), data), "Does the model serve every group of 'region' equally well?"
    )
    assert "intervals, which count each value of 'customer' once, however many rows it has." in table.caption
    for line, there in zip(table.rows[:2], (NORTH, ~NORTH), strict=True):
        chances, truth, units = out_of_fold(GLASS)[there], (np.arange(N_ROWS) % 2)[there], CUSTOMERS[there]
        area, least = intervals.auc(chances, truth == 1), 3 / len(set(units))
        both = np.stack([1 - chances, chances], axis=1)
        half = least if area == 1 else max(intervals.half_of_one_model(both, truth, intervals.auc_kinds, units), least)
        assert line[3:6] == pytest.approx((area, max(area - half, 0), min(area + half, 1)))
        gap = 100 * (chances - truth)
        reach = intervals.half_of_one_model(gap, truth, intervals.mean_kinds, units)
        assert line[12:] == pytest.approx((gap.mean(), gap.mean() - reach, gap.mean() + reach))


def test_a_share_of_rows_that_always_agree_is_known_as_well_as_from_one_row_of_each_unit():
    units = np.repeat(np.arange(40), 5)
    events = np.repeat(np.arange(40) < 12, 5)
    every = np.full(200, True)
    alone, together = of_share(events, every, None), of_share(events, every, units)
    assert alone == pytest.approx(intervals.share(60, 200))
    value, low, high = intervals.share(12, 40)
    assert together == pytest.approx((value, low, high), abs=0.5)  # m / (m - 1): 39 rows instead of 40
    assert of_share(np.full(200, False), every, units) == pytest.approx(intervals.share(0, 40))
    assert of_share(every, every, units) == pytest.approx(intervals.share(40, 40))
    assert of_share(events, np.full(200, False), units) == (None, None, None)


def test_a_share_in_which_every_unit_agrees_with_the_others_is_known_as_well_as_from_its_rows():
    half, units = np.tile([True, False], 8), np.repeat(np.arange(8), 2)
    assert of_share(half, np.full(16, True), units) == pytest.approx(intervals.share(8, 16))


def test_an_unknown_column_of_groups_names_the_nearest():
    pytest.importorskip("fairlearn")
    with pytest.raises(DataError, match=r"has no usable column 'regoin' for --groups; .*'region'"):
        check_groups("regoin", DATA)


def test_what_comes_from_a_single_unit_has_no_interval():
    assert of_mean(np.array([1.0, 2.0, 4.5]), np.zeros(3, int)) == (2.5, None, None)


def test_units_are_drawn_whole():
    drawn = drawn_units(np.array([[4, 1], [0, 1], [0, 1], [0, 1]]), np.random.default_rng(0), 4_000)
    assert (drawn[:, 1] == 4).all()
    assert set(np.unique(drawn[:, 0]) % 4) == {0}
    assert drawn[:, 0].mean() == pytest.approx(4, abs=0.3)
    assert drawn[:, 0].std() == pytest.approx(
        4 * np.sqrt(0.75), abs=0.2
    )  # binomial: 4 draws, each with a chance of 1/4


@pytest.mark.parametrize("together", [False, True])
def test_errors_of_a_number_by_group_count_units(together):
    rng = np.random.default_rng(5)
    shift = np.repeat(rng.normal(size=30), 8)  # a unit is predicted too high, or too low, as a whole
    target = rng.normal(size=240)
    said, units = target + shift, np.repeat(np.arange(30), 8)
    half = np.repeat(["a", "b"], 120)
    data = made_number(target, half, Belonging(units=units, by="unit") if together else Belonging())
    rows = tuple(
        FoldRow(0.0, said[part], {}, test_rows=part, parameters={}) for part in np.array_split(np.arange(240), 3)
    )
    scores = Scores("best readable model", "readable model", np.zeros(3), rows)
    table = numbers.group_table("half", data, [scores], 3)
    assert table.columns == (
        "model", "group", "rows", "R² (points)", "low", "high", "mean absolute error", "low ", "high ", "mean error", "low  ", "high  "
    )  # fmt: skip
    for line, there in zip(table.rows, (half == "a", half == "b"), strict=True):
        own = units[there] if together else None
        truth = target[there]
        explained = intervals.half_of_one_model(said[there], truth, intervals.r2_kinds, own)
        assert (line[5], line[3] - line[4]) == pytest.approx((min(line[3] + 100 * explained, 100), 100 * explained))
        reach = intervals.half_of_one_model((said - target)[there], truth, intervals.mean_kinds, own)
        assert line[9:] == pytest.approx(
            (shift[there].mean(), shift[there].mean() - reach, shift[there].mean() + reach)
        )
    figure = numbers.group_figure("half", data, [scores], 3, 0).spec
    drawn = figure["data"]["values"]
    assert {"datum": 0.0} in [layer["encoding"].get("x") for layer in figure["layer"]], "no gap is a line"
    wide = drawn[1]["high"] - drawn[1]["low"]
    assert (wide > 0.8) if together else (wide < 0.7), "deviations of 1 over 15 units a group, or over 120 rows"


def made_number(target, half, belonging):
    features = pd.DataFrame({"half": half.astype(object), "x": target})
    return Dataset(
        "made", features, target, "y", (), {"half": "category", "x": "number"}, digest="0", belonging=belonging
    )
