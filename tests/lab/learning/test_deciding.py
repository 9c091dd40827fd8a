"""At another size the expected difference decides, and the one that was found stands above it."""

import dataclasses

import pytest
from samples import quantum_rows

from lab.learning import comparison
from lab.learning.deciding import Sides, picture
from lab.protocol import Estimate
from lab.report.deciding import Against
from quantum.lab import LAB

FOUND, THEN = Estimate(-2.0, -4.0, 0.5, "points"), Estimate(3.0, 1.5, 4.5, "points")


@pytest.fixture(scope="module")
def compared():
    settings = quantum_rows.SETTINGS
    context = LAB.context(quantum_rows.DATA, settings, seed=0)
    how = {"folds": settings.folds, "repeats": settings.repeats, "metric": context.metric}
    return comparison.compare(context.dataset, context.groups, quantum_rows.made_rows(), **how)


def drawn(compared, then, found=FOUND):
    against, sides = Against(1.0, "would count", "above"), Sides("quantum", "classical")
    figure = picture(compared, sides, found, against, then=then, used=48, caption="")
    return figure.spec["data"]["values"], figure.caption


def test_at_another_size_what_is_expected_there_decides_below_what_was_found(compared):
    (first, second, *others), _ = drawn(compared, (1_000_000, THEN))
    assert (first["label"], first["value"], first["role"]) == ("best quantum model, found with 48 rows", -2.0, "beside")
    assert second["label"] == "best quantum model, expected with 1,000,000 rows"
    assert (second["value"], second["low"], second["high"], second["role"]) == (3.0, 1.5, 4.5, "decides")
    assert {row["role"] for row in others} == {"beside"}


def test_where_nothing_can_be_said_of_that_size_no_row_decides(compared):
    rows, caption = drawn(compared, (1_000_000, None))
    assert {row["role"] for row in rows} == {"beside"}
    assert "None of the rows decides, since nothing can be said of 1,000,000 rows" in caption


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (("a (b)",) * 4, ": a (b)"),
        (("a (b)", "c", "c", "d"), ", most often c"),
        (("a (b)", "c", "c", "c"), ", mostly c"),
        (("c", "d", "d", "c"), ": c, as often as any other"),
        (("best quantum model",) * 4, ""),
    ],
)
def test_the_row_that_decides_says_which_model_it_mostly_was_and_nothing_of_a_tie(compared, chosen, said):
    best = dataclasses.replace(compared.best["quantum"], chosen=chosen)
    changed = dataclasses.replace(compared, best=compared.best | {"quantum": best})
    assert drawn(changed, None)[0][0]["label"] == f"best quantum model{said}"


def test_a_floor_is_said_where_an_interval_is_no_wider_and_nowhere_else(compared):
    reach = 300 / 48
    at_floor = Estimate(0.0, -reach, reach, "points")
    wider = dataclasses.replace(at_floor, high=reach + 0.1)
    assert compared.floor([wider]) == ""
    said = " An interval of 6.2 points to either side (3 of 48 rows) is a floor, not a measurement."
    assert compared.floor([wider, at_floor]) == said
    assert said in drawn(compared, None, found=at_floor)[1]


def test_the_constant_prediction_is_named_where_the_best_is_not_shown_to_beat_it(compared):
    label = "constant prediction (baseline)"
    assert label not in {row["label"] for row in drawn(compared, None)[0]}
    useless = dataclasses.replace(compared, best=compared.best | {"quantum": compared.families["constant"]})
    assert label in {row["label"] for row in drawn(useless, None)[0]}
