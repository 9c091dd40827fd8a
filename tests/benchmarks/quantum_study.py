"""How strong is the quantum side? Our models at the lab's own tuning on the tables of the standard study, beside the classical ones.

    python tests/benchmarks/quantum_study.py [--every N] [--rows N] [--candidates N] [--steps N] [--repeats N] [--workers N]

The tables are those of `study_tables`. Every model is tuned by the lab inside the outer folds, with the same budget as any
other; "best of a side" is the lab's own choice inside the folds. An interval of a mean over tables is made of the lab's
intervals on each: their widths add up as those of independent tables. It is about these tables, drawn anew.
"""

import argparse
import dataclasses
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from study_tables import TABLES

from lab.data.frames import from_arrays
from lab.learning import comparison, planning, scoring
from lab.learning.families import CONSTANT, MLP
from lab.terminal.screen import watching
from lab.work.resume import run_plan
from quantum.models.families import groups
from quantum.models.limits import qubits_for
from quantum.simulator.calls import warm_up


def compared_on(name, options):
    """Accuracy of every family, and of the best of each side, on one table."""
    rows, labels = TABLES[name](np.random.default_rng(options.seed), options.rows)
    order = np.random.default_rng(options.seed + 1).permutation(len(rows))
    frame = pd.DataFrame(rows[order], columns=[f"x{i + 1}" for i in range(rows.shape[1])])
    data = from_arrays(name, frame, labels[order], independent=True)
    metric = scoring.primary_metric("accuracy", data)
    quantum, classical, _ = groups(qubits_for(data, options.qubits), options.steps, 2)
    whole = tuple(family for family in classical.families if not family.name.endswith("-inputs"))
    sides = (quantum, dataclasses.replace(classical, families=whole))
    budget = {"folds": options.folds, "repeats": options.repeats}
    plan = planning.trials(sides, seed=0, metric=metric, candidates=options.candidates, **budget)
    with tempfile.TemporaryDirectory() as folder, watching(name, quiet=True) as watch:
        found = run_plan(plan, data, Path(folder), workers=options.workers, watch=watch)
    if found.failures:
        raise SystemExit(f"trials failed: {dict(found.failures)}")
    return comparison.compare(data, sides, found.rows, metric=metric, **budget)


def mean_of(estimates):
    """The mean over tables with its interval: value, low, high."""
    value = np.mean([each.value for each in estimates])
    down = np.sqrt(sum((each.value - each.low) ** 2 for each in estimates)) / len(estimates)
    up = np.sqrt(sum((each.high - each.value) ** 2 for each in estimates)) / len(estimates)
    return value, value - down, value + up


def shown(three):
    """Write a value and its interval."""
    return "{:6.1f} ({:5.1f} to {:5.1f})".format(*three)


def main():
    """Print one line a table as it is done, and the table of means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    defaults = {"every": 1, "rows": 300, "candidates": 4, "steps": 150, "folds": 5, "repeats": 1, "workers": 2,
                "qubits": 0, "seed": 0}  # fmt: skip
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    warm_up(print)
    names = list(TABLES)[:: options.every]
    found = {}
    for name in names:
        found[name] = each = compared_on(name, options)
        lines = (f"{family} {each.mean(scores).value:.1f}" for family, scores in each.families.items())
        print(f"{name:32} " + "  ".join(lines), flush=True)
    first = next(iter(found.values())).families
    labels = {family: scores.label.partition(" (")[0] for family, scores in first.items()}
    families = {family: [each.mean(each.families[family]) for each in found.values()] for family in first}
    mlp = {
        family: [each.difference(each.families[family], each.families[MLP.name]) for each in found.values()]
        for family in first
    }
    print(
        f"\nMean accuracy in points, {len(names)} tables of {options.rows} rows, {options.candidates} candidates a model"
    )
    print(f"{'model':70} {'accuracy (95 % interval)':>26} {'against the MLP':>26}")
    for family in sorted(families, key=lambda name: -np.mean([each.value for each in families[name]])):
        if family != CONSTANT.name:
            print(f"{labels[family]:70} {shown(mean_of(families[family])):>26} {shown(mean_of(mlp[family])):>26}")
    for side in ("quantum", "classical"):
        best = [each.mean(each.best[side]) for each in found.values()]
        against = [each.difference(each.best[side], each.families[MLP.name]) for each in found.values()]
        print(
            f"{'best ' + side + ' model, chosen inside the folds':70} {shown(mean_of(best)):>26} {shown(mean_of(against)):>26}"
        )
    advantage = [each.difference(each.best["quantum"], each.best["classical"]) for each in found.values()]
    print(f"Best quantum model less best classical model: {shown(mean_of(advantage))}")


if __name__ == "__main__":
    main()
