"""What does a process that only serves the model take? Cold start and peak memory, in fresh processes.

`python -m edge.footprint.serving MODEL.onnx ROW.npz` loads the model, answers one row and says so, answers 200 more and prints
its peak memory: the very process that is measured.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.children import started_child
from lab.scratch import scratch_folder

if TYPE_CHECKING:
    import numpy as np

__all__ = ["serve_in_fresh_processes"]


def serve_in_fresh_processes(
    model: bytes, row: "dict[str, np.ndarray]", *, processes: int, module: str = "edge.footprint.serving"
) -> tuple[list[float], list[float]]:
    """Start processes one after another.

    Parameters
    ----------
    model : bytes
        An ONNX file, or what `module` reads.
    row : dict of str to numpy.ndarray of shape (1, n_columns)
        What to answer.
    processes : int
        How many; a median has an interval from six on.
    module : str
        The program that serves.

    Returns
    -------
    seconds, mebibytes : lists of float of length `processes`
        From the start of the process to its first answer; its peak resident memory.
    """
    import numpy as np

    seconds, mebibytes = [], []
    with scratch_folder() as folder:
        file, rows = folder / "model.onnx", folder / "row.npz"
        file.write_bytes(model)
        stored: dict[str, Any] = {k: v.astype(str) if v.dtype == object else v for k, v in row.items()}
        np.savez(rows, **stored)
        for _ in range(processes):
            start = time.perf_counter()
            with started_child(module, str(file), str(rows), stdout=subprocess.PIPE) as process:
                first = process.stdout.readline() if process.stdout else ""
                seconds.append(time.perf_counter() - start)
                rest = process.stdout.readline() if process.stdout else ""
            if process.returncode or first.strip() != "answered":
                raise RuntimeError(
                    "a process that only serves the model failed to answer; its message stands in the log"
                )
            mebibytes.append(float(rest))
    return seconds, mebibytes


def peak_memory_mib() -> float:
    """Peak resident memory of this process; on Linux from VmHWM, because `ru_maxrss` inherits the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS


def _serve(file: str, rows: str) -> None:
    import numpy as np

    from edge.session import OUTPUT, session

    with np.load(rows, allow_pickle=False) as stored:
        row = {name: stored[name].astype(object) if stored[name].dtype.kind == "U" else stored[name] for name in stored}
    ready = session(Path(file).read_bytes())
    ready.run([OUTPUT], row)
    sys.stdout.write("answered\n")
    sys.stdout.flush()
    for _ in range(200):
        ready.run([OUTPUT], row)
    sys.stdout.write(f"{peak_memory_mib()}\n")


if __name__ == "__main__":
    _serve(*sys.argv[1:])
