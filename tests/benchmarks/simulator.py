"""Is the simulator as fast as claimed? Side by side with every public tool, in one run.

    python tests/benchmarks/simulator.py [--quick] [--peers DIR] [--minutes M]

Each peer is installed into an environment of its own below DIR and serves from a process of its own, so that
rounds are interleaved: ours, peer, peer, ..., ours, peer, ... Times are medians over the rounds; a peer that has
taken five seconds is not asked again. A peer takes part only if its loss and gradient agree with ours. Whatever
does not install, compile or answer within its limit is listed with the reason; whatever no longer fits into the
minutes is said to be left out. For the steady state JAX keeps what it compiled in DIR, so that a second run is
shorter; the times from process start are without that.
"""

import argparse
import contextlib
import json
import os
import select
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("peers.py")
PACKAGES = {
    "pennylane": ["pennylane", "pennylane-catalyst"],
    "tensorcircuit": ["tensorcircuit-ng", "jax", "jaxlib"],
    "qulacs": ["qulacs"],
    "mindquantum": ["mindquantum"],
    "qiskit_ml": ["qiskit-machine-learning"],
}
PEERS = {
    "pennylane_jax": "pennylane", "tensorcircuit": "tensorcircuit", "catalyst": "pennylane",
    "mindquantum": "mindquantum", "qulacs": "qulacs", "lightning": "pennylane", "qiskit_ml": "qiskit_ml",
}  # fmt: skip
"""Peers and the environment each lives in."""
ONLY_FLOAT64 = {"catalyst", "qulacs", "qiskit_ml"}
LARGEST = {"qiskit_ml": (4, 2)}
"""Qubits and layers beyond which a peer takes minutes for one gradient."""
ENOUGH = 5.0
"""Seconds of one row after which a peer is not asked again."""
AGREEMENT = {"float64": 1e-9, "float32": 1e-4}
TARGETS = {4: 2, 6: 8, 8: 8, 10: 8, 12: 4, 14: 4}


class SilentError(Exception):
    """A worker gave no usable answer; the message says why."""


