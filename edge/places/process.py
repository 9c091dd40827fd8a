"""What does a model take in a fresh process, on chosen cores and threads? This CPU, or whichever machine runs it.

`python -m edge.places.process FOLDER` reads the model, the rows and the request from the folder and prints what it found as
JSON. A process of its own is what a device runs; inside a busy one (the worker of a cluster, say) the tail grows.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import SettingsError
from lab.protocol import Row

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Request", "Served", "measure_in_process", "require_cores"]

_LONGEST_S = 600


@dataclass(frozen=True, eq=False)
class Served:
    """A model and what it answers: an ONNX file, and the matrices of shape (n_rows, n_columns) that it takes, by name."""

    model: bytes
    rows: "Mapping[str, np.ndarray]"


@dataclass(frozen=True)
class Request:
    """What to measure.

    Attributes
    ----------
    cores : tuple of int
        Cores of that machine that the process may use; empty for all that it finds.
    threads : int
        Threads of one call; 0 for one on each of those cores.
    deadline_ms, rate, seconds, seed :
        As in `edge.load.sweep.measure_load`.
    """

    cores: tuple[int, ...] = ()
    threads: int = 1
    deadline_ms: float = 1.0
    rate: float | None = None
    seconds: float = 1.0
    seed: int = 0


def require_cores(cores: tuple[int, ...]) -> None:
    """Raise SettingsError where this machine has not all of the cores."""
    if not cores:
        return
    if not hasattr(os, "sched_getaffinity"):
        raise SettingsError("cores cannot be chosen on this operating system; leave --cores out")
    there = os.sched_getaffinity(0)
    missing = sorted(set(cores) - there)
    if missing or len(set(cores)) != len(cores):
        shown = ", ".join(str(core) for core in sorted(there))
        raise SettingsError(
            f"cores are {', '.join(map(str, cores))}; each must be named once and be one of those that this process may use: {shown}"
        )


def measure_in_process(served: Served, request: Request) -> Row:
    """Measure a model in a fresh process.

    Returns
    -------
    dict
        What `edge.load.sweep.measure_load` returns, and `device` (description of the machine), `cores` (those used),
        `threads` and `peak_mib`.

    Raises
    ------
    RuntimeError
        If the process fails or takes longer than ten minutes; with the last line that it said.
    """
    import numpy as np

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.onnx").write_bytes(served.model)
        (folder / "request.json").write_text(json.dumps(asdict(request)), encoding="utf-8")
        stored: dict[str, Any] = {k: v.astype(str) if v.dtype == object else v for k, v in served.rows.items()}
        np.savez(folder / "rows.npz", **stored)
        command = [
            sys.executable,
            "-P",
            "-m",
            "edge.places.process",
            name,
        ]  # -P: no module from the folder that lab runs in
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"the process that measures did not end within {_LONGEST_S} s") from error
    if done.returncode:
        said = (done.stderr.strip() or "nothing").splitlines()[-1]
        raise RuntimeError(f"the process that measures failed (exit code {done.returncode}); it said: {said}")
    found: Row = json.loads(done.stdout)
    return found


def _measure(folder: Path) -> Row:
    import numpy as np
    import onnxruntime

    from edge.footprint.serving import peak_memory_mib
    from edge.load.sweep import measure_load
    from edge.timing.calls import bound_call
    from lab.machine import describe, n_cores

    request = Request(**json.loads((folder / "request.json").read_text(encoding="utf-8")))
    if request.cores:
        os.sched_setaffinity(0, request.cores)
    threads = request.threads or n_cores()
    with np.load(folder / "rows.npz", allow_pickle=False) as stored:
        rows = {
            name: stored[name].astype(object) if stored[name].dtype.kind == "U" else stored[name] for name in stored
        }
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = (folder / "model.onnx").read_bytes()
    ready = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    n_rows = len(next(iter(rows.values())))
    served = bound_call(ready, [{name: matrix[i : i + 1] for name, matrix in rows.items()} for i in range(n_rows)])
    found = measure_load(
        served.call,
        n_rows=served.n_rows,
        deadline_ms=request.deadline_ms,
        rate=request.rate,
        seconds=request.seconds,
        seed=request.seed,
    )
    used = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return asdict(found) | {"device": describe(), "cores": used, "threads": threads, "peak_mib": peak_memory_mib()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure(Path(sys.argv[1]))))
