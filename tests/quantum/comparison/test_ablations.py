"""What the circuit loses without a part is told part by part, as far as the parts were tried."""

from types import SimpleNamespace

import pytest

from lab.protocol import Estimate
from quantum.comparison import ablations

SHOWN, UNSHOWN = Estimate(9.0, 7.0, 11.0, "points"), Estimate(0.1, -0.5, 0.7, "points")


def compared(*names):
    return SimpleNamespace(families={name: name for name in names}, difference=lambda full, less: (full, less))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("quantum", "unentangled", "frozen", "surrogate", "svm"),
         {"entanglement": "unentangled", "training": "frozen", "surrogate": "surrogate"}),
        (("quantum", "frozen"), {"training": "frozen"}),
        (("unentangled", "frozen"), {}),
        (("quantum",), {}),
    ],
)  # fmt: skip
def test_the_full_circuit_is_compared_with_what_was_tried(names, expected):
    found = ablations.differences(compared(*names))
    assert found == {name: ("quantum", less) for name, less in expected.items()}


@pytest.mark.parametrize(
    ("carried", "words"),
    [
        ({"training": SHOWN}, "Removed from the variational circuit, training costs 9.0 points."),
        ({"training": SHOWN, "surrogate": UNSHOWN},
         "Removed from the variational circuit, training costs 9.0 points; not shown to matter: the quantum state."),
        ({"training": SHOWN, "entanglement": Estimate(2.0, 1.0, 3.0, "points")},
         "Removed from the variational circuit, training costs 9.0 points, entanglement costs 2.0 points."),
        ({"training": Estimate(1.0, 0.0, 2.0, "points")},
         "No part removed from the variational circuit is shown to matter: training."),
    ],
)  # fmt: skip
def test_the_sentence_names_what_costs_and_what_is_not_shown_to_matter(carried, words):
    assert ablations.sentence(carried) == words


@pytest.mark.parametrize(("unit", "axis"), [("points", "loss of M without it (points)"), ("", "loss of M without it")])
def test_the_axis_has_the_unit_where_there_is_one(unit, axis):
    (figure,) = ablations.figures({"training": Estimate(2.0, 1.0, 3.0, unit)}, "M")
    assert axis in str(figure.spec)
    assert f"{axis} (" not in str(figure.spec)
    assert {"datum": 0.0} in [layer["encoding"].get("x") for layer in figure.spec["layer"]], "no loss is a line"
    assert ablations.figures({}, "M") == ()
