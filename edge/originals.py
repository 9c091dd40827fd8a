"""What does a process take that serves the original by scikit-learn? The same task as `edge.serving` sets.

`python -m edge.originals MODEL.pickle ROW.npz` reads a pickle that this very run has just written into a private
folder: what most programs do. No file that a user names is ever read so.
"""

import pickle
import sys
from pathlib import Path

__all__: list[str] = []


def _serve(file: str, rows: str) -> None:
    import numpy as np

    from edge.serving import peak_memory_mib

    with np.load(rows, allow_pickle=False) as stored:
        row = stored["rows"]
    model = pickle.loads(Path(file).read_bytes())  # noqa: S301 - written by the parent, read by nobody else
    model.predict_proba(row)
    sys.stdout.write("answered\n")
    sys.stdout.flush()
    for _ in range(20):
        model.predict_proba(row)
    sys.stdout.write(f"{peak_memory_mib()}\n")


if __name__ == "__main__":
    _serve(*sys.argv[1:])
