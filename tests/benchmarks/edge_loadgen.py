"""Do our percentiles agree with MLPerf LoadGen's? Both call the same models in one process, in interleaved rounds.

    python tests/benchmarks/edge_loadgen.py [--quick] [--peers DIR]

LoadGen's SingleStream scenario calls one row after another, as `edge.timing.latency` does. Models: a stand-in that waits on
the clock (150 us, and 600 us for 2 % of the rows), and a forest of 600 trees in ONNX Runtime. LoadGen is installed into
an environment of its own below DIR.

What LoadGen logs for a query holds its own way into Python and back. That cost is not the one of an empty call: after
a call of 100 us LoadGen's own code and data have left the fast caches. So each call inside LoadGen's loop is timed by our
clock, too, and what LoadGen logs beyond that is its own cost, query by query (its trace gives every query's latency).
Two comparisons with our own rounds are printed: LoadGen's percentiles less the median of that cost, which rest on
LoadGen's clock alone but leave its slow queries in the tail; and less each query's own cost.

Writing the trace disturbs the tail of a model that lives on its caches. So LoadGen also makes rounds without it, of
which only the percentiles of its summary are known: their mean over the rounds, with its t interval, less the median cost.

It works the other way round as well: LoadGen's work between two queries takes cache from the model, which then answers
a little more slowly than back to back. To see how much that can be, our rounds are made a second time with 64 KiB of
other memory read between calls, outside the time that is taken.

All sides get the interval that the lab's report gives: order statistics, or the bootstrap of whole rounds where that
is wider. Two percentiles agree if their 95 % intervals come closer than the time between two readings of the clock with
nothing in between, which is part of every time taken.
"""

import argparse
import gc
import itertools
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
N_ROWS = 500


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
    model = RandomForestClassifier(600, random_state=0).fit(X, y)
    exported = to_onnx(model, X[:1], options={"zipmap": False})
    (folder / "model.onnx").write_bytes(exported.SerializeToString())
    np.savez(folder / "rows.npz", rows=X[:N_ROWS])


def models(folder: Path) -> dict:
    """Give `call(i)` by name."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession((folder / "model.onnx").read_bytes(), options)
    name = session.get_inputs()[0].name
    fed = [{name: row[None]} for row in np.load(folder / "rows.npz")["rows"]]
    waits = np.full(N_ROWS, 150_000)
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
        "forest of 600 trees": lambda i: session.run(["probabilities"], fed[i]),
    }


def loadgen_round(call, calls: int, out: Path, *, traced: bool) -> list[int]:
    """Let LoadGen make the calls and write its logs; gives nanoseconds of each call by our clock around it."""
    import mlperf_loadgen as loadgen

    inside: list[int] = []
    clock, keep = time.perf_counter_ns, inside.append

    def issue(queries: list) -> None:
        for query in queries:
            row = query.index
            begin = clock()
            call(row)
            taken = clock() - begin
            loadgen.QuerySamplesComplete([loadgen.QuerySampleResponse(query.id, 0, 0)])
            keep(taken)

    settings = loadgen.TestSettings()
    settings.scenario, settings.mode = loadgen.TestScenario.SingleStream, loadgen.TestMode.PerformanceOnly
    settings.min_query_count = settings.max_query_count = calls
    settings.min_duration_ms = 0
    logs = loadgen.LogSettings()
    logs.log_output.outdir = str(out)
    logs.enable_trace = traced  # the only log with the latency of every query
    system = loadgen.ConstructSUT(issue, lambda: None)
    library = loadgen.ConstructQSL(N_ROWS, N_ROWS, lambda rows: None, lambda rows: None)
    gc.collect()
    gc.disable()
    try:
        loadgen.StartTestWithLogSettings(system, library, settings, logs)
    finally:
        gc.enable()
    loadgen.DestroyQSL(library)
    loadgen.DestroySUT(system)
    return inside


def traced_queries(out: Path, calls: int) -> list[int]:
    """Read nanoseconds of every query from LoadGen's trace."""
    found = re.findall(r'"sample_seq":(\d+),.*"complete_ns":(\d+)', (out / "mlperf_log_trace.json").read_text())
    logged = [int(nanoseconds) for _, nanoseconds in sorted((int(place), taken) for place, taken in found)]
    if len(logged) != calls:
        raise RuntimeError(f"LoadGen logged {len(logged)} queries instead of {calls}")
    return logged


def summary_percentiles(out: Path) -> list[int]:
    """Read the percentiles in nanoseconds from LoadGen's summary."""
    summary = (out / "mlperf_log_summary.txt").read_text()
    found = re.findall(r"([\d.]+) percentile latency \(ns\)\s*:\s*(\d+)", summary)
    by_percentile = {float(percentile): int(value) for percentile, value in found}
    return [by_percentile[percentile] for percentile in PERCENTILES]


