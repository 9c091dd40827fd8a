"""How does the model do on other machines? Dask workers that were started on them measure it, each in a fresh process.

On a device:  dask worker tcp://HOST:8786 --name NAME --resources device=1
One worker stands for one device and measures one thing at a time. A device that vanishes loses its rows; the others'
stand. The model and the test rows travel to the workers; nothing else does.
"""

import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from edge.places.process import Request, Served, measure_in_process
from lab.errors import SettingsError
from lab.protocol import Row

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["connect", "measure_on_devices"]

_TAG = "device"
_CONNECT_S = 10
_LOOK_S = 0.5
_GONE = "the device vanished before it answered"
_CUT_OFF = "the Dask scheduler vanished before the device answered"


def connect(address: str) -> "Client":
    """Reach the scheduler.

    Raises
    ------
    SettingsError
        If Dask is not installed, nobody answers at the address, or no worker there has the tag.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise SettingsError(
            "measuring on other devices needs Dask, which is not installed; run  pip install 'future-tech-lab[cluster]'"
        ) from error
    try:
        _require_answer(address)
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"no Dask scheduler answers at {address!r}; start one with  dask scheduler  and give the address that it prints"
        ) from error
    if not _workers(client):
        client.close()
        raise SettingsError(
            f"the Dask scheduler at {address} has no worker with the tag {_TAG!r}; start one on each device with  "
            f"dask worker {address} --name NAME --resources {_TAG}=1"
        )
    return client


def _require_answer(address: str) -> None:
    """Raise OSError or ValueError where nothing listens at the address.

    A client that could not connect leaves an event loop behind, whose end can block the start of the next one.
    """
    from distributed.comm.addressing import get_address_host_port

    scheme, _, rest = address.rpartition("://")
    if scheme in ("", "tcp", "tls"):
        host, port = get_address_host_port(f"tcp://{rest}", strict=True)
        socket.create_connection((host, port), timeout=_CONNECT_S).close()


def measure_on_devices(
    client: "Client",
    models: Mapping[str, Served],
    request: Request,
    *,
    patience_s: float,
) -> dict[str, dict[str, Row]]:
    """Measure every model on every device.

    Parameters
    ----------
    patience_s : float
        A device that has not answered after so many seconds, per model, counts as lost.

    Returns
    -------
    dict of dict
        By name of the device, by name of the model: what `measure_in_process` returns, or `lost`: the reason. What
        had ended when a device or the scheduler vanished stands.
    """
    devices = _workers(client)
    running = {
        (device, name): client.submit(
            measure_in_process, model, request,
            workers=[address], allow_other_workers=False, resources={_TAG: 1}, pure=False, retries=0,
        )
        for device, address in devices.items()
        for name, model in models.items()
    }  # fmt: skip
    found: dict[str, dict[str, Row]] = {device: {} for device in devices}
    last = time.monotonic() + patience_s * len(models)
    while running:
        there = _still_there(client)
        if there is None:
            for device, name in running:
                found[device][name] = {"lost": _CUT_OFF}
            break
        for (device, name), future in list(running.items()):
            row = _row(future, gone=devices[device] not in there, late=time.monotonic() > last)
            if row is not None:
                found[device][name] = row
                del running[device, name]
        if running:
            time.sleep(_LOOK_S)
    return found


def _still_there(client: "Client") -> set[str] | None:
    """Addresses of the devices that the scheduler still sees; None where the scheduler itself is gone."""
    try:
        return set(_workers(client).values())
    except (OSError, RuntimeError, KeyError):  # a closed connection; a client that gave up knows no workers
        return None


def _row(future: Any, *, gone: bool, late: bool) -> Row | None:
    """Give the row of a measurement that has ended one way or the other; None while it runs."""
    if future.done():
        if future.status == "finished":
            row: Row = future.result()
            return row
        error = future.exception() if future.status == "error" else None
        died = error is None or type(error).__name__ == "KilledWorker"
        return {"lost": _GONE if died else " ".join(str(error).split())[:300]}
    if gone or late:
        future.cancel()
        return {"lost": _GONE if gone else "the device did not answer in time"}
    return None


def _workers(client: "Client") -> dict[str, str]:
    """Addresses of the devices by name."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    return {str(facts["name"]): address for address, facts in known.items() if facts.get("resources", {}).get(_TAG)}
