"""How does the model do on other machines? Dask workers that were started on them measure it, each in a fresh process.

On a device:  dask worker tcp://HOST:8786 --name NAME --resources device=1
One worker stands for one device and measures one thing at a time. A device that vanishes loses its rows; the others'
stand. The model and the test rows travel to the workers; nothing else does. What comes back is plain data: another
process speaks with the scheduler (`edge.places.device_client`), and a row that is none (`edge.places.device_rows`) is lost.
The devices trust the scheduler, and whoever reaches it: beyond this machine it belongs behind tls:// with keys of its own.
"""

import importlib.util
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from edge.places.device_rows import Placed, checked
from edge.places.process import Request, Served
from lab.cleaning import clean, short
from lab.errors import SettingsError
from lab.host.children import started_child
from lab.host.scratch import scratch_folder

__all__ = ["Devices", "connect", "measure_on_devices"]

_TAG = "device"
_START_S = 60.0
_CUT_OFF = "the connection to the Dask scheduler ended before the device answered"
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Devices:
    """The devices that a scheduler listed."""

    address: str
    names: tuple[str, ...]


def connect(address: str) -> Devices:
    """Ask a scheduler for its devices.

    Raises
    ------
    SettingsError
        If Dask is not installed, nobody answers at the address, or no worker there has the tag.
    """
    if importlib.util.find_spec("distributed") is None:
        raise SettingsError(
            "measuring on other devices needs Dask, which is not installed; run  pip install 'future-tech-lab[cluster]'"
        )
    with _conversation(address, {}, Request(), 0.0, longest_s=_START_S) as lines:
        said = next(lines, {})
    if "names" not in said:
        keys = (
            " (tls:// needs the keys that Dask's setting distributed.comm.tls names)"
            if address.startswith("tls")
            else ""
        )
        raise SettingsError(
            f"no Dask scheduler answers at {address!r}{keys}; start one with  dask scheduler  and give the address that it prints"
        )
    names = _names(said)
    if not names:
        raise SettingsError(
            f"the Dask scheduler at {address} has no worker with the resource {_TAG!r}; start one on each device with  "
            f"dask worker {address} --name NAME --resources {_TAG}=1"
        )
    return Devices(address, tuple(names.values()))


def measure_on_devices(
    devices: Devices, models: Mapping[str, Served], request: Request, *, patience_s: float
) -> dict[str, dict[str, Placed]]:
    """Measure every model on every device.

    Parameters
    ----------
    patience_s : float
        A device that has not answered after so many seconds, per model, counts as lost.

    Returns
    -------
    dict of dict
        By name of the device, by name of the model: what was found, or why it was lost. What
        had ended when a device or the scheduler vanished stands.
    """
    longest = _START_S + patience_s * len(models)
    found: dict[str, dict[str, Placed]] = {name: {} for name in devices.names}
    with _conversation(devices.address, models, request, patience_s, longest_s=longest) as lines:
        names = _names(next(lines, {}))
        found |= {name: {} for name in names.values()}
        for said in lines:
            name = names.get(str(said.get("device")))
            if name is not None and said.get("model") in models:
                found[name][said["model"]] = _row(said)
    for measured in found.values():
        for model in models:
            measured.setdefault(model, Placed(lost=_CUT_OFF))
    return found


def _row(said: Mapping[str, Any]) -> Placed:
    if "answer" not in said:
        return Placed(lost=short(clean(str(said.get("lost"))), 300))
    try:
        return checked(said["answer"].encode())
    except ValueError as error:
        return Placed(lost=f"the device's answer {error}")


def _names(said: Mapping[str, Any]) -> dict[str, str]:
    """Give the devices' names as they are shown, by those that they call themselves."""
    return {str(name): short(clean(str(name)), _LONGEST_NAME) for name in said.get("names", ())}


@contextmanager
def _conversation(
    address: str, models: Mapping[str, Served], request: Request, patience_s: float, *, longest_s: float
) -> Iterator[Iterator[dict[str, Any]]]:
    """Have another process speak with the scheduler; gives what it says, line by line."""
    with scratch_folder() as folder:
        wanted = {"address": address, "models": list(models), "request": asdict(request), "patience_s": patience_s}
        (folder / "request.json").write_text(json.dumps(wanted), encoding="utf-8")
        for place, served in enumerate(models.values()):
            served.write(folder / str(place))
        with started_child(
            "edge.places.device_client", str(folder),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            watch = threading.Timer(longest_s, process.kill)
            watch.daemon = True
            watch.start()
            try:
                yield _lines(process)
            finally:
                watch.cancel()
                process.kill()


def _lines(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    for line in process.stdout or ():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(said, dict) or "done" in said:
            return
        yield said
