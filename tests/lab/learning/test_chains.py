"""Shuffled windows of one series are put into their order, mirrored rows together, and independent rows are left alone."""

import numpy as np
import pandas as pd
import pytest

from lab.belonging import Belonging
from lab.learning import undeclared
from lab.learning.chains import Chains, chains
from lab.learning.recognition import Recognition
from lab.learning.undeclared import suspicions
from lab.protocol import Dataset


def table(x, target, **more):
    frame = pd.DataFrame({f"x{place}": column for place, column in enumerate(np.asarray(x, dtype=float).T)})
    classes = () if target.dtype.kind == "f" else ("down", "up")
    return Dataset("t", frame, target, "y", classes, dict.fromkeys(frame, "number"), "", **more)


def windows(n=600, width=5, ahead=20, seed=0):
    """Each row holds some prices, one of them twice, and whether the price is higher much later; shuffled. Also gives its place."""
    rng = np.random.default_rng(seed)
    price = np.cumsum(rng.normal(size=n + width + ahead))
    x = np.stack([price[place : place + n] for place in (0, *range(width))], axis=1)
    target = (price[width + ahead - 1 : n + width + ahead - 1] > x[:, -1]).astype(np.int64)
    order = rng.permutation(n)
    return table(x[order], target[order]), order


def test_the_stretches_of_shuffled_windows_follow_one_another_in_time():
    data, order = windows()
    found = chains(data, seed=0)
    assert found.is_ordered
    assert found.linked == pytest.approx(599 / 600)
    codes = pd.Series(found.units[np.argsort(order)])
    assert codes.nunique() == 30
    assert codes.is_monotonic_increasing or codes.is_monotonic_decreasing
    assert codes.value_counts().eq(20).all()


def test_a_target_that_is_the_lag_of_the_next_row_links_rows_too():
    rng = np.random.default_rng(1)
    series = rng.normal(size=401)
    order = rng.permutation(400)
    x = np.column_stack([series[:-1], rng.normal(size=400)])[order]
    found = chains(table(x, series[1:][order]), seed=0)
    assert {found.one, found.other} == {"x0", "y"}


def daily(n=1_000, lag=24, days=4, ahead=20, seed=0):
    """Each row holds the prices of one hour on some days, and whether the price is higher much later; shuffled."""
    rng = np.random.default_rng(seed)
    price = np.cumsum(rng.normal(size=n + lag * days + ahead))
    x = np.stack([price[lag * day : lag * day + n] for day in range(days)], axis=1)
    target = (price[lag * (days - 1) + ahead :][:n] > x[:, -1]).astype(np.int64)
    order = rng.permutation(n)
    return table(x[order], target[order]), order


def test_chains_of_every_24th_step_are_also_cut_beside_one_another():
    data, order = daily()
    found = chains(data, seed=0)
    codes = found.side_by_side[np.argsort(order)]
    steps = np.abs(np.diff(codes))
    assert steps.max() <= 1, "rows near in time are in one stretch or the next"
    assert len(np.unique(codes)) == 30
    assert np.abs(np.diff(found.units[np.argsort(order)])).max() > 1, "one chain after the other, they are not"
    assert chains(windows()[0], seed=0).side_by_side is None, "of one chain there is nothing beside it"


def test_windows_of_every_24th_step_hold_the_verdict():
    (said,) = suspicions(daily()[0], seed=0)
    assert said.is_firm
    assert "rows seem to be windows of one series" in said.sentence


def mirrored(n=150, width=6):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(n, width))
    return table(np.concatenate([x, x[:, ::-1]]), np.tile(rng.integers(0, 2, n), 2)), n


def test_mirrored_rows_are_one_group_each():
    data, n = mirrored()
    found = chains(data, seed=0)
    assert not found.is_ordered
    assert found.linked == 1
    assert (found.units[:n] == found.units[n:]).all()
    assert len(np.unique(found.units)) == n


def test_rows_of_a_unit_have_the_code_of_the_one_that_counts():
    data, _ = windows()
    twice = np.tile(np.arange(data.n_rows), 2)
    copied = Dataset(
        "t", data.features.iloc[twice].reset_index(drop=True), data.target[twice], "y", data.classes, data.kinds, "",
        belonging=Belonging(units=twice, copies=data.n_rows),
    )  # fmt: skip
    found = chains(copied, seed=0)
    assert (found.units == np.tile(chains(data, seed=0).units, 2)).all()


@pytest.mark.parametrize("drawn", ["normal", "rounded", "counts", "shares a grid", "the same twice"])
def test_independent_rows_are_not_linked_be_their_columns_fine_or_coarse(drawn):
    rng = np.random.default_rng(3)
    n = 1_500
    x = {
        "normal": lambda: rng.normal(size=(n, 6)),
        "rounded": lambda: rng.normal(size=(n, 6)).round(3),
        "counts": lambda: rng.poisson(3, (n, 6)),
        "shares a grid": lambda: rng.integers(0, 2 * n, (n, 6)),
        "the same twice": lambda: np.repeat(rng.normal(size=(n, 3)), 2, axis=1),
    }[drawn]()
    assert chains(table(x, (x[:, 0] > np.median(x)).astype(np.int64)), seed=0) is None


def test_windows_hold_the_verdict_until_the_user_speaks_of_time():
    data, _ = windows(1_000)
    (said,) = suspicions(data, seed=0)
    assert said.is_firm
    assert "rows seem to be windows of one series" in said.sentence
    assert "--time" in said.way_out
    timed = Dataset(**vars(data) | {"belonging": Belonging(times=np.arange(data.n_rows), time="t")})
    assert suspicions(timed, seed=0) == ()


def test_windows_whose_neighbours_tell_nothing_more_are_only_asked_about():
    """In a series without memory the window says nothing of what is ahead, whoever stands beside it in training."""
    rng = np.random.default_rng(5)
    series = rng.normal(size=504)
    x = np.stack([series[place : place + 500] for place in range(4)], axis=1)
    (said,) = suspicions(table(x, (x[:, 1] > 0).astype(np.int64)), seed=0)
    assert not said.is_firm
    assert said.sentence.startswith("rows may be windows of one series")


@pytest.mark.parametrize(("known", "new", "is_suspected"), [(0.5, 0.45, False), (0.5, 0.2, True)])
def test_mirrored_rows_are_suspected_where_models_recognise_them(monkeypatch, known, new, is_suspected):
    data, n = mirrored()
    found = Chains("x0", "x5", 1.0, np.tile(np.arange(n), 2), is_ordered=False)
    monkeypatch.setattr(undeclared, "chains", lambda *_, **__: found)
    monkeypatch.setattr(undeclared, "recognition", lambda *_, **__: Recognition(known, new, 5.0))
    said = list(undeclared._by_chains(data, 0))
    assert bool(said) == is_suspected
    assert not said or "others mirrored" in said[0].sentence
