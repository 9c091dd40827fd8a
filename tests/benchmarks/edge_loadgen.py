"""Do our percentiles agree with MLPerf LoadGen's? Both call the same models in one process, in interleaved rounds.

    python tests/benchmarks/edge_loadgen.py [--quick] [--peers DIR]

LoadGen's SingleStream scenario calls one row after another, as our closed loop does. Models: a stand-in that waits on
the clock (150 us, and 600 us for 2 % of the rows), and a forest of 300 trees in ONNX Runtime. LoadGen from Python
costs some microseconds a query, so that models far above that are compared. LoadGen is installed into an environment
of its own below DIR. What each harness takes for an empty call (p50) is taken off. Two percentiles agree if their 95 %
intervals overlap: ours is distribution-free over all calls, LoadGen's is the t interval over the rounds.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("mlcommons-loadgen", "numpy", "scipy", "onnxruntime")
PERCENTILES = (50.0, 90.0, 99.0)
EMPTY = "empty call"


def environment(peers: Path) -> Path:
    """Make the environment of LoadGen, or use the one that is there; gives its interpreter."""
    folder = peers / "loadgen"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        constraints = ROOT / ".ci" / "constraints.txt"
        chosen = ["--constraint", str(constraints)] if constraints.exists() else []
        subprocess.run([python, "-m", "pip", "install", "--quiet", *chosen, *PACKAGES], check=True, timeout=600)
        (folder / "ready").touch()
    return python


def export_forest(folder: Path) -> None:
    """Train and export the forest here, where scikit-learn is."""
    import numpy as np
    from skl2onnx import to_onnx
    from sklearn.datasets import load_digits
    from sklearn.ensemble import RandomForestClassifier

    X, y = load_digits(return_X_y=True)
    X = X.astype(np.float32)
    model = RandomForestClassifier(300, random_state=0).fit(X, y)
    exported = to_onnx(model, X[:1], options={"zipmap": False})
    (folder / "model.onnx").write_bytes(exported.SerializeToString())
    np.savez(folder / "rows.npz", rows=X[:500])


def models(folder: Path) -> dict:
    """Give `call(i)` by name."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession((folder / "model.onnx").read_bytes(), options)
    name = session.get_inputs()[0].name
    fed = [{name: row[None]} for row in np.load(folder / "rows.npz")["rows"]]
    waits = np.full(500, 150_000)
    waits[:10] = 600_000
    waits = np.random.default_rng(0).permutation(waits).tolist()
    clock = time.perf_counter_ns

    def stand_in(row: int) -> None:
        end = clock() + waits[row]
        while clock() < end:
            pass

    return {
        EMPTY: lambda i: None,
        "stand-in, 150 us": stand_in,
        "forest of 300 trees": lambda i: session.run(["probabilities"], fed[i]),
    }


def loadgen_round(call, calls: int, out: Path) -> dict[float, float]:
    """Let LoadGen make the calls; gives its percentiles in microseconds, from its summary."""
    import mlperf_loadgen as loadgen

    def issue(queries: list) -> None:
        for query in queries:
            call(query.index)
            loadgen.QuerySamplesComplete([loadgen.QuerySampleResponse(query.id, 0, 0)])

    settings = loadgen.TestSettings()
    settings.scenario, settings.mode = loadgen.TestScenario.SingleStream, loadgen.TestMode.PerformanceOnly
    settings.min_query_count = settings.max_query_count = calls
    settings.min_duration_ms = 0
    logs = loadgen.LogSettings()
    logs.log_output.outdir = str(out)
    logs.enable_trace = False
    system = loadgen.ConstructSUT(issue, lambda: None)
    library = loadgen.ConstructQSL(500, 500, lambda rows: None, lambda rows: None)
    loadgen.StartTestWithLogSettings(system, library, settings, logs)
    loadgen.DestroyQSL(library)
    loadgen.DestroySUT(system)
    summary = (out / "mlperf_log_summary.txt").read_text()
    found = re.findall(r"([\d.]+) percentile latency \(ns\)\s*:\s*(\d+)", summary)
    by_percentile = {float(percentile): int(value) / 1e3 for percentile, value in found}
    return {percentile: by_percentile[percentile] for percentile in PERCENTILES}


def measure(folder: Path, rounds: int, calls: int) -> dict:
    """Run in the environment of LoadGen: both harnesses in turn on every model."""
    import numpy as np

    from edge.histogram import Distribution
    from edge.load import back_to_back

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = {}
    for name, call in models(folder).items():
        back_to_back(call, calls=200, n_rows=500, deadline_ns=1e9)
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(back_to_back(call, calls=calls, n_rows=500, deadline_ns=1e9).response.counts)
            theirs.append(loadgen_round(call, calls, folder))
        pooled = Distribution(np.concatenate(ours))
        rows = []
        for percentile in PERCENTILES:
            estimate = pooled.quantile(percentile / 100, unit="us", scale=1e-3)
            rows.append([percentile, *((estimate.value, estimate.low, estimate.high) if estimate else (None,) * 3),
                         *t_interval([each[percentile] for each in theirs])])  # fmt: skip
        found[name] = rows
    return found


def t_interval(values: list[float]) -> tuple[float, float, float]:
    """Mean over the rounds and its 95 % interval."""
    import numpy as np
    from scipy import stats

    mean, error = float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))
    half = float(stats.t.ppf(0.975, len(values) - 1)) * error
    return mean, mean - half, mean + half


def overlap(low: float, high: float, first: float, last: float) -> bool:
    """Whether two intervals have a point in common."""
    return low <= last and first <= high


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="4 rounds of 1,000 calls instead of 10 of 4,000")
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", help="folder of the peers' environments")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    rounds, calls = (4, 1_000) if options.quick else (10, 4_000)
    if options.worker:
        sys.path.insert(0, str(ROOT))
        print("FOUND " + json.dumps(measure(options.worker, rounds, calls)))
        return
    python = environment(options.peers)
    with tempfile.TemporaryDirectory() as name:
        export_forest(Path(name))
        command = [python, __file__, "--worker", name, *(["--quick"] if options.quick else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    line = next(line for line in done.stdout.splitlines() if line.startswith("FOUND "))
    print(f"{rounds} interleaved rounds of {calls:,} calls, microseconds, 95 % intervals")
    print(f"{'model':22} {'':>4} {'ours':>28} {'LoadGen SingleStream':>28}  agree, own cost taken off")
    found = json.loads(line.removeprefix("FOUND "))
    our_cost, their_cost = found[EMPTY][0][1], found[EMPTY][0][4]
    for name, rows in found.items():
        for percentile, value, low, high, mean, first, last in rows:
            if value is None:
                print(f"{name:22} p{percentile:g}: too few independent calls for an interval")
                continue
            verdict = (
                ""
                if name == EMPTY
                else "yes"
                if overlap(low - our_cost, high - our_cost, first - their_cost, last - their_cost)
                else "NO"
            )
            print(f"{name:22} p{percentile:<3g} {value:9.1f} ({low:7.1f} to {high:7.1f}) "
                  f"{mean:9.1f} ({first:7.1f} to {last:7.1f})  {verdict}")  # fmt: skip


if __name__ == "__main__":
    main()
