"""The sweep over sizes is drawn in the oracle's numbers."""

import numpy as np
import pytest
from oracles import intervals
from samples.quantum_rows import DATA, SETTINGS, by_title, made_rows, summarise

from lab.learning.scoring import primary_metric
from quantum.sizes.evidence import figures
from quantum.sizes.trials import SizeRow


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    return summarise(SETTINGS, rows)


def test_the_sweep_is_drawn_with_the_corrected_interval(evidence):
    drawn = by_title(evidence, "Score against depth").spec["data"]["values"]
    for value, scores in zip(drawn, ([60, 60, 80], [70, 60, 80]), strict=True):
        mean, low, high = intervals.interval(*intervals.corrected(scores, 3))
        assert high > 100, "which no ROC AUC is"
        assert (value["value"], value["low"], value["high"]) == pytest.approx((mean, low, 100))


def test_both_ways_of_growing_are_drawn_in_order_with_their_axis():
    rows = [SizeRow(q, layers, np.array([0.6, 0.7, 0.7]) + q / 100) for q, layers in ((12, 2), (4, 2), (12, 1), (2, 2))]
    wide, deep = figures(rows, primary_metric("auto", DATA), 12)
    for figure, labels, axis in (
        (wide, ["2", "4", "12"], "ROC AUC, by qubits"),
        (deep, ["1", "2"], "ROC AUC, by layers"),
    ):
        assert [value["label"] for value in figure.spec["data"]["values"]] == labels
        assert axis in [layer["encoding"].get("x", {}).get("title") for layer in figure.spec["layer"]]
