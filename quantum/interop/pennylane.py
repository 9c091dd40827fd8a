"""How does PennyLane write this circuit? For drawing, for its devices, and as an independent judge.

PennyLane's wire 0 is the most significant bit, as here: wire q is qubit q.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from quantum.circuit import MEAN_Z, Circuit, Observable


def apply_gates(
    circuit: Circuit,
    angles: Any,
    features: Any,
    scalings: Any | None = None,
) -> None:
    """Queue the gates inside a quantum function of your own.

    Values are looked up in the given arrays, so that autograd, JAX or torch can differentiate by them.

    Parameters
    ----------
    circuit : Circuit
    angles : array of shape `circuit.angles_shape`
    features : array of shape (n_qubits,) or, for broadcasting, (n_samples, n_qubits)
    scalings : array of shape `circuit.scalings_shape`, optional
    """
    import pennylane as qml

    for gate in circuit.gates(np.zeros(circuit.angles_shape)):
        value: tuple[Any, ...] = ()
        if gate.source[:1] == ("feature",):
            _, layer, q = gate.source
            value = (features[..., q] if scalings is None else scalings[layer, q] * features[..., q],)
        elif gate.source[:1] == ("angle",):
            value = (angles[gate.source[1:]],)
        wires = gate.wires if len(gate.wires) > 1 else gate.wires[0]
        getattr(qml, gate.name)(*value, wires=wires)


def observables(circuit: Circuit) -> list[Any]:
    """Give the circuit's observables as PennyLane operators."""
    return [_operator(each, circuit.n_qubits) for each in circuit.observables]


def to_pennylane(
    circuit: Circuit,
    device: str = "default.qubit",
    *,
    shots: int | None = None,
    **options: Any,
) -> Callable[..., Any]:
    """Make a PennyLane QNode ``f(angles, features, scalings=None)`` that returns the list of expectations.

    Parameters
    ----------
    circuit : Circuit
    device : str
        Name of a PennyLane device.
    shots : int, optional
        Exact expectations unless given.
    **options
        Handed to the QNode, for example ``diff_method="parameter-shift"``.

    Examples
    --------
    >>> node = to_pennylane(Circuit(n_qubits=1, n_layers=1, rotation="RY"))
    >>> [round(float(value), 6) for value in node(np.zeros((1, 1, 1)), np.array([np.pi]))]
    [-1.0]
    """
    import pennylane as qml

    def function(angles: Any, features: Any, scalings: Any | None = None) -> list[Any]:
        apply_gates(circuit, angles, features, scalings)
        return [qml.expval(operator) for operator in observables(circuit)]

    node = qml.QNode(function, qml.device(device, wires=circuit.n_qubits), **options)
    return node if shots is None else qml.set_shots(node, shots=shots)


def _operator(observable: Observable, n_qubits: int) -> Any:
    import pennylane as qml

    if observable == MEAN_Z:
        return qml.dot([1.0 / n_qubits] * n_qubits, [qml.Z(q) for q in range(n_qubits)])
    return qml.prod(*(qml.Z(int(q)) for q in observable)) if len(observable) > 1 else qml.Z(int(observable[0]))


def parameter_shift(
    circuit: Circuit, angles: ArrayLike, features: ArrayLike, scalings: ArrayLike | None = None
) -> np.ndarray:
    """Differentiate the expectations of one sample by the angles with PennyLane's parameter-shift rule.

    Exact and slow (two circuits for each angle): what a device would do.

    Returns
    -------
    array of shape (n_observables, *angles_shape)
    """
    import pennylane as qml
    from pennylane import numpy as differentiable

    node = to_pennylane(circuit, diff_method="parameter-shift")
    turns = differentiable.array(np.asarray(angles, float), requires_grad=True)
    fixed = None if scalings is None else np.asarray(scalings, float)

    def stacked(values: Any) -> Any:
        return differentiable.stack(node(values, np.asarray(features, float), fixed))

    return np.asarray(qml.jacobian(stacked)(turns))
