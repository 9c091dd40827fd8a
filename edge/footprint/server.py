"""What runs in a process that only serves the model? As little as it takes: what is imported here counts as its memory.

`python -m edge.footprint.server MODEL.onnx ROW.npz` loads the model, answers one row and says so, answers 200 more and prints
its peak memory: the very process that is measured.
"""

import sys
from pathlib import Path

__all__ = ["peak_memory_mib"]


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
