"""Which columns does each layer of the circuit load, and into which qubit? One line for each, with its trained scaling."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lab.protocol import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quantum.circuit import Circuit

__all__ = ["loaded", "loading_table"]

_MOST_NAMED = 3


def loaded(matrix: "NDArray[np.float64]", names: Sequence[str], n_qubits: int) -> tuple[str, ...]:
    """Say for each qubit which columns its angle is made of, those with the largest weights first.

    Parameters
    ----------
    matrix : array of shape (n_columns, n_angles)
        Radians per unit of a column; fewer angles than qubits are repeated in turn.
    names : sequence of str
        Of the columns.

    Examples
    --------
    >>> loaded(np.array([[0.5, 0.0], [-0.75, 1.0]]), ["age", "income"], 3)
    ('income (-0.75), age (+0.50)', 'income', 'income (-0.75), age (+0.50)')
    """
    said = []
    for weights in np.asarray(matrix).T:
        order = np.argsort(-np.abs(weights), kind="stable")
        used = order[np.abs(weights[order]) > 1e-9 * np.abs(weights).max()]
        if len(used) == 1:
            said.append(names[used[0]])
            continue
        largest = ", ".join(f"{names[place]} ({weights[place]:+.2f})" for place in used[:_MOST_NAMED])
        more = len(used) - _MOST_NAMED
        said.append(f"{largest} and {more} more" if more > 0 else largest)
    return tuple(said[qubit % len(said)] for qubit in range(n_qubits))


def loading_table(circuit: "Circuit", loads: Sequence[str], scalings: "NDArray[np.float64]") -> Table:
    """List what is loaded layer by layer; `scalings` has the shape that the circuit names, `loads` a text for each qubit."""
    rows = tuple(
        (layer + 1, qubit + 1, loads[qubit], float(scalings[layer, qubit]))
        for layer in range(circuit.n_encoding_layers)
        for qubit in range(circuit.n_qubits)
    )
    caption = (
        f"Each layer turns each qubit by its angle times the scaling, as trained on all rows, by the gate {circuit.encoding}. Where "
        "an angle is a sum of columns, those with the largest weights are named (radians for a standard deviation of a number, or for "
        "a category): columns beyond the number of qubits are in these sums, and in no layer of their own."
    )
    return Table("What each layer of the circuit loads", caption, ("layer", "qubit", "loads", "scaling"), rows)
