"""On which tables is the truth known? Additive, high-order and no signal at all, and tables as people have them."""

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import expit

from interpretability.settings import Settings
from lab import flow
from lab.data import made
from lab.data.frames import from_arrays
from lab.protocol import Answer, Control, Dataset, Lab

__all__ = ["CONTROLS"]

_SETTINGS = Settings(margin=0.02, folds=3, repeats=2, candidates=1, depth="verdict")


def additive(*, seed: int) -> Dataset:
    """Log-odds that add up over six features, one of them curved: a readable additive model can be the truth."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(1_000, 6))
    log_odds = 1.5 * features[:, 0] - features[:, 1] + 1.5 * np.sin(2 * features[:, 2]) + 0.5 * features[:, 3]
    return _named(features, rng.random(len(features)) < expit(log_odds))


def parity(*, seed: int) -> Dataset:
    """The sign of a product of three features: no sum of single features or pairs says anything about it."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1, 1, size=(1_000, 3))
    flipped = rng.random(len(features)) < 0.05
    return _named(features, (features.prod(axis=1) > 0) ^ flipped)


def no_signal(*, seed: int) -> Dataset:
    """Labels that ignore the features: no side can win."""
    rng = np.random.default_rng(seed)
    return _named(rng.normal(size=(500, 5)), rng.random(500) < 0.5)


def additive_number(*, seed: int) -> Dataset:
    """A number that adds up over six features, one of them curved, and noise."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(1_000, 6))
    sums = 1.5 * features[:, 0] - features[:, 1] + 1.5 * np.sin(2 * features[:, 2]) + 0.5 * features[:, 3]
    return _named(features, sums + rng.normal(size=len(features)))


def product_number(*, seed: int) -> Dataset:
    """A product of three features and a little noise: no sum of single features or pairs says anything about it."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1, 1, size=(1_000, 3))
    return _named(features, features.prod(axis=1) + rng.normal(scale=0.03, size=len(features)))


def copied_noise(*, seed: int) -> Dataset:
    """Noise in which every row is there three times."""
    return _made(made.copies(np.random.default_rng(seed)))


def customers(*, seed: int) -> Dataset:
    """Visits of customers whom no column names, and about new ones of whom nothing can be said."""
    return _made(made.customers(np.random.default_rng(seed)))


def named_customers(*, seed: int) -> Dataset:
    """The same with a column that names them, which the user did not point out."""
    return _made(made.customers(np.random.default_rng(seed), named=True))


def walks(*, seed: int) -> Dataset:
    """Random walks in time, which the user did not point out."""
    return _made(made.walks(np.random.default_rng(seed)))


def rare_class(*, seed: int) -> Dataset:
    """One positive row in thirty, and an additive truth."""
    return _made(made.rare(np.random.default_rng(seed)))


def very_rare_class(*, seed: int) -> Dataset:
    """One positive row in a hundred, and an additive truth."""
    return _made(made.rare(np.random.default_rng(seed), n_rows=1_500, positives=15))


def categories(*, seed: int) -> Dataset:
    """Nothing but categories, whose effects add up."""
    return _made(made.categories(np.random.default_rng(seed)))


def with_gaps(*, seed: int) -> Dataset:
    """An additive truth behind missing cells."""
    return _made(made.with_gaps(np.random.default_rng(seed)))


def five_classes(*, seed: int) -> Dataset:
    """Five classes along one additive sum."""
    return _made(made.additive(np.random.default_rng(seed), n_classes=5))


def _made(table: tuple[pd.DataFrame, np.ndarray]) -> Dataset:
    return from_arrays("control", *table)


def _named(features: np.ndarray, labels: np.ndarray) -> Dataset:
    return _made((pd.DataFrame(features, columns=[f"x{i + 1}" for i in range(features.shape[1])]), labels))


def asked(lab: Lab, *, seed: int, table: Callable[..., Dataset]) -> Answer:
    """Ask the lab for its verdict on a table."""
    return flow.answer_here(lab, table(seed=seed), _SETTINGS, seed=seed)


def _on(
    name: str, truth: str, wrong: tuple[Answer, ...], table: Callable[..., Dataset], right: Answer | None = None
) -> Control:
    return Control(name, truth, wrong, functools.partial(asked, table=table), right=right, table=table)


CONTROLS = (
    _on("additive", "the truth is additive: a readable model loses nothing", ("no",), additive, right="yes"),
    _on("parity", "the truth is a parity of three: a readable model loses a lot", ("yes",), parity, right="no"),
    _on(
        "additive-number",
        "the number is a sum of curves: a readable model loses nothing",
        ("no",),
        additive_number,
        right="yes",
    ),
    _on(
        "product-number",
        "the number is a product of three: a readable model loses a lot",
        ("yes",),
        product_number,
        right="no",
    ),
    _on("copies", "noise, every row three times: the black box cannot be better", ("no",), copied_noise),
    _on("customers", "nothing is known of new customers: the black box cannot be better", ("no",), customers),
    _on("named-customers", "the same, and a column names the customers", ("no",), named_customers),
    _on("walks", "random walks: the black box cannot foresee them", ("no",), walks),
    _on("rare-class", "1 positive row in 30, and the truth is additive", ("no",), rare_class),
    _on("very-rare-class", "1 positive row in 100, and the truth is additive", ("no",), very_rare_class),
    _on("categories", "effects of categories add up: a readable model loses nothing", ("no",), categories),
    _on("missing-values", "an additive truth behind missing cells", ("no",), with_gaps),
    _on("five-classes", "five classes along an additive sum", ("no",), five_classes),
    _on("no-signal", "there is nothing to learn: the black box cannot be better", ("no",), no_signal),
)
