"""Planted groups, walks and identifiers are suspected, independent rows are not, and nothing is once the user has spoken."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lab.belonging import Belonging
from lab.learning.neighbourhoods import Neighbourhood, neighbourhood
from lab.learning.recognition import recognition
from lab.learning.suspicion import identifiers, suspicions
from lab.protocol import Dataset


def table(columns, target, **more):
    frame = pd.DataFrame(
        {name: pd.Series(v, dtype=object if isinstance(v[0], str) else None) for name, v in columns.items()}
    )
    kinds = {name: "category" if frame[name].dtype == object else "number" for name in frame}
    classes = () if target.dtype.kind == "f" else tuple(f"c{code}" for code in np.unique(target))
    return Dataset(
        "t",
        frame.astype({k: float for k, v in kinds.items() if v == "number"}),
        target,
        "y",
        classes,
        kinds,
        "",
        **more,
    )


def groups(names=None, noise=0.25, n=50, size=8, number=False):
    rng = np.random.default_rng(1)
    who = rng.permutation(np.repeat(np.arange(n), size))
    x = rng.normal(size=(n, 6))[who] + noise * rng.normal(size=(n * size, 6))
    own = rng.normal(size=n) if number else rng.permutation(n) % 2
    columns = {f"x{i}": x[:, i] for i in range(6)} | ({} if names is None else names(who))
    return table(columns, own[who]), who


def independent(n=300, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6))
    return table({f"x{i}": x[:, i] for i in range(6)}, (x[:, 0] + rng.normal(size=n) > 0).astype(int))


@pytest.mark.parametrize("number", [False, True])
@pytest.mark.parametrize(
    ("names", "says"),
    [
        (lambda who: {"customer": [f"K{w}" for w in who]}, "--by customer"),
        (lambda who: {"v": 7 * who + 3}, "--by v"),
        (None, "name it with --by"),
    ],
)
def test_groups_are_suspected_whatever_names_them(names, says, number):
    (found,) = suspicions(groups(names, number=number)[0], seed=0)
    assert says in found.way_out
    assert "--independent" in found.way_out


def test_nothing_is_suspected_where_the_user_has_spoken():
    dataset, who = groups(lambda who: {"customer": [f"K{w}" for w in who]})
    for belonging in (Belonging(is_independent=True), Belonging(units=who, by="customer")):
        assert suspicions(dataclasses.replace(dataset, belonging=belonging), seed=0) == ()


@pytest.mark.parametrize("seed", range(3))
def test_independent_rows_are_not_suspected(seed):
    assert suspicions(independent(seed=seed), seed=0) == ()


def test_a_category_with_effects_is_no_identifier_unless_it_is_called_one():
    rng = np.random.default_rng(0)
    level = rng.integers(0, 40, 600)
    x = rng.normal(size=(600, 3))
    target = (rng.normal(size=40)[level] + 0.5 * x[:, 0] > 0).astype(int)
    texts = [f"L{code}" for code in level]
    numbers = {f"x{i}": x[:, i] for i in range(3)}
    assert suspicions(table(numbers | {"city": texts}, target), seed=0) == ()
    (found,) = suspicions(table(numbers | {"patient_id": texts}, target), seed=0)
    assert "--by patient_id" in found.way_out


def walk(n=500):
    rng = np.random.default_rng(3)
    x = np.cumsum(rng.normal(size=(n, 4)), axis=0) / np.sqrt(n)
    return {f"x{i}": x[:, i] for i in range(4)}, np.cumsum(rng.normal(size=n)) / np.sqrt(n)


def test_a_walk_is_suspected_in_the_order_of_the_file_and_not_when_it_is_shuffled_away():
    columns, target = walk()
    said = suspicions(table(columns, target), seed=0)
    assert said
    assert "neighbouring rows of the file" in said[-1].sentence or "groups of about" in said[0].sentence
    sorted_by_target = np.argsort(target)
    made = table({k: v[sorted_by_target] for k, v in columns.items()}, target[sorted_by_target])
    assert not any("neighbouring rows" in s.sentence for s in suspicions(made, seed=0))


@pytest.mark.parametrize("by", ["the target", "a column", "a category"])
def test_a_sorted_file_of_independent_rows_is_not_suspected(by):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4))
    columns = {f"x{i}": x[:, i] for i in range(4)} | {"kind": [f"k{i}" for i in rng.integers(0, 5, 400)]}
    kind = np.array([int(k[1]) for k in columns["kind"]])
    target = 2 * x[:, 0] + kind + 0.5 * rng.normal(size=400)
    order = np.argsort({"the target": target, "a column": x[:, 0], "a category": kind}[by], kind="stable")
    columns = {k: np.asarray(v, dtype=object if k == "kind" else None)[order] for k, v in columns.items()}
    assert suspicions(table(columns, target[order]), seed=0) == ()


@pytest.mark.parametrize("rows", [1_000, 40_000])
def test_tables_beyond_the_rows_that_are_looked_at_are_measured_too(rows):
    """Stretches of a long file hold more rows than are drawn in all."""
    dataset = independent(rows)
    found = recognition(dataset, np.arange(rows) * 12 // rows, seed=0)
    assert 0.2 < found.known < 0.6
    assert abs(found.share) < 0.1


def test_recognition_is_the_difference_between_known_and_new_units():
    dataset, who = groups()
    found = recognition(dataset, who, seed=0)
    assert found.known > 0.5
    assert found.new < 0.2
    assert found.share == pytest.approx(found.known - found.new)
    assert found.sureness > 4
    assert abs(recognition(dataset, np.random.default_rng(0).permutation(who), seed=0).share) < 0.1


def test_the_size_of_a_group_is_where_the_distances_have_their_gap():
    found = neighbourhood(groups()[0], seed=0)
    assert found.size == 8
    assert found.gap > 3
    assert found.step > 0.3
    assert neighbourhood(independent(), seed=0).gap < 1.35


NOTHING = Neighbourhood(1, 1.0, 0.0, 0.0)


@pytest.mark.parametrize("n_rows", [60, 61, 59])
def test_the_gap_is_seen_from_60_rows_on(n_rows):
    whole = groups(noise=0.05, n=21, size=3)[0]
    some = dataclasses.replace(whole, features=whole.features.iloc[:n_rows], target=whole.target[:n_rows])
    found = neighbourhood(some, seed=0)
    assert (found == NOTHING) == (n_rows < 60)
    assert found.size == (1 if n_rows < 60 else 3)


def test_where_many_distances_are_equal_nothing_is_said_of_them():
    steps = np.arange(300) % 30  # more values than make a column one of few
    assert neighbourhood(table({"x": steps}, steps % 2), seed=0) == NOTHING


def test_cells_of_columns_with_few_values_are_no_groups():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (300, 5))
    dataset = table({f"x{i}": x[:, i] for i in range(5)}, x[:, :3].sum(axis=1) % 2)
    assert suspicions(dataset, seed=0) == ()


def test_the_likeliest_identifiers_come_first():
    rng = np.random.default_rng(0)
    who = rng.permutation(np.repeat(np.arange(50), 6))
    made = table(
        {
            "x": rng.normal(size=300),
            "age": rng.integers(18, 80, 300),
            "place": [f"p{w}" for w in who],
            "customerId": who,
            "few": who % 3,
        },
        who % 2,
    )
    assert identifiers(made) == ["customerId", "place", "age"]
