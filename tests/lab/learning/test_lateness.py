"""Columns that were written after the outcome are asked about, and columns that only may tell of it are not."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from lab.codes import code_of
from lab.data.frames import from_frame
from lab.learning.giveaways import giveaways
from lab.learning.lateness import late_columns

N = 400
START = np.datetime64("2021-01-01")


def days(numbers):
    return pd.Series(START + np.asarray(numbers).astype("timedelta64[D]"))


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def gone(rng):
    return rng.random(N) < 0.4


def table(rng, gone, **columns):
    x = rng.normal(size=N) + gone
    return from_frame(pd.DataFrame({"x": x, **columns, "y": np.where(gone, "gone", "there")}), "y")


def test_a_date_that_one_class_has_and_others_hardly_is_asked_about_with_a_code_of_its_own(rng, gone):
    closed = days(rng.integers(0, 900, N)).where(rng.random(N) < np.where(gone, 0.9, 0.15))
    dataset = table(rng, gone, shut=closed)
    shares = [round(100 * float(closed[which].notna().mean())) for which in (gone, ~gone)]
    (asked,) = giveaways(dataset, seed=0)
    assert code_of(asked) == "T302"
    assert not asked.is_firm
    assert (
        f"column 'shut' is filled in {shares[0]} % of the rows of 'gone' and in {shares[1]} % of the others"
        in asked.sentence
    )
    assert "--drop shut" in asked.way_out


def test_gaps_that_go_a_little_with_the_class_are_not(rng, gone):
    some = days(rng.integers(0, 900, N)).where(rng.random(N) < np.where(gone, 0.7, 0.4))
    assert late_columns(table(rng, gone, shut=some)) == {}


def test_the_time_from_one_date_to_another_is_asked_about_where_neither_alone_tells(rng, gone):
    begun = rng.integers(0, 1_500, N)
    passed = rng.integers(1, 60, N) + np.where(gone, 0, 45)
    dataset = table(rng, gone, begun=days(begun), seen=days(begun + passed))
    area = mannwhitneyu(passed[~gone], passed[gone]).statistic / (gone.sum() * (~gone).sum())
    assert late_columns(dataset) == {"seen": f"lies longer after 'begun' in rows of 'there' (ROC AUC {area:.2f})"}


def test_dates_that_are_late_alone_are_not_told_by_their_difference(rng, gone):
    begun = rng.integers(0, 20, N)
    seen = begun + np.where(gone, 0, 400) + rng.integers(0, 300, N)
    assert late_columns(table(rng, gone, begun=days(begun), seen=days(seen))) == {}, "a trend, or seen: the order asks"


def test_dates_of_birth_tell_ages_and_are_not_asked_about(rng):
    born, visited = rng.integers(-22_300, -10_000, N), rng.integers(0, 11_900, N)
    retired = visited - born > 22_000
    assert late_columns(table(rng, retired, born=days(born), last_visit=days(visited))) == {}


def test_a_number_to_predict_that_is_the_time_between_two_dates_is_noticed(rng):
    begun, passed = rng.integers(0, 1_500, N), rng.integers(0, 200, N)
    frame = pd.DataFrame(
        {"x": rng.normal(size=N), "begun": days(begun), "over": days(begun + passed), "y": passed * 24.0}
    )
    assert list(late_columns(from_frame(frame, "y"))) == ["over"]


@pytest.mark.parametrize(
    ("name", "is_asked"), [("calls_after_closing", True), ("letzteKontakte", True), ("calls", False)]
)
def test_a_number_that_orders_the_classes_is_asked_about_where_its_name_says_that_it_comes_late(
    rng, gone, name, is_asked
):
    calls = rng.poisson(np.where(gone, 9, 2)).astype(float)
    assert bool(late_columns(table(rng, gone, **{name: calls}))) is is_asked


def test_a_trend_is_no_column_that_was_written_late(rng):
    when = np.sort(rng.integers(0, 1_500, N))
    gone = when + 200 * rng.normal(size=N) > 700
    assert late_columns(table(rng, gone, day=days(when))) == {}


def test_what_gives_the_target_away_is_asked_once_and_what_was_written_late_beside_it(rng, gone):
    refund = pd.Series(rng.uniform(1, 90, N)).where(gone)
    closed = days(rng.integers(0, 900, N)).where(rng.random(N) < np.where(gone, 0.9, 0.15))
    asked = giveaways(table(rng, gone, refund=refund, shut=closed), seed=0)
    assert code_of(asked[0]) == "T301"
    assert all("'shut'" not in each.sentence for each in asked if code_of(each) == "T301")
