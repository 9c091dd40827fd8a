"""Does the edge lab stay right on a busy machine? Its controls of latency and load beside busy loops of equal priority.

python tests/benchmarks/edge_busy.py [--seeds N] [--loops N] [--only NAME ...]
"""

import argparse
import time
from collections import Counter

from edge.controls.busy import busy
from edge.controls.latency import CONTROLS
from edge.lab import LAB
from lab.host.machine import n_cores
from lab.stats import rate

MOST_WRONG = 0.05
TIMED = tuple(control for control in CONTROLS if control.exclusive and not control.name.endswith("beside-loops"))


def main() -> None:
    """Count the answers of every control."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--loops", type=int, default=n_cores(), help="busy loops (default: one on every core; 0: none)")
    parser.add_argument("--only", nargs="*", choices=[control.name for control in TIMED], metavar="NAME")
    given = parser.parse_args()
    wrong = total = 0
    print(f"{'control':12}{'yes':>5}{'no':>5}{'undecided':>11}{'wrong':>7}{'s each':>8}", flush=True)
    with busy(given.loops):
        for control in TIMED:
            if given.only and control.name not in given.only:
                continue
            start = time.perf_counter()
            answers = Counter(control.function(LAB, seed=seed) for seed in range(given.seeds))
            seconds = (time.perf_counter() - start) / given.seeds
            missed = sum(answers[answer] for answer in control.wrong)
            wrong, total = wrong + missed, total + given.seeds
            counts = f"{answers['yes']:5}{answers['no']:5}{answers['undecided']:11}{missed:7}"
            print(f"{control.name:12}{counts}{seconds:8.1f}", flush=True)
    found = rate(wrong, total)
    print(
        f"wrong verdicts beside {given.loops} busy loops: {wrong} of {total} "
        f"(95 % interval {100 * found.low:.1f} to {100 * found.high:.1f} %), at most {MOST_WRONG:.0%} are allowed"
    )


if __name__ == "__main__":
    main()
