"""Do we find what the standard study found? Its tasks that can be generated, our models, and its ranking beside ours.

    python tests/benchmarks/quantum_tasks.py [--quick] [--features N] [--workers N]

Bowles, Ahmed and Schuld (2024), "Better than classical? The subtle art of benchmarking quantum machine learning models",
arXiv:2403.07059: the five tasks are made anew from their definitions there. The paper's figures are mean differences
in accuracy from an MLP on the same data, computed from the paper's 2,223 published result files. Ours: every model
tuned with the same budget inside 5 outer folds, on 300 rows a task; intervals by the corrected t over tasks and folds.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from lab.data.frames import from_arrays
from lab.learning import comparison, planning, scoring
from lab.terminal.screen import watching
from lab.work.resume import run_plan
from quantum.models.families import groups
from quantum.models.limits import qubits_for
from quantum.simulator.calls import warm_up

ROWS = 300
PAPER = {
    "svm": ("support vector machine", 0.4),
    "kernel": ("projected quantum kernel", -1.1),
    "unentangled": ("separable kernel (no entanglement)", -1.3),
    "quantum": ("data re-uploading", -6.8),
}
"""Our family: the paper's nearest model, and its mean difference from the MLP, in points of accuracy."""


def linearly_separable(n, rng):
    """Points of a cube at least 0.02 n from the hyperplane whose normal is all ones."""
    rows = rng.uniform(-1, 1, (40 * ROWS, n))
    rows = rows[np.abs(rows.sum(axis=1)) > 0.02 * n][:ROWS]
    return rows, rows.sum(axis=1) > 0


def hidden_manifold(n, rng):
    """Points of a six-dimensional manifold in n dimensions, labelled by a small neural network on the manifold."""
    hidden = rng.normal(size=(ROWS, 6))
    rows = np.tanh(hidden @ rng.normal(size=(6, n)) / np.sqrt(6) - rng.uniform(0, 1, n))
    signal = np.tanh(hidden @ rng.normal(size=(6, 6)) / np.sqrt(6)) @ rng.normal(size=6)
    return rows, signal > np.median(signal)


def two_curves(n, rng, degree=5):
    """Two curves in n dimensions, each coordinate a Fourier series of that degree, 0.1 apart, with noise 0.01."""
    t = rng.uniform(0, 1, ROWS)
    k = np.arange(degree + 1)
    waves = np.hstack([np.cos(2 * np.pi * t[:, None] * k), np.sin(2 * np.pi * t[:, None] * k)])
    rows = waves @ rng.uniform(-1, 1, (2 * (degree + 1), n)) / np.sqrt(degree + 1)
    labels = np.arange(ROWS) % 2 == 1
    return rows + 0.1 * labels[:, None] + rng.normal(0, 0.01, (ROWS, n)), labels


def hyperplanes_parity(n, rng, planes=4):
    """Parity of the sides of hyperplanes in three dimensions, seen in n dimensions through a linear map."""
    hidden = rng.normal(size=(ROWS, 3))
    sides = hidden @ rng.normal(size=(3, planes)) > rng.normal(0, 0.3, planes)
    return hidden @ rng.uniform(-1, 1, (3, n)), sides.sum(axis=1) % 2 == 1


def bars_and_stripes(n, rng):
    """Pictures of vertical or horizontal lines of -1 and 1, with noise of 0.5 on every pixel."""
    side = max(2, round(np.sqrt(n)))
    lines = rng.choice([-1.0, 1.0], (ROWS, side))
    labels = rng.random(ROWS) < 0.5
    pictures = np.where(
        labels[:, None, None], np.repeat(lines[:, :, None], side, 2), np.repeat(lines[:, None], side, 1)
    )
    return pictures.reshape(ROWS, -1) + rng.normal(0, 0.5, (ROWS, side * side)), labels


TASKS = (linearly_separable, hidden_manifold, two_curves, hyperplanes_parity, bars_and_stripes)


def scores_of(task, n, *, candidates, workers, steps):
    """Accuracy in points of every family and of the best of each side, on 5 folds."""
    rows, labels = task(n, np.random.default_rng(n))
    frame = pd.DataFrame(rows, columns=[f"x{i + 1}" for i in range(rows.shape[1])])
    data = from_arrays(task.__name__, frame, labels)
    metric = scoring.primary_metric("accuracy", data)
    sides = groups(qubits_for(data, 0), steps, 2)
    plan = planning.trials(sides, folds=5, repeats=1, seed=0, metric=metric, candidates=candidates)
    with tempfile.TemporaryDirectory() as folder, watching(task.__name__, quiet=False) as watch:
        found = run_plan(plan, data, Path(folder), workers=workers, watch=watch)
    if found.failures:
        raise SystemExit(f"trials failed: {dict(found.failures)}")
    return comparison.compare(data, sides, found.rows, folds=5, repeats=1, metric=metric)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer candidates and steps")
    parser.add_argument("--features", type=int, default=9, help="features of each task (a square, for the pictures)")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    warm_up(print)
    budget = {"candidates": 2, "steps": 60} if options.quick else {"candidates": 6, "steps": 150}
    found = {task.__name__: scores_of(task, options.features, workers=options.workers, **budget) for task in TASKS}
    families = next(iter(found.values())).families
    means = {f: [found[task].mean(found[task].families[f]).value for task in found] for f in families}
    print(f"\nAccuracy in points, {ROWS} rows, {options.features} features, {budget['candidates']} candidates a model")
    print(f"{'model':45}" + "".join(f"{task[:17]:>19}" for task in found) + "   against MLP  paper")
    order = sorted(families, key=lambda f: -np.mean(means[f]))
    for f in order:
        gap = np.mean(np.subtract(means[f], means["mlp"]))
        paper = f"{PAPER[f][1]:+5.1f} ({PAPER[f][0]})" if f in PAPER else ""
        print(f"{families[f].label:45}" + "".join(f"{value:19.1f}" for value in means[f]) + f"{gap:+14.1f}  {paper}")
    print(
        "\nBest quantum model less best classical model, and the circuit with less without entanglement (95 % intervals)"
    )
    for task, each in found.items():
        advantage = each.difference(each.best["quantum"], each.best["classical"])
        entanglement = each.difference(each.families["quantum"], each.families["unentangled"])
        shown = [f"{e.value:+6.1f} ({e.low:+6.1f} to {e.high:+6.1f})" for e in (advantage, entanglement)]
        print(f"{task:22}{shown[0]:>30}{shown[1]:>30}")


if __name__ == "__main__":
    main()
