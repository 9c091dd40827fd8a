"""A profile tells of no single row, is read back as it was written, and refused where it is not sound."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from samples.watch_rows import KINDS, PROFILE, reference

from edge.watch.cells import read_cells, read_label
from edge.watch.places import MISSING, UNREADABLE, Places, places_of
from edge.watch.profile import read_profile, written
from edge.watch.profiling import profile_of
from lab.errors import InputError


def test_a_profile_is_read_back_as_it_was_written():
    assert read_profile(written(PROFILE), "m.onnx") == PROFILE


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p["columns"].clear(),
        lambda p: p["columns"].append(p["columns"][0]),
        lambda p: p["columns"][0]["places"]["points"].reverse(),
        lambda p: p["columns"][0]["places"]["cells"].pop(),
        lambda p: p["columns"][0]["rarity"].__setitem__(0, 1),
        lambda p: p["columns"][0]["history"][0].__setitem__(0, -1),
        lambda p: p["columns"][0]["history"].clear(),
        lambda p: p["columns"][0].__setitem__("kind", "category"),
        lambda p: p["columns"][2]["places"]["categories"].append("a"),
        lambda p: p["columns"][0].__setitem__("deviation", -1.0),
        lambda p: p["answered"]["right"].__setitem__(49, 10**6),
        lambda p: p["answered"]["predicted"].pop(),
        lambda p: p.__setitem__("classes", ["one"]),
        lambda p: p.__setitem__("rows", "many"),
        lambda p: p.pop("target"),
    ],
)
def test_a_profile_that_is_not_sound_is_refused_in_one_sentence(spoil):
    found = json.loads(written(PROFILE))
    spoil(found)
    with pytest.raises(InputError, match=r"m\.onnx has no sound training profile; run lab run edge again"):
        read_profile(json.dumps(found), "m.onnx")


def test_a_profile_of_another_version_and_what_is_no_profile_are_refused():
    found = json.loads(written(PROFILE)) | {"version": 2}
    with pytest.raises(InputError, match="version 2, and this program reads 1"):
        read_profile(json.dumps(found), "m.onnx")
    for text in ("", "[]", "null", "[" * 10_000):
        with pytest.raises(InputError, match="no sound training profile"):
            read_profile(text, "m.onnx")


def test_no_rare_category_and_no_cell_of_the_table_is_in_a_profile():
    table = reference()
    features = table.features.copy()
    rng = np.random.default_rng(0)
    features["heat"] = rng.normal(50, 5, len(features)) * np.pi
    features.loc[::400, "kind"] = "Ada King"
    said = written(profile_of(dataclasses.replace(table, features=features), seed=2))
    assert "Ada King" not in said
    column = next(each for each in json.loads(said)["columns"] if each["name"] == "heat")
    assert not set(column["places"]["points"]) & set(features["heat"])


def test_every_known_value_has_a_place_and_so_has_what_is_new_missing_or_broken():
    values = pd.Series([*[0.0] * 500, *np.linspace(1, 100, 500)])
    places = places_of(values, "number")
    codes = places.codes(np.array([0.0, -1.0, 50.0, 1e6, np.nan]), np.array([False, False, False, False, False]))
    assert len({*codes.tolist()}) == 5
    assert codes[-1] == places.n_codes + MISSING
    assert places.codes(np.array([np.nan]), np.array([True]))[0] == places.n_codes + UNREADABLE
    texts = places_of(pd.Series(["a"] * 9 + ["b"] * 4, dtype=object), "category")
    assert texts.categories == ("a",)
    assert texts.codes(np.array(["a", "b", "new", None], dtype=object)).tolist() == [0, 1, 1, 2]


def test_a_constant_column_and_a_nearly_constant_one_are_watched_for_any_other_value():
    for values in (np.full(300, 5.0), np.where(np.arange(300) == 7, 6.0, 5.0)):
        places = places_of(pd.Series(values), "number")
        assert len({*places.codes(np.array([4.0, 5.0, 7.0])).tolist()}) == 3


@pytest.mark.parametrize(
    ("cells", "kind", "values", "broken"),
    [
        (["1.5", 2, None, True, "", "x", "inf", "1e400", " 7 "], "number", [1.5, 2, None, 1, None, None, None, None, 7],
         [5, 6, 7]),
        (["true", "False", 1, "maybe"], "boolean", [1, 0, 1, None], [3]),
        (["1970-01-02", "1970-01-01T12:00:00", "soon", None], "date", [1, 0.5, None, None], [2]),
        (["a", None, "", 3.0, True], "category", ["a", None, None, "3", "True"], []),
    ],
)  # fmt: skip
def test_cells_are_read_one_by_one(cells, kind, values, broken):
    found, unreadable = read_cells(cells, kind)
    assert [None if each is None or each != each else each for each in found.tolist()] == values
    assert np.flatnonzero(unreadable).tolist() == broken
    for place, cell in enumerate(cells):
        alone, flag = read_cells([cell], kind)
        assert str(alone[0]) == str(found[place])
        assert flag[0] == unreadable[place]


def test_labels_are_read_as_classes_are_written():
    assert [read_label(cell) for cell in ("yes", 1, 1.0, True, None, " ")] == ["yes", "1", "1", "True", None, None]


def test_the_kinds_of_a_profile_are_those_of_the_table():
    assert {column.name: column.kind for column in PROFILE.columns} == KINDS
    assert all(sum(column.history[0]) == 750 for column in PROFILE.columns)


def test_a_value_at_a_point_is_told_from_those_on_either_side():
    points, cells = (-1.0, 0.5, 2.0), (0, 1, 2, 3, 4, 5, 6)
    values = [-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0]
    places = Places(points, cells)
    slow = [2 * sum(point < value for point in points) + (value in points) for value in values]
    assert places.codes(np.array([*values, np.nan])).tolist() == [*slow, places.n_codes + MISSING]