def disturbing_clock():
    """Give a clock that reads other memory before every first of two readings: before a call, not after it."""
    import numpy as np

    other, clock, turns = np.zeros(64 * 1024 // 8), time.perf_counter_ns, itertools.cycle((True, False))

    def read() -> int:
        if next(turns):
            other.sum()
        return clock()

    return read


def measure(folder: Path, rounds: int, calls: int) -> None:
    """Run in the environment of LoadGen: both harnesses in turn on every model; times go into `times.npz`."""
    import numpy as np

    from edge.timing import latency

    loadgen_round(
        lambda i: None, 100, folder, traced=True
    )  # its logging thread begins here, and stays free to use other cores
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = {}
    for name, call in models(folder).items():
        alternative = {name: latency.Alternative(call, N_ROWS, calls)}
        ours, disturbed, logged, inside, summary = [], [], [], [], []
        for _ in range(rounds):
            ours.append(latency.measure(alternative, rounds=1)[name][0])
            disturbed.append(latency.measure(alternative, rounds=1, clock=disturbing_clock())[name][0])
            inside.append(loadgen_round(call, calls, folder, traced=True))
            logged.append(traced_queries(folder, calls))
            loadgen_round(call, calls, folder, traced=False)
            summary.append(summary_percentiles(folder))
        found |= {
            f"{name}|ours": ours,
            f"{name}|disturbed": disturbed,
            f"{name}|logged": logged,
            f"{name}|inside": inside,
            f"{name}|summary": summary,
        }
    np.savez(folder / "times.npz", **{name: np.array(times) for name, times in found.items()})


def verdict(found, ours, disturbed, resolution: float) -> str:
    """Say whether LoadGen's percentile agrees with ours; estimates in milliseconds, the clock's resolution, too."""
    apart = max(ours.low - found.high, found.low - ours.high)
    if apart <= resolution:
        return "agrees"
    words = f"{1e3 * apart:.2f} us between the intervals"
    if found.low > ours.high and found.low <= disturbed.high:
        return f"slower, {words}, as ours is with other memory read in between"
    return f"DISAGREES, {words}"


def without_trace(nanoseconds, cost: float):
    """Mean of a percentile over the rounds without a trace, less a cost in nanoseconds, with its 95 % interval, in ms."""
    import numpy as np
    from scipy import stats

    from lab.protocol import Estimate

    mean, error = float(np.mean(nanoseconds)) - cost, float(stats.sem(nanoseconds))
    half = float(stats.t.ppf(0.975, len(nanoseconds) - 1)) * error
    return Estimate(1e-6 * mean, 1e-6 * (mean - half), 1e-6 * (mean + half), "ms")


def show(name: str, times, resolution: float) -> list[str]:
    """Print the comparison of one model from times of shape (rounds, calls) in nanoseconds; gives the verdicts."""
    import numpy as np

    from edge.timing.quantiles import over_rounds

    own = times["logged"] - times["inside"]
    low, middle, high = np.quantile(own, [0.01, 0.5, 0.99]) / 1e3
    print(
        f"\n{name}: LoadGen's own cost {middle:.2f} us at the median of all queries, {low:.2f} at p1, {high:.2f} at p99"
    )
    sides = {
        "ours": times["ours"],
        "ours, 64 KiB in between": times["disturbed"],
        "LoadGen, as logged": times["logged"],
        "  less its median cost": times["logged"] - int(np.median(own)),
        "  less each query's cost": times["inside"],
    }
    verdicts = []
    for place, percentile in enumerate(PERCENTILES):
        found = {side: over_rounds(taken, percentile / 100) for side, taken in sides.items()}
        found["  no trace, less its cost"] = without_trace(times["summary"][:, place], float(np.median(own)))
        for side, estimate in found.items():
            said = ""
            if side.startswith("  ") and name != EMPTY:
                said = verdict(estimate, found["ours"], found["ours, 64 KiB in between"], resolution)
            if "no trace" in side and said:
                verdicts.append(said)
            low, value, high = (1e3 * part for part in (estimate.low, estimate.value, estimate.high))
            print(f"  p{percentile:<3g} {side:25} {value:9.2f} ({low:8.2f} to {high:8.2f})  {said}".rstrip())
    return verdicts


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="6 rounds of 1,000 calls instead of 10 of 3,000")
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", help="folder of the peers' environments")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    rounds, calls = (6, 1_000) if options.quick else (10, 3_000)
    sys.path.insert(0, str(ROOT))
    if options.worker:
        measure(options.worker, rounds, calls)
        return
    import numpy as np

    python = environment(options.peers)
    with tempfile.TemporaryDirectory() as name:
        export_forest(Path(name))
        command = [python, __file__, "--worker", name, *(["--quick"] if options.quick else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        with np.load(Path(name) / "times.npz") as kept:
            times = dict(kept)
    print(f"{rounds} interleaved rounds of {calls:,} calls, microseconds, 95 % intervals")
    by_model: dict[str, dict] = {}
    for key, taken in times.items():
        name, _, side = key.partition("|")
        by_model.setdefault(name, {})[side] = taken
    resolution = float(np.median(by_model[EMPTY]["ours"])) * 1e-6
    verdicts = [said for name, taken in by_model.items() for said in show(name, taken, resolution)]
    counts = {word: sum(said.startswith(word) for said in verdicts) for word in ("agrees", "slower", "DISAGREES")}
    print(
        f"\nLoadGen without its trace, less its median cost, {len(verdicts)} percentiles: {counts['agrees']} agree,",
        end=" ",
    )
    print(f"{counts['slower']} are slower by no more than ours with other memory read in between,", end=" ")
    print(f"{counts['DISAGREES']} disagree")


if __name__ == "__main__":
    main()
