"""How well does a circuit of one size do? Scored by cross-validation without tuning: a trial, and its row."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import cross_val_score

from lab.learning.splits import k_folds
from lab.protocol import Dataset, Key
from quantum.models.families import variational

__all__ = ["SIZES", "SizeRow", "score_size", "size_key"]


@dataclass(frozen=True)
class SizeRow:
    """How a circuit of one size did.

    Attributes
    ----------
    qubits, layers : int
    scores : numpy.ndarray of shape (folds,)
        As the scorer gives them.
    """

    qubits: int
    layers: int
    scores: np.ndarray


SIZES = Key("size", SizeRow)


def size_key(qubits: int, layers: int) -> Key[SizeRow]:
    """Name the trial of one size."""
    return SIZES.of(f"{qubits}-{layers}")


def score_size(
    dataset: Dataset, *, seed: int, qubits: int, layers: int, folds: int, steps: int, scorer: str
) -> SizeRow:
    """Score one size without tuning, all sizes on the same folds."""
    family = variational(qubits, steps, (qubits,), "quantum")
    model = family.build(dataset.features, seed).set_params(model__n_layers=layers)
    split = k_folds(dataset.target, dataset.belonging, folds, seed)
    scores = cross_val_score(model, dataset.features, dataset.target, scoring=scorer, cv=split, error_score="raise")
    return SizeRow(qubits, layers, scores)
