"""Planted groups, walks and identifiers are suspected, independent rows are not, and nothing is once the user has spoken."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from samples.planted import table_of

from lab.belonging import Belonging
from lab.data.load import check
from lab.learning import neighbourhoods
from lab.learning.identifiers import identifiers
from lab.learning.neighbourhoods import Neighbourhood, neighbourhood
from lab.learning.recognition import Recognition, recognition
from lab.learning.undeclared import suspicions
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


@pytest.mark.slow
def test_a_category_with_effects_is_asked_about_and_only_suspected_if_it_is_called_an_identifier():
    rng = np.random.default_rng(0)
    level = rng.integers(0, 40, 600)
    x = rng.normal(size=(600, 3))
    target = (rng.normal(size=40)[level] + 0.5 * x[:, 0] > 0).astype(int)
    texts = [f"L{code}" for code in level]
    numbers = {f"x{i}": x[:, i] for i in range(3)}
    for name, firm in {"city": False, "patient_id": True, "kd_nr": True, "Haushalt": True}.items():
        (found,) = suspicions(table(numbers | {name: texts}, target), seed=0)
        assert f"--by {name}" in found.way_out
        assert found.is_firm is firm


@pytest.mark.parametrize("near", [True, False])
def test_eight_hospitals_are_asked_about_for_they_may_be_the_levels_of_a_category(near):
    rng = np.random.default_rng(2)
    where = rng.integers(0, 8, 480)
    x = rng.normal(size=(480, 4)) + (2 * rng.normal(size=(8, 4))[where] if near else 0)
    target = 2 * rng.normal(size=8)[where] + x[:, 0] + 0.3 * rng.normal(size=480)
    made = table({f"x{i}": x[:, i] for i in range(4)} | {"hospital": [f"h{w}" for w in where]}, target)
    (found,) = suspicions(made, seed=0)
    assert "--by hospital" in found.way_out
    assert not found.is_firm


def test_who_knows_the_street_knows_the_city_and_neither_is_recognised_by_the_other():
    rng = np.random.default_rng(0)
    street = rng.integers(0, 120, 900)
    city = (np.arange(120) % 30)[street]
    target = 2 * rng.normal(size=30)[city] + rng.normal(size=900)
    columns = {"city": [f"T{c}" for c in city], "street": [f"S{s}" for s in street], "x": rng.normal(size=900)}
    found = suspicions(table(columns, target), seed=0)
    assert found
    assert not any(each.is_firm for each in found)


def test_what_is_only_asked_is_not_said_beside_what_is_sure():
    rng = np.random.default_rng(1)
    who, city = rng.permutation(np.repeat(np.arange(60), 8)), rng.integers(0, 30, 480)
    columns = {"city": [f"T{c}" for c in city], "x": rng.normal(size=480)}
    target = rng.normal(size=60)[who] + rng.normal(size=30)[city]
    (found,) = suspicions(table(columns, target), seed=0)
    assert "--by city" in found.way_out
    (found,) = suspicions(table(columns | {"customer": [f"K{w}" for w in who]}, target), seed=0)
    assert "--by customer" in found.way_out


def walk(n=500):
    rng = np.random.default_rng(3)
    x = np.cumsum(rng.normal(size=(n, 4)), axis=0) / np.sqrt(n)
    return {f"x{i}": x[:, i] for i in range(4)}, np.cumsum(rng.normal(size=n)) / np.sqrt(n)


def test_a_walk_is_suspected_in_the_order_of_the_file_and_not_when_it_is_shuffled_away():
    columns, target = walk()
    said = suspicions(table(columns, target), seed=0)
    assert said
    assert "neighbouring rows in the file" in said[-1].sentence or "groups of about" in said[0].sentence
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


@pytest.mark.slow
def test_rows_that_are_there_many_times_are_measured_wherever_the_first_of_them_stands():
    rng = np.random.default_rng(0)
    x, rows = rng.normal(size=(80, 4)), np.concatenate([np.arange(80), rng.integers(0, 80, 1_920)])
    dataset = table({f"x{i}": x[rows, i] for i in range(4)}, (x[:, 0] > 0).astype(int)[rows])
    dataset = dataclasses.replace(dataset, belonging=Belonging(units=rows, copies=1_920))
    found = recognition(dataset, np.arange(2_000) * 30 // 2_000, seed=0, parts=np.arange(2_000) * 3 // 2_000)
    assert 0.2 < found.known < 1
    assert found.sureness != 0
    assert suspicions(dataset, seed=0) == ()


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
    assert found.gap > 2
    assert found.step > 0.5
    assert neighbourhood(independent(), seed=0).gap < 1.25


@pytest.mark.slow
@pytest.mark.parametrize("target", ["number", "classes"])
@pytest.mark.parametrize("rows", [200, 301])
def test_extreme_values_and_long_tails_make_no_groups(rows, target):
    made = table_of(rows, target=target)
    dataset = check(pa.table({k: pa.array(v) for k, v in made.items()}), "outcome", name="t", content=b"")
    assert not any(each.is_firm for each in suspicions(dataset, seed=0))
    stretched = independent()
    stretched = dataclasses.replace(stretched, features=np.sinh(6 * stretched.features))
    assert suspicions(stretched, seed=0) == ()


def test_groups_of_many_rows_and_of_different_sizes_are_suspected():
    rng = np.random.default_rng(4)
    who = rng.permutation(np.repeat(np.arange(30), rng.integers(26, 80, 30)))
    x = rng.normal(size=(30, 6))[who] + 0.3 * rng.normal(size=(len(who), 6))
    (found,) = suspicions(table({f"x{i}": x[:, i] for i in range(6)}, rng.normal(size=30)[who]), seed=0)
    assert "name it with --by" in found.way_out
    assert 26 < neighbourhood(table({f"x{i}": x[:, i] for i in range(6)}, rng.normal(size=30)[who]), seed=0).size < 110


def grades(centres, rng, noise):
    who = rng.permutation(np.repeat(np.arange(len(centres)), 400 // len(centres)))
    x = np.clip(np.round(3 + 1.2 * (centres[who] + noise * rng.normal(size=(len(who), centres.shape[1])))), 1, 5)
    return table({f"q{i}": x[:, i] for i in range(centres.shape[1])}, rng.permutation(len(centres))[who] % 2)


def test_groups_are_seen_in_grades_of_1_to_5_and_types_of_person_are_none():
    rng = np.random.default_rng(5)
    assert suspicions(grades(rng.normal(size=(50, 12)), rng, 0.3), seed=0)[0].is_firm
    assert suspicions(grades(rng.normal(size=(4, 12)), rng, 0.6), seed=0) == ()


@pytest.mark.parametrize("rows", [40, 100])
def test_a_few_clouds_of_independent_rows_are_no_groups(rows):
    rng = np.random.default_rng(6)
    cloud = rng.permutation(np.repeat(np.arange(5), rows))
    x = rng.normal(0, 4, (5, 5))[cloud] + rng.normal(size=(5 * rows, 5))
    assert suspicions(table({f"x{i}": x[:, i] for i in range(5)}, cloud % 2), seed=0) == ()


def test_a_date_that_tells_as_other_columns_do_is_only_asked_about():
    made = table_of(301, target="classes")
    dataset = check(pa.table({k: pa.array(v) for k, v in made.items()}), "outcome", name="t", content=b"")
    (found,) = suspicions(dataset, seed=0)
    assert "--time since" in found.way_out
    assert not found.is_firm


def test_a_walk_with_a_date_is_suspected_in_its_order():
    columns, target = walk()
    days = np.datetime64("2024-01-01") + np.arange(500).astype("timedelta64[D]")
    order = np.random.default_rng(0).permutation(500)
    made = {k: v[order] for k, v in (columns | {"seen": days, "y": np.where(target > 0, "u", "v")}).items()}
    found = suspicions(check(pa.table(made), "y", name="t", content=b""), seed=0)
    assert found[0].is_firm
    assert "--time seen" in found[0].way_out or "groups of about" in found[0].sentence


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
    assert [each.name for each in identifiers(made)] == ["customerId", "place"]
    assert [each.is_named for each in identifiers(made)] == [True, False]


@pytest.mark.parametrize(
    ("values", "fine"),
    [
        (lambda who: who + 0.25, True),
        (lambda who: 1e9 + who, True),
        (lambda who: [f"p{w}@example.org" for w in who], True),
        (lambda who: [f"K{w}" for w in who % 12], False),
        (lambda who: who % 12, None),
        (lambda who: np.arange(len(who)), None),
    ],
)
def test_identifiers_are_texts_or_numbers_of_any_kind_but_no_numbers_of_few_values(values, fine):
    who = np.random.default_rng(0).permutation(np.repeat(np.arange(48), 6))
    found = identifiers(table({"x": np.random.default_rng(1).normal(size=288), "v": values(who)}, who % 12 % 2))
    assert [each.is_fine for each in found] == ([] if fine is None else [fine])


def test_the_agreement_of_a_unit_is_the_correlation_of_its_pairs():
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(60), 5)
    target = rng.normal(size=60)[who] + rng.normal(size=300)
    (found,) = identifiers(table({"v": [f"K{w}" for w in who]}, target))
    ranks = pd.Series(target).rank().to_numpy()
    pairs = [(a, b) for a in range(300) for b in range(300) if a != b and who[a] == who[b]]
    scores = (ranks - ranks.mean()) / ranks.std()
    assert found.agreement == pytest.approx(np.mean([scores[a] * scores[b] for a, b in pairs]))


def test_pairs_are_groups_whose_first_neighbour_alone_agrees():
    found = neighbourhood(groups(noise=0.01, n=60, size=2)[0], seed=0)
    assert found.size == 2
    assert found.step > 0.85


def test_the_agreement_of_classes_is_that_of_their_centred_indicators():
    """Rows of a group are of one class, and 1 in 10 groups of the rare one: by hand, a row of it counts 81 times as much.

    The product of two rows of a class of share s, over 1 - (0.81 + 0.01), is (1 - 2 s + 0.82) / 0.18: 1/9 or 9.
    """
    rng = np.random.default_rng(1)
    who = rng.permutation(np.repeat(np.arange(100), 8))
    x = rng.normal(size=(100, 6))[who] + 0.05 * rng.normal(size=(800, 6))
    found = neighbourhood(
        table({f"x{i}": x[:, i] for i in range(6)}, (rng.permutation(100) % 10 == 0)[who].astype(int)), seed=0
    )
    assert found.step == pytest.approx(1, abs=0.15)
    deviation = np.sqrt(0.9 / 81 + 0.1 * 81 - 1)
    assert found.sureness == pytest.approx(np.sqrt(800) / deviation, rel=0.15)


def test_columns_that_name_the_values_of_another_are_no_columns_besides_it(monkeypatch):
    looked = []

    def recognised(dataset, units, *, seed, features=None, parts=None):
        looked.append(None if features is None else set(features.columns))
        return Recognition(0.0, 0.0, 0.0)

    monkeypatch.setattr("lab.learning.undeclared.recognition", recognised)
    rng = np.random.default_rng(0)
    street = rng.permutation(np.repeat(np.arange(100), 5))
    columns = {
        "town": [f"T{s // 2}" for s in street],
        "street": [f"S{s}" for s in street],  # names the town
        "district": street + 1_000,  # and so does a whole number
        "height": street + 0.25,  # but this is a measurement,
        "row": np.arange(500),  # this another number in every row,
        "half": [f"H{i % 2}" for i in range(500)],  # and this says nothing of it
    }
    made = table(columns, rng.integers(0, 2, 50)[street // 2])
    suspicions(dataclasses.replace(made, belonging=Belonging(time="day")), seed=0)
    assert {"height", "row", "half"} in looked


@pytest.mark.parametrize(
    ("sorted_by", "is_sorted"), [("rises", True), ("falls", True), ("kind", True), ("missing", True), (None, False)]
)
def test_a_sorted_file_is_not_parted_in_three_for_a_third_would_lie_beyond_what_is_known(
    monkeypatch, sorted_by, is_sorted
):
    asked = []

    def recognised(dataset, units, *, seed, features=None, parts=None):
        asked.append((units, parts))
        return Recognition(0.0, 0.0, 0.0)

    monkeypatch.setattr("lab.learning.undeclared.recognition", recognised)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300))
    if sorted_by in ("rises", "falls", "missing"):
        x = np.sort(x) * (-1 if sorted_by == "falls" else 1)
    if sorted_by == "missing":
        x[[0, 100, 299]] = np.nan
    kinds = np.array(list("abcde"))[rng.integers(0, 5, 300)]
    kinds = np.sort(kinds) if sorted_by == "kind" else kinds
    suspicions(table({"x": x, "y": y, "kind": kinds.astype(object).tolist()}, rng.integers(0, 2, 300)), seed=0)
    units, parts = asked[-1]
    assert (parts is None) == is_sorted
    assert len(np.unique(units)) == 30
    if parts is not None:
        np.testing.assert_array_equal(parts, units // 10)


@pytest.mark.parametrize(("columns", "many", "apart"), [(12, 0, 0.5), (12, 1, 1.0), (5, 0, 1.0)])
def test_ties_part_half_as_far_where_most_cells_are_empty(monkeypatch, columns, many, apart):
    """Of 5 values in 12 columns there are 240 million cells, in 5 columns 3,125, and 400 rows are 40,000 hundredths."""
    seen, normal = [], neighbourhoods._normal
    monkeypatch.setattr(
        neighbourhoods, "_normal", lambda values, far, rng: seen.append(far) or normal(values, far, rng)
    )
    rng = np.random.default_rng(0)
    made = {f"q{i}": rng.integers(1, 6, 400) for i in range(columns)} | {
        f"x{i}": rng.normal(size=400) for i in range(many)
    }
    neighbourhood(table(made, rng.integers(0, 2, 400)), seed=0)
    assert set(seen) == {apart}


def measured(monkeypatch, *, own=(), others=(), order=(), near=NOTHING):
    """Have what is measured be as given, one after the other: of a column, of the columns besides it, of an order."""
    given = {"own": list(own), "others": list(others), "order": list(order)}

    def recognised(dataset, units, *, seed, **more):
        kind = "order" if "parts" in more else "others" if "features" in more else "own"
        return Recognition(*given[kind].pop(0)) if given[kind] else Recognition(0.0, 0.0, 0.0)

    monkeypatch.setattr("lab.learning.undeclared.recognition", recognised)
    monkeypatch.setattr("lab.learning.undeclared.neighbourhood", lambda dataset, *, seed: near)


@pytest.mark.parametrize(
    ("gap", "step", "sureness", "is_suspected"),
    [
        (1.306, 0.16, 4.1, True),  # of 400 rows: 0.08, 3.5 / 20 and 20 / 400 above 1
        (1.304, 0.16, 4.1, False),
        (1.306, 0.15, 4.1, False),
        (1.306, 0.16, 4.0, False),
    ],
)
@pytest.mark.parametrize("is_copied", [False, True])
def test_how_wide_a_gap_and_how_large_a_step_make_groups(monkeypatch, gap, step, sureness, is_suspected, is_copied):
    measured(monkeypatch, near=Neighbourhood(7, gap, step, sureness))
    dataset = independent(400)
    if is_copied:  # each row is there twice, and counts once
        dataset = independent(800)
        dataset = dataclasses.replace(dataset, belonging=Belonging(np.arange(800) // 2, copies=400))
    found = suspicions(dataset, seed=0)
    assert len(found) == is_suspected
    if found:
        assert "groups of about 7 that no column names" in found[0].sentence
        assert (found[0].is_firm, found[0].what, found[0].found) == (True, "groups", None)


@pytest.mark.parametrize(
    ("known", "new", "sureness", "is_suspected"),
    [
        (0.71, 0.5, 3.1, True),
        (0.7, 0.5, 3.1, False),
        (0.71, 0.5, 3.0, False),
        (0.5, -0.75, 2.1, True),  # worse than nothing, by more than there is to explain
        (0.5, -0.5, 2.1, False),
        (0.5, -0.75, 2.0, False),
    ],
)
def test_how_much_an_order_must_cost(monkeypatch, known, new, sureness, is_suspected):
    measured(monkeypatch, order=[(known, new, sureness)])
    found = suspicions(independent(), seed=0)
    assert len(found) == is_suspected
    if found:
        assert (found[0].is_firm, found[0].what) == (True, "order")
        assert found[0].found == Recognition(known, new, sureness)
        assert found[0].sentence == (
            "neighbouring rows in the file seem to belong together: a plain model explains "
            f"{100 * known:.0f} % of the variation in the target with a row's neighbours in its training data, but only "
            f"{100 * max(new, 0):.0f} % without them"
        )
        assert found[0].way_out.startswith("use --time COLUMN if later rows")


@pytest.mark.parametrize(
    ("known", "new", "sureness", "is_firm"),
    [
        (0.56, 0.5, 3.1, True),
        (0.04, 0.0, 3.1, False),
        (0.56, 0.5, 3.0, False),
        (0.75, 0.125, 1.5, True),
        (0.75, 0.25, 1.5, False),
        (0.75, 0.125, 1.4, False),
    ],
)
def test_an_order_by_date_is_firm_where_other_columns_tell_the_time(monkeypatch, known, new, sureness, is_firm):
    measured(monkeypatch, order=[(0.0, 0.0, 0.0), (0.8, -0.1, 5.0)], others=[(known, new, sureness)])
    order = np.random.default_rng(0).permutation(200)
    made = {"x": np.random.default_rng(1).normal(size=200), "y": np.where(order % 2, "u", "v")}
    made["seen on"] = np.datetime64("2024-01-01") + order.astype("timedelta64[D]")
    (found,) = suspicions(check(pa.table(made), "y", name="t", content=b""), seed=0)
    assert (found.is_firm, found.what) == (is_firm, "order")
    assert found.sentence == (
        f"neighbouring rows in the order of 'seen on' {'seem to' if is_firm else 'may'} belong together: a plain model explains "
        "80 % of the variation in the target with a row's neighbours in its training data, but only 0 % without them"
    )
    assert found.way_out.startswith("use --time 'seen on' if later rows are to be predicted")
    assert ("--independent" in found.way_out) == is_firm


def test_of_several_dates_the_first_is_the_order(monkeypatch):
    measured(monkeypatch, order=[(0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.8, -0.1, 5.0)])
    days = np.datetime64("2024-01-01") + np.random.default_rng(0).permutation(200).astype("timedelta64[D]")
    made = {
        "first": days,
        "second": days[::-1],
        "x": np.arange(200) % 37 / 7,
        "y": np.where(np.arange(200) % 2, "u", "v"),
    }
    assert suspicions(check(pa.table(made), "y", name="t", content=b""), seed=0) == ()


OWN, OTHERS = "own", "others"


@pytest.mark.parametrize(
    ("name", "levels", "by", "lost", "expected"),
    [
        ("customer", 50, OWN, (0.7, 0.5, 4.1), True),
        ("town", 50, OWN, (0.7, 0.5, 4.1), False),
        ("town", 50, OTHERS, (0.7, 0.5, 4.1), True),
        ("town", 50, OTHERS, (0.7, 0.5, 4.0), None),
        ("town", 50, OTHERS, (0.1, 0.0, 4.1), None),
        ("customer", 50, OWN, (0.7, 0.5, 4.0), None),
        ("customer", 50, OWN, (0.1, 0.0, 4.1), None),
        ("hospital", 10, OWN, (0.7, -0.5, 1.6), False),  # few units, of which no difference is sure
        ("hospital", 10, OTHERS, (0.7, -0.5, 1.6), False),
        ("customer", 10, OWN, (0.7, 0.01, 1.6), True),  # of new ones nothing is known
        ("customer", 10, OWN, (0.7, 0.03, 1.6), False),
        ("customer", 10, OWN, (0.09, -0.5, 1.6), False),
        ("customer", 10, OWN, (0.7, 0.5, 1.5), None),
    ],
)
def test_a_column_is_suspected_by_what_it_costs_its_name_and_the_columns_besides(
    monkeypatch, name, levels, by, lost, expected
):
    measured(monkeypatch, **{by: [lost]})
    who = np.random.default_rng(0).permutation(np.repeat(np.arange(levels), 500 // levels))
    columns = {"x": np.random.default_rng(1).normal(size=500), name: [f"K{w}" for w in who]}
    found = suspicions(table(columns, who % 2), seed=0)
    assert [each.is_firm for each in found] == ([] if expected is None else [expected])
    if expected is None:
        return
    assert found[0].found == Recognition(*lost)
    shares = (
        f"{100 * lost[0]:.0f} % of the variation in the target for values",
        f"only {100 * max(lost[1], 0):.0f} % for new ones",
    )
    assert all(share in found[0].sentence for share in shares)
    assert f"--by {name}" in found[0].way_out
    assert ("--independent" in found[0].way_out) == expected
