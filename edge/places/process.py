"""What does a model take in a fresh process, on chosen cores and threads? This CPU, or whichever machine runs it.

`python -m edge.places.process FOLDER` reads the model, the rows and the request from the folder and prints what it found as
JSON. A process of its own is what a device runs; inside a busy one (the worker of a cluster, say) the tail grows.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.load.sweep import Loaded, measure_load
from lab.errors import SettingsError
from lab.host.children import run_child
from lab.host.scratch import scratch_folder
from lab.work.rows import typed

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Machine", "ProcessRow", "Request", "Served", "measure_as_json", "measure_in_process", "require_cores"]

_LONGEST_S = 600


@dataclass(frozen=True, eq=False)
class Served:
    """A model and what it answers: an ONNX file, and the matrices of shape (n_rows, n_columns) that it takes, by name."""

    model: bytes
    rows: "Mapping[str, np.ndarray]"

    def write(self, folder: Path) -> None:
        """Put both into a folder, which is made, as plain data."""
        import numpy as np

        folder.mkdir(exist_ok=True)
        (folder / "model.onnx").write_bytes(self.model)
        texts = {name: matrix.tolist() for name, matrix in self.rows.items() if matrix.dtype == object}
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        numbers: dict[str, Any] = {name: matrix for name, matrix in self.rows.items() if matrix.dtype != object}
        np.savez(folder / "rows.npz", **numbers)

    @classmethod
    def read(cls, folder: Path) -> "Served":
        """Read what `write` put there."""
        import numpy as np

        with np.load(folder / "rows.npz", allow_pickle=False) as stored:
            rows = {name: stored[name] for name in stored}
        texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        rows |= {name: np.array(matrix, dtype=object) for name, matrix in texts.items()}
        return cls((folder / "model.onnx").read_bytes(), rows)


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

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Request":
        """Make one of what JSON gives back."""
        return cls(**{**plain, "cores": tuple(plain["cores"])})


@dataclass(frozen=True)
class Machine:
    """What `lab.host.machine.describe` says of a machine, as far as a place is told by it."""

    python: str
    packages: Mapping[str, str]
    system: str
    processor: str
    cores: int
    memory_gib: float | None
    governor: str


@dataclass(frozen=True)
class ProcessRow(Loaded):
    """A model in a fresh process under load.

    Attributes
    ----------
    device : Machine
        Where it ran.
    cores : tuple of int
        The cores that it could use; empty where that cannot be told.
    threads : int
        Threads of a call.
    peak_mib : float or None
        Peak memory of the process.
    """

    device: Machine
    cores: tuple[int, ...]
    threads: int
    peak_mib: float | None


def require_cores(cores: tuple[int, ...]) -> None:
    """Raise SettingsError where this machine has not all of the cores."""
    if not cores:
        return
    if not hasattr(os, "sched_getaffinity"):
        raise SettingsError("cores cannot be selected on this operating system; omit --cores")
    there = os.sched_getaffinity(0)
    missing = sorted(set(cores) - there)
    if missing or len(set(cores)) != len(cores):
        shown = ", ".join(str(core) for core in sorted(there))
        raise SettingsError(
            f"cores are {', '.join(map(str, cores))}; each must be named once and be one of those that this process may use: {shown}"
        )


def measure_in_process(served: Served, request: Request) -> ProcessRow:
    """Measure a model in a fresh process.

    Raises
    ------
    RuntimeError
        If the process fails or takes longer than ten minutes; with the last line that it said.
    """
    with scratch_folder() as folder:
        served.write(folder)
        (folder / "request.json").write_text(json.dumps(asdict(request)), encoding="utf-8")
        try:
            done = run_child("edge.places.process", str(folder), timeout=_LONGEST_S)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(
                f"the process that measures did not end within {_LONGEST_S} s; lower --load-seconds"
            ) from error
    if done.returncode:
        said = (done.stderr.strip() or "nothing").splitlines()[-1]
        raise RuntimeError(f"the process that measures failed (exit code {done.returncode}); it said: {said}")
    return typed(json.loads(done.stdout), ProcessRow)


def measure_as_json(served: Served, request: Request) -> bytes:
    """Measure as `measure_in_process` does, on a device; what goes back is the JSON of its row, or of `lost`: the reason."""
    try:
        row = asdict(measure_in_process(served, request))
    except Exception as error:  # noqa: BLE001 - whatever it is, it goes back as a text and not as an object
        row = {"lost": " ".join(str(error).split())[:300]}
    return json.dumps(row).encode()


def _measure(folder: Path) -> ProcessRow:
    import onnxruntime

    from edge.footprint.server import peak_memory_mib
    from edge.timing.calls import bound_call
    from lab.host.machine import describe, n_cores

    request = Request.of(json.loads((folder / "request.json").read_text(encoding="utf-8")))
    if request.cores:
        os.sched_setaffinity(0, request.cores)
    threads = request.threads or n_cores()
    given = Served.read(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    ready = onnxruntime.InferenceSession(given.model, options, providers=["CPUExecutionProvider"])
    n_rows = len(next(iter(given.rows.values())))
    served = bound_call(
        ready, [{name: matrix[i : i + 1] for name, matrix in given.rows.items()} for i in range(n_rows)]
    )
    found = measure_load(
        served.call,
        n_rows=served.n_rows,
        deadline_ms=request.deadline_ms,
        rate=request.rate,
        seconds=request.seconds,
        seed=request.seed,
    )
    used = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    machine = typed(describe(), Machine)
    return ProcessRow(found.service_ms, found.runs, machine, tuple(used), threads, peak_memory_mib())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_measure(Path(sys.argv[1])))))
