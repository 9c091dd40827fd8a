"""The folded threshold of a scaled number is exact to one double."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.onnx_graphs.columns import Number
from lab.onnx_graphs.thresholds import largest_going_left


@given(
    st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.booleans(),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_the_folded_threshold_is_the_last_double_that_goes_left(mean, scale, threshold, float32):
    column = Number(0).then("sub", mean).then("div", scale)
    found = float(largest_going_left(column, np.array([threshold]), float32=float32)[0])

    def goes_left(raw):
        seen = float(Fraction(float(Fraction(raw) - Fraction(mean))) / Fraction(scale))  # each step rounded once
        return (float(np.float32(seen)) if float32 else seen) <= threshold

    assert goes_left(found)
    assert not goes_left(math.nextafter(found, math.inf))
