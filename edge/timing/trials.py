"""Which single calls are timed? All candidates together, their originals, and what the runtime and the harness cost alone."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edge.building.trials import BUILD
from edge.exporting import device, originals
from edge.given.family import is_given, original_of
from edge.session import session
from edge.timing import latency
from edge.timing.calls import bound_call
from edge.timing.watched import Noise, least_times, measure_watched
from lab.learning.folds import Fold, split
from lab.learning.outer import Named
from lab.protocol import Dataset, Key, Rows

__all__ = ["HARNESS", "IDENTITY", "TIME", "TimedRow", "exported", "original", "time_all"]

HARNESS = "harness"
"""Name of the call that does nothing, timed in the same loop: what the harness itself adds to every call."""
IDENTITY = "identity"
"""Name of the model that returns its input: what the runtime itself adds to every call."""

_SECONDS_A_ROUND = 0.02


@dataclass(frozen=True, eq=False)
class TimedRow:
    """Every single call that was timed.

    Attributes
    ----------
    times : mapping of str to numpy.ndarray of shape (rounds, calls)
        Nanoseconds, by alternative: `HARNESS`, `IDENTITY`, and of every candidate `exported` and `original`.
    core : int or None
        Where it ran; None where a process cannot be kept on one core.
    disturbed : mapping of str to numpy.ndarray of shape (rounds,)
        Calls of each round that other programs may have lengthened, at most; by alternative.
    machine : Noise
        What other programs took meanwhile.
    """

    times: Mapping[str, np.ndarray]
    core: int | None = None
    disturbed: Mapping[str, np.ndarray] = field(default_factory=dict)
    machine: Noise = field(default_factory=Noise)

    def least(self, name: str) -> np.ndarray:
        """Times, of shape (n_rounds, n_calls), that an alternative's calls would at least have taken alone on the machine."""
        times = self.times[name]
        return least_times(times, self.disturbed.get(name, np.zeros(len(times), np.int64)), self.machine)


TIME = Key("time", TimedRow)


def exported(name: str) -> str:
    """Name of the exported form of a candidate among the alternatives.

    >>> exported("mlp")
    'mlp onnx'
    """
    return f"{name} onnx"


def original(name: str) -> str:
    """Name of the original of a candidate among the alternatives.

    >>> original("mlp")
    'mlp sklearn'
    """
    return f"{name} sklearn"


def time_all(
    dataset: Dataset,
    *,
    seed: int,
    families: tuple[Named, ...],
    fold: Fold,
    rounds: int,
    inputs: Rows,
) -> TimedRow:
    """Time every exported candidate, its original in scikit-learn, an identity model, and a call that does nothing."""
    del seed  # nothing is drawn
    _, test = split(dataset, fold)
    rows = [device.device_rows_at(dataset, test[i : i + 1]) for i in range(min(len(test), 500))]
    width = len(device.device_columns(dataset)[0]) or 1
    nothing = [{"numbers": np.full((1, width), place, np.float32)} for place in range(len(rows))]
    alternatives = {
        HARNESS: latency.Alternative(lambda place: None, len(rows), 200),
        IDENTITY: bound_call(session(device.identity_model(width)), nothing),
    }
    for family in families:
        built = BUILD.of(family.name).needed(inputs)
        ready = session(built.onnx.tobytes())
        alternatives[exported(family.name)] = bound_call(ready, [device.feeds(dataset, row, ready) for row in rows])
        if is_given(family):
            given = original_of(family, dataset, rows)
            if given is not None:
                alternatives[original(family.name)] = _original(*given)
            continue
        assert built.original is not None  # only a given model lacks it
        alternatives[original(family.name)] = _original(originals.from_bytes(built.original), rows)
    with latency.on_one_core() as core:
        found = measure_watched(alternatives, rounds=rounds)
    return TimedRow(found.times, core, found.disturbed, found.machine)


def _original(fitted: Any, rows: list[Any]) -> latency.Alternative:
    start = time.perf_counter()
    for row in rows[:3]:
        fitted.predict_proba(row)
    each = (time.perf_counter() - start) / 3
    calls = min(20, max(2, round(_SECONDS_A_ROUND / each)))  # scikit-learn's forests take up to 10 ms a row
    return latency.Alternative(lambda i: fitted.predict_proba(rows[i]), len(rows), calls)
