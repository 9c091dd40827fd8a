"""On which tables is the truth known? Additive, high-order and no signal at all, for classes and for numbers."""

import numpy as np
import pandas as pd
from scipy.special import expit

from interpretability.settings import Settings
from lab import flow
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
    Control("no-signal", "there is nothing to learn: the black box cannot be better", ("no",), no_signal),
)
