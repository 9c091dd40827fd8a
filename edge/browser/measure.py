"""What does a model take in a browser? A fresh headless Chromium loads it by onnxruntime-web and answers rows one by one.

WebAssembly on one thread. The page comes from a server on the loopback interface and can load nothing from elsewhere:
the browser resolves no names, and asks the system for a way to an address of the internet without sending anything. Its
command line, which every user can read, names a file that only this user can (`lab.host.loopback`). Its standard input is
a pipe of ours that it reads as its debugging pipe; when we close our end, or are killed, it ends by itself.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.browser.runtime_files import WebRuntime
from edge.exporting.device import identity_model
from edge.session import OUTPUT
from lab.host.loopback import Loopback, Served
from lab.host.scratch import scratch_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BrowserTimes", "InBrowser", "Timing", "measure_in_browser"]

_PATIENCE_S = 180.0
_ENDS_S = 10.0
_LOADS = 7  # the fewest of which the median has a 95 % interval are 6
_LONG_LOAD_MS = 2_000.0
_HERE = Path(__file__).parent
_RUNTIME_NAMES = ("ort.mjs", "glue.mjs", "runtime.wasm")
_SAID = "messages.txt"
_SCRIPT, _BYTES = "text/javascript; charset=utf-8", "application/octet-stream"
_FLAGS = (
    "--headless=new", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--no-first-run", "--no-default-browser-check", "--no-proxy-server", "--disable-quic",
    "--disable-domain-reliability", "--disable-breakpad", "--disable-client-side-phishing-detection", "--disable-default-apps",
    "--metrics-recording-only", "--no-pings", "--dns-prefetch-disable", "--disable-search-engine-choice-screen",
    "--disable-features=MediaRouter,DialMediaRouteProvider,OptimizationHints,Translate,AutofillServerCommunication",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-pipe",
)  # fmt: skip


@dataclass(frozen=True)
class Timing:
    """How long to measure: `rounds` of about `round_ms` milliseconds, each of `fewest` to `most` calls."""

    rounds: int
    round_ms: float = 50.0
    fewest: int = 20
    most: int = 400


@dataclass(frozen=True, eq=False)
class BrowserTimes:
    """What a model took in a browser.

    Attributes
    ----------
    times : array of shape (rounds, calls), int64
        Nanoseconds of every call: tensor made, graph run, answer there. Steps of `clock_step_ms`.
    loads_s : tuple of float
        Seconds from the request for the model's file to a session; one of them where a load takes over 2 s.
    runtime_s : float
        Seconds from the request for the runtime's script to a session of an empty model, once.
    runtime_bytes, model_bytes : int
        What the server sent for the runtime, and for the model once.
    agent, version : str
        The browser, and the runtime as it names itself.
    clock_step_ms : float
        Smallest step of the page's clock.
    """

    times: np.ndarray
    loads_s: tuple[float, ...]
    runtime_s: float
    runtime_bytes: int
    model_bytes: int
    agent: str
    version: str
    clock_step_ms: float


@dataclass(frozen=True, eq=False)
class InBrowser(BrowserTimes):
    """What came of a model in a browser: beside its times its answers.

    Attributes
    ----------
    answers : array of shape (n_rows, n_classes)
        Probabilities of every row, asked one by one; NaN where a number is not finite.
    """

    answers: "NDArray[np.float64]"


def measure_in_browser(
    model: bytes,
    rows: "Mapping[str, NDArray]",
    *,
    timed: int,
    timing: Timing,
    chromium: str,
    runtime: WebRuntime,
    patience_s: float = _PATIENCE_S,
) -> InBrowser:
    """Measure a model in a fresh browser.

    Parameters
    ----------
    model : bytes
        An ONNX file with an output `probabilities`.
    rows : mapping of str to array of shape (n_rows, n_columns)
        What it takes, by name of its input: float32, float64, or texts (object).
    timed : int
        The first so many rows are those that are timed, in turn; all rows are answered once.
    patience_s : float
        Seconds after which the browser is given up.

    Raises
    ------
    RuntimeError
        If the browser does not start or ends, the model does not run in it, or it does not answer in time.
    """
    n_rows = len(next(iter(rows.values())))
    work = {
        "inputs": {name: {"type": _type(matrix), "width": matrix.shape[1]} for name, matrix in rows.items()},
        "output": OUTPUT, "rows": n_rows, "timed": min(timed, n_rows), "loads": _LOADS, "longLoadMs": _LONG_LOAD_MS,
        "rounds": timing.rounds, "roundMs": timing.round_ms, "fewest": timing.fewest, "most": timing.most,
    }  # fmt: skip
    files = {
        "page": Served("text/html; charset=utf-8", (_HERE / "browser.html").read_bytes()),
        "page.js": Served(_SCRIPT, (_HERE / "browser.js").read_bytes()),
        "ort.mjs": Served(_SCRIPT, runtime.module.read_bytes()),
        "glue.mjs": Served(_SCRIPT, runtime.glue.read_bytes()),
        "runtime.wasm": Served("application/wasm", runtime.wasm.read_bytes()),
        "work": Served("application/json", json.dumps(work).encode()),
        "empty": Served(_BYTES, identity_model(1)),
        "model": Served(_BYTES, model),
        **{name: Served(_BYTES, _packed(matrix)) for name, matrix in rows.items()},
    }
    with (
        Loopback(files) as server,
        scratch_folder() as folder,
        _browser(chromium, server.hand_over("page", folder), folder) as (process, messages),
    ):
        _wait(server, process, messages, patience_s)
        sent = dict(server.sent)
    return _read(json.loads(server.result), sent, n_rows)


def _type(matrix: "NDArray") -> str:
    return "string" if matrix.dtype == object else str(matrix.dtype)


def _packed(matrix: "NDArray") -> bytes:
    if matrix.dtype == object:
        return json.dumps([str(text) for text in matrix.ravel()]).encode()
    return np.ascontiguousarray(matrix, matrix.dtype.newbyteorder("<")).tobytes()


@contextmanager
def _browser(chromium: str, address: str, folder: Path) -> "Iterator[tuple[subprocess.Popen[bytes], Path]]":
    """Start a browser with a profile of its own, and end it whatever happens; gives the file of what it says too.

    Parameters
    ----------
    address : str
        What stands on its command line, which every user of the machine can read.
    folder : Path
        An empty folder, closed to others, that is removed later; profile and sockets go there.
    """
    # for root Chromium has no sandbox; what it runs are our exports, or a file that passed the checks of `edge.given.intake`
    flags = [*_FLAGS, "--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else list(_FLAGS)
    # its sockets go there too, by a path from there: that of a run may be longer than a socket's can be
    # the debugging pipe is file 3 (read) and 4 (written): our pipe, and nothing
    piped = ["/bin/sh", "-c", 'exec "$0" "$@" 3<&0 4>/dev/null', str(Path(chromium).absolute()), *flags]
    with (
        (folder / _SAID).open("wb") as said,
        subprocess.Popen(
            [*piped, f"--user-data-dir={folder / 'profile'}", address],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, cwd=folder, env=os.environ | {"TMPDIR": "."},
        ) as process,
    ):  # fmt: skip
        try:
            yield process, folder / _SAID
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.communicate(timeout=_ENDS_S)  # closes its input
    except subprocess.TimeoutExpired:
        process.kill()


def _wait(server: Loopback, process: "subprocess.Popen[bytes]", messages: Path, patience_s: float) -> None:
    last = time.monotonic() + patience_s
    while not server.answered.wait(0.1):
        if process.poll() is not None:
            line = (messages.read_text(errors="replace").strip() or "nothing").splitlines()[-1][:300]
            raise RuntimeError(
                f"the browser exited before it answered (exit code {process.returncode}); it said: {line}"
            )
        if time.monotonic() > last:
            raise RuntimeError(f"the browser did not answer within {patience_s:g} s; close other programs")


def _read(said: Mapping[str, Any], sent: Mapping[str, int], n_rows: int) -> InBrowser:
    if "error" in said:
        raise RuntimeError(f"the model does not run in the browser: {' '.join(str(said['error']).split())[:300]}")
    if not said["isolated"]:
        raise RuntimeError("the browser did not isolate the page, so its clock is too coarse")
    answers = np.array(said["answers"], dtype=np.float64)
    if answers.ndim != 2 or len(answers) != n_rows:
        raise RuntimeError("in the browser the model's answers have a different shape")
    return InBrowser(
        times=np.round(np.array(said["timesMs"], dtype=np.float64) * 1e6).astype(np.int64),
        answers=answers,
        loads_s=tuple(float(load) / 1e3 for load in said["loadsMs"]),
        runtime_s=float(said["runtimeMs"]) / 1e3,
        runtime_bytes=sum(sent.get(name, 0) for name in _RUNTIME_NAMES),
        model_bytes=sent.get("model", 0) // max(len(said["loadsMs"]), 1),
        agent=_named(str(said["agent"])),
        version=str(said["version"]),
        clock_step_ms=float(said["clockStepMs"]),
    )


def _named(agent: str) -> str:
    """Name the browser in its own words.

    >>> _named("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari")
    'HeadlessChrome/156.0.0.0'
    """
    return next((word for word in agent.split() if "Chrome/" in word), "unknown browser")