class Worker:
    """One library in one process, with its precision and number of threads."""

    def __init__(self, name: str, python: str, precision: str, threads: int, compiled: Path | None = None) -> None:
        cores = sorted(os.sched_getaffinity(0))[:threads] if hasattr(os, "sched_getaffinity") else []
        count = {f"{kind}_NUM_THREADS": str(threads) for kind in ("OMP", "OPENBLAS", "MKL", "QULACS")}
        kept = {"JAX_COMPILATION_CACHE_DIR": str(compiled), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        kept = kept if compiled else {}
        self.name, self.precision, self.threads = name, precision, threads
        self.process = subprocess.Popen(
            [python, str(WORKER), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
            env={**os.environ, **count, **kept, "PYTHONPATH": str(ROOT) if name == "ours" else ""},
            preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
        )  # fmt: skip

    def ask(self, order: dict[str, Any], limit: float) -> dict[str, Any]:
        """Send an order and wait for its answer."""
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise SilentError("its process ended") from error
        if not select.select([self.process.stdout], [], [], max(0.1, limit))[0]:
            raise SilentError(f"no answer in {limit:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            raise SilentError("its process ended")
        found = json.loads(line)
        if "error" in found:
            raise SilentError(found["error"].splitlines()[0][:90])
        return found

    def stop(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()


class Benchmark:
    """The run: workers kept between rows, reasons of those that dropped out, and the clock."""

    def __init__(self, folder: Path, minutes: float, peers: list[str], *, quick: bool) -> None:
        self.folder, self.quick, self.peers = folder, quick, peers
        self.end = time.monotonic() + 60 * minutes
        self.workers: dict[tuple[str, str, int], Worker] = {}
        self.reasons: dict[str, str] = {}
        self.beaten: dict[tuple[str, str, int], list[tuple[int, int]]] = {}
        self.rounds, self.limit = (5, 25.0) if quick else (7, 60.0)
        self.first: list[tuple[str, str, float]] = []

    def left(self) -> float:
        """Seconds left of the run."""
        return self.end - time.monotonic()

    def install(self) -> None:
        """Make the environments that are missing."""
        for name in dict.fromkeys(PEERS[peer] for peer in self.peers):
            packages = PACKAGES[name]
            python = self.python(name)
            if Path(python).exists() and (self.folder / name / "complete").exists():
                continue
            print(f"installing {', '.join(packages)} ...", flush=True)
            venv.create(self.folder / name, with_pip=True, clear=True)
            command = [python, "-m", "pip", "install", "--quiet", *packages]
            try:
                done = subprocess.run(command, timeout=600, capture_output=True, text=True, check=False)
                failed = done.stderr.strip().splitlines()[-1][:90] if done.returncode else ""
            except subprocess.TimeoutExpired:
                failed = "pip took over 600 s"
            if failed:
                self.reasons[name] = f"not installed: {failed}"
            else:
                (self.folder / name / "complete").touch()

    def python(self, environment: str) -> str:
        """Interpreter of an environment."""
        return str(self.folder / environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))

    def worker(self, name: str, precision: str, threads: int) -> Worker:
        """Give the running worker, or start one."""
        key = (name, precision, threads)
        if key not in self.workers:
            python = sys.executable if name == "ours" else self.python(PEERS[name])
            self.workers[key] = Worker(name, python, precision, threads, self.folder.resolve() / "compiled")
        return self.workers[key]

    def drop(self, worker: Worker, why: str, row: tuple[int, int]) -> None:
        """Stop a worker, and remember not to try it on anything larger."""
        worker.stop()
        key = (worker.name, worker.precision, worker.threads)
        self.workers.pop(key, None)
        self.beaten.setdefault(key, []).append(row)
        label = f"{worker.name} {worker.precision} {worker.threads} threads from n={row[0]} L={row[1]}"
        self.reasons[label] = why

    def takes_part(self, name: str, precision: str, threads: int, n: int, layers: int) -> bool:
        """Whether a peer is worth trying on this row."""
        if PEERS[name] in self.reasons:
            return False
        small = LARGEST.get(name, (99, 99))
        fits = n <= small[0] and layers <= small[1]
        return fits and not any(n >= a and layers >= b for a, b in self.beaten.get((name, precision, threads), []))

    def row(
        self, n: int, layers: int, batch: int, precision: str, threads: int
    ) -> dict[str, list[tuple[float, float]]]:
        """Times per call (wall, process) of everyone who agrees with us, round by round."""
        job = make_job(n, layers, batch, precision, threads)
        mine = self.worker("ours", precision, threads)
        truth = mine.ask({"make": job}, self.limit)
        taking_part = [mine]
        for name in self.peers:
            own = "float64" if name in ONLY_FLOAT64 else precision
            if not self.takes_part(name, own, threads, n, layers):
                continue
            worker = self.worker(name, own, threads)
            try:
                found = worker.ask({"make": {**job, "precision": own}}, min(self.limit, self.left()))
                far = max(
                    abs(found["loss"] - truth["loss"]),
                    float(np.max(np.abs(np.subtract(found["gradient"], truth["gradient"])))),
                )
                if far > AGREEMENT[precision]:
                    raise SilentError(f"its loss or gradient differs by {far:.1e}")
                self.first.append((name, f"n={n} L={layers} batch {batch} {own}", found["first"]))
                taking_part.append(worker)
            except SilentError as silence:
                self.drop(worker, str(silence), (n, layers))
        times: dict[str, list[tuple[float, float]]] = {worker.name: [] for worker in taking_part}
        spent = dict.fromkeys(times, 0.0)
        for _ in range(self.rounds):
            for worker in list(taking_part):
                if spent[worker.name] > ENOUGH:
                    continue
                began = time.monotonic()
                try:
                    got = worker.ask({"seconds": 0.02}, self.limit)
                    times[worker.name].append((got["wall"], got["cpu"]))
                    spent[worker.name] += time.monotonic() - began
                except SilentError as silence:
                    taking_part.remove(worker)
                    self.drop(worker, str(silence), (n, layers))
                    del times[worker.name]
        return times

    def from_start(self) -> None:
        """Print the time from process start to the end of 100 Adam steps, in fresh processes, second run."""
        n, layers, batch, steps = (8, 6, 64, 100)
        print(
            f"\nFrom process start to the end of {steps} Adam steps, s ({n} qubits, {layers} layers, {batch} samples)"
        )
        found: dict[str, float] = {}
        for name in ("ours", *self.peers):
            if name != "ours" and (name in LARGEST or PEERS[name] in self.reasons):
                continue
            precision = "float64" if name in ONLY_FLOAT64 else "float32"
            job = {**make_job(n, layers, batch, precision, 1), "steps": steps}
            limit = min(self.left(), 20.0 if self.quick else 60.0)
            python = sys.executable if name == "ours" else self.python(PEERS[name])
            for _ in range(5 if name == "ours" else 1):
                began = time.perf_counter()
                worker = Worker(name, python, precision, 1)
                try:
                    worker.ask({"adam": job}, limit)
                    spent = time.perf_counter() - began
                    found[name] = min(found.get(name, spent), spent)
                except SilentError as silence:
                    print(f"  {name:16} {silence}")
                worker.stop()
            if name in found:
                print(f"  {name:16} {found[name]:8.3f}")
        others = [value for name, value in found.items() if name != "ours"]
        if others and "ours" in found:
            print(f"  ratio to the fastest peer: {min(others) / found['ours']:.0f} (target 30)")

    def stop(self) -> None:
        """End all workers."""
        for worker in self.workers.values():
            worker.stop()


def make_job(n: int, layers: int, batch: int, precision: str, threads: int) -> dict[str, Any]:
    """Draw the same numbers for everyone."""
    rng = np.random.default_rng(n * 1000 + layers * 10 + batch)
    return {
        "n": n, "layers": layers, "precision": precision, "threads": threads,
        "x": rng.uniform(-np.pi, np.pi, (batch, n)).tolist(), "labels": rng.integers(0, 2, batch).tolist(),
        "angles": rng.uniform(-np.pi, np.pi, (layers, n, 3)).tolist(),
    }  # fmt: skip


def rows(layers: list[int], batches: list[int], *, quick: bool, cores: int) -> list[tuple[int, int, int, str, int]]:
    """Rows (n, layers, batch, precision, threads), the most telling first."""
    if quick:
        sizes = [(8, 2, 64), (4, 2, 64)]
        return [(*size, precision, 1) for size in sizes for precision in ("float32", "float64")]
    sizes = [(n, depth, batch) for batch in batches for depth in layers for n in (4, 6, 8, 10, 12, 14)]
    ways = [(p, t) for t in range(1, min(2, cores) + 1) for p in ("float32", "float64")]
    return [(*size, *way) for size in sizes for way in ways]


def print_row(row: tuple[int, int, int, str, int], times: dict[str, list[tuple[float, float]]]) -> None:
    """One line of the main table."""
    n, layers, batch, precision, threads = row
    wall = {name: 1e3 * statistics.median(w for w, _ in each) for name, each in times.items()}
    cpu = {name: statistics.median(c for _, c in each) for name, each in times.items()}
    others = [name for name in wall if name != "ours"]
    line = f"{n:3} {layers:2} {batch:4} {precision} {threads:2} {wall['ours']:9.3f} "
    line += " ".join(f"{wall[name]:13.2f}" if name in wall else f"{'-':>13}" for name in PEERS)
    if others:
        ratio = min(wall[name] for name in others) / wall["ours"]
        by_cpu = min(cpu[name] for name in others) / cpu["ours"]
        mark = "met" if ratio >= TARGETS[n] else "MISSED"
        line += f" {ratio:7.1f} {by_cpu:7.1f}  {TARGETS[n]} {mark}"
    print(line, flush=True)


def compile_seconds() -> dict[str, float]:
    """Time of a first use with an empty cache, and of the next, each in a fresh process."""
    code = "from quantum import warm_up; warm_up()"
    found = {}
    with TemporaryDirectory() as folder:
        for title in ("first use", "later start"):
            surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "QUANTUM_CACHE_DIR": folder}
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env=surroundings, check=True)
            found[title] = time.perf_counter() - began
    return found


def main() -> None:
    """Read the options and print the tables."""
    import scaling

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few rows, below five minutes")
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", help="folder of the peers' environments")
    parser.add_argument("--minutes", type=float, help="time of the run, installation aside (4 quick, else 60)")
    parser.add_argument("--only", default=",".join(PEERS), help="peers to take part (default: all)")
    parser.add_argument("--layers", type=int, nargs="+", default=[6, 2], help="only rows of so many layers")
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 256], help="only rows of so many samples")
    parser.add_argument("--no-start", action="store_true", help="leave out the times from process start")
    parser.add_argument("--figure", type=Path, help="where to draw our own scaling (SVG)")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    minutes = options.minutes or (4.0 if options.quick else 60.0)
    run = Benchmark(options.peers, minutes, options.only.split(","), quick=options.quick)
    run.install()
    run.end = time.monotonic() + 60 * minutes
    try:
        for title, seconds in compile_seconds().items():
            print(f"our {title}: {seconds:.2f} s")
        if not options.no_start:
            run.from_start()
        print("\nOne loss and gradient, ms (median of interleaved rounds); ratios to the fastest peer")
        print(
            f"  n  L  bat precision th {'ours':>9} " + " ".join(f"{n:>13}" for n in PEERS) + "    wall     cpu  target"
        )
        planned = rows(options.layers, options.batches, quick=options.quick, cores=cores)
        for i, row in enumerate(planned):
            if run.left() < 5:
                print(f"left out for lack of time: {len(planned) - i} of {len(planned)} rows")
                break
            print_row(row, run.row(*row))
    finally:
        run.stop()
    print("\nSlowest first answer (build, compile, run once) of each peer")
    for name in PEERS:
        slowest = max((each for each in run.first if each[0] == name), key=lambda each: each[2], default=None)
        if slowest:
            print(f"  {name:16} {slowest[2]:7.1f} s at {slowest[1]}")
    print("\nDropped out")
    for name, why in run.reasons.items():
        print(f"  {name}: {why}")
    scaling.report(quick=options.quick, figure=options.figure)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    main()
