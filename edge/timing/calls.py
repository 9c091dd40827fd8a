"""What is the fastest call that the runtime offers from Python? One with bound buffers, on the raw session.

Input and output stand in buffers that are bound once. A call copies the row into the input's buffer and runs the
graph; the wrapper's checks of names and types, which cost more than a small model, are made once and for all.
Texts cannot be bound: a graph that takes them is called by names.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from edge.session import OUTPUT
from edge.timing.latency import Alternative

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bound_call", "plain_call"]

_CALLS = 200


def bound_call(ready: onnxruntime.InferenceSession, fed: "Sequence[dict[str, NDArray]]") -> Alternative:
    """Make an alternative that answers the given rows, each of shape (1, n_columns), by the fastest call there is."""
    if set(fed[0]) != {"numbers"}:
        return plain_call(ready, fed)
    rows = [row["numbers"] for row in fed]
    kept = np.empty_like(rows[0])
    binding = ready.io_binding()
    binding.bind_input("numbers", "cpu", 0, kept.dtype.type, kept.shape, kept.ctypes.data)
    n_classes = ready.get_outputs()[0].shape[1]
    answer_type = np.float64 if ready.get_outputs()[0].type == "tensor(double)" else np.float32
    answer = np.empty((1, n_classes), answer_type)
    binding.bind_output(OUTPUT, "cpu", 0, answer_type, answer.shape, answer.ctypes.data)
    run, raw = ready._sess.run_with_iobinding, binding._iobinding

    def call(place: int) -> "NDArray":
        kept[:] = rows[place]
        run(raw, None)
        return answer

    return Alternative(call, len(rows), _CALLS)


def plain_call(ready: onnxruntime.InferenceSession, fed: "Sequence[dict[str, NDArray]]") -> Alternative:
    """Make an alternative that calls by names, as most programs do; each row's matrices have the shape (1, n_columns)."""
    names, run, rows = [OUTPUT], ready.run, list(fed)
    return Alternative(lambda place: run(names, rows[place])[0], len(rows), _CALLS)
