"""Could circuits like the chosen one train on more qubits? Their gradients and their states: a trial, and its row."""

from dataclasses import dataclass, replace

from lab.protocol import Dataset, Key, Rows
from quantum.chosen_circuit.trials import CIRCUIT
from quantum.circuit import MEAN_Z
from quantum.scale.trainability import entangling_capability, expressibility, gradient_variance

__all__ = ["DEPTHS", "SCALE", "ScaleRow", "could_train"]

DEPTHS = (2, 4, 8)
"""Layers of the circuits that are studied."""
_DRAWS, _PAIRS = 100, 2_000
_MOST_FOR_STATES = 8


@dataclass(frozen=True)
class ScaleRow:
    """What was found about circuits like the chosen one.

    Attributes
    ----------
    qubits, layers : int
        Of the circuit whose states were drawn: the chosen size, on at most 8 qubits.
    variances : tuple of (layers, qubits, variance, its standard error)
        Of the gradient over random starts.
    expressibility : float
        Nats; 0 is the most.
    entangling : (float, float)
        The mean Meyer-Wallach measure, in [0, 1], and its standard error.
    """

    qubits: int
    layers: int
    variances: tuple[tuple[int, int, float, float], ...]
    expressibility: float
    entangling: tuple[float, float]


SCALE = Key("scale", ScaleRow)


def could_train(dataset: Dataset, *, seed: int, largest: int, inputs: Rows) -> ScaleRow:
    """Study circuits like the one of the trial "circuit", on 2 to `largest` qubits."""
    del dataset  # only the circuit matters
    circuit = CIRCUIT.needed(inputs).circuit
    points = []
    for layers in DEPTHS:
        for n in range(2, largest + 1, 2):
            seen = MEAN_Z if circuit.entangler is None else (n - 1,)
            larger = replace(circuit, n_qubits=n, n_layers=layers, observables=(seen,))
            points.append((layers, n, *gradient_variance(larger, n_draws=_DRAWS, seed=seed)))
    small = replace(circuit, n_qubits=min(circuit.n_qubits, _MOST_FOR_STATES), observables=((0,),))
    return ScaleRow(
        qubits=small.n_qubits,
        layers=small.n_layers,
        variances=tuple(points),
        expressibility=expressibility(small, n_pairs=_PAIRS, seed=seed),
        entangling=entangling_capability(small, n_draws=_PAIRS // 4, seed=seed),
    )
