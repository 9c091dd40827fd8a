"""The sweep over sizes is drawn in the oracle's numbers."""

import pytest
from oracles import intervals
from samples.quantum_rows import SETTINGS, by_title, made_rows, summarise


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    return summarise(SETTINGS, rows)


def test_the_sweep_is_drawn_with_the_corrected_interval(evidence):
    drawn = by_title(evidence, "Score against depth").spec["data"]["values"]
    for value, scores in zip(drawn, ([60, 60, 80], [70, 60, 80]), strict=True):
        expected = intervals.interval(*intervals.corrected(scores, 3))
        assert (value["value"], value["low"], value["high"]) == pytest.approx(expected)
