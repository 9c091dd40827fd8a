"""What a plain model explains of known and of new units is what scikit-learn's folds and forests say, row by row."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold, StratifiedKFold

from lab.belonging import Belonging
from lab.data.strata import strata
from lab.learning import recognition as subject
from lab.learning.recognition import Recognition, recognition
from lab.protocol import Dataset

SEED = 5
N_ROWS = 180
UNITS = np.random.default_rng(1).permutation(np.repeat(np.arange(30), 6))
PARTS = UNITS % 3


def table(number):
    """30 units of 6 rows: numbers with and without gaps, one without any value, and a text; of the classes one is rare."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(30, 3))[UNITS] + 0.3 * rng.normal(size=(N_ROWS, 3))
    x[rng.random(N_ROWS) < 0.2, 1] = np.nan
    words = np.array(["no", "yes", "perhaps", ""], dtype=object)[rng.integers(0, 4, N_ROWS)]
    features = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "empty": np.nan})
    features["word"] = pd.Series(words, dtype=object)
    target = rng.normal(size=30)[UNITS] + x[:, 2] if number else rng.integers(0, 2, 30)[UNITS]
    if not number:
        target[UNITS % 15 == 4] = 2  # in one of the three parts alone, so that the models of the others never meet it
    classes = () if number else ("no", "yes", "rare")
    kinds = dict.fromkeys(features, "number") | {"word": "category"}
    return Dataset("t", features, target, "y", classes, kinds, "")


