"""How does our own gradient grow with the work, how near does it come to the machine's peak, what does a step add?

    python tests/benchmarks/scaling.py [--quick] [--figure FILE.svg]

Time against qubits, layers, samples and threads beside the count of multiply-adds (the theoretical slope), the
share of the measured peak, memory against qubits, and training's overhead over its gradient.
"""

import argparse
import os
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
HEADER = "  n  L batch threads        ms  grown by  should  G multiply-adds/s  share of peak"
Point = tuple[int, int, int, str, int]


def report(*, quick: bool, figure: Path | None) -> None:
    """Print everything, and draw it."""
    from work import multiply_adds, peak

    from quantum.simulator import native

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    top = {precision: peak(precision) for precision in native.PRECISIONS}
    print("\nFused multiply-adds of one core, measured: " + ", ".join(f"{p} {v / 1e9:.1f} G/s" for p, v in top.items()))
    print("\nOur time; grown by, should: against the row before, as measured and by the count of multiply-adds")
    drawn = []
    for title, points in series(quick=quick, cores=cores).items():
        print(f"{title:>9} {HEADER}")
        before = (np.nan, np.nan)
        for n, layers, batch, precision, threads in points:
            seconds = gradient_seconds(n, layers, batch, precision, threads)
            count = multiply_adds(n, layers, batch, native.vector_bytes() // native.PRECISIONS[precision])
            rate = count / seconds
            print(
                f"          {n:3} {layers:2} {batch:5} {threads:7} {1e3 * seconds:9.3f} "
                f"{seconds / before[0]:9.2f} {count / threads / before[1]:7.2f} {rate / 1e9:18.1f} "
                f"{rate / top[precision] / threads:13.0%}"
            )
            before = (seconds, count / threads)
            x = {"n": n, "L": layers, "batch": batch, "threads": threads}.get(title)
            if x is not None:
                drawn.append({"of": title, "x": x, "what": "measured", "ms": 1e3 * seconds})
                bound = count / threads / top[precision]
                drawn.append({"of": title, "x": x, "what": "multiply-adds at the peak", "ms": 1e3 * bound})
    print("\nMemory of one gradient (one thread, batch 64, 2 layers): two states of one block, and tables")
    print("  n   two states MiB   peak of all arrays MiB")
    for n in (4, 8, 12) if quick else range(4, 19, 2):
        states = 2 * 2**n * 2 * native.vector_bytes() / 2**20
        print(f"{n:3} {states:16.3f} {memory_mib(n):24.3f}")
    print_overhead(quick=quick)
    if figure is not None:
        draw(drawn, figure)
        print(f"\nfigure: {figure}")


def series(*, quick: bool, cores: int) -> dict[str, list[Point]]:
    """What varies, and the points."""
    base = (8, 6, 64, "float32", 1)
    return {
        "n": [(n, *base[1:]) for n in ((4, 8, 12) if quick else range(4, 18, 2))],
        "L": [(8, layers, *base[2:]) for layers in (2, 4, 8, 16)],
        "batch": [(8, 6, batch, *base[3:]) for batch in (16, 64, 256, 1024)],
        "threads": [(10, 6, 256, "float32", threads) for threads in range(1, cores + 1)],
        "float64": [(n, 6, 64, "float64", 1) for n in (8, 12)],
    }


def gradient_seconds(n: int, layers: int, batch: int, precision: str, threads: int) -> float:
    """Time of one gradient without checking its arguments again, as in training: the best of many."""
    workspace = workspace_of(n, layers, batch, precision, threads)
    return best_of(workspace.run, seconds=0.3)


def workspace_of(n: int, layers: int, batch: int, precision: str, threads: int, *, reupload: bool = False) -> Any:
    """Buffers with samples and angles in place."""
    from quantum.circuit import Circuit
    from quantum.simulator.workspace import SIGMOID, Workspace

    rng = np.random.default_rng(n)
    circuit = Circuit(n, layers, pattern="ring", reupload=reupload)
    workspace = Workspace(circuit, SIGMOID, 1, batch, precision=precision, n_threads=threads)
    workspace.set_features(rng.uniform(-np.pi, np.pi, (batch, n)))
    workspace.set_targets(rng.integers(0, 2, batch), np.full(batch, 1 / batch))
    workspace.angles[...], workspace.head[:, 0] = rng.uniform(-np.pi, np.pi, (layers, n, 3)), 1.0
    workspace.set_scalings(np.ones((1, *circuit.scalings_shape)))
    return workspace


def best_of(run: Callable[[], object], *, seconds: float) -> float:
    """Shortest time of a call, the first aside."""
    run()
    best, began = np.inf, time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def memory_mib(n: int) -> float:
    """Peak of the arrays that one gradient needs, working memory included, in MiB."""
    from quantum.circuit import Circuit
    from quantum.simulator.calls import Head, cross_entropy_and_gradient, warm_up

    warm_up()
    circuit = Circuit(n, 2, pattern="ring", reupload=False)
    arguments = (np.ones(circuit.angles_shape), None, Head(1.0, [0.0]), np.ones((64, n)), [0, 1] * 32)

    def run() -> None:
        tracemalloc.start()
        cross_entropy_and_gradient(circuit, *arguments, n_threads=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    peaks: list[int] = []
    worker = threading.Thread(target=run)  # a thread of its own has no working memory left over
    worker.start()
    worker.join()
    return peaks[0] / 2**20


def print_overhead(*, quick: bool) -> None:
    """Time of a training step beside a gradient of as many samples, called from Python step by step."""
    print("\nTraining over its gradient (one thread, 64 samples a step, float32, re-uploading), us")
    ways = [("all samples", None, False), ("scalings too", None, True), ("mini-batches", 64, False)]
    ways += [("mini-batches, scalings too", 64, True)]
    print("  n  L  gradient  " + "".join(f"{title:>30}" for title, _, _ in ways))
    for n, layers in [(4, 2), (8, 6)] if quick else [(4, 2), (4, 6), (6, 2), (6, 6), (8, 2), (8, 6), (10, 6)]:
        gradient = best_of(workspace_of(n, layers, 64, "float32", 1, reupload=True).run, seconds=0.3)
        steps = [step_seconds(n, layers, batch_size, scalings) for _, batch_size, scalings in ways]
        shown = "".join(f"{1e6 * step:18.1f} ({step / gradient - 1:+6.0%})  " for step in steps)
        print(f"{n:3} {layers:2} {1e6 * gradient:9.1f}  {shown}")


def step_seconds(n: int, layers: int, batch_size: int | None, scalings: bool) -> float:
    """Time of one step, what happens once left out: long minus short training, each the best of five."""
    from quantum.circuit import Circuit
    from quantum.simulator.training import Training, train

    rng = np.random.default_rng(1)
    rows = 64 if batch_size is None else 512
    features, labels = rng.normal(size=(rows, n)), rng.integers(0, 2, rows)
    circuit = Circuit(n, layers, pattern="ring")

    def best(n_steps: int) -> float:
        chosen = Training(n_steps=n_steps, batch_size=batch_size, train_scalings=scalings, n_threads=1)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            train(circuit, features, labels, chosen)
            times.append(time.perf_counter() - start)
        return min(times)

    return (best(450) - best(50)) / 400


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw time against each size on double logarithmic axes, measured and by theory."""
    import vl_convert

    titles = {"n": "qubits", "L": "layers", "batch": "samples", "threads": "threads"}
    panels = []
    for name, title in titles.items():
        scale = {"type": "linear" if name == "n" else "log", "base": 2, "nice": False}
        panels.append(
            {
                "title": f"against {title}",
                "width": 220,
                "height": 220,
                "data": {"values": [row for row in rows if row["of"] == name]},
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": {"field": "x", "type": "quantitative", "title": title, "scale": scale},
                    "y": {"field": "ms", "type": "quantitative", "title": "ms per gradient", "scale": {"type": "log"}},
                    "color": {"field": "what", "type": "nominal", "title": None, "legend": {"orient": "bottom"}},
                    "strokeDash": {"field": "what", "type": "nominal", "title": None},
                },
            }
        )
    path.write_text(vl_convert.vegalite_to_svg({"columns": 2, "concat": panels}), encoding="utf-8")


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few points")
    parser.add_argument("--figure", type=Path, help="where to draw it (SVG)")
    options = parser.parse_args()
    report(quick=options.quick, figure=options.figure)
