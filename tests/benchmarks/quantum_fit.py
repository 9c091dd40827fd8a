"""How long does a fit take? Our classifier against the same one in PennyLane under JAX `jit`, in one run.

    python tests/benchmarks/quantum_fit.py [--peers DIR] [--rounds N]

300 rows, 4 qubits, 2 layers, 200 steps, the same start: both must end at the same loss and accuracy. The peer is the
form in which the qml-benchmarks collection (Bowles, Ahmed and Schuld 2024) writes its re-uploading classifier. Each
fit is timed inside a fresh process, imports left out for both; ours includes reading its machine code.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import make_moons

ROOT = Path(__file__).resolve().parents[2]
TARGET = 20
OURS = """
import json, sys, time
import numpy as np
from quantum import Circuit, Training, expectations, train
job = json.load(sys.stdin)
began = time.perf_counter()
circuit = Circuit(job["n"], job["layers"], observables=((job["n"] - 1,),))
settings = Training(n_steps=job["steps"], learning_rate=job["rate"], train_scalings=True)
found = train(circuit, job["x"], job["labels"], settings, angles=job["angles"])
seconds = time.perf_counter() - began
values = expectations(circuit, found.angles[0], found.scalings[0], job["test_x"])[:, 0]
chosen = found.head.gain[0] * values + found.head.biases[0][0] > 0
right = float(np.mean(chosen == np.asarray(job["test_labels"], bool)))
print(json.dumps({"seconds": seconds, "loss": float(found.losses[0, -1]), "accuracy": right}))
"""


def make_job():
    """Draw two curves in four dimensions, and a start."""
    rng = np.random.default_rng(0)
    flat, labels = make_moons(600, noise=0.15, random_state=0)
    rows = np.pi / 2 * np.tanh(flat @ rng.normal(size=(2, 4)))
    return {
        "n": 4, "layers": 2, "steps": 200, "rate": 0.1, "angles": rng.uniform(-1, 1, (2, 4, 3)).tolist(),
        "x": rows[:300].tolist(), "labels": labels[:300].tolist(),
        "test_x": rows[300:].tolist(), "test_labels": labels[300:].tolist(),
    }  # fmt: skip


def run(command, job):
    """Give the answer of one fit in a process of its own."""
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)}
    )
    return json.loads(done.stdout)


def main():
    """Print the table."""
    sys.path.insert(0, str(Path(__file__).parent))
    from simulator import Benchmark

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", help="folder of the peers' environments")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    peers = Benchmark(options.peers, 60.0, ["pennylane_jax"], quick=True)
    peers.install()
    job = make_job()
    commands = {
        "ours": [sys.executable, "-c", OURS],
        "PennyLane JAX jit": [peers.python("pennylane"), str(Path(__file__).with_name("fit_peer.py"))],
    }
    run(commands["ours"], job)  # compiles, if this is the first use
    found = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            found[name].append(run(command, job))
    times = {name: statistics.median(each["seconds"] for each in answers) for name, answers in found.items()}
    for name, answers in found.items():
        print(
            f"{name:20} {times[name]:8.3f} s   last loss {answers[0]['loss']:.6f}   accuracy {answers[0]['accuracy']:.3f}"
        )
    ratio = times["PennyLane JAX jit"] / times["ours"]
    print(f"ratio {ratio:.0f} (target {TARGET}: {'met' if ratio >= TARGET else 'MISSED'})")


if __name__ == "__main__":
    main()
