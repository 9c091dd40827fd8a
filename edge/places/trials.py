"""What work is done elsewhere? Candidates measured on chosen cores and threads of this machine, and on other devices."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from edge.building.trials import BUILD
from edge.exporting import device
from edge.places.device_rows import Placed
from edge.places.devices import connect, measure_on_devices
from edge.places.process import Request, Served, measure_in_process
from edge.session import session
from lab.errors import SettingsError
from lab.host.machine import n_cores
from lab.learning.folds import Fold, split
from lab.privacy.cells import without_cells
from lab.protocol import Dataset, Key, Rows

__all__ = ["PLACES", "PlacesRow", "elsewhere"]

_ROWS = 200
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class PlacesRow:
    """By name of the place, by name of the candidate: what was found there, or why it was lost."""

    places: Mapping[str, Mapping[str, Placed]]


PLACES = Key("places", PlacesRow)


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
) -> PlacesRow:
    """Measure every candidate in a fresh process on the chosen cores, and on every device of a Dask scheduler."""
    _, test = split(dataset, fold)
    rows = device.device_rows_at(dataset, test[:_ROWS])
    models = {}
    for name in names:
        content = BUILD.of(name).needed(inputs).onnx.tobytes()
        models[name] = Served(content, device.feeds(dataset, rows, session(content)))
    request = Request(cores, threads, deadline_ms, rate, seconds, seed)
    here = ", ".join(str(core) for core in cores) if cores else f"all {n_cores()}"
    places = {f"this machine, core(s) {here}": {name: _here(model, request) for name, model in models.items()}}
    if devices is not None:
        far = Request((), threads, deadline_ms, rate, seconds, seed)  # cores are numbered otherwise there
        places |= _there(devices, models, far)
    return PlacesRow(
        {
            place: {
                name: dataclasses.replace(found, lost=without_cells(found.lost, dataset))
                for name, found in there.items()
            }
            for place, there in places.items()
        }
    )


def _there(devices: str, models: Mapping[str, Served], request: Request) -> dict[str, dict[str, Placed]]:
    """Measure on the devices; one that has vanished since the run was planned does not take this machine's rows with it."""
    try:
        known = connect(devices)
    except SettingsError as error:
        return {f"the devices at {devices}": {name: Placed(lost=str(error)) for name in models}}
    found = measure_on_devices(known, models, request, patience_s=_PATIENCE_S)
    return {f"device {device}": measured for device, measured in found.items()}


def _here(model: Served, request: Request) -> Placed:
    try:
        return Placed(measure_in_process(model, request))
    except RuntimeError as error:
        return Placed(lost=str(error))
