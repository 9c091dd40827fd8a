"""Before training it is said whether a quantum kernel could help: yes where labels were made for one, no on classical tables."""

import numpy as np
import pandas as pd
import pytest
from samples.quantum_rows import DATA, SETTINGS

from lab.data.frames import from_arrays
from quantum import controls
from quantum.lab import LAB
from quantum.models.kernel_classifier import QuantumKernelClassifier
from quantum.screen.kernels import classical_kernels, quantum_kernels
from quantum.screen.section import could_help, evidence, plan, sentence
from quantum.screen.trials import ScreenRow, Seen, screen


def row(quantum, classical, n_rows=100):
    return ScreenRow(n_rows, Seen("fidelity", quantum, 9.5, 8.0), Seen("linear", classical, 8.25, 4.0), 2.04)


def made_for_a_quantum_kernel(seed):
    """Huang's construction: the labels for which the classical kernel needs most, of those that are simple for the quantum one."""
    X = np.random.default_rng(seed).normal(size=(150, 4))
    quantum = quantum_kernels(X, 4, seed=99)["projected, bandwidth 2"]
    values, vectors = np.linalg.eigh(quantum)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    inverse = np.linalg.inv(classical_kernels(X)[max(classical_kernels(X))] + 1.1 * np.eye(150))
    scores = root @ np.linalg.eigh(root @ inverse @ root)[1][:, -1]
    return from_arrays("made", pd.DataFrame(X, columns=list("abcd")), scores > np.median(scores))


@pytest.mark.parametrize("seed", [0, 1])
def test_a_quantum_kernel_could_help_where_the_labels_were_made_for_it(seed):
    found = screen(made_for_a_quantum_kernel(seed), seed=99, n_qubits=4)
    assert could_help(found), found
    assert sentence(found).startswith("A quantum kernel could help: ")


@pytest.mark.parametrize("table", ["separable", "hidden_manifold", "many_classes", "categories", "no_signal"])
def test_nothing_asks_for_one_on_classical_tables(table):
    found = screen(getattr(controls, table)(seed=3), seed=3, n_qubits=4)
    assert not could_help(found), found
    assert found.n_rows <= 300
    assert sentence(found).startswith("No kernel sees more than noise" if table == "no_signal" else "Nothing here asks")


def test_kernels_are_those_of_the_labs_machine():
    X = np.random.default_rng(0).normal(size=(30, 3))
    ours = quantum_kernels(X, 3, seed=5)
    for kind in ("fidelity", "projected"):
        model = QuantumKernelClassifier(3, 2, kernel=kind, bandwidth=0.5, random_state=5).fit(X, np.arange(30) % 2)
        seen = model._embedded(X)
        np.testing.assert_allclose(ours[f"{kind}, bandwidth 0.5"], model._kernel(seen, seen), atol=1e-6)
    machines = classical_kernels(X)
    gamma = 1 / (3 * X.var())
    distances = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(list(machines.values())[3], np.exp(-gamma * distances))


@pytest.mark.parametrize(
    ("quantum", "classical", "start"),
    [(0.7, 0.72, "A quantum kernel could help"), (0.7, 0.709, "Nothing here asks"), (0.7, 0.6, "Nothing here asks"),
     (0.99, 0.985, "No kernel sees more than noise"), (0.985, 1.0, "A quantum kernel could help")],
)  # fmt: skip
def test_the_sentence_follows_from_the_bounds(quantum, classical, start):
    found = sentence(row(quantum, classical))
    assert found.startswith(start)
    assert f"(error bound {quantum:.2f})" in found
    assert f"({classical:.2f})" in found


def test_the_report_shows_what_it_rests_on_and_the_verdict_does_not_know_it():
    context = LAB.context(DATA, SETTINGS, seed=0)
    (trial,) = plan(context)
    assert (trial.key, trial.arguments) == ("screen", {"n_qubits": 3})
    found = evidence(context, {"screen": row(0.7, 0.6)})
    assert (found.estimates, found.facts, found.figures) == ({}, {}, ())
    (table,) = found.tables
    assert table.rows == (("quantum", "fidelity", 0.7, 9.5, 8.0), ("classical", "linear", 0.6, 8.25, 4.0))
    assert table.caption.startswith(sentence(row(0.7, 0.6)))
    assert "here 2.0, and sqrt(100) = 10.0 would" in table.caption
