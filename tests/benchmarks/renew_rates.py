"""Measure the error rates that come with the labs again, and write them where they are shipped.

.venv/bin/python tests/benchmarks/renew_rates.py
.venv/bin/python tests/benchmarks/renew_rates.py quantum --seeds 20

Run it before every release: a test compares the code that the shipped rates were measured with. Writes
quantum/controls.json, edge/controls.json and interpretability/controls.json. An interrupted call is taken up where it stopped.
"""

import argparse
import resource
import shutil
import sys
import time
from pathlib import Path

from lab import registry
from lab.controls import run_controls
from lab.host.machine import n_cores
from lab.rates import shipped
from lab.wording import duration, worst_control, wrong_share

SEEDS = {"quantum": 20, "edge": 10, "interpretability": 8}


class Announced:
    """Says how long it will take as soon as one of each control has been asked, and then at each quarter."""

    def __init__(self, lab):
        self.lab, self.said = lab, -1

    def __call__(self, progress):
        quarter = 4 * progress.done // progress.total
        if progress.forecast is not None and quarter != self.said:
            self.said = quarter
            left = duration(progress.forecast.seconds_left())
            print(f"{self.lab}: {progress.done} of {progress.total} controls asked, about {left} left", flush=True)


def spent():
    """Processor seconds of the worker processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def renew(name, seeds, out, workers):
    lab, start, before = registry.find(name), time.perf_counter(), spent()
    rates = run_controls(lab, seeds=seeds, out=out, workers=workers, watch=Announced(name), notify=print)
    shutil.copyfile(out / f"controls-{name}.json", shipped(lab))
    worst = worst_control(rates["controls"])
    print(
        f"{name}: wrong in {wrong_share(rates['wrong'])}; worst control {worst['name']}: {wrong_share(worst['wrong'])}"
    )
    each = f"{(spent() - before) / seeds:.0f} CPU s for each of {seeds} seeds"  # of what was not there from an earlier call
    print(f"{name}: {shipped(lab)} written after {duration(time.perf_counter() - start)}, {each}", flush=True)


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "labs", nargs="*", default=list(SEEDS), metavar="LAB", help="labs to measure (default: all three)"
    )
    parser.add_argument("--seeds", type=int, metavar="N", help=f"repetitions of each control (default: {SEEDS})")
    parser.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="where rows are kept meanwhile")
    parser.add_argument("--workers", type=int, default=n_cores(), metavar="N", help="processes")
    given = parser.parse_args(words)
    for name in given.labs:
        renew(name, given.seeds or SEEDS.get(name, 20), given.out, given.workers)


if __name__ == "__main__":
    main(sys.argv[1:])
