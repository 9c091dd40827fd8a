"""How long does a run of the edge lab take on 50,000 rows of 30 numbers? Targets: 90 s standard, 20 s quick.

python tests/benchmarks/edge_run.py [quick] [standard]
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TARGETS = {"quick": 20.0, "standard": 90.0}


def write_table(path: Path, n_rows: int = 50_000) -> None:
    """Write rows of 30 numbers: ten carry a signal with interactions, the rest none."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n_rows, 30))
    score = numbers[:, :8].sum(axis=1) / 2 + 2 * numbers[:, 8] * numbers[:, 9]
    target = (score + rng.normal(size=len(score)) > 0).astype(int)
    head = ",".join([*(f"x{place}" for place in range(30)), "y"])
    np.savetxt(
        path, np.column_stack([numbers, target]), delimiter=",", header=head, comments="", fmt=["%.9g"] * 30 + ["%d"]
    )


def main() -> None:
    """Run both efforts, each in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        write_table(table)
        for effort in sys.argv[1:] or list(TARGETS):
            start = time.perf_counter()
            command = [sys.executable, "-m", "lab", "run", "edge", str(table), "--target", "y", "--effort", effort]
            subprocess.run([*command, "--quiet", "--out", str(Path(folder) / effort)], check=True)
            seconds = time.perf_counter() - start
            print(f"{effort:10}{seconds:8.1f} s   target {TARGETS[effort]:.0f} s", flush=True)


if __name__ == "__main__":
    main()
