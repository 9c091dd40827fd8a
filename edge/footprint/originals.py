"""What does a process take that serves the original by scikit-learn?

`python -m edge.footprint.originals MODEL.skops ROW.npz` answers the task that `edge.footprint.server` has.
"""

import sys
from pathlib import Path

import numpy as np

from edge.exporting.originals import from_bytes
from edge.footprint.server import peak_memory_mib

__all__: list[str] = []


def _serve(file: str, rows: str) -> None:
    with np.load(rows, allow_pickle=False) as stored:
        row = stored["rows"]
    model = from_bytes(np.fromfile(Path(file), dtype=np.uint8))
    model.predict_proba(row)
    sys.stdout.write("answered\n")
    sys.stdout.flush()
    for _ in range(20):
        model.predict_proba(row)
    sys.stdout.write(f"{peak_memory_mib()}\n")


if __name__ == "__main__":
    _serve(*sys.argv[1:])
