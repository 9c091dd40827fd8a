"""What is said of groups of people is what the oracle works out from the out-of-fold predictions."""

import numpy as np
import pytest
from oracles import intervals
from samples.golden import (
    N_ROWS,
    NORTH,
)
from samples.interpretability_rows import BLACK, GLASS, SETTINGS, Z, made_rows, out_of_fold, summarised, titled


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    pytest.importorskip("fairlearn")
    return summarised(SETTINGS, rows)


def test_groups_are_compared_on_the_first_repetition(evidence):
    lines = titled(evidence, "Does the model serve every group of 'region' equally well?").rows
    assert [line[:3] for line in lines] == [
        ("best readable model", "north", 26), ("best readable model", "south", 22),
        ("best black box", "north", 26), ("best black box", "south", 22),
    ]  # fmt: skip
    north = NORTH
    for line, folds, there in zip(lines, (GLASS, GLASS, BLACK, BLACK), (north, ~north, north, ~north), strict=True):
        chances, truth = out_of_fold(folds)[there], (np.arange(N_ROWS) % 2)[there]
        yes, positive, n = chances > 0.5, truth == 1, int(there.sum())
        area, adds = intervals.auc(chances, positive), intervals.auc_adds(chances, positive)
        half = Z * np.sqrt((adds**2).mean() / n)
        assert line[3:6] == pytest.approx((area, max(area - half, 0), min(area + half, 1)))
        assert line[6:9] == pytest.approx(intervals.share(int((yes & ~positive).sum()), int((~positive).sum())))
        assert line[9:12] == pytest.approx(intervals.share(int((~yes & positive).sum()), int(positive.sum())))
        gap = 100 * (chances - truth)
        reach = Z * gap.std(ddof=1) / np.sqrt(n)
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
