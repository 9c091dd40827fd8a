"""Who speaks with the Dask scheduler? A process that reads no objects, and hands on plain data only.

`python -m edge.places.device_client FOLDER` reads the request, the models and the rows from the folder, and prints a line of JSON
for each thing that it learns: the devices' names, or why there are none; for each model on each device the bytes that came
back, as text; that it is done. Whatever the scheduler or a device sends, it cannot run code here (`edge.places.plain_unpickling`).
"""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.places.process import Request, Served, measure_as_json

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["measure"]

_TAG = "device"
_CONNECT_S = 10
_LOOK_S = 0.5
_MEMORY = 8 * 10**9
_GONE = "the device disappeared before it answered"
_CUT_OFF = "the Dask scheduler disappeared before the device answered"
_NOT_PLAIN = "the device's answer is not plain data"
Tell = Callable[[dict[str, Any]], None]


def measure(client: "Client", models: Mapping[str, Served], request: Request, *, patience_s: float, tell: Tell) -> None:
    """Measure every model on every device, and tell of each what came back, as soon as it is there.

    Parameters
    ----------
    patience_s : float
        A device that has not answered after so many seconds, per model, counts as lost.
    tell : callable
        Takes `{"device": name, "model": name}` with `answer` (text) or `lost` (the reason).
    """
    devices = _workers(client)
    running = {
        (device, name): client.submit(
            measure_as_json, model, request,
            workers=[address], allow_other_workers=False, resources={_TAG: 1}, pure=False, retries=0,
        )
        for device, address in devices.items()
        for name, model in models.items()
    }  # fmt: skip
    last = time.monotonic() + patience_s * len(models)
    while running:
        ended = {key: future.done() for key, future in running.items()}
        there = _still_there(client)  # after that: what ended because its device vanished is seen to
        for (device, name), future in list(running.items()):
            gone = there is not None and devices[device] not in there
            late = time.monotonic() > last
            found = {"lost": _CUT_OFF} if there is None else _found(future, ended[device, name], gone=gone, late=late)
            if found is not None:
                tell({"device": device, "model": name, **found})
                del running[device, name]
        if running:
            time.sleep(_LOOK_S)


def _still_there(client: "Client") -> set[str] | None:
    """Addresses of the devices that the scheduler still sees; None where the scheduler itself is gone."""
    try:
        return set(_workers(client).values())
    except (
        OSError,
        RuntimeError,
        KeyError,
        TypeError,
        AttributeError,
    ):  # closed; or it sends what is no list of workers
        return None


def _found(future: Any, ended: bool, *, gone: bool, late: bool) -> dict[str, str] | None:
    """Give what came of a measurement that has ended one way or the other; None while it runs."""
    if ended:
        if future.status == "finished":
            return _answer(future)
        return {
            "lost": _GONE if gone or future.status != "error" else _NOT_PLAIN
        }  # an honest device sends failures as text
    if gone or late:
        future.cancel()
        return {"lost": _GONE if gone else "the device did not answer in time"}
    return None


def _answer(future: Any) -> dict[str, str]:
    try:
        content = future.result(timeout=_CONNECT_S)
    except Exception:  # noqa: BLE001 - a hostile device makes the client fail in any way
        return {"lost": _NOT_PLAIN}
    if not isinstance(content, bytes | bytearray | memoryview):
        return {"lost": _NOT_PLAIN}
    return {"answer": bytes(content).decode("utf-8", "replace")}


def _workers(client: "Client") -> dict[str, str]:
    """Addresses of the devices by name."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    return {str(facts["name"]): address for address, facts in known.items() if facts.get("resources", {}).get(_TAG)}


def _require_answer(address: str) -> None:
    """Raise OSError or ValueError where nothing listens at the address.

    A client that could not connect leaves an event loop behind, whose end can block the start of the next one.
    """
    from distributed.comm.addressing import get_address_host_port

    scheme, _, rest = address.rpartition("://")
    if scheme in ("", "tcp", "tls"):
        host, port = get_address_host_port(f"tcp://{rest}", strict=True)
        socket.create_connection((host, port), timeout=_CONNECT_S).close()


def _limit() -> None:
    """Keep what devices send from filling the memory of this machine; macOS does not keep to it."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def _converse(folder: Path, tell: Tell) -> None:
    from edge.places.plain_unpickling import refuse_names, refuse_objects

    refuse_objects()
    from distributed import Client

    refuse_names()
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    address = request["address"]
    try:
        _require_answer(address)
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except Exception as error:  # noqa: BLE001 - one that answers may not speak as a scheduler does
        tell({"unreachable": type(error).__name__})
        return
    tell({"names": list(_workers(client))})
    if request["models"]:
        models = {name: Served.read(folder / str(place)) for place, name in enumerate(request["models"])}
        asked = Request.of(request["request"])
        measure(client, models, asked, patience_s=request["patience_s"], tell=tell)
    tell({"done": True})


def _main(folder: Path) -> None:
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what a scheduler has a client print goes elsewhere
    os.dup2(2, 1)
    _limit()

    def tell(said: dict[str, Any]) -> None:
        lines.write(json.dumps(said) + "\n")
        lines.flush()

    _converse(folder, tell)
    os._exit(0)  # an event loop whose other end is silent may never end


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
