"""What work is done under load? One exported candidate, alone on the machine, kept on one core."""

from dataclasses import dataclass

from edge.building.trials import BUILD
from edge.exporting import device
from edge.load.sweep import Loaded, measure_load
from edge.session import session
from edge.timing.calls import bound_call
from edge.timing.latency import looked_through, on_one_core
from lab.learning.folds import Fold, split
from lab.learning.outer import Named
from lab.protocol import Dataset, Key, Rows

__all__ = ["LOAD", "LoadRow", "under_load"]

_ROWS = 500


@dataclass(frozen=True)
class LoadRow(Loaded):
    """A candidate under load, and the core where it ran; None where a process cannot be kept on one."""

    core: int | None = None


LOAD = Key("load", LoadRow)


def under_load(
    dataset: Dataset,
    *,
    seed: int,
    family: Named,
    fold: Fold,
    deadline_ms: float,
    rate: float | None,
    seconds: float,
    inputs: Rows,
) -> LoadRow:
    """Call the exported model back to back, over a sweep of rates and at the user's rate, on unseen rows."""
    _, test = split(dataset, fold)
    rows = device.device_rows_at(dataset, test[:_ROWS])
    ready = session(BUILD.of(family.name).needed(inputs).onnx.tobytes())
    served = bound_call(ready, [device.feeds(dataset, rows[i : i + 1], ready) for i in range(len(rows))])
    with on_one_core() as core, looked_through():
        found = measure_load(
            served.call,
            n_rows=served.n_rows,
            deadline_ms=deadline_ms,
            rate=rate,
            seconds=seconds,
            seed=seed,
        )
    return LoadRow(found.service_ms, found.runs, core)
