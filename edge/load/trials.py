"""What work is done under load? One exported candidate, alone on the machine, kept on one core."""

from collections.abc import Mapping

import numpy as np

from edge.exporting import device
from edge.load.sweep import measure_load
from edge.session import session
from edge.timing.calls import bound_call
from edge.timing.latency import looked_through, on_one_core
from lab.learning.families import Family
from lab.learning.folds import Fold, split
from lab.protocol import Dataset, Row

__all__ = ["under_load"]

_ROWS = 500


def under_load(
    dataset: Dataset,
    *,
    seed: int,
    family: Family,
    fold: Fold,
    deadline_ms: float,
    rate: float | None,
    seconds: float,
    inputs: Mapping[str, Row],
) -> Row:
    """Call the exported model back to back, over a sweep of rates and at the user's rate, on unseen rows.

    Returns
    -------
    dict
        What `measure_load` returns, and `core`: where it ran.
    """
    _, test = split(dataset, fold)
    table = device.device_rows(dataset)
    chosen = test[:_ROWS]
    rows = table[chosen] if isinstance(table, np.ndarray) else table.iloc[chosen]
    ready = session(inputs[f"build-{family.name}"]["onnx"].tobytes())
    served = bound_call(ready, [device.feeds(dataset, rows[i : i + 1], ready) for i in range(len(chosen))])
    with on_one_core() as core, looked_through():
        found = measure_load(
            served.call,
            n_rows=served.n_rows,
            deadline_ms=deadline_ms,
            rate=rate,
            seconds=seconds,
            seed=seed,
        )
    return found | {"core": core}
