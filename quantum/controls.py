"""On which tables is the truth known? One that a circuit fits and classical models miss, and many that it cannot win.

Of the tables that people have, made ones (`lab.data.made`): the lab's own models are compared, without its ablations and what else
the verdict does not rest on. Where the truth is a multiple of the margin, models whose skill is known (`lab.learning.known`) stand
for both sides, so that the comparison and the verdict are tested at differences that no fitted model has.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from lab import flow
from lab.data import made
from lab.data.frames import from_arrays
from lab.learning.comparison import Group
from lab.learning.families import CONSTANT, Family
from lab.learning.known import auc_apart, reading, sparse
from lab.protocol import Answer, Control, Dataset, Lab
from quantum.comparison import section as comparison
from quantum.settings import Settings

__all__ = ["CONTROLS"]

_SETTINGS = Settings(
    folds=2, repeats=2, candidates=1, steps=80, devices=("torino",), sweep=0, largest=0, hardware_rows=0
)
_MARGIN, _ROWS, _AUC = 0.05, 5_000, 0.75
"""Of the models whose skill is known: the margin, rows, and the area under the ROC curve of the classical side."""


def parity_of_rotations(*, seed: int) -> Dataset:
    """Labels drawn from a circuit: the sign of <Z Z Z Z Z> after each qubit was turned by one feature.

    Each label depends on all five features at once (a parity of half-spaces), which 400 rows do not teach a classical
    model; the chain of CNOT gates computes it in one layer.
    """
    features = np.random.default_rng(seed).uniform(-1, 1, size=(400, 5))
    return _dataset(_named(features), np.sin(np.pi / 2 * features).prod(axis=1) > 0)


def separable(*, seed: int) -> Dataset:
    """Two classes divided by a hyperplane: linear models are right, a circuit cannot be better."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(400, 4))
    return _dataset(_named(features), features @ rng.normal(size=4) + 0.3 * rng.normal(size=400) > 0)


