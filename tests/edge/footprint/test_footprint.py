"""The footprint stands beside that of scikit-learn, where it was measured."""

import dataclasses

import numpy as np
import pytest

from edge.building.trials import BuiltRow
from edge.footprint import evidence as footprint_evidence
from edge.footprint.evidence import Footprint
from edge.footprint.serving import serve_in_fresh_processes
from edge.footprint.trials import OriginalRow, ServedRow


def built(kilobytes, nodes):
    return BuiltRow(np.zeros(0, np.uint8), 1_000 * kilobytes, nodes, "exact", "", False, {}, {})


SERVED = ServedRow(cold_start_s=(0.1,) * 6, peak_mib=(50.0,) * 6)
FOREST = Footprint("random forest", built(2_000, 1), SERVED, OriginalRow(cold_start_s=1.2, peak_mib=200.0))
LOGISTIC = Footprint("logistic regression", built(500, 2), SERVED)


def test_bars_stand_beside_those_of_the_original():
    file, memory, start = footprint_evidence.figures([FOREST, LOGISTIC])
    assert [bar["value"] for bar in file.spec["data"]["values"]] == [2.0, 0.5]
    assert file.spec["encoding"]["x"]["title"] == "file size (MB)"
    assert [(b["group"], b["value"]) for b in memory.spec["data"]["values"]] == [
        ("ONNX Runtime", pytest.approx(52.4288)), ("scikit-learn", pytest.approx(209.7152)),
        ("ONNX Runtime", pytest.approx(52.4288)),
    ]  # fmt: skip
    assert "takes 12 times as much with scikit-learn" in start.caption


def test_without_originals_only_the_candidates_are_drawn():
    alone = dataclasses.replace(FOREST, original=None)
    drawn = footprint_evidence.figures([alone])
    assert {bar["group"] for bar in drawn[1].spec["data"]["values"]} == {"ONNX Runtime"}
    assert footprint_evidence.table([alone]).rows[0][-2:] == (None, None)


def test_without_processes_there_is_the_file_alone():
    alone = dataclasses.replace(FOREST, original=None, served=None)
    assert [figure.title for figure in footprint_evidence.figures([alone])] == ["Footprint: file"]
    assert footprint_evidence.table([alone]).rows == (("random forest", 2.0, 1, None, "", None, "", None, None),)


def test_an_original_that_fails_to_serve_is_an_error(capfd):
    with pytest.raises(RuntimeError, match="failed to answer"):
        serve_in_fresh_processes(b"no model", {}, processes=1, module="edge.footprint.originals")


def test_a_process_that_fails_to_serve_is_an_error(capfd):
    with pytest.raises(RuntimeError, match="failed to answer"):
        serve_in_fresh_processes(b"no model", {}, processes=1)
