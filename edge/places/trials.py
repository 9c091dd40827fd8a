"""What work is done elsewhere? Candidates measured on chosen cores and threads of this machine, and on other devices."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from edge.building.trials import BUILD
from edge.exporting import device
from edge.places.devices import connect, measure_on_devices
from edge.places.process import Request, Served, measure_in_process
from edge.session import session
from lab.errors import SettingsError
from lab.learning.folds import Fold, split
from lab.machine import n_cores
from lab.protocol import Dataset, Key, Row, Rows

__all__ = ["PLACES", "elsewhere"]

PLACES = Key("places", dict)

_ROWS = 200
_PATIENCE_S = 120.0


def elsewhere(
    dataset: Dataset,
    *,
    seed: int,
    names: tuple[str, ...],
    fold: Fold,
    cores: tuple[int, ...],
    threads: int,
    devices: str | None,
    deadline_ms: float,
    rate: float | None,
    seconds: float,
    inputs: Rows,
) -> Row:
    """Measure every candidate in a fresh process on the chosen cores, and on every device of a Dask scheduler.

    Returns
    -------
    dict
        `places`: by name of the place, by name of the candidate, what `edge.places.process.measure_in_process` returns, or
        `lost`: the reason.
    """
    _, test = split(dataset, fold)
    table = device.device_rows(dataset)
    chosen = test[:_ROWS]
    rows = table[chosen] if isinstance(table, np.ndarray) else table.iloc[chosen]
    models = {}
    for name in names:
        content = BUILD.of(name).needed(inputs).onnx.tobytes()
        models[name] = Served(content, device.feeds(dataset, rows, session(content)))
    request = Request(cores, threads, deadline_ms, rate, seconds, seed)
    there = ", ".join(str(core) for core in cores) if cores else f"all {n_cores()}"
    places: dict[str, dict[str, Any]] = {
        f"this machine, core(s) {there}": {name: _here(model, request) for name, model in models.items()}
    }
    if devices is not None:
        far = Request((), threads, deadline_ms, rate, seconds, seed)  # cores are numbered otherwise there
        places |= _there(devices, models, far)
    return {"places": places}


def _there(devices: str, models: Mapping[str, Served], request: Request) -> dict[str, dict[str, Any]]:
    """Measure on the devices; one that has vanished since the run was planned does not take this machine's rows with it."""
    try:
        client = connect(devices)
    except SettingsError as error:
        return {f"the devices at {devices}": {name: {"lost": str(error)} for name in models}}
    try:
        found = measure_on_devices(client, models, request, patience_s=_PATIENCE_S)
    finally:
        client.close()
    return {f"device {device}": measured for device, measured in found.items()}


def _here(model: Served, request: Request) -> Row:
    try:
        return measure_in_process(model, request)
    except RuntimeError as error:
        return {"lost": str(error)}
