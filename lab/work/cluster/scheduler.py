"""Which cluster is meant? The address of its scheduler, and where timings run; nothing is connected yet."""

import importlib
from dataclasses import dataclass
from typing import Any

__all__ = ["TIMING", "Scheduler", "dask"]

_DASK = (
    "distributed"  # a name, no import: which Dask carries a trial changes no row, and so is no part of what a run is
)

TIMING = "timing"
"""The resource that marks a worker on which timings may run."""


@dataclass(frozen=True)
class Scheduler:
    """A Dask scheduler whose workers run trials.

    Attributes
    ----------
    address : str
        As the scheduler prints it: `tcp://HOST:8786`, or `tls://...`.
    timing_worker : str
        Name of the worker on which exclusive trials (timings) run; empty for this machine.
    """

    address: str
    timing_worker: str = ""


def dask() -> Any:
    """Give the package `distributed`; raises ImportError where it is not installed."""
    return importlib.import_module(_DASK)
