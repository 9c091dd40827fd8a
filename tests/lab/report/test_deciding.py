"""The first picture shows what decides: read back from the description by other code than wrote it."""

import itertools
import json

import pytest
from samples import quantum_rows
from samples.vega import problems

from lab.protocol import Estimate
from lab.report.deciding import Against, Difference, Use, budget_plot, difference_plot
from lab.schema import picture_fault

GROUPS = ("quantum model", "classical model")


def points(value, low, high):
    return Estimate(value, low, high, "points")


def differences(*found, margin=1.0, side="above"):
    rows = [Difference(f"row {place}", GROUPS[0], each, decides=place == 0) for place, each in enumerate(found)]
    return difference_plot(rows, Against(margin, "would count", side), axis="above the best", groups=GROUPS)


def words_of(spec):
    return {
        row["words"]: (row["at"], layer["mark"]["align"])
        for layer in spec["layer"]
        if layer["mark"]["type"] == "text"
        for row in layer["data"]["values"]
    }


@pytest.mark.parametrize(
    ("margin", "side", "expected"),
    [
        (1.0, "above", {"would count": (1.0, "left"), "no difference": (0.0, "right")}),
        (-1.0, "below", {"would count": (-1.0, "right"), "no difference": (0.0, "left")}),
        (0.0, "above", {"would count": (0.0, "left")}),
    ],
)
def test_zero_and_the_margin_are_lines_with_their_words(margin, side, expected):
    spec = differences(points(-0.5, -1.5, 0.5), margin=margin, side=side)
    assert words_of(spec) == expected
    lines = [
        layer["encoding"]["x"]["datum"] for layer in spec["layer"] if layer["encoding"].get("x", {}).keys() == {"datum"}
    ]
    assert {0.0, margin} <= set(lines)


@pytest.mark.parametrize(("low", "margin"), [*itertools.product((-80.0, -0.1, 0.0, 30.0), (-3.0, -0.01, 0.01, 3.0))])
def test_the_axis_holds_every_interval_and_room_for_both_words(low, margin):
    spec = differences(points(low + 0.1, low, low + 0.2), margin=margin, side="above" if margin > 0 else "below")
    axis = next(
        layer["encoding"]["x"]["scale"]["domain"]
        for layer in spec["layer"]
        if "scale" in layer["encoding"].get("x", {})
    )
    assert axis[0] <= low
    assert low + 0.2 <= axis[1]
    for word, (at, align) in words_of(spec).items():
        room = axis[1] - at if align == "left" else at - axis[0]
        assert 320 * room / (axis[1] - axis[0]) >= 9.9 * len(word), word  # units of a phone; 9.9 a letter


def test_rows_stand_as_plain_numbers_and_the_one_that_decides_is_told_apart():
    spec = differences(points(-0.5, -1.5, 0.5), points(0.25, 0.0, 0.5))
    assert spec["data"]["values"] == [
        {"label": "row 0", "group": GROUPS[0], "value": -0.5, "low": -1.5, "high": 0.5, "unit": "points", "role": "decides"},
        {"label": "row 1", "group": GROUPS[0], "value": 0.25, "low": 0.0, "high": 0.5, "unit": "points", "role": "beside"},
    ]  # fmt: skip
    assert problems(spec) == []
    assert picture_fault(json.loads(json.dumps(spec))) is None


def test_a_use_far_beyond_the_budget_is_cut_and_has_the_sign_of_what_goes_on():
    used = {"a": 5.0, "b": 199.0, "c": 201.0, "d": 90_000.0}
    spec = budget_plot([Use(label, "missed", Estimate(v, v, v, "%")) for label, v in used.items()], axis="share (%)")
    assert {row["label"]: row["sign"] for row in spec["data"]["values"]} == {
        "a": "missed", "b": "missed", "c": "beyond", "d": "beyond",
    }  # fmt: skip
    scale = next(
        layer["encoding"]["x"]["scale"] for layer in spec["layer"] if "scale" in layer["encoding"].get("x", {})
    )
    assert scale["domain"] == [0, 200]
    assert scale["clamp"] is True
    assert problems(spec) == []
    assert picture_fault(json.loads(json.dumps(spec))) is None


def test_an_interval_that_goes_on_beyond_the_axis_ends_in_the_sign_of_what_goes_on():
    used = {"whole": (90.0, 80.0, 199.0), "cut": (150.0, 100.0, 370.0), "value too": (250.0, 220.0, 300.0)}
    spec = budget_plot(
        [Use(label, "undecided", Estimate(*found, "%")) for label, found in used.items()], axis="share (%)"
    )
    ends = [layer for layer in spec["layer"] if "shape" in layer["encoding"] and "datum" in layer["encoding"]["x"]]
    assert [layer["encoding"]["x"]["datum"] for layer in ends] == [200]
    assert ends[0]["data"]["values"] == [{"label": "cut", "group": "undecided", "sign": "beyond"}]
    assert problems(spec) == []
    assert picture_fault(json.loads(json.dumps(spec))) is None


def test_the_quantum_lab_draws_what_its_verdict_reads_and_few_models_beside_it():
    found = quantum_rows.summarise(quantum_rows.SETTINGS, quantum_rows.made_rows())
    first, *others = found.figures[0].spec["data"]["values"]
    advantage = found.estimates["advantage"]
    assert (first["value"], first["low"], first["high"]) == (advantage.value, advantage.low, advantage.high)
    assert [row["role"] for row in (first, *others)] == ["decides", *["beside"] * len(others)]
    assert len(others) <= 4
    without = next(row for row in others if row["label"] == "best quantum model without entanglement")
    mean, error, degrees = quantum_rows.against(quantum_rows.PRODUCTS, quantum_rows.CLASSICAL)
    expected = quantum_rows.intervals.interval(mean, error, degrees, reach=quantum_rows.RULE_OF_THREE)
    assert (without["value"], without["low"], without["high"]) == pytest.approx(expected)
    assert found.figures[1].title == "All models"
    drawn = {row["label"] for row in found.figures[1].spec["data"]["values"]}
    assert not {label for label in drawn if "without entanglement" in label or "frozen" in label}, (
        "ablations have their own"
    )
