"""Does a watch know the same, however often it is killed? A hundred kills, at random moments and between its writes.

    python tests/benchmarks/watch_kills.py [--kills N] [--rows N] [--seed N]

A watch of a made file with late labels, in which rows do not parse, keys come twice and time goes back, is killed by SIGKILL, begun
again and killed again, until it ends; then the next one. What must hold at each end: the monitor's state bit for bit, the places
of the sources, all counts, the log of happenings, and the files in its folder are those of a watch that was left alone. Prints
the counts, and each fault; exit code 1 where there is one.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from samples import watch_killing

MOST_A_WATCH = 6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng, counts, faults = random.Random(given.seed), Counter(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        watch_killing.write_inputs(folder, given.rows)
        alone = watch_killing.start(folder, "alone")
        _, said = alone.communicate()
        assert alone.returncode == watch_killing.ENDED, said
        expected = watch_killing.known(folder, "alone")
        number = 0
        while counts["kills"] < given.kills:
            number += 1
            place = f"killed-{number}"
            for _ in range(min(rng.randint(1, MOST_A_WATCH), given.kills - counts["kills"])):
                if not kill_once(folder, place, rng, counts):
                    break
            process = watch_killing.start(folder, place)
            _, said = process.communicate()
            if process.returncode != watch_killing.ENDED:
                faults.append(f"{place}: exit code {process.returncode}: {said[-300:]}")
            elif watch_killing.known(folder, place) != expected:
                found = watch_killing.known(folder, place)
                faults.append(f"{place}: other {', '.join(name for name in expected if found[name] != expected[name])}")
    for fault in faults:
        print(f"FAULT {fault}")
    moments = ", ".join(f"{moment} {count}" for moment, count in counts.items() if moment != "kills")
    print(f"{counts['kills']} kills of {number} watches of {given.rows:,} rows ({moments})")
    print(f"{len(faults)} knew something else at their end")
    return 1 if faults else 0


def kill_once(folder: Path, place: str, rng: random.Random, counts: Counter) -> bool:
    """Begin a watch and kill it, before a write or after a time; False where it had ended before."""
    if rng.random() < 0.5:
        moment, process = "before a write", watch_killing.start(folder, place, kill=rng.randint(1, 60))
    else:
        moment, process = "after a time", watch_killing.start(folder, place)
        try:
            process.wait(rng.uniform(0.2, 2.0))
        except subprocess.TimeoutExpired:
            process.kill()
    process.communicate()
    if process.returncode != -signal.SIGKILL:
        return False
    counts["kills"] += 1
    counts[moment] += 1
    return True


if __name__ == "__main__":
    sys.exit(main())