def in_numbers(features):
    """Each column by hand: the middle of the known numbers for missing ones, a text by the order of its first appearance."""
    columns = []
    for name in features:
        values = features[name].tolist()
        if isinstance(values[0], str):
            order = list(dict.fromkeys(values))
            columns.append([float(order.index(value)) for value in values])
            continue
        known = sorted(value for value in values if value == value)
        middle = 0.5 * (known[(len(known) - 1) // 2] + known[len(known) // 2]) if known else 0.0
        columns.append([value if value == value else middle for value in values])
    return np.array(columns).T


def errors(x, target, folds):
    """Squared error of a number, or Brier's score of the classes, of each row by a forest that has not seen it."""
    found = np.full(len(target), np.nan)
    for train, test in folds:
        if target.dtype.kind == "f":
            model = ExtraTreesRegressor(n_estimators=40, random_state=SEED).fit(x[train], target[train])
            found[test] = (model.predict(x[test]) - target[test]) ** 2
            continue
        model = ExtraTreesClassifier(n_estimators=40, random_state=SEED).fit(x[train], target[train])
        for row, chances in zip(test, model.predict_proba(x[test]), strict=True):
            said = dict(zip(model.classes_.tolist(), chances.tolist(), strict=True))
            found[row] = sum((said.get(code, 0.0) - float(code == target[row])) ** 2 for code in range(3))
    return found


def expected(dataset, x, units, parts):
    target, nothing = dataset.target, np.zeros(len(dataset.target))
    alike = strata(target, 3)
    known = StratifiedKFold(3, shuffle=True, random_state=SEED).split(nothing, alike)
    if parts is None:
        new = StratifiedGroupKFold(3, shuffle=True, random_state=SEED).split(nothing, alike, units)
    else:
        new = LeaveOneGroupOut().split(nothing, target, parts)
    known, new = errors(x, target, known), errors(x, target, new)
    number = target.dtype.kind == "f"
    left = target.var() if number else 1 - sum(np.mean(target == code) ** 2 for code in range(3))  # Gini's index
    lost = new - known
    by_unit = [np.sum(lost[units == unit] - lost.mean()) for unit in set(units.tolist())]
    return 1 - known.mean() / left, 1 - new.mean() / left, lost.sum() / np.sqrt(np.sum(np.square(by_unit)))


@pytest.mark.parametrize("parts", [None, PARTS], ids=["parted at random", "parted by part"])
@pytest.mark.parametrize("number", [False, True], ids=["classes", "number"])
def test_recognition_is_that_of_scikit_learns_folds_and_forests(number, parts):
    dataset = table(number)
    found = recognition(dataset, UNITS, seed=SEED, parts=parts)
    wanted = expected(dataset, in_numbers(dataset.features), UNITS, parts)
    assert (found.known, found.new, found.sureness) == pytest.approx(wanted, rel=1e-9)
    assert found.known > 0.1, "a model explains something"
    assert found.share == pytest.approx(wanted[0] - wanted[1])


def test_a_model_may_be_shown_other_columns():
    dataset = table(number=True)
    shown = dataset.features[["word", "a"]]
    found = recognition(dataset, UNITS, seed=SEED, features=shown)
    wanted = expected(dataset, in_numbers(shown), UNITS, None)
    assert (found.known, found.new, found.sureness) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("number", [False, True])
def test_where_there_is_nothing_to_explain_or_to_part_nothing_is_recognised(number):
    dataset = table(number)
    same = dataclasses.replace(dataset, target=np.ones_like(dataset.target))
    nothing = Recognition(0.0, 0.0, 0.0)
    assert recognition(same, UNITS, seed=SEED) == nothing
    assert recognition(dataset, UNITS, seed=SEED, parts=np.zeros(N_ROWS, np.int64)) == nothing
    assert recognition(dataset, UNITS, seed=SEED, parts=np.arange(N_ROWS) % 2) != nothing


def test_where_a_column_tells_all_nothing_is_lost_and_of_nothing_nothing_is_sure():
    dataset = table(number=False)
    told = dataclasses.replace(dataset, features=pd.DataFrame({"a": dataset.target * 1.0}))
    assert recognition(told, UNITS, seed=SEED, parts=np.arange(N_ROWS) % 3) == Recognition(1.0, 1.0, 0.0)


class SeenError(Exception):
    """Carries the row numbers that are looked at."""


def looked_at(monkeypatch, units, *, seed=SEED, belonging=None, parts=None):
    """Row numbers that are looked at: the target numbers the rows, and it is caught where the rows are parted."""

    def caught(target, *more):
        raise SeenError(target.astype(int))

    monkeypatch.setattr(subject, "grouped_folds", caught)
    features = pd.DataFrame({"x": np.zeros(len(units))})
    more = {} if belonging is None else {"belonging": belonging}
    dataset = Dataset("t", features, np.arange(len(units)).astype(float), "y", (), {"x": "number"}, "", **more)
    with pytest.raises(SeenError) as seen:
        recognition(dataset, units, seed=seed, parts=parts)
    return seen.value.args[0]


@pytest.mark.parametrize(
    ("n_units", "size", "seen", "of_each"),
    [
        (1_500, 1, 1_500, 1),  # all of them
        (1_501, 1, 1_500, 1),
        (3_000, 1, 1_500, 1),
        (100, 40, 75, 20),  # never more than 20 of a large one, as long as there are units
        (12, 1_000, 12, 125),
        (30, 100, 30, 50),
        (75, 30, 75, 20),
    ],
)
def test_of_a_large_table_1500_rows_of_as_many_units_as_can_be_are_looked_at(monkeypatch, n_units, size, seen, of_each):
    units = np.random.default_rng(3).permutation(np.repeat(np.arange(n_units), size))
    rows = looked_at(monkeypatch, units)
    assert rows.tolist() == sorted(set(rows.tolist())), "in the order of the table, none twice"
    counts = np.bincount(units[rows], minlength=n_units)
    assert np.count_nonzero(counts) == seen
    assert set(counts[counts > 0].tolist()) == {of_each}


def test_a_large_unit_is_drawn_as_often_as_a_small_one_and_its_rows_at_random(monkeypatch):
    units = np.concatenate([np.zeros(1_000, np.int64), np.arange(1, 2_001)])
    drawn = [looked_at(monkeypatch, units, seed=seed) for seed in range(60)]
    of_large = [rows[rows < 1_000] for rows in drawn if rows[0] < 1_000]
    # 1,500 of 2,020 rows: 3 of 4 draws; binomial, 99.9 %
    assert 34 <= len(of_large) <= 54
    assert {len(rows) for rows in of_large} <= set(range(1, 21))
    assert 400 < np.mean(np.concatenate(of_large)) < 600
    small = np.concatenate([rows[rows >= 1_000] for rows in drawn]) - 1_000
    assert 950 < small.mean() < 1_050
    assert len(set(small.tolist())) == 2_000


def test_of_copies_one_counts_and_it_may_be_any(monkeypatch):
    copied = np.concatenate([np.arange(100), np.arange(100), np.arange(50)])
    drawn = [
        looked_at(monkeypatch, copied // 4, seed=seed, belonging=Belonging(units=copied, copies=150))
        for seed in range(9)
    ]
    for rows in drawn:
        assert rows.tolist() == sorted(rows.tolist())
        assert sorted(copied[rows].tolist()) == list(range(100))
    places = np.concatenate([rows // 100 for rows in drawn])
    # each of 2 or 3 rows alike: 50 x 1/3 + 50 x 1/2 of 100 rows are the first, and 17 the third
    np.testing.assert_allclose(np.bincount(places) / 900, [0.417, 0.417, 0.167], atol=0.06)
