"""What does a process take that only serves a candidate, or its original? Fresh processes, one after another."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from edge.building.trials import BUILD
from edge.exporting import device
from edge.footprint import serving
from edge.session import session
from lab.learning.outer import Named
from lab.protocol import Dataset, Key, Rows

__all__ = [
    "ORIGINALS",
    "SERVE",
    "OriginalRow",
    "OriginalsRow",
    "ServedRow",
    "peak_mib_of",
    "serve",
    "serve_originals",
]


@dataclass(frozen=True)
class ServedRow:
    """Cold start (seconds) and peak memory (MiB) of several processes that only serve a model."""

    cold_start_s: tuple[float, ...]
    peak_mib: tuple[float, ...]


@dataclass(frozen=True)
class OriginalRow:
    """Cold start (seconds) and peak memory (MiB) of one process that serves an original by scikit-learn."""

    cold_start_s: float
    peak_mib: float


@dataclass(frozen=True)
class OriginalsRow:
    """Originals by the candidate's name, as far as they could be served."""

    models: Mapping[str, OriginalRow]


SERVE = Key("serve", ServedRow)
ORIGINALS = Key("serve-originals", OriginalsRow)


def serve(dataset: Dataset, *, seed: int, family: Named, processes: int, inputs: Rows) -> ServedRow:
    """Measure processes that only serve the exported model."""
    del seed
    model = BUILD.of(family.name).needed(inputs).onnx.tobytes()
    row = device.feeds(dataset, device.device_rows_at(dataset, np.array([0])), session(model))
    seconds, mebibytes = serving.serve_in_fresh_processes(model, row, processes=processes)
    return ServedRow(tuple(seconds), tuple(mebibytes))


def serve_originals(dataset: Dataset, *, seed: int, families: tuple[Named, ...], inputs: Rows) -> OriginalsRow:
    """Measure one process that serves each original by scikit-learn, where the rows hold numbers only."""
    del seed
    row = device.device_rows_at(dataset, np.array([0]))
    found = {}
    for family in families:
        original = BUILD.of(family.name).needed(inputs).original
        if original is None or isinstance(row, pd.DataFrame):
            continue
        seconds, mebibytes = serving.serve_in_fresh_processes(
            original.tobytes(), {"rows": row}, processes=1, module="edge.footprint.originals"
        )
        found[family.name] = OriginalRow(seconds[0], mebibytes[0])
    return OriginalsRow(found)


def peak_mib_of(dataset: Dataset, content: bytes) -> float:
    """Measure the peak memory (MiB) of one process that serves the file."""
    row = device.feeds(dataset, device.device_rows_at(dataset, np.array([0])), session(content))
    return serving.serve_in_fresh_processes(content, row, processes=1)[1][0]
