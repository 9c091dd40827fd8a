"""Complexity, geometric difference and concentration are what plain linear algebra says, and truths that are known are seen."""

import numpy as np
import pytest

from quantum.screen.geometry import Spectrum, complexity, geometric_difference
from quantum.screen.trials import compare_kernels

N = 24


def random_kernel(seed, rank=N):
    root = np.random.default_rng(seed).normal(size=(N, rank))
    return root @ root.T


def random_labels(seed, n_columns=1):
    labels = np.random.default_rng(seed).normal(size=(N, n_columns))
    return (labels - labels.mean(axis=0)) / labels.std(axis=0)


def of_trace_n(kernel):
    return kernel / np.trace(kernel) * N


@pytest.mark.parametrize("rank", [3, N])
@pytest.mark.parametrize("n_columns", [1, 3])
def test_the_bound_is_the_smallest_over_the_penalties_by_inverse_matrices(rank, n_columns):
    kernel, labels = random_kernel(1, rank), random_labels(2, n_columns)
    scaled, tried = of_trace_n(kernel), []
    for penalty in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0):
        inverse = np.linalg.inv(scaled + penalty * np.eye(N))
        bounds, models = [], []
        for y in labels.T:
            residual = y - scaled @ inverse @ y  # of kernel ridge regression on its own rows
            weights = inverse @ y
            models.append(weights @ scaled @ weights)  # squared norm of the fitted function
            bounds.append(np.sqrt(residual @ residual / N) + np.sqrt(models[-1] / N))
        tried.append((np.mean(bounds), np.mean(models)))
    found = complexity(Spectrum.of(kernel), labels)
    assert (found.bound, found.model) == pytest.approx(min(tried), rel=1e-9)


def test_the_geometric_difference_bounds_the_complexity_of_all_labels_and_one_label_reaches_it():
    """Of y' (C + jitter)^-1 y over y' Q^-1 y, by the generalised eigenvalue problem's own definition."""
    classical, quantum = of_trace_n(random_kernel(3, 5)), of_trace_n(random_kernel(4))
    g = geometric_difference(Spectrum.of(classical), Spectrum.of(quantum))
    of_classical, of_quantum = np.linalg.inv(classical + 0.1 * np.eye(N)), np.linalg.inv(quantum)
    ratios = np.linalg.eig(quantum @ of_classical)
    assert g**2 == pytest.approx(ratios.eigenvalues.real.max(), rel=1e-6)
    worst = ratios.eigenvectors[:, ratios.eigenvalues.real.argmax()].real
    labels = [*np.random.default_rng(5).normal(size=(200, N)), worst]
    shares = [(y @ of_classical @ y) / (y @ of_quantum @ y) for y in labels]
    assert max(shares[:-1]) < g**2
    assert shares[-1] == pytest.approx(g**2, rel=1e-6)


def test_of_a_kernel_and_itself_it_is_at_most_one():
    spectrum = Spectrum.of(random_kernel(6))
    assert geometric_difference(spectrum, spectrum) <= 1.0


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [(np.eye(N), N), (7.0 * np.ones((N, N)), 1.0), (np.kron(np.eye(4), np.ones((6, 6))), 4.0)],
    ids=["no two rows alike", "all rows alike", "four kinds of rows"],
)
def test_effective_dimensions_are_counted(kernel, expected):
    assert Spectrum.of(kernel).dimension == pytest.approx(expected)


def test_units_of_a_kernel_change_nothing():
    kernel, other, labels = random_kernel(7), random_kernel(8), random_labels(9)
    one, two = Spectrum.of(kernel), Spectrum.of(1e3 * kernel)
    assert complexity(one, labels).bound == pytest.approx(complexity(two, labels).bound)
    assert geometric_difference(Spectrum.of(other), one) == pytest.approx(geometric_difference(Spectrum.of(other), two))


def test_of_each_kind_the_kernel_is_taken_for_which_the_labels_are_simplest():
    labels = random_labels(10)
    knowing = labels @ labels.T + 0.01 * random_kernel(11) / N
    quantum, classical = {"blind": random_kernel(12), "knowing": knowing}, {"one": random_kernel(13), "two": knowing}
    found = compare_kernels(quantum, classical, labels)
    assert (found.quantum.name, found.classical.name, found.n_rows) == ("knowing", "two", N)
    assert found.quantum.bound < 0.5
    spectra = [Spectrum.of(each) for each in classical.values()]
    assert found.difference == min(geometric_difference(each, Spectrum.of(knowing)) for each in spectra)
    assert found.quantum.dimension == Spectrum.of(knowing).dimension
