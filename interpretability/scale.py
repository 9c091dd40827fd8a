"""In which unit do the models speak? The log-odds of a class, or the unit of the number that is predicted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.special import logit

from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Scale", "answers", "has_one_sum", "says_classes", "scale_of", "sums"]


@dataclass(frozen=True)
class Scale:
    """The words for what a readable model adds up, and where the sum leads.

    Attributes
    ----------
    unit : str
        Of a contribution: `log-odds`, or the target's name.
    whole : str
        What the contributions add up to.
    upwards : str
        What a contribution above zero does: `speaks for 'yes'`, `raises 'price'`.
    output : str
        What the model gives: `probability of 'yes'`, or the target's name.
    link : {"logit", "identity"}
        How the sum becomes the answer (see `lab.protocol.WhatIf`).
    size : float
        What a difference between two answers is measured by: 1 for probabilities, else the target's standard deviation.
    """

    unit: str
    whole: str
    upwards: str
    output: str
    link: Literal["logit", "identity"]
    size: float


def scale_of(dataset: Dataset) -> Scale:
    """Find the words for a table; for more than two classes every class has a sum of its own."""
    if dataset.task == "number":
        name = dataset.target_name
        return Scale(
            name, f"the prediction of {name!r}", f"raises {name!r}", name, "identity", float(dataset.target.std())
        )
    label = repr(dataset.classes[1]) if len(dataset.classes) == 2 else "the class"
    return Scale("log-odds", "the log-odds", f"favours {label}", f"probability of {label}", "logit", 1.0)


def has_one_sum(dataset: Dataset) -> bool:
    """Whether an additive model of this target is one sum of terms: for two classes, or a number."""
    return dataset.task == "number" or len(dataset.classes) == 2


def says_classes(model: Any) -> bool:
    """Whether a fitted model gives probabilities; a sum of rule trees has a `predict_proba` for a number too, which gives none."""
    return hasattr(model, "classes_")


def answers(model: Any, frame: pd.DataFrame) -> "NDArray[np.float64]":
    """What a fitted model says of each row: the probability of the last class, or the number; shape (n_rows,)."""
    if says_classes(model):
        return np.asarray(model.predict_proba(frame), dtype=np.float64)[:, -1]
    return np.asarray(model.predict(frame), dtype=np.float64)


def sums(model: Any, frame: pd.DataFrame) -> "NDArray[np.float64]":
    """What `answers` gives, shape (n_rows,), on the scale on which terms add up: log-odds, kept finite, or the number."""
    found = answers(model, frame)
    return logit(np.clip(found, 1e-3, 1 - 1e-3)) if says_classes(model) else found
