"""The tables of the standard study, made anew from their definitions.

Bowles, Ahmed and Schuld (2024), "Better than classical? The subtle art of benchmarking quantum machine learning models",
arXiv:2403.07059, section 4. Two classes of equal size. Not here: MNIST, which must be downloaded; pictures of two digits
from scikit-learn's own 8 x 8 ones, by their principal components, stand for it.
"""

from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

__all__ = ["TABLES"]

Table = tuple[np.ndarray, np.ndarray]


def linearly_separable(rng: np.random.Generator, n: int, rows: int) -> Table:
    """Points of a cube, at least 0.02 n from the hyperplane whose normal is all ones."""
    x = rng.uniform(-1, 1, (40 * rows, n))
    sums = x.sum(axis=1)
    return _balanced(x, sums > 0, rows, np.abs(sums) > 0.02 * n)


def bars_and_stripes(rng: np.random.Generator, side: int, rows: int) -> Table:
    """Pictures of vertical or horizontal lines, each -1 or 1, with normal noise of 0.5 on every pixel."""
    lines, labels = rng.choice([-1.0, 1.0], (rows, side)), np.arange(rows) % 2 == 1
    whole = np.repeat(lines[:, :, None], side, axis=2)
    pictures = np.where(labels[:, None, None], whole, whole.transpose(0, 2, 1)).reshape(rows, -1)
    return pictures + rng.normal(0, 0.5, pictures.shape), labels


def hidden_manifold(rng: np.random.Generator, n: int, rows: int, *, dimension: int = 6) -> Table:
    """Normal points of a manifold, bent into n dimensions by tanh, labelled by a random neural network on the manifold."""
    hidden = rng.normal(size=(rows, dimension))
    x = np.tanh(hidden @ rng.normal(size=(dimension, n)) / np.sqrt(dimension) - rng.uniform(-1, 1, n))
    signal = np.tanh(hidden @ rng.normal(size=(dimension, dimension))) @ rng.normal(size=dimension)
    return x, signal > np.median(signal)


def two_curves(rng: np.random.Generator, n: int, rows: int, *, degree: int = 5) -> Table:
    """Points of a curve whose coordinates are Fourier series over half a period, and of the same curve moved by 0.1."""
    series = rng.uniform(size=(n, degree + 1, 2))
    series /= np.linalg.norm(series)
    phases = np.pi * rng.uniform(size=(rows, 1)) * np.arange(1, degree + 1)
    x = np.cos(phases) @ series[:, 1:, 0].T + np.sin(phases) @ series[:, 1:, 1].T + series[:, 0].sum(axis=1)
    labels = np.arange(rows) % 2 == 1
    return StandardScaler().fit_transform(x + rng.normal(0, 0.01, x.shape) + 0.1 * labels[:, None]), labels


def hyperplanes(rng: np.random.Generator, n: int, rows: int, *, planes: int = 3) -> Table:
    """The parity of the hyperplanes above which a point of three dimensions lies, seen in n dimensions by a linear map."""
    hidden = rng.normal(size=(40 * rows, 3))
    above = hidden @ rng.uniform(size=(3, planes)) + rng.uniform(size=planes) > 0
    hidden, labels = _balanced(hidden, above.sum(axis=1) % 2 == 0, rows)
    return StandardScaler().fit_transform(hidden @ rng.uniform(size=(3, n))), labels


def digits(rng: np.random.Generator, n: int, rows: int) -> Table:
    """Threes and fives of scikit-learn's pictures by their first n principal components, standing for MNIST."""
    pictures, names = load_digits(return_X_y=True)
    drawn = [rng.permutation(np.flatnonzero(names == name))[: rows // 2] for name in (3, 5)]
    chosen = rng.permutation(np.concatenate(drawn))
    return PCA(n, random_state=0).fit_transform(StandardScaler().fit_transform(pictures[chosen])), names[chosen] == 3


def _balanced(x: np.ndarray, labels: np.ndarray, rows: int, good: np.ndarray | None = None) -> Table:
    """Take as many rows of one class as of the other, in the order in which they were drawn."""
    good = np.ones(len(labels), dtype=bool) if good is None else good
    chosen = np.sort(np.concatenate([np.flatnonzero(good & (labels == label))[: rows // 2] for label in (False, True)]))
    return x[chosen], labels[chosen]


def _on(make: Callable[..., Table], *size: int, **more: int) -> Callable[[np.random.Generator, int], Table]:
    return lambda rng, rows: make(rng, *size, rows, **more)


TABLES: dict[str, Callable[[np.random.Generator, int], Table]] = {
    **{f"linearly separable, {n} inputs": _on(linearly_separable, n) for n in (2, 5, 10, 15, 20)},
    **{f"bars and stripes, {side} x {side}": _on(bars_and_stripes, side) for side in (4, 8)},
    **{f"hidden manifold, {n} inputs": _on(hidden_manifold, n) for n in (4, 8, 12, 16, 20)},
    **{f"hidden manifold of {m} dimensions": _on(hidden_manifold, 10, dimension=m) for m in (2, 10, 20)},
    **{f"two curves, {n} inputs": _on(two_curves, n) for n in (4, 8, 12, 16, 20)},
    **{f"two curves of degree {degree}": _on(two_curves, 10, degree=degree) for degree in (2, 10, 20)},
    **{f"hyperplanes, {n} inputs": _on(hyperplanes, n) for n in (4, 10, 20)},
    **{f"{planes} hyperplanes": _on(hyperplanes, 10, planes=planes) for planes in (2, 5, 8)},
    **{f"digits, {n} inputs": _on(digits, n) for n in (4, 10, 20)},
}
"""Name: a function of a random generator and a number of rows."""
