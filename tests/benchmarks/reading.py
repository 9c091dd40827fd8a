"""What does it cost to read a large CSV file, and to judge its columns? Beside pandas and Arrow, which only parse it.

Each reader runs in a process of its own; printed are its CPU seconds, seconds and largest memory, and CPU as a ratio to Arrow's.
A tenth of the columns are categories, a tenth dates, a tenth numbers with a decimal comma in quotes; all others are numbers.

python tests/benchmarks/reading.py [--rows 1000000] [--columns 50]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

READERS = {
    "Arrow": "from pyarrow import csv; csv.read_csv(path)",
    "pandas": "import pandas; pandas.read_csv(path)",
    "lab.reading": "from lab.reading.read import read; from lab.reading.how import How; read(path, How(), target='y')",
    "lab.load": "from lab.data.load import load; load(path, 'y')",
}
MEASURED = """
import resource, sys, time
path = sys.argv[1]
began = time.perf_counter()
{body}
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss / (1 if sys.platform == "darwin" else 1024))
"""
PART = 10_000


def write(path, n_rows, n_columns):
    """Write a table of rows that differ, in parts."""
    rng = np.random.default_rng(0)
    kinds = ["category", "date", "comma", *["number"] * 7]
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(f"x{place}" for place in range(n_columns)) + ",y\n")
        for start in range(0, n_rows, PART):
            n = min(PART, n_rows - start)
            columns = [_column(kinds[place % len(kinds)], rng, n) for place in range(n_columns)]
            columns.append(rng.choice(["no", "yes"], n).tolist())
            stream.writelines(",".join(cells) + "\n" for cells in zip(*columns, strict=True))


def _column(kind, rng, n):
    if kind == "category":
        return rng.choice(["north", "south", "east", "west"], n).tolist()
    if kind == "date":
        return (np.datetime64("2020-01-01") + rng.integers(0, 1_500, n)).astype(str).tolist()
    numbers = rng.normal(100, 30, n).round(2)
    return [f'"{text}"'.replace(".", ",") if kind == "comma" else text for text in numbers.astype(str).tolist()]


def measured(body, path):
    """CPU seconds, seconds and megabytes of a reader."""
    code = MEASURED.format(body=body)
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        began = time.perf_counter()
        write(path, given.rows, given.columns)
        size = path.stat().st_size / 1e6
        print(
            f"{given.rows:,} rows x {given.columns} columns, {size:,.0f} MB, written in {time.perf_counter() - began:.0f} s"
        )
        first = None
        for name, body in READERS.items():
            cpu, wall, memory = measured(body, path)
            first = first or cpu
            print(
                f"{name:12} {cpu:7.1f} CPU s  {wall:7.1f} s  {memory:8,.0f} MB  {cpu / first:5.1f} x Arrow", flush=True
            )


if __name__ == "__main__":
    sys.exit(main())
