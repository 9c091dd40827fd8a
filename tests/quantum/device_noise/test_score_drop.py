"""The interval of the change of a score agrees with the bootstrap."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from lab.learning.scoring import Metric
from quantum.device_noise.score_drop import score_change, score_difference
from quantum.hardware.shots import probabilities_of


def predictions(n_rows=150, seed=3):
    rng = np.random.default_rng(seed)
    target = (np.arange(n_rows) % 3 == 0).astype(int)
    logit = 1.2 * target + rng.normal(size=n_rows)
    noisy = 0.5 * logit + 0.8 * rng.normal(size=n_rows)
    both = [probabilities_of(np.column_stack([np.zeros(n_rows), each])) for each in (logit, noisy)]
    return target, *both


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scorer", "factor", "unit", "score"),
    [
        ("roc_auc", 100.0, "points", lambda y, p: 100 * roc_auc_score(y, p[:, 1])),
        ("accuracy", 100.0, "points", lambda y, p: 100 * accuracy_score(y, p.argmax(axis=1))),
        ("neg_log_loss", 1.0, "", lambda y, p: -log_loss(y, p)),
    ],
)
def test_the_interval_of_a_change_is_that_of_the_paired_bootstrap(scorer, factor, unit, score):
    target, before, after = predictions()
    found = score_change(before, after, target, Metric(scorer, scorer, unit, factor))
    assert found.value == pytest.approx(score(target, after) - score(target, before))
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(800):
        rows = rng.integers(0, len(target), len(target))
        drawn.append(score(target[rows], after[rows]) - score(target[rows], before[rows]))
    width = stats.t.ppf(0.975, len(target) - 1) * np.std(drawn)
    assert found.high - found.value == pytest.approx(width, rel=0.15)  # 800 draws know a deviation to 2.5 %


def test_rows_that_agree_do_not_make_the_change_certain():
    target, before, _ = predictions()
    found = score_change(before, before, target, Metric("accuracy", "accuracy", "points", 100.0))
    assert (found.value, found.low, found.high) == (0.0, -2.0, 2.0)  # three rows of 150


def test_a_class_with_one_row_gives_no_estimate():
    before = np.full((5, 2), 0.5)
    metric = Metric("roc_auc", "ROC AUC", "points", 100.0)
    assert score_change(before, before, np.array([0, 0, 0, 0, 1]), metric) is None


@pytest.mark.parametrize("scorer", ["roc_auc", "accuracy"])
def test_the_interval_is_the_jackknife_written_out_and_the_value_alone_is_its_value(scorer):
    target, before, after = predictions(40)
    score = {
        "roc_auc": lambda y, p: roc_auc_score(y, p[:, 1]),
        "accuracy": lambda y, p: accuracy_score(y, p.argmax(axis=1)),
    }[scorer]
    metric = Metric(scorer, scorer, "", 100.0)
    for first, second in [(before, after), (after, before), (before, np.roll(after, 1, axis=0))]:
        found = score_change(first, second, target, metric)
        kept = [np.arange(40) != row for row in range(40)]
        without = np.array([100 * (score(target[k], second[k]) - score(target[k], first[k])) for k in kept])
        error = np.sqrt(39 * np.var(without))
        assert found.value == pytest.approx(100 * (score(target, second) - score(target, first)))
        assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 39) * error)
        assert found.value - found.low == pytest.approx(found.high - found.value)
        assert score_difference(first, second, target, metric) == found.value


def test_the_value_alone_is_none_where_the_change_is():
    before = np.full((5, 2), 0.5)
    metric = Metric("roc_auc", "ROC AUC", "points", 100.0)
    assert score_difference(before, before, np.array([0, 0, 0, 0, 1]), metric) is None
