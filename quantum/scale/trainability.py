"""Could it train at scale? Variance of the gradient against qubits, expressibility, and entangling capability."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from quantum.circuit import Circuit
from quantum.simulator.calls import expectations_and_gradient, states

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Decay", "entangling_capability", "expressibility", "fit_decay", "gradient_variance"]

_BINS = 75
"""Bins of the fidelities, as in Sim, Johnson and Aspuru-Guzik (2019)."""
_STATES_BYTES = 2**27


@dataclass(frozen=True)
class Decay:
    """Variance = c 2^(-halvings * qubits): halvings for each qubit added, with their 95 % interval."""

    halvings: float
    low: float
    high: float
    intercept: float


def gradient_variance(circuit: Circuit, *, n_draws: int, seed: int) -> tuple[float, float]:
    """Estimate the variance of the derivative of the first expectation by an angle, and its standard error.

    Angles are uniform in [-pi, pi), features in [-pi/2, pi/2]; the variance is over draws, averaged over the angles of
    the middle layer (those of the first and the last may have no influence).

    Parameters
    ----------
    circuit : Circuit
    n_draws : int
        At least 2.

    References
    ----------
    McClean et al. (2018), Nature Communications 9, 4812 (barren plateaus); Cerezo et al. (2021), Nature Communications 12,
    1791 (an observable on few qubits).
    """
    rng = np.random.default_rng(seed)
    angles = rng.uniform(-np.pi, np.pi, (n_draws, *circuit.angles_shape))
    features = rng.uniform(-np.pi / 2, np.pi / 2, (n_draws, 1, circuit.n_qubits))
    pulls = np.zeros((n_draws, 1, circuit.n_observables))
    pulls[..., 0] = 1.0
    _, slopes = expectations_and_gradient(circuit, angles, None, features, pulls, n_threads=1)
    middle = np.asarray(slopes.angles, dtype=np.float64)[:, circuit.n_layers // 2].reshape(n_draws, -1)
    squares = (middle**2).mean(axis=1)  # the mean over uniform angles is zero
    return float(squares.mean()), float(squares.std(ddof=1) / np.sqrt(n_draws))


def fit_decay(n_qubits: "ArrayLike", variances: "ArrayLike") -> Decay:
    """Fit log2 of the variance to a line in the number of qubits, both of shape (n_points,).

    Raises
    ------
    ValueError
        If there are fewer than three points.

    Examples
    --------
    >>> found = fit_decay([2, 4, 6, 8], [2.0**-n for n in (2, 4, 6, 8)])
    >>> round(found.halvings, 6), round(found.low, 6)
    (1.0, 1.0)
    """
    x, y = np.asarray(n_qubits, dtype=float), np.log2(np.asarray(variances, dtype=float))
    if len(x) < 3:
        raise ValueError(f"{len(x)} numbers of qubits are too few for a decay with its interval; give at least 3")
    line = stats.linregress(x, y)
    reach = stats.t.ppf(0.975, len(x) - 2) * line.stderr
    halvings, reach = float(-line.slope), float(reach)
    return Decay(halvings, halvings - reach, halvings + reach, float(line.intercept))


def expressibility(circuit: Circuit, *, n_pairs: int, seed: int) -> float:
    """Kullback-Leibler divergence (nats) of the circuit's fidelities from those of Haar-random states; 0 is the most.

    Two states of one pair come from two draws of all angles, features at 0. The value has a floor by sampling of about
    (bins - 1) / (2 n_pairs).

    References
    ----------
    Sim, Johnson and Aspuru-Guzik (2019), Advanced Quantum Technologies 2, 1900070.
    """
    found = _random_states(circuit, 2 * n_pairs, seed)
    overlaps = np.einsum("ni,ni->n", found[:n_pairs].conj(), found[n_pairs:])
    fidelities = np.clip(np.abs(overlaps) ** 2, 0.0, 1.0)
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    seen = np.histogram(fidelities, edges)[0] / n_pairs
    haar = np.diff(1.0 - (1.0 - edges) ** (2**circuit.n_qubits - 1))
    return float(stats.entropy(seen, np.maximum(haar, 1e-300)))


def entangling_capability(circuit: Circuit, *, n_draws: int, seed: int) -> tuple[float, float]:
    """Mean Meyer-Wallach measure of the circuit's states over draws of its angles, and its standard error.

    0 for products of single qubits, 1 for states such as GHZ: 2 (1 - mean purity of one qubit).

    References
    ----------
    Meyer and Wallach (2002), Journal of Mathematical Physics 43, 4273; Brennen (2003), arXiv:quant-ph/0305094.
    """
    measures = meyer_wallach(_random_states(circuit, n_draws, seed))
    return float(measures.mean()), float(measures.std(ddof=1) / np.sqrt(n_draws))


def meyer_wallach(amplitudes: "NDArray") -> "NDArray[np.float64]":
    """Meyer-Wallach measure of states of shape (n, 2^q): shape (n,), in [0, 1]."""
    from quantum.models.kernel_classifier import bloch_vectors

    n_qubits = amplitudes.shape[1].bit_length() - 1
    lengths = 2.0 * (bloch_vectors(amplitudes) ** 2).sum(axis=1)  # |Bloch vector|^2 of all qubits
    purity = (1.0 + lengths / n_qubits) / 2.0
    return np.asarray(2.0 * (1.0 - purity))


def _random_states(circuit: Circuit, count: int, seed: int) -> "NDArray":
    rng = np.random.default_rng(seed)
    at_once = max(1, min(count, _STATES_BYTES // (16 << circuit.n_qubits) // 16))  # a block of samples each
    found = []
    for start in range(0, count, at_once):
        angles = rng.uniform(-np.pi, np.pi, (min(at_once, count - start), *circuit.angles_shape))
        features = np.zeros((1, circuit.n_qubits))
        found.append(states(circuit, angles, None, features, precision="float64", n_threads=1)[:, 0])
    return np.concatenate(found)
