"""Is the sentence true of a table of a million rows, and how long does it take? Two labs at quick effort, as a user runs them.

    python tests/benchmarks/million_rows.py [--rows 1000000] [--labs interpretability,edge] [--folder FOLDER]

The table has 30 columns and a label of a logistic model with two products of columns, which no sum of functions of single columns
can say. The truth is that of the generator, from as many fresh rows: the ROC AUC and the accuracy of the true chances, which a
black box comes to, and those of the best sum of functions (the products gone, since each has no mean given one of its columns).
Printed for each lab: wall and CPU seconds, the most memory that all its processes held at one time, and the sentence.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import expit
from sklearn.metrics import roc_auc_score

COLUMNS = 30
WEIGHTS = np.linspace(1.0, 0.1, 10)
SAMPLED_EVERY = 0.5  # seconds


def draw(rng, n_rows):
    """Features of shape (n_rows, 30), the part of the log odds that single columns say, and all of it."""
    features = rng.normal(size=(n_rows, COLUMNS)).astype(np.float32)
    single = features[:, :10] @ WEIGHTS
    return features, single, single + 1.2 * features[:, 10] * features[:, 11] + 0.8 * features[:, 12] * features[:, 13]


def truth(n_rows):
    """ROC AUC and accuracy, in points, of the true chances and of the best sum of functions of single columns."""
    rng = np.random.default_rng(1)
    _, single, both = draw(rng, n_rows)
    label = rng.random(n_rows) < expit(both)
    return {
        name: (100 * roc_auc_score(label, s), 100 * np.mean((s > 0) == label))
        for name, s in [("all", both), ("sum", single)]
    }


def write(path, n_rows):
    rng = np.random.default_rng(0)
    features, _, both = draw(rng, n_rows)
    columns = {f"x{place:02d}": features[:, place] for place in range(COLUMNS)}
    columns["bought"] = np.where(rng.random(n_rows) < expit(both), "yes", "no")
    pq.write_table(pa.table(columns), path)


def held_by(process):
    """Memory of a process and all below it, in bytes; what is shared is counted once for each."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss if hasattr(one.memory_full_info(), "pss") else one.memory_info().rss
        except psutil.Error:
            continue
    return total


def run(lab, path, out):
    """Run one lab; gives wall seconds, CPU seconds of all processes, the most memory in GB, and its record."""
    words = [
        sys.executable,
        "-P",
        "-m",
        "lab",
        "run",
        lab,
        path.name,
        "--target",
        "bought",
        "--effort",
        "quick",
        "--out",
        str(out),
    ]
    before = psutil.Process().cpu_times()
    start = time.perf_counter()
    child = psutil.Popen(words, cwd=path.parent, stdout=subprocess.DEVNULL)
    most, done = [0], threading.Event()

    def watch():
        while not done.wait(SAMPLED_EVERY):
            try:
                most[0] = max(most[0], held_by(child))
            except psutil.Error:
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = child.wait()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    if code:
        raise SystemExit(f"lab run {lab} ended with {code}")
    after = psutil.Process().cpu_times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    (record,) = out.rglob("record.json")
    return seconds, spent, most[0] / 1e9, json.loads(record.read_text(encoding="utf-8"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--labs", default="interpretability,edge")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    for name, (auc, accuracy) in truth(given.rows).items():
        print(f"truth, {name:3}: ROC AUC {auc:.2f}, accuracy {accuracy:.2f}")
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "table.parquet"
        write(path, given.rows)
        for lab in given.labs.split(","):
            seconds, spent, memory, record = run(lab, path, Path(folder) / lab)
            print(
                f"{lab}: {seconds:.0f} s, {spent:.0f} CPU s, {memory:.1f} GB at most, {record['verdict']['headline']}"
            )
            print(f"  {record['verdict']['sentence']}", flush=True)


if __name__ == "__main__":
    main()
