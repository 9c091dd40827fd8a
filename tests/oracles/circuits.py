"""Random members of the whole circuit family, and numbers to put into them."""

import numpy as np
from hypothesis import strategies as st

from quantum.circuit import Circuit


@st.composite
def circuits(draw, max_qubits: int = 5, max_layers: int = 3) -> Circuit:
    """Draw any circuit of at most this size."""
    n = draw(st.integers(1, max_qubits))
    subsets = st.lists(st.integers(0, n - 1), min_size=1, max_size=n, unique=True).map(tuple)
    return Circuit(
        n_qubits=n,
        n_layers=draw(st.integers(1, max_layers)),
        encoding=draw(st.sampled_from(["RX", "RY", "RZ"])),
        rotation=draw(st.sampled_from(["Rot", "RY", "RY+RZ"])),
        entangler=draw(st.sampled_from(["CNOT", "CZ", None])),
        pattern=draw(st.sampled_from(["line", "ring", "full"])),
        reupload=draw(st.booleans()),
        observables=tuple(draw(st.lists(subsets | st.just("mean"), min_size=1, max_size=3))),
    )


def numbers(circuit: Circuit, n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Angles over several turns, scalings of both signs, features."""
    rng = np.random.default_rng(seed)
    return (
        rng.uniform(-7.0, 7.0, circuit.angles_shape),
        rng.normal(size=circuit.scalings_shape),
        rng.normal(scale=2.0, size=(n_samples, circuit.n_qubits)),
    )
