"""What does a process that only serves the model take? Cold start and peak memory, in fresh processes."""

import subprocess
import time
from typing import TYPE_CHECKING, Any

from lab.host.children import started_child
from lab.host.scratch import scratch_folder

if TYPE_CHECKING:
    import numpy as np

__all__ = ["serve_in_fresh_processes"]


def serve_in_fresh_processes(
    model: bytes, row: "dict[str, np.ndarray]", *, processes: int, module: str = "edge.footprint.server"
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

    Raises
    ------
    RuntimeError
        If a process ends without an answer.
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
                    "a process that only serves the model failed to answer; see its message in the log, and run again"
                )
            mebibytes.append(float(rest))
    return seconds, mebibytes
