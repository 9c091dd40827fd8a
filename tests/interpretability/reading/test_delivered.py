"""The delivered model is scored on rows that it never saw, and on none that belong to those it learned from."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from oracles import intervals
from samples.golden import table as golden_table
from samples.interpretability_rows import SETTINGS, made_rows, summarised
from samples.wiring import DELIVERED_ESTIMATES, DELIVERED_FACTS
from scipy import stats
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import r2_score

from interpretability.reading.delivered import Delivered, estimate, on_unseen_rows
from lab.data.sampling import sample_rows
from lab.learning.scoring import Metric
from lab.protocol import Belonging, Dataset

AUC = Metric("roc_auc", "ROC AUC", "points", 100.0)
BITS = {"x": "number", "z": "number"}


def table(n_rows=1_000, *, target="classes", belonging=None):
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(n_rows, 2)), rng.normal(size=n_rows)
    total = x @ [1.0, 0.5] + noise
    answers = (total > 0).astype(np.int64) if target == "classes" else total
    classes = ("a", "b") if target == "classes" else ()
    features = pd.DataFrame(x, columns=list(BITS))
    return Dataset("t", features, answers, "y", classes, BITS, "", (), belonging or Belonging())


def fitted(sample):
    model = LogisticRegression() if sample.classes else LinearRegression()
    return model.fit(sample.features, sample.target)


def left(whole, sample):
    """Found by the values of the cells: no two rows are equal."""
    seen = set(map(tuple, sample.features.to_numpy()))
    return np.array([place for place, row in enumerate(whole.features.to_numpy()) if tuple(row) not in seen])


def test_the_score_of_classes_is_that_of_the_rows_left_with_delongs_interval():
    whole = table()
    sample = sample_rows(whole, 300, 1)
    found = on_unseen_rows(fitted(sample), sample, scorer="roc_auc", seed=0)
    rows = left(whole, sample)
    chances = fitted(sample).predict_proba(whole.features.iloc[rows])[:, 1]
    positive = whole.target[rows] == 1
    assert (found.rows, found.score) == (700, pytest.approx(intervals.auc(chances, positive)))
    wins = (np.sign(chances[positive][:, None] - chances[~positive][None, :]) + 1) / 2
    delong = wins.mean(axis=1).var(ddof=1) / positive.sum() + wins.mean(axis=0).var(ddof=1) / (~positive).sum()
    assert found.error == pytest.approx(np.sqrt(delong))


def test_the_score_of_a_number_has_the_interval_of_the_bootstrap():
    whole = table(target="number")
    sample = sample_rows(whole, 300, 1)
    found = on_unseen_rows(fitted(sample), sample, scorer="r2", seed=0)
    rows = left(whole, sample)
    truth, said = whole.target[rows], fitted(sample).predict(whole.features.iloc[rows])
    assert found.score == pytest.approx(r2_score(truth, said))
    rng = np.random.default_rng(2)
    again = [r2_score(truth[some], said[some]) for some in (rng.integers(0, 700, 700) for _ in range(2_000))]
    assert found.error == pytest.approx(np.std(again), rel=0.08)


def test_rows_that_belong_to_learned_ones_or_are_not_later_test_nothing():
    units, times = np.arange(1_000) // 2, np.arange(1_000) // 4
    whole = table(belonging=Belonging(units=units, by="k"))
    sample = _taken(whole, np.arange(0, 400, 2))  # one row of each of 200 pairs
    assert on_unseen_rows(fitted(sample), sample, scorer="accuracy", seed=0).rows == 600
    whole = table(belonging=Belonging(times=times, time="day"))
    sample = _taken(whole, np.arange(0, 400, 2))
    assert on_unseen_rows(fitted(sample), sample, scorer="accuracy", seed=0).rows == 600
    sample = _taken(whole, np.arange(0, 998))
    assert on_unseen_rows(fitted(sample), sample, scorer="accuracy", seed=0) is None


def _taken(whole, rows):
    return dataclasses.replace(
        whole, features=whole.features.iloc[rows], target=whole.target[rows], belonging=whole.belonging.of(rows),
        whole=whole, taken=rows,
    )  # fmt: skip


@pytest.mark.parametrize(("max_rows", "scorer"), [(1_000, "roc_auc"), (950, "roc_auc"), (300, "f1")])
def test_where_no_rows_are_left_or_the_metric_is_no_mean_nothing_is_said(max_rows, scorer):
    sample = sample_rows(table(), max_rows, 1)
    assert on_unseen_rows(fitted(sample), sample, scorer=scorer, seed=0) is None


def test_a_sample_of_a_sample_knows_its_rows_of_the_table():
    whole = table()
    sample = sample_rows(sample_rows(whole, 500, 1), 200, 2)
    assert np.array_equal(whole.features.to_numpy()[sample.taken], sample.features.to_numpy())


def test_an_estimate_is_in_the_units_of_its_metric_and_ends_where_it_does():
    found = estimate(Delivered(100, 0.9, 0.02, 30.0), AUC)
    half = stats.t.ppf(0.975, 30) * 2
    assert (found.value, found.low, found.high) == pytest.approx((90, 90 - half, 90 + half))
    assert estimate(Delivered(100, 0.99, 0.02, 30.0), AUC).high == 100
    loss = estimate(Delivered(100, -0.5, 0.4, 30.0), Metric("neg_log_loss", "log loss", "", 1.0))
    assert (loss.low, loss.high) == pytest.approx((-0.5 - 0.2 * half, -0.5 + 0.2 * half))


def test_the_evidence_says_how_good_the_delivered_model_is_and_which_question_is_answered():
    pytest.importorskip("fairlearn")
    whole, rows = golden_table(), made_rows()
    alone = summarised(SETTINGS, rows)
    (said,) = [caveat for caveat in alone.caveats if "two ways of learning" in caveat]
    assert said.endswith("learned from all rows, tuned as inside the folds, so that none is left to test it")
    assert "delivered" not in alone.estimates
    sample = dataclasses.replace(whole, whole=whole)
    untested = summarised(SETTINGS, rows, sample)
    assert any(caveat.endswith("could not be tested on the rows that it never saw") for caveat in untested.caveats)
    rows["read"] = dataclasses.replace(rows["read"], delivered=Delivered(700, 0.8, 0.01, 50.0))
    found = summarised(SETTINGS, rows, sample)
    half = stats.t.ppf(0.975, 50)
    new = found.estimates["delivered"]
    assert found.estimates.keys() - alone.estimates.keys() == DELIVERED_ESTIMATES
    assert found.facts.keys() - alone.facts.keys() >= DELIVERED_FACTS
    assert (new.value, new.low, new.high, found.facts["delivered_rows"]) == pytest.approx(
        (80, 80 - half, 80 + half, 700)
    )
    words = "scores 80.0 points in ROC AUC (95 % interval 78.0 points to 82.0 points) on 700 rows that it never saw"
    assert any(caveat.endswith(words) for caveat in found.caveats)
