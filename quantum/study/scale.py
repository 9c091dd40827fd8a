"""Could the chosen circuit train at scale? Its gradient's variance against qubits and depth, as a trial and a picture."""

from collections.abc import Mapping
from dataclasses import replace

from lab.protocol import Dataset, Estimate, Figure, Row, Table
from lab.report import charts
from quantum.circuit import MEAN_Z, circuit_from
from quantum.study.trainability import entangling_capability, expressibility, fit_decay, gradient_variance

__all__ = ["could_train", "decay_figure", "decay_of", "measures_table"]

_DEPTHS = (2, 4, 8)
_DRAWS, _PAIRS = 100, 2_000
_MOST_FOR_STATES = 8


def could_train(dataset: Dataset, *, seed: int, largest: int, inputs: Mapping[str, Row]) -> Row:
    """Study circuits like the one of the trial "circuit", on 2 to `largest` qubits.

    Returns
    -------
    dict
        `variances`: (layers, qubits, variance, its standard error) each; `expressibility`: nats; `entangling`: the mean
        Meyer-Wallach measure and its standard error; both for the chosen size, on at most 8 qubits.
    """
    del dataset  # only the circuit matters
    circuit = circuit_from(inputs["circuit"]["circuit"])
    points = []
    for layers in _DEPTHS:
        for n in range(2, largest + 1, 2):
            seen = MEAN_Z if circuit.entangler is None else (n - 1,)
            larger = replace(circuit, n_qubits=n, n_layers=layers, observables=(seen,))
            points.append([layers, n, *gradient_variance(larger, n_draws=_DRAWS, seed=seed)])
    small = replace(circuit, n_qubits=min(circuit.n_qubits, _MOST_FOR_STATES), observables=((0,),))
    return {
        "qubits": small.n_qubits,
        "layers": small.n_layers,
        "variances": points,
        "expressibility": expressibility(small, n_pairs=_PAIRS, seed=seed),
        "entangling": list(entangling_capability(small, n_draws=_PAIRS // 4, seed=seed)),
    }


def decay_of(row: Row) -> Estimate:
    """Halvings of the gradient's variance for each qubit added, at the largest depth."""
    deepest = [(n, variance) for layers, n, variance, _ in row["variances"] if layers == max(_DEPTHS)]
    found = fit_decay(*zip(*deepest, strict=True))
    return Estimate(float(found.rate), float(found.low), float(found.high), "halvings per qubit")


def decay_figure(row: Row) -> Figure:
    """Draw the variance against qubits on a logarithmic axis, a curve for each depth."""
    curves = {
        f"{depth} layers": [(float(n), variance) for layers, n, variance, _ in row["variances"] if layers == depth]
        for depth in _DEPTHS
    }
    decay = decay_of(row)
    caption = (
        f"Variance of the gradient over random starts. At {max(_DEPTHS)} layers it is halved {decay.value:.2f} times for each qubit "
        f"added (95 % interval {decay.low:.2f} to {decay.high:.2f}): a straight fall on this logarithmic axis is a barren plateau, "
        "on which a large circuit of this kind could not be trained."
    )
    spec = charts.lines(curves, x="qubits", y="variance of the gradient", log_y=True, points=True)
    return Figure("Could it train at scale?", caption, spec)


def measures_table(row: Row) -> Table:
    """List expressibility and entangling capability."""
    mean, error = row["entangling"]
    caption = (
        "Over random angles. Expressibility: divergence of the states' fidelities from those of random states (0: the circuit "
        "reaches everything; sampling alone gives about 0.02). Entangling: Meyer-Wallach measure (0: none, 1: most)."
    )
    rows = (
        ("expressibility (nats)", row["expressibility"], ""),
        ("entangling capability", mean, f"+- {1.96 * error:.3f}"),
    )
    title = f"The chosen circuit ({row['qubits']} qubits, {row['layers']} layers)"
    return Table(title, caption, ("measure", "value", "95 % interval"), rows)
