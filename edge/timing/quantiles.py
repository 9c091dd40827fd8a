"""Which quantile of the latency is known how well? Order statistics, or whole rounds where these differ."""

from collections.abc import Sequence

import numpy as np

from lab import stats
from lab.protocol import Estimate

__all__ = ["MILLISECONDS", "over_rounds", "several_over_rounds"]


MILLISECONDS = 1e-6  # milliseconds in a nanosecond


def over_rounds(times: np.ndarray, share: float) -> Estimate:
    """Quantile of the latency in milliseconds; times of shape (rounds, calls) are nanoseconds.

    The interval between order statistics takes calls as independent; where rounds differ (the machine drifts), the
    bootstrap of whole rounds is wider, and then it counts.

    Raises
    ------
    ValueError
        If there are too few calls for an interval.
    """
    (found,) = several_over_rounds(times, (share,))
    if found is None:
        raise ValueError(f"{times.size} calls are too few for an interval of the {share:.1%} quantile")
    return found


def several_over_rounds(times: np.ndarray, shares: Sequence[float]) -> list[Estimate | None]:
    """Give several quantiles of times of shape (rounds, calls) from one bootstrap; None where calls are too few."""
    plain = [stats.quantile(times.ravel() * MILLISECONDS, share, unit="ms") for share in shares]
    draws = np.random.default_rng(0).integers(len(times), size=(500, len(times)))
    resampled = [np.quantile(times[rows], shares, method="inverted_cdf") * MILLISECONDS for rows in draws]
    ends = np.quantile(resampled, [0.025, 0.975], axis=0).T
    return [
        found and Estimate(found.value, min(found.low, float(low)), max(found.high, float(high)), "ms")
        for found, (low, high) in zip(plain, ends, strict=True)
    ]
