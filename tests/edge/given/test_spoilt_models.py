"""A slice of the fuzzing of model files (`tests/benchmarks/fuzz.py` runs all of it): spoilt ones are read or refused."""

import sys

import pytest
from benchmarks import fuzz

SLICES = {"onnx": 80, "skops": 150}


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
@pytest.mark.parametrize("kind", SLICES)
def test_every_spoilt_model_is_read_or_refused_in_a_sentence(kind, tmp_path):
    tally = fuzz.run_kind(kind, SLICES[kind], 1, tmp_path, processes=1, seconds=120)
    assert not tally.findings, dict(tally.sorts)
    assert tally.counts["read"] + tally.counts["refused"] == SLICES[kind]
    assert tally.counts["read"], "nothing that was tried was still a model"
