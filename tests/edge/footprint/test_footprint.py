"""The footprint stands beside that of scikit-learn, where it was measured."""

import pytest

from edge.findings import footprint
from edge.timing.serving import serve_in_fresh_processes
from lab.learning.families import FOREST, LOGISTIC
from lab.protocol import Estimate


def estimates():
    found = {}
    for name, size in (("forest", 2.0), ("logistic", 0.5)):
        found |= {
            f"{name}.size_mb": Estimate(size, size, size, "MB"),
            f"{name}.memory_mb": Estimate(50.0, 49.0, 51.0, "MB"),
            f"{name}.cold_start_s": Estimate(0.1, 0.09, 0.12, "s"),
        }
    return found


ROWS = {
    "build-forest": {"nodes": 1},
    "build-logistic": {"nodes": 2},
    "serve-originals": {"forest": {"cold_start_s": 1.2, "peak_mib": 200.0}},
}


def test_bars_stand_beside_those_of_the_original():
    file, memory, start = footprint.figures([FOREST, LOGISTIC], estimates(), ROWS)
    assert [bar["value"] for bar in file.spec["data"]["values"]] == [2_000.0, 500.0]  # kB
    assert [(b["group"], b["value"]) for b in memory.spec["data"]["values"]] == [
        ("ONNX Runtime", 50.0), ("scikit-learn", pytest.approx(209.7152)), ("ONNX Runtime", 50.0)
    ]  # fmt: skip
    assert "takes 12 times as much by scikit-learn" in start.caption


def test_without_originals_only_the_candidates_are_drawn():
    rows = {key: row for key, row in ROWS.items() if key != "serve-originals"}
    drawn = footprint.figures([FOREST], estimates(), rows)
    assert {bar["group"] for bar in drawn[1].spec["data"]["values"]} == {"ONNX Runtime"}
    assert footprint.table([FOREST], estimates(), rows).rows[0][-2:] == (None, None)


def test_an_original_that_fails_to_serve_is_an_error(capfd):
    with pytest.raises(RuntimeError, match="failed to answer"):
        serve_in_fresh_processes(b"no model", {}, processes=1, module="edge.timing.originals")
