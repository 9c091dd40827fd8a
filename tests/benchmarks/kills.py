"""Is anything lost, and is anything left, when the lab is killed? It is, hundreds of times, and repeated until it ends.

    python tests/benchmarks/kills.py [--kills N] [--seed N] [--only SUBJECT,...] [--drivers N]

Subjects: runs of tiny labs, their controls and their demo (many kills, since they are quick), runs of the three real labs, one
that ends once it is settled, and the compilation of the simulator. Signals: SIGKILL, SIGTERM, SIGHUP, SIGINT. Targets: the
parent, its process group, one worker. Moments: at random, or just before a chosen change to a file below the folder of runs.
After each kill the same command is repeated, and killed again up to three times, then it may end. With `--drivers N`, so many
processes share each run of the tiny lab in one folder; one after the other is killed at random moments, and followed by a new
one.

What must hold: no process outlives the command; what was finished is not computed again; the result is that of an
undisturbed run; no second folder of a run, no half of a file, no temporary file and no semaphore stays. Prints the counts,
and each fault; exit code 1 where there is one. Linux only. 300 kills take about half an hour on two free cores; Ctrl-C or
SIGTERM ends it with the counts so far.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from samples import killing, processes, tiny_site
from samples.killing import Subject

SHARES = {
    "run": 34,
    "controls": 16,
    "demo": 16,
    "compilation": 10,
    "interpretability": 8,
    "settled": 4,
    "quantum": 6,
    "edge": 6,
}
_SMALL = "interpretability wine --folds 3 --candidates 2 --depth verdict"
REAL = {
    "interpretability": f"{_SMALL} --repeats 1",
    "settled": f"{_SMALL} --repeats 6 --margin 0.08 --until-settled",
    "quantum": "quantum wine --effort quick --steps 10 --max-rows 60",
    "edge": "edge wine --effort quick --models logistic,forest --rounds 20",
}
COMPILE = """
import os, sys
from pathlib import Path
os.environ["QUANTUM_CACHE_DIR"] = sys.argv[1]
from quantum.simulator import native
native.warm_up()
"""


def subjects(folder: Path) -> dict[str, Subject]:
    found = killing.tiny_subjects(0.2)
    for name, words in REAL.items():
        found[name] = Subject(
            name,
            lambda site, out, words=words: tiny_site.command(site, "run", *words.split(), "--out", out),
            lambda out, name=name: killing.records(out, timings=name == "edge"),
            killing.rows,
            {"TINY_LABS": "edge,interpretability,quantum"},
            ended=killing.has_ended,
        )
    script = folder / "compile.py"
    script.write_text(COMPILE)
    found["compilation"] = Subject(
        "compilation",
        lambda site, out: [sys.executable, str(script), str(out)],
        lambda out: [path.read_bytes() for path in sorted(out.glob("*.o"))],
        lambda out: sorted(out.glob("*.o")),
        folders=0,
        writes=False,
        quiet=False,  # an interrupt inside a callback of the compiler is printed and lost, and the compilation goes on
    )
    return found


def semaphores() -> set[str]:
    return {path.name for path in Path("/dev/shm").glob("sem.*")} if Path("/dev/shm").is_dir() else set()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="subjects, with commas between them")
    parser.add_argument("--drivers", type=int, default=1, help="processes that share a run of the tiny lab")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    found, begin = killing.Found(), time.monotonic()
    before = semaphores()
    with tempfile.TemporaryDirectory() as name:
        with contextlib.suppress(KeyboardInterrupt):
            if given.drivers > 1:
                kill_drivers(Path(name), given.kills, given.seed, given.drivers, found)
            else:
                kill_all(
                    Path(name), given.kills, given.seed, given.only.split(",") if given.only else list(SHARES), found
                )
        for pid in processes.marked(f"KILL_MARK={os.getpid()}-"):
            os.kill(pid, signal.SIGKILL)
    if left := semaphores() - before:
        found.faults.append(f"{len(left)} semaphores left in /dev/shm")
        print(f"  FAULT {found.faults[-1]}")
    show(found, time.monotonic() - begin)
    return 1 if found.faults else 0


def kill_all(folder: Path, kills: int, seed: int, chosen: list[str], found: killing.Found) -> None:
    """Kill the chosen subjects, whichever is furthest behind its share, until there were so many kills."""
    rng, known, number = random.Random(seed), dict[str, killing.Reference](), 0
    site, all_of_them = tiny_site.make_site(folder / "site"), subjects(folder)
    while found.kills.total() < kills:
        done = Counter(key[0] for key in found.kills.elements())
        subject = all_of_them[min(chosen, key=lambda one: (done[one] + 1) / SHARES[one])]
        if subject.name not in known:
            known[subject.name] = killing.reference(killing.Place(folder / f"whole-{subject.name}", site, subject))
            print(f"{subject.name}: {known[subject.name].seconds:.1f} s undisturbed", flush=True)
        number += 1
        wanted = min(rng.randint(1, 4), kills - found.kills.total())
        planned = [
            killing.plan(rng, known[subject.name], number + place, writes=subject.writes) for place in range(wanted)
        ]
        told = len(found.faults)
        killing.kill_and_repeat(killing.Place(folder / f"{number}", site, subject), known[subject.name], planned, found)
        for fault in found.faults[told:]:
            print(f"  FAULT {fault}", flush=True)
        if number % 5 == 0:
            print(f"{found.kills.total()} kills, {len(found.faults)} faults", flush=True)


def kill_drivers(folder: Path, kills: int, seed: int, drivers: int, found: killing.Found) -> None:
    """Kill processes that share runs, until there were so many kills."""
    rng, number = random.Random(seed), 0
    site, subject = tiny_site.make_site(folder / "site"), killing.tiny_subjects(0.3)["run"]
    known = killing.reference(killing.Place(folder / "whole", site, subject))
    while found.kills.total() < kills:
        number += 1
        wanted = min(rng.randint(1, 4), kills - found.kills.total())
        planned = [killing.plan(rng, known, number + place, writes=False) for place in range(wanted)]
        told = len(found.faults)
        killing.kill_among(killing.Place(folder / f"{number}", site, subject), known, drivers, planned, found, rng)
        for fault in found.faults[told:]:
            print(f"  FAULT {fault}", flush=True)
        if number % 5 == 0:
            print(f"{found.kills.total()} kills, {len(found.faults)} faults", flush=True)


def show(found: killing.Found, seconds: float) -> None:
    for title, place in (("subject", 0), ("signal", 1), ("target", 2), ("moment", 3)):
        counts = Counter()
        for key, count in found.kills.items():
            counts[key[place]] += count
        print(f"by {title:8}" + ", ".join(f"{name} {count}" for name, count in counts.most_common()))
    print(f"finished pieces seen after kills: {found.pieces}, of which lost or computed again: "
          f"{sum('lost' in fault or 'computed again' in fault for fault in found.faults)}")  # fmt: skip
    print(f"{found.kills.total()} kills in {seconds / 60:.0f} minutes, {len(found.faults)} faults")
    print(json.dumps({"kills": found.kills.total(), "pieces": found.pieces, "faults": len(found.faults)}))


if __name__ == "__main__":
    sys.exit(main())