def hidden_manifold(*, seed: int) -> Dataset:
    """Labels by a small random neural network on a two-dimensional manifold in ten (Goldt et al. 2020)."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(400, 2))
    features = np.tanh(hidden @ rng.normal(size=(2, 10)))
    signal = np.tanh(hidden @ rng.normal(size=(2, 8))) @ rng.normal(size=8)
    return _dataset(_named(features), signal > np.median(signal))


def no_signal(*, seed: int) -> Dataset:
    """Labels that ignore the features: nothing can win."""
    rng = np.random.default_rng(seed)
    return _dataset(_named(rng.normal(size=(300, 4))), rng.random(300) < 0.5)


def copied_noise(*, seed: int) -> Dataset:
    """Noise in which every row is there three times."""
    return _dataset(*made.copies(np.random.default_rng(seed), distinct=120))


def customers(*, seed: int) -> Dataset:
    """Visits of customers whom no column names, and about new ones of whom nothing can be said."""
    return _dataset(*made.customers(np.random.default_rng(seed), count=50))


def known_customers(*, seed: int) -> Dataset:
    """The same, and the user has said which rows are of one customer."""
    return _dataset(*made.customers(np.random.default_rng(seed), count=50, named=True), by="customer")


def drifting(*, seed: int) -> Dataset:
    """Columns that drift and classes that come in runs, and the user has said that later rows are to be foretold."""
    return _dataset(*made.drifting(np.random.default_rng(seed), n_rows=300), time="day")


def rare_class(*, seed: int) -> Dataset:
    """One positive row in thirty, along a sum of curves."""
    return _dataset(*made.rare(np.random.default_rng(seed), n_rows=600, positives=20))


def very_rare_class(*, seed: int) -> Dataset:
    """One positive row in a hundred, along a sum of curves."""
    return _dataset(*made.rare(np.random.default_rng(seed), n_rows=1_000, positives=10))


def many_classes(*, seed: int) -> Dataset:
    """Six round normal clouds: a logistic model is the true one."""
    return _dataset(*made.clouds(np.random.default_rng(seed), n_rows=240, n_classes=6))


def with_gaps(*, seed: int) -> Dataset:
    """A sum of curves behind missing cells."""
    return _dataset(*made.with_gaps(np.random.default_rng(seed), n_rows=300))


def categories(*, seed: int) -> Dataset:
    """Nothing but categories, whose effects add up."""
    return _dataset(*made.categories(np.random.default_rng(seed), n_rows=300))


def few_rows(*, seed: int) -> Dataset:
    """60 rows of a logistic model."""
    return _dataset(*made.linear(np.random.default_rng(seed), n_rows=60))


def heavy_tails(*, seed: int) -> Dataset:
    """Columns without a variance in a logistic model."""
    return _dataset(*made.heavy_tails(np.random.default_rng(seed), n_rows=300))


def apart(*, seed: int, times: float) -> Dataset:
    """Two columns: the area under the ROC curve of the first one lies `times` the margin above that of the second."""
    first, second = auc_apart(_AUC + times * _MARGIN), auc_apart(_AUC)
    table = made.apart(np.random.default_rng(seed), n_rows=_ROWS, first=first, second=second)
    return _dataset(*table, independent=True)


def unstable(*, seed: int) -> Dataset:
    """A logistic model of two columns among ten."""
    return _dataset(*made.linear(np.random.default_rng(seed), n_rows=400, n_noise=8), independent=True)


def _dataset(frame: pd.DataFrame, labels: np.ndarray, **said: Any) -> Dataset:
    return from_arrays("control", frame, labels, **said)


def _named(features: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(features, columns=[f"x{i + 1}" for i in range(features.shape[1])])


def compared(lab: Lab, *, seed: int, table: Callable[..., Dataset], folds: int = 2) -> Answer:
    """Compare the lab's own models on a table, without the ablations and the classical models on the circuit's inputs only.

    Neither is needed for the truth, and they would take half of the time.
    """
    settings = dataclasses.replace(_SETTINGS, folds=folds)
    dataset = table(seed=seed)
    context = lab.context(dataset, settings, seed=seed)
    quantum, classical, ablations = context.groups
    whole = tuple(family for family in classical.families if not family.name.endswith("-inputs"))
    sides = (quantum, dataclasses.replace(classical, families=whole), dataclasses.replace(ablations, families=()))
    context = dataclasses.replace(context, groups=sides)
    return flow.answer_here(lab, dataset, settings, seed=seed, context=context, parts=(comparison,))


def _first(features: pd.DataFrame) -> np.ndarray:
    return features[["x1"]].to_numpy()


def _second(features: pd.DataFrame) -> np.ndarray:
    return features[["x2"]].to_numpy()


def between_known(
    lab: Lab, *, seed: int, table: Callable[..., Dataset], quantum: Family, classical: Family, margin: float = _MARGIN
) -> Answer:
    """Compare two models of known skill, one in the place of each side."""
    settings = dataclasses.replace(_SETTINGS, margin=margin, folds=3)
    dataset = table(seed=seed)
    context = lab.context(dataset, settings, seed=seed)
    sides = (
        Group("quantum", "quantum model", (quantum,)),
        Group("classical", "classical model", (classical, CONSTANT)),
        Group("ablation", "ablation", (), is_side=False),
    )
    context = dataclasses.replace(context, groups=sides)
    return flow.answer_here(lab, dataset, settings, seed=seed, context=context, parts=(comparison,))


def _on(name: str, truth: str, table: Callable[..., Dataset]) -> Control:
    """Make a control of a table on which no quantum model can be better."""
    return Control(name, truth, ("yes",), functools.partial(compared, table=table), table=table)


def _at(name: str, truth: str, times: float, wrong: tuple[Answer, ...], **found: Any) -> Control:
    """Make a control whose truth lies `times` the margin from level."""
    table = functools.partial(apart, times=times)
    first, second = reading("first", "first", _first), reading("second", "second", _second)
    asked = functools.partial(between_known, table=table, quantum=first, classical=second)
    return Control(name, truth, wrong, asked, table=table, **found)


_CANNOT = "the quantum model cannot be better"
CONTROLS = (
    Control(
        "circuit-parity",
        "labels come from a circuit: the quantum model is better",
        ("no",),
        functools.partial(compared, table=parity_of_rotations, folds=3),
        right="yes",
        table=parity_of_rotations,
    ),
    _on("separable", f"a hyperplane divides the classes: {_CANNOT}", separable),
    _on("hidden-manifold", "a small neural network made the labels: classical models suffice", hidden_manifold),
    _on("copies", f"noise, every row three times: {_CANNOT}", copied_noise),
    _on("customers", f"nothing is known of new customers: {_CANNOT}", customers),
    _on("known-customers", f"the same, and the user named them: {_CANNOT}", known_customers),
    _on("drift", f"nothing is known of later rows, and the user named the time: {_CANNOT}", drifting),
    _on("rare-class", "1 positive row in 30 along a sum of curves: classical models suffice", rare_class),
    _on("very-rare-class", "1 positive row in 100 along a sum of curves: classical models suffice", very_rare_class),
    _on("many-classes", f"six normal clouds, of which a logistic model is true: {_CANNOT}", many_classes),
    _on("missing-values", "a sum of curves behind missing cells: classical models suffice", with_gaps),
    _on("categories", f"effects of categories add up: {_CANNOT}", categories),
    _on("few-rows", f"60 rows of a logistic model: {_CANNOT}", few_rows),
    _on("heavy-tails", f"a logistic model of columns without a variance: {_CANNOT}", heavy_tails),
    _on("no-signal", f"there is nothing to learn: {_CANNOT}", no_signal),
    _at("level", "models of known skill: both are equally good", 0.0, ("yes",), right="no"),
    _at("half-margin", "models of known skill: better by half the margin", 0.5, ("yes",), right="no", least=0.2),
    _at("at-margin", "models of known skill: better by exactly the margin", 1.0, ("yes", "no")),
    _at("over-margin", "models of known skill: better by 1.5 times the margin", 1.5, ("no",), right="yes", least=0.2),
    _at("twice-margin", "models of known skill: better by twice the margin", 2.0, ("no",), right="yes"),
    Control(
        "unstable-pair",
        "two sparse models whose small difference hangs on single rows: it is below the margin",
        ("yes",),
        functools.partial(
            between_known, table=unstable, quantum=sparse("denser", "denser", 0.15), classical=sparse("sparser", "sparser", 0.1),
            margin=0.01,
        ),
        table=unstable,
    ),
)  # fmt: skip
