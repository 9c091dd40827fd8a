"""Where does whoever drives a plan become the bottleneck? What a trial costs the driver, and 1,000 workers on a simulated clock.

    python tests/benchmarks/many_trials.py [--trials N] [--workers N]

Three parts. First a plan of so many trials is really driven: rows are stored, forecast and told, by `run_plan` as a run does it, but
workers are stood in for by a list of ready rows, so that what is measured is the driver alone. Then the plan is read again, as
a command does that is repeated. Last, a simulation with a clock of its own: workers ask for the next trial as they get free, the
driver serves one after the other at the cost that was measured, trials take an hour down to a second; the table says how much
longer the plan takes than with a driver that costs nothing, and the shortest trials that so many workers can be given.
"""

import argparse
import heapq
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab.protocol import Trial
from lab.work import hands, resume
from lab.work.drivers import Drivers
from lab.work.workers import Outcome

LENGTHS_S = (3600.0, 600.0, 60.0, 10.0, 5.0, 2.0, 1.0, 0.5)
KINDS = 5


def row(number, rng):
    """What a fold of a comparison stores, about: some scores, and a prediction for each of 200 rows."""
    return {
        "scores": [0.8, 0.7],
        "name": f"family-{number % KINDS}",
        "predictions": rng.random(200),
        "rows": np.arange(200),
    }


def fit(dataset, *, seed):
    raise AssertionError("it is never called")


class ReadyRows:
    """Stands for the workers: rows are there at once."""

    def __init__(self, dataset, workers, scratch):
        self._rng = np.random.default_rng(0)

    def run(self, work, *, beside):
        for number, (trial, _) in enumerate(work):
            yield Outcome(trial, row(number, self._rng), seconds=1.0)

    def close(self):
        pass


def driven(plan, folder):
    """Drive a plan; gives the wall time and the CPU time of the driver, in seconds."""
    seen = 0

    def watch(progress):
        nonlocal seen
        seen += progress.forecast is not None and progress.forecast.seconds_left() > 0

    (folder / ".drivers").mkdir(parents=True)
    start, cpu = time.perf_counter(), time.process_time()
    with Drivers(folder / ".drivers") as drivers:
        found = resume.run_plan(plan, None, folder / "trials", workers=1_000, run="r", watch=watch, drivers=drivers)
    assert len(found.rows) == len(plan)
    return time.perf_counter() - start, time.process_time() - cpu


def simulated(trials, workers, length_s, cost_s, rng):
    """Seconds until the last of so many trials is stored, where each takes the driver a while; times vary by a third or so."""
    free = [0.0] * workers
    heapq.heapify(free)
    driver = 0.0
    for _ in range(trials):
        asks = heapq.heappop(free)
        driver = max(driver, asks) + cost_s  # stores the row that came with the question, and hands the next trial over
        heapq.heappush(free, driver + length_s * rng.lognormvariate(-0.045, 0.3))
    return max(free) + cost_s


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=1_000)
    given = parser.parse_args()
    hands.Workers = ReadyRows
    plan = [Trial(f"fit-{n:06d}", fit, {}, seed=n, kind=f"kind-{n % KINDS}") for n in range(given.trials)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        wall, cpu = driven(plan, folder)
        files = sum(1 for _ in (folder / "trials").iterdir())
        size = sum(path.stat().st_size for path in (folder / "trials").iterdir())
        start, started = time.perf_counter(), time.process_time()
        found = resume.run_plan(plan, None, folder / "trials", workers=1_000, run="r")
        again, again_cpu = time.perf_counter() - start, time.process_time() - started
        assert len(found.rows) == len(plan)
    cost = wall / given.trials
    print(
        f"{given.trials:,} trials driven: {wall:.1f} s ({1e6 * cost:.0f} us a trial), CPU {1e6 * cpu / given.trials:.0f} us a trial"
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"stored in {files:,} files, {size / 1e6:,.0f} MB; most memory {memory:,.0f} MB")
    print(
        f"the stored plan read again: {again:.1f} s ({1e6 * again / given.trials:.0f} us a trial), CPU {again_cpu:.1f} s"
    )
    print(
        f"\n{given.workers:,} workers, simulated:\n{'a trial takes':>16}{'the plan':>14}{'at no cost':>14}{'longer':>9}"
    )
    for length in LENGTHS_S:
        took = simulated(given.trials, given.workers, length, cost, random.Random(0))
        least = simulated(given.trials, given.workers, length, 0.0, random.Random(0))
        print(f"{length:14,.1f} s{took / 60:10,.1f} min{least / 60:10,.1f} min{100 * (took / least - 1):8.1f}%")
    print(f"the driver saturates at trials of {given.workers * cost:.2f} s")
    print(json.dumps({"us_a_trial": 1e6 * cost, "read_s": again, "saturates_at_s": given.workers * cost}))


if __name__ == "__main__":
    main()
