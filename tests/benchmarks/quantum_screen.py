"""How often is the look before training wrong? On the quantum lab's controls, and on labels that were made for a quantum kernel.

On most controls no quantum model can be better: "could help" is wrong there. Labels of the control `circuit-parity` are a
circuit's, and Huang's construction makes labels that are simple for one quantum kernel and as complex as can be for a classical
one: there "nothing asks for it" is wrong. They are made with the screen's own random rotations, and with others. Printed for each
kind: how often it was wrong with the exact 95 % interval of that share, the mean bounds, and processor seconds for a table.

Set OPENBLAS_NUM_THREADS=1.

python tests/benchmarks/quantum_screen.py [--tables 10] [--first 0] [--only WORD]
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd

from lab.data.frames import from_arrays
from lab.stats import rate
from quantum.controls import CONTROLS, parity_of_rotations
from quantum.screen.geometry import Spectrum
from quantum.screen.kernels import classical_kernels, quantum_kernels
from quantum.screen.section import could_help
from quantum.screen.trials import screen

QUBITS, ROWS = 5, 400


def made_for_a_kernel(*, seed, own, kernel="projected, bandwidth 2"):
    """Labels of Huang et al. (2021), section "engineered": with the screen's rotations (`own`), or with others."""
    X = np.random.default_rng(seed).normal(size=(ROWS, QUBITS))
    quantum = Spectrum.of(quantum_kernels(X, QUBITS, seed if own else 100_000 + seed)[kernel])
    classical = Spectrum.of(list(classical_kernels(X).values())[3])  # the Gaussian as scikit-learn sets it
    root = quantum.vectors * np.sqrt(quantum.values) @ quantum.vectors.T
    inverse = classical.vectors / (classical.values + 1.1) @ classical.vectors.T
    scores = root @ np.linalg.eigh(root @ inverse @ root)[1][:, -1]
    return from_arrays("made", pd.DataFrame(X, columns=list("abcde")), scores > np.median(scores))


def tables_of():
    """Name, generator and whether a quantum model truly wins, of each kind."""
    for control in CONTROLS:
        if control.right is None and control.name not in ("at-margin", "unstable-pair"):
            yield control.name, control.table, False
    yield "circuit-parity", parity_of_rotations, True
    yield "made for its kernel", lambda *, seed: made_for_a_kernel(seed=seed, own=True), True
    yield "made for another circuit's kernel", lambda *, seed: made_for_a_kernel(seed=seed, own=False), True


def main():
    """Print a line for each kind, and one over all of either truth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=10, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--only", default="", help="kinds whose name holds the word")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    wrong = {True: [], False: []}
    for name, table, wins in tables_of():
        if arguments.only not in name:
            continue
        seen, seconds = [], []
        for seed in range(arguments.first, arguments.first + arguments.tables):
            dataset = table(seed=seed)
            start = time.process_time()
            seen.append(screen(dataset, seed=seed, n_qubits=QUBITS))
            seconds.append(time.process_time() - start)
        own = [could_help(each) != wins for each in seen]
        wrong[wins] += own
        bounds = np.mean([(each.quantum.bound, each.classical.bound) for each in seen], axis=0)
        print(
            f"{name:34} {'quantum wins' if wins else 'cannot win':12} wrong {_share(own)}, "
            f"bounds {bounds[0]:.3f} and {bounds[1]:.3f}, "
            f"g {np.mean([each.difference for each in seen]):.1f}, {np.mean(seconds):.2f} CPU s",
            flush=True,
        )
    for wins, own in wrong.items():
        if own:
            print(f"{'quantum truly wins' if wins else 'a quantum model cannot be better'}: wrong {_share(own)}")


def _share(wrong):
    share = rate(sum(wrong), len(wrong))
    return f"{sum(wrong)} of {len(wrong)} (95 % interval {100 * share.low:.0f} to {100 * share.high:.0f} %)"


if __name__ == "__main__":
    main()
