"""Every picture that the labs can draw is valid Vega-Lite, by the schema of another library."""

import pytest
from samples.vega import problems

from lab.protocol import Estimate
from lab.report import charts

HALF = Estimate(0.5, 0.4, 0.6, "points")
SPECS = {
    "intervals": charts.interval_plot([("a", "g", HALF), ("b", "h", HALF)], axis="x", groups=["g", "h"]),
    "intervals on a log axis": charts.interval_plot(
        [("a", "g", HALF)], axis="x", groups=["g"], reference=1.0, log=True
    ),
    "bars": charts.bars([("a", 1.0), ("b", -2.0)], axis="x"),
    "grouped bars": charts.grouped_bars([("a", "g", 1.0), ("a", "h", 2.0)], axis="x", groups=["g", "h"]),
    "lines": charts.lines({"a": [(1.0, 2.0), (2.0, 3.0)]}, x="x", y="y"),
    "lines on log axes": charts.lines(
        {"a": [(1.0, 2.0)]}, x="x", y="y", log_x=True, log_y=True, points=True, reference_x=1.0, reference_y=2.0
    ),
    "steps": charts.steps([(0.0, 1.0, 0.5, 1.5), (1.0, 2.0, 1.5, 2.5)], x="x", y="y"),
    "scatter": charts.scatter([("a", "g", 1.0, HALF)], x="x", y="y", groups=["g"], references=(0.1, 0.2), log_x=True),
    "heat map": charts.heat_map([("a", 1, 0.5), ("b", 2, -0.5)], x="x", y="y", value="v"),
    "shape": charts.shape([(0.0, 1.0, 0.5, 1.5), (1.0, 2.0, 1.5, 2.5)], [(0.0, 1.0, 7)], x="x", y="y"),
    "lines over dates": charts.lines({"a": [("2024-01-01", 2.0), ("2024-03-01", 3.0)]}, x="x", y="y"),
    "shape over dates": charts.shape(
        [("2024-01-01", 1.0, 0.5, 1.5), ("2024-03-01", 2.0, 1.5, 2.5)], [("2024-01-01", "2024-02-01", 7)], x="x", y="y"
    ),
    "curved shape": charts.shape([(0.0, 1.0, 0.5, 1.5)], [(0.0, 1.0, 7)], x="x", y="y", curved=True),
}


@pytest.mark.parametrize("name", SPECS)
def test_a_chart_is_valid_vega_lite(name):
    assert problems(SPECS[name]) == []


def test_every_chart_form_is_tried():
    assert {"interval_plot", "bars", "grouped_bars", "lines", "steps", "scatter", "heat_map", "shape"} >= {
        name for name in charts.__all__ if name.islower() and name != "class_colours"
    }


def test_a_broken_chart_is_seen():
    assert problems({**SPECS["bars"], "mark": "a mark that is none"})
