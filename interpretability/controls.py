"""On which tables is the truth known? Additive, high-order and no signal at all, and tables as people have them."""

import numpy as np
import pandas as pd
from scipy.special import expit

from interpretability.settings import Settings
from lab import flow
from lab.data import made
from lab.data.frames import from_arrays
from lab.protocol import Answer, Control, Lab

__all__ = ["CONTROLS"]

_SETTINGS = Settings(margin=0.02, folds=3, repeats=2, candidates=1, depth="verdict")


def additive(lab: Lab, *, seed: int) -> Answer:
    """Log-odds that add up over six features, one of them curved: a readable additive model can be the truth."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(1_000, 6))
    log_odds = 1.5 * features[:, 0] - features[:, 1] + 1.5 * np.sin(2 * features[:, 2]) + 0.5 * features[:, 3]
    return _answer(lab, features, rng.random(len(features)) < expit(log_odds), seed)


def parity(lab: Lab, *, seed: int) -> Answer:
    """The sign of a product of three features: no sum of single features or pairs says anything about it."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1, 1, size=(1_000, 3))
    flipped = rng.random(len(features)) < 0.05
    return _answer(lab, features, (features.prod(axis=1) > 0) ^ flipped, seed)


def no_signal(lab: Lab, *, seed: int) -> Answer:
    """Labels that ignore the features: no side can win."""
    rng = np.random.default_rng(seed)
    return _answer(lab, rng.normal(size=(500, 5)), rng.random(500) < 0.5, seed)


def additive_number(lab: Lab, *, seed: int) -> Answer:
    """A number that adds up over six features, one of them curved, and noise."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(1_000, 6))
    sums = 1.5 * features[:, 0] - features[:, 1] + 1.5 * np.sin(2 * features[:, 2]) + 0.5 * features[:, 3]
    return _answer(lab, features, sums + rng.normal(size=len(features)), seed)


def product_number(lab: Lab, *, seed: int) -> Answer:
    """A product of three features and a little noise: no sum of single features or pairs says anything about it."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1, 1, size=(1_000, 3))
    return _answer(lab, features, features.prod(axis=1) + rng.normal(scale=0.03, size=len(features)), seed)


def _on(lab: Lab, table: tuple[pd.DataFrame, np.ndarray], seed: int) -> Answer:
    return flow.answer_here(lab, from_arrays("control", *table), _SETTINGS, seed=seed)


def copied_noise(lab: Lab, *, seed: int) -> Answer:
    """Noise in which every row is there three times."""
    return _on(lab, made.copies(np.random.default_rng(seed)), seed)


def customers(lab: Lab, *, seed: int) -> Answer:
    """Visits of customers whom no column names, and about new ones of whom nothing can be said."""
    return _on(lab, made.customers(np.random.default_rng(seed)), seed)


def named_customers(lab: Lab, *, seed: int) -> Answer:
    """The same with a column that names them, which the user did not point out."""
    return _on(lab, made.customers(np.random.default_rng(seed), named=True), seed)


def walks(lab: Lab, *, seed: int) -> Answer:
    """Random walks in time, which the user did not point out."""
    return _on(lab, made.walks(np.random.default_rng(seed)), seed)


def rare_class(lab: Lab, *, seed: int) -> Answer:
    """One positive row in thirty, and an additive truth."""
    return _on(lab, made.rare(np.random.default_rng(seed)), seed)


def very_rare_class(lab: Lab, *, seed: int) -> Answer:
    """One positive row in a hundred, and an additive truth."""
    return _on(lab, made.rare(np.random.default_rng(seed), n_rows=1_500, positives=15), seed)


def categories(lab: Lab, *, seed: int) -> Answer:
    """Nothing but categories, whose effects add up."""
    return _on(lab, made.categories(np.random.default_rng(seed)), seed)


def with_gaps(lab: Lab, *, seed: int) -> Answer:
    """An additive truth behind missing cells."""
    return _on(lab, made.with_gaps(np.random.default_rng(seed)), seed)


def five_classes(lab: Lab, *, seed: int) -> Answer:
    """Five classes along one additive sum."""
    return _on(lab, made.additive(np.random.default_rng(seed), n_classes=5), seed)


def _answer(lab: Lab, features: np.ndarray, labels: np.ndarray, seed: int) -> Answer:
    frame = pd.DataFrame(features, columns=[f"x{i + 1}" for i in range(features.shape[1])])
    return flow.answer_here(lab, from_arrays("control", frame, labels), _SETTINGS, seed=seed)


CONTROLS = (
    Control("additive", "the truth is additive: a readable model loses nothing", ("no",), additive, right="yes"),
    Control("parity", "the truth is a parity of three: a readable model loses a lot", ("yes",), parity, right="no"),
    Control(
        "additive-number",
        "the number is a sum of curves: a readable model loses nothing",
        ("no",),
        additive_number,
        right="yes",
    ),
    Control(
        "product-number",
        "the number is a product of three: a readable model loses a lot",
        ("yes",),
        product_number,
        right="no",
    ),
    Control("copies", "noise, every row three times: the black box cannot be better", ("no",), copied_noise),
    Control("customers", "nothing is known of new customers: the black box cannot be better", ("no",), customers),
    Control("named-customers", "the same, and a column names the customers", ("no",), named_customers),
    Control("walks", "random walks: the black box cannot foresee them", ("no",), walks),
    Control("rare-class", "1 positive row in 30, and the truth is additive", ("no",), rare_class),
    Control("very-rare-class", "1 positive row in 100, and the truth is additive", ("no",), very_rare_class),
    Control("categories", "effects of categories add up: a readable model loses nothing", ("no",), categories),
    Control("missing-values", "an additive truth behind missing cells", ("no",), with_gaps),
    Control("five-classes", "five classes along an additive sum", ("no",), five_classes),
    Control("no-signal", "there is nothing to learn: the black box cannot be better", ("no",), no_signal),
)
