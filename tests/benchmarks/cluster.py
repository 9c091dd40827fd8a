"""What does a Dask cluster on this machine cost beside local processes, and is anything lost when parts of it are killed?

    python tests/benchmarks/cluster.py [--workers 2,4] [--only LAB,...]
    python tests/benchmarks/cluster.py --kills 100 [--seed N]

The first prints, for a run of each lab and for controls, seconds and CPU seconds (of all processes, the cluster's too) on local
processes and on as many Dask workers, and whether records are equal but for what is timed. The second runs a tiny lab on two workers
and kills a worker, the scheduler or the command at random moments; what was killed is started again, and the same command
repeated until it ends. What must hold: no stored trial is lost or computed again, and the record is that of an undisturbed run.
Exit code 1 where it does not.
"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from samples import clusters, killing, tiny_site

LABS = {
    "interpretability": ["wine", "--folds", "3", "--repeats", "1", "--candidates", "2", "--depth", "verdict"],
    "quantum": ["wine", "--effort", "quick", "--steps", "10", "--max-rows", "60"],
    "edge": ["wine", "--effort", "quick", "--models", "logistic,forest", "--rounds", "20"],
}
TINY = ["run", "tiny", "wine", "--independent", "--trials", "10", "--timings", "1", "--seconds", "0.3"]
ENVIRONMENT = {"TINY_LABS": "small,tiny", "TINY_SECONDS": "0.1"}
WHOM = ("worker", "scheduler", "command")
ENDED_EARLY = 130
PATIENCE_S = 900


def cpu_seconds(pids: list[int]) -> float:
    """CPU seconds of processes, of those below them, and of those below that have ended."""
    found = 0.0
    for top in pids:
        for process in (psutil.Process(top), *psutil.Process(top).children(recursive=True)):
            times = process.cpu_times()
            found += times.user + times.system + times.children_user + times.children_system
    return found


def measured(words: list[str], environment: dict[str, str], cluster_pids: list[int]) -> tuple[float, float]:
    """Run a command; gives seconds and CPU seconds, those of the cluster among them."""
    spent, before, start = cpu_seconds(cluster_pids), os.times(), time.perf_counter()
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - start, os.times()
    driver = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, driver + cpu_seconds(cluster_pids) - spent


def compare(folder: Path, counts: list[int], chosen: list[str]) -> bool:
    """Print a line for each subject, place and number of workers; say whether all results were equal."""
    equal = True
    environment = {**os.environ, "PYTHONPATH": clusters.PATH}
    print(f"{'subject':18}{'workers':>8}{'where':>9}{'seconds':>10}{'CPU s':>9}   equal to the first")
    for name in chosen:
        timings, first = name == "edge", None
        words = ["controls", "interpretability", "--seeds", "1"] if name == "controls" else ["run", name, *LABS[name]]
        for count in counts:
            with clusters.OfProcesses(folder / f"{name}-{count}-cluster") as cluster:
                for number in range(count):
                    cluster.start_worker(f"w{number}")
                cluster.wait_for_workers(count)
                for where in ("local", "Dask"):
                    out = folder / f"{name}-{count}-{where}"
                    place = ["--scheduler", cluster.address] if where == "Dask" else ["--workers", str(count)]
                    command = [sys.executable, "-P", "-m", "lab", *words, *place, "--out", str(out), "--quiet"]
                    pids = [process.pid for process in cluster.processes.values()] if where == "Dask" else []
                    seconds, spent = measured(command, environment, pids)
                    result = killing.rates(out) if name == "controls" else killing.records(out, timings=timings)
                    first = result if first is None else first
                    equal &= result == first
                    print(
                        f"{name:18}{count:8}{where:>9}{seconds:10.1f}{spent:9.1f}   {'yes' if result == first else 'NO'}",
                        flush=True,
                    )
    return equal


class Disturbed:
    """A tiny run on a cluster at a fixed port, so that the same command finds it again."""

    def __init__(self, folder: Path, site: Path) -> None:
        self.out = folder / "runs"
        self.environment = tiny_site.environment(site, **ENVIRONMENT)
        variables = {"PYTHONPATH": self.environment["PYTHONPATH"], **ENVIRONMENT}
        self.cluster = clusters.OfProcesses(folder / "cluster", **variables)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.number = 0
        self.start_cluster()
        self.words = tiny_site.command(site, *TINY, "--scheduler", self.cluster.address, "--out", self.out)

    def start_cluster(self) -> None:
        self.cluster.start_scheduler(self.port)
        for _ in range(2):
            self.start_worker()
        self.cluster.wait_for_workers(2)

    def start_worker(self) -> None:
        self.number += 1
        self.cluster.start_worker(f"w{self.number}")

    def stored(self) -> dict[str, tuple[int, int]]:
        """Finished pieces: which file each is; another number, another file."""
        return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in killing.rows(self.out)}

    def start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )

    def kill(self, whom: str, process: "subprocess.Popen[bytes]") -> None:
        """Kill a part, and start a worker again at once; the scheduler comes back when the command has ended."""
        if whom == "command":
            process.kill()
        elif whom == "scheduler":
            self.cluster.kill("scheduler")
        else:
            self.cluster.kill(random.choice([name for name in self.cluster.processes if name != "scheduler"]))
            self.start_worker()


def kill_all(folder: Path, kills: int, seed: int) -> int:
    """Kill parts of clusters until there were so many kills; gives the number of faults, each of which is printed."""
    rng, counted, faults, pieces, number = random.Random(seed), Counter(), 0, 0, 0
    random.seed(seed)
    site, expected, seconds = tiny_site.make_site(folder / "site"), None, 0.0
    while expected is None or counted.total() < kills:
        run = Disturbed(folder_of(folder, number), site)
        number += 1
        try:
            planned = [rng.choice(WHOM) for _ in range(rng.randint(1, 3))] if expected else []
            start = time.perf_counter()
            kept, said = worked_off(run, planned, rng, seconds, counted)
            pieces += len(kept)
            if expected is None:
                expected, seconds = killing.records(run.out), time.perf_counter() - start
            now = run.stored()
            if lost := [path for path, which in kept.items() if now.get(path) != which]:
                said.append(f"{len(lost)} finished trials lost or computed again")
            if killing.records(run.out) != expected:
                said.append("another record than that of an undisturbed run")
            for fault in said:
                print(f"  FAULT {planned}: {fault}", flush=True)
            faults += len(said)
        finally:
            run.cluster.__exit__()
        print(f"{counted.total()} kills, {faults} faults", flush=True)
    print(json.dumps({"kills": dict(counted), "pieces seen after kills": pieces, "faults": faults}))
    return faults


def worked_off(
    run: Disturbed, planned: list[str], rng: random.Random, seconds: float, counted: Counter
) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Repeat the command, killing what is planned, until it ends well; gives what was stored after kills, and faults."""
    kept, said = {}, []
    for whom in [*planned, None]:
        process = run.start()
        if whom is not None:
            time.sleep(rng.uniform(0.3, 1.0) * seconds)
            run.kill(whom, process)
            counted[whom] += 1
        _, stderr = process.communicate(timeout=PATIENCE_S)
        allowed = {"command": {0, -9}, "scheduler": {0, 2, ENDED_EARLY}}.get(whom, {0})
        if process.returncode not in allowed or b"Traceback" in stderr:
            said.append(f"{whom} killed, exit code {process.returncode}: {stderr[-300:]!r}")
        if killing.has_ended(run.out):
            break
        kept |= run.stored()
        if whom == "scheduler":
            for name in list(run.cluster.processes):
                run.cluster.kill(name)
            run.start_cluster()
    return kept, said


def folder_of(folder: Path, number: int) -> Path:
    made = folder / str(number)
    made.mkdir()
    return made


def main() -> int:
    """Compare, or kill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", default="2,4", help="numbers of workers, with commas between them")
    parser.add_argument(
        "--only", default=",".join([*LABS, "controls"]), help="labs (or controls), with commas between them"
    )
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if given.kills:
            return 1 if kill_all(Path(name), given.kills, given.seed) else 0
        return 0 if compare(Path(name), [int(each) for each in given.workers.split(",")], given.only.split(",")) else 1


if __name__ == "__main__":
    sys.exit(main())
