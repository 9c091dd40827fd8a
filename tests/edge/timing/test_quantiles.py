"""A percentile's interval counts that rounds differ."""

import numpy as np
import pytest

from edge.timing.quantiles import over_rounds, several_over_rounds
from lab.stats import quantile


def test_the_interval_of_a_percentile_is_wider_where_rounds_differ():
    rng = np.random.default_rng(0)
    steady = rng.exponential(1e6, size=(30, 200))
    drifting = steady * rng.choice([1.0, 3.0], size=(30, 1))
    alone = quantile(steady.ravel() / 1e6, 0.99, unit="ms")
    assert over_rounds(steady, 0.99).value == pytest.approx(alone.value)
    assert over_rounds(steady, 0.99).low <= alone.low * (1 + 1e-12)
    pooled = quantile(drifting.ravel() / 1e6, 0.5, unit="ms")
    by_rounds = over_rounds(drifting, 0.5)
    assert by_rounds.high - by_rounds.low > 2 * (pooled.high - pooled.low)


def test_too_few_calls_have_no_interval():
    few = np.random.default_rng(0).exponential(1e6, size=(6, 20))
    with pytest.raises(ValueError, match=r"^120 calls are too few for an interval of the 99\.0% quantile$"):
        over_rounds(few, 0.99)
    median, high = several_over_rounds(few, (0.5, 0.99))
    assert high is None
    assert median == over_rounds(few, 0.5)
    assert (median.unit, median.confidence) == ("ms", 0.95)
