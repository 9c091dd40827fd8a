"""The engine against a simulator by Kronecker products, finite differences, and itself."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import statevector
from oracles.circuits import circuits, numbers
from samples import short_compiler

from quantum.circuit import Circuit
from quantum.simulator.calls import (
    Head,
    cross_entropy_and_gradient,
    expectations,
    expectations_and_gradient,
    is_compiled,
    states,
    warm_up,
)

SEEDS = st.integers(0, 2**31)
many = settings(max_examples=60, deadline=None, derandomize=True)
ROOT = Path(__file__).parents[3]


def central_differences(function, at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Differentiate by every entry; the error is step^2 from the curve and 1e-16 / step from rounding."""
    out = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += step
        down[place] -= step
        out[place] = (function(up) - function(down)) / (2 * step)
    return out


@many
@given(circuits(), SEEDS)
def test_states_and_expectations_equal_the_kronecker_simulator(circuit, seed):
    angles, scalings, features = numbers(circuit, 2, seed)
    judge = np.array([statevector.state(circuit, angles, scalings, x) for x in features])
    ours = states(circuit, angles, scalings, features, precision="float64")
    np.testing.assert_allclose(ours, judge, rtol=0, atol=1e-12)
    values = expectations(circuit, angles, scalings, features, precision="float64")
    exact = statevector.expectations(circuit, angles, scalings, features)
    np.testing.assert_allclose(values, exact, rtol=0, atol=1e-12)


@many
@given(circuits(), SEEDS)
def test_gradients_equal_central_differences(circuit, seed):
    angles, scalings, features = numbers(circuit, 1, seed)
    pull = np.random.default_rng(seed).normal(size=(1, circuit.n_observables))
    _, ours = expectations_and_gradient(
        circuit, angles, scalings, features, pull, feature_gradient=True, precision="float64"
    )

    def value(a, s, x):
        return float(np.sum(pull * expectations(circuit, a, s, x, precision="float64")))

    # The subject's expectations stand in for the oracle's, which they equal by the test above: 100 times
    # faster.
    by_angles = central_differences(lambda a: value(a, scalings, features), angles)
    by_scalings = central_differences(lambda s: value(angles, s, features), scalings)
    by_features = central_differences(lambda x: value(angles, scalings, x), features)
    np.testing.assert_allclose(ours.angles, by_angles, rtol=0, atol=1e-8)
    np.testing.assert_allclose(ours.scalings, by_scalings, rtol=0, atol=1e-8)
    np.testing.assert_allclose(ours.features, by_features, rtol=0, atol=1e-8)


@pytest.mark.parametrize("n_qubits", [1, 2, 4, 6, 7, 8, 9, 10, 11])
@pytest.mark.parametrize("reupload", [False, True])
def test_float32_stays_within_its_bound_of_float64(n_qubits, reupload):
    circuit = Circuit(n_qubits, 6, pattern="ring", reupload=reupload, observables=((0,), "mean"))
    angles, scalings, features = numbers(circuit, 20, n_qubits)
    pull = np.random.default_rng(0).normal(size=(20, 2))
    low, low_slope = expectations_and_gradient(circuit, angles, scalings, features, pull)
    high, slope = expectations_and_gradient(circuit, angles, scalings, features, pull, precision="float64")
    # About 3 n L roundings of 2^-24, of random sign: sqrt(200) * 6e-8 = 8e-7 at the largest circuit here.
    assert np.abs(low - high).max() < 1e-6
    total = np.abs(pull).sum()
    assert np.abs(low_slope.angles - slope.angles).max() < 1e-6 * total
    assert np.abs(low_slope.scalings - slope.scalings).max() < 1e-6 * total * np.abs(features).max()


@pytest.mark.parametrize("n_samples", [1, 2, 7, 8, 9, 15, 16, 17, 31, 33])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_sample_has_the_same_expectation_in_any_batch(n_samples, precision):
    circuit = Circuit(5, 2)
    angles, scalings, features = numbers(circuit, 33, 1)
    whole = expectations(circuit, angles, scalings, features, precision=precision)
    part = expectations(circuit, angles, scalings, features[:n_samples], precision=precision)
    np.testing.assert_array_equal(part, whole[:n_samples])


@pytest.mark.parametrize("n_samples", [1, 9, 33])
def test_the_gradient_of_a_batch_is_the_sum_over_its_samples(n_samples):
    circuit = Circuit(4, 3, encoding="RX", entangler="CZ", pattern="full", observables=((0,), (1, 2)))
    angles, scalings, features = numbers(circuit, n_samples, 2)
    pull = np.random.default_rng(3).normal(size=(n_samples, 2))

    def slope(rows):
        return expectations_and_gradient(circuit, angles, scalings, features[rows], pull[rows], precision="float64")[1]

    alone = [slope([i]) for i in range(n_samples)]
    np.testing.assert_allclose(slope(slice(None)).angles, sum(g.angles for g in alone), atol=1e-12)
    np.testing.assert_allclose(slope(slice(None)).scalings, sum(g.scalings for g in alone), atol=1e-12)


@pytest.mark.parametrize("n_threads", [2, 3, 5])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_results_do_not_depend_on_the_number_of_threads(n_threads, precision):
    circuit = Circuit(9, 3, pattern="ring")
    angles, scalings, features = numbers(circuit, 150, 4)
    labels = np.arange(150) % 2

    def run(threads):
        return cross_entropy_and_gradient(
            circuit, angles, scalings, Head(1.5, [0.1]), features, labels,
            precision=precision, n_threads=threads,
        )  # fmt: skip

    (loss, slope), (again, same) = run(1), run(n_threads)
    assert loss == again
    for one, other in zip(slope, same, strict=True):
        np.testing.assert_array_equal(one, other)


def test_many_callers_at_once_get_what_one_caller_gets():
    circuit = Circuit(8, 3)
    angles, scalings, features = numbers(circuit, 100, 11)
    alone = expectations(circuit, angles, scalings, features, n_threads=1)
    with ThreadPoolExecutor(4) as pool:
        each = list(pool.map(lambda t: expectations(circuit, angles, scalings, features, n_threads=t), [1, 2, 3] * 8))
    for got in each:
        np.testing.assert_array_equal(got, alone)


def test_repeated_runs_are_equal_to_the_last_bit():
    circuit = Circuit(7, 3)
    angles, scalings, features = numbers(circuit, 50, 5)
    pull = np.ones((50, 1))
    first, slope = expectations_and_gradient(circuit, angles, scalings, features, pull)
    expectations(Circuit(3, 1), np.ones((1, 3, 3)), None, np.ones((4, 3)))  # leaves its traces in working memory
    second, same = expectations_and_gradient(circuit, angles, scalings, features, pull)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(slope.angles, same.angles)
    np.testing.assert_array_equal(slope.scalings, same.scalings)


@pytest.mark.parametrize("shared", [True, False])
def test_models_side_by_side_equal_models_one_by_one(shared):
    circuit = Circuit(4, 2, pattern="ring", observables=((0,), (1,), (2, 3)))
    rng = np.random.default_rng(6)
    angles = rng.normal(size=(3, *circuit.angles_shape))
    scalings = rng.normal(size=(3, *circuit.scalings_shape))
    features = rng.normal(size=(21, 4) if shared else (3, 21, 4))
    labels = rng.integers(0, 3, 21 if shared else (3, 21))
    weights = rng.integers(0, 2, (3, 21))
    gain, biases = rng.normal(size=3), rng.normal(size=(3, 3))
    loss, slope = cross_entropy_and_gradient(
        circuit, angles, scalings, Head(gain, biases), features, labels, sample_weights=weights, feature_gradient=True
    )
    for m in range(3):
        alone, own = cross_entropy_and_gradient(
            circuit, angles[m], scalings[m], Head(gain[m], biases[m]),
            features if shared else features[m], labels if shared else labels[m], sample_weights=weights[m],
            feature_gradient=True,
        )  # fmt: skip
        assert loss[m] == alone
        for together, single in zip(slope, own, strict=True):
            np.testing.assert_array_equal(together[m], single)


@pytest.mark.parametrize("observables", [((0,),), ((0,), (1,)), ((0,), (1, 2), "mean")])
def test_cross_entropy_is_the_textbook_formula_and_its_gradient_fits(observables):
    circuit = Circuit(3, 2, observables=observables)
    angles, scalings, features = numbers(circuit, 11, 7)
    rng = np.random.default_rng(8)
    labels = rng.integers(0, max(2, len(observables)), 11)
    weights = rng.uniform(0.1, 1.0, 11)
    head = np.array([1.3, *rng.normal(size=len(observables))])

    def textbook(angles, scalings, head):
        values = statevector.expectations(circuit, angles, scalings, features)
        logits = head[0] * values + head[1:]
        if len(observables) == 1:
            logits = np.hstack([np.zeros_like(logits), logits])
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return np.average(-np.log(chances[np.arange(11), labels]), weights=weights)

    loss, slope = cross_entropy_and_gradient(
        circuit, angles, scalings, Head(head[0], head[1:]), features, labels,
        sample_weights=weights, precision="float64",
    )  # fmt: skip
    assert float(loss) == pytest.approx(textbook(angles, scalings, head), abs=1e-12)
    expected = central_differences(lambda h: textbook(angles, scalings, h), head)
    np.testing.assert_allclose(np.hstack([slope.gain, slope.biases]), expected, atol=1e-8)
    one = np.zeros_like(angles)
    one[1, 2, 1] = 1e-5
    difference = textbook(angles + one, scalings, head) - textbook(angles - one, scalings, head)
    assert slope.angles[1, 2, 1] == pytest.approx(difference / 2e-5, abs=1e-8)
    one = np.zeros_like(scalings)
    one[0, 1] = 1e-5
    difference = textbook(angles, scalings + one, head) - textbook(angles, scalings - one, head)
    assert slope.scalings[0, 1] == pytest.approx(difference / 2e-5, abs=1e-8)


def test_huge_logits_give_a_finite_loss():
    circuit = Circuit(2, 1, observables=((0,), (1,)))
    loss, slope = cross_entropy_and_gradient(
        circuit, np.zeros((1, 2, 3)), None, Head(1e6, [0.0, 0.0]), np.array([[0.0, 3.0]]), [1]
    )
    assert np.isfinite(loss)
    assert np.isfinite(slope.angles).all()


def test_cotangents_may_be_computed_from_the_expectations():
    circuit = Circuit(3, 2)
    angles, scalings, features = numbers(circuit, 5, 9)
    values = expectations(circuit, angles, scalings, features, precision="float64")
    _, given_ahead = expectations_and_gradient(circuit, angles, scalings, features, 2 * values, precision="float64")
    _, called = expectations_and_gradient(circuit, angles, scalings, features, lambda v: 2 * v, precision="float64")
    np.testing.assert_array_equal(called.angles, given_ahead.angles)


GOOD = {"angles": np.zeros((1, 2, 3)), "scalings": None, "features": np.zeros((4, 2))}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": [[0.0, np.nan]]}, r"features must be finite, found nan at \(0, 1\)"),
        ({"features": [[np.inf, 0.0]]}, "found inf"),
        ({"features": np.zeros((0, 2))}, "no samples"),
        ({"features": np.zeros((4, 3))}, r"needs \(n_samples, 2\)"),
        ({"features": np.zeros(2)}, r"shape \(2,\)"),
        ({"angles": np.zeros((1, 2, 2))}, r"angles have shape \(1, 2, 2\)"),
        ({"angles": np.full((1, 2, 3), np.nan)}, "angles must be finite"),
        ({"angles": np.zeros((0, 1, 2, 3))}, "number of models"),
        ({"scalings": np.ones((2, 2))}, r"scalings have shape \(2, 2\)"),
        ({"scalings": [[1.0, np.inf]]}, "scalings must be finite"),
        ({"angles": np.zeros((3, 1, 2, 3)), "features": np.zeros((2, 4, 2))}, r"number of models: \[2, 3\]"),
        ({"precision": "float16"}, "'float32', 'float64'"),
        ({"n_threads": 0}, "n_threads is 0"),
    ],
)
@pytest.mark.parametrize("function", [expectations, states])
def test_bad_input_is_refused_with_what_was_found(function, change, words):
    with pytest.raises(ValueError, match=words):
        function(Circuit(2, 1), **{**GOOD, **change})


@pytest.mark.parametrize("pull", [np.ones((3, 1)), np.ones(4), np.full((4, 1), np.nan)])
def test_bad_cotangents_are_refused(pull):
    with pytest.raises(ValueError, match="cotangents"):
        expectations_and_gradient(Circuit(2, 1), **GOOD, cotangents=pull)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": [0, 1, 0]}, "labels have shape"),
        ({"labels": [0, 1, 2, 0]}, "from 0 to 1"),
        ({"labels": [0, 1, -1, 0]}, "from 0 to 1"),
        ({"labels": [0.0, 1.0, 0.0, 1.0]}, "whole numbers"),
        ({"sample_weights": [1.0, 1.0]}, "sample_weights have shape"),
        ({"sample_weights": [1.0, 1.0, -1.0, 1.0]}, "not be negative"),
        ({"sample_weights": [0.0] * 4}, "positive sum"),
        ({"sample_weights": [np.nan] * 4}, "sample_weights must be finite"),
        ({"head": Head([1.0, 2.0], [0.0])}, "head.gain"),
        ({"head": Head(1.0, [0.0, 0.0])}, "head.biases"),
        ({"head": Head(np.nan, [0.0])}, "head.gain must be finite"),
    ],
)
def test_bad_targets_and_heads_are_refused(change, words):
    arguments = {**GOOD, "head": Head(1.0, [0.0]), "labels": [0, 1, 0, 1], **change}
    with pytest.raises(ValueError, match=words):
        cross_entropy_and_gradient(Circuit(2, 1), **arguments)


def test_warming_up_when_compiled_says_nothing():
    expectations(Circuit(2, 1), **GOOD)
    said = []
    warm_up(said.append)
    assert said == []
    assert is_compiled()


def run_python(code: str, cwd: Path | None = None, **environment: str) -> str:
    """Run code in a fresh interpreter, with the project importable."""
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))), **environment}
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", code],
        cwd=cwd,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


USE = """
import sys
from quantum.circuit import Circuit
from quantum.simulator import native
from quantum.simulator.calls import expectations, is_compiled, warm_up
native._COMPILER = "samples.short_compiler"
said = []
before = is_compiled()
warm_up(said.append)
value = expectations(Circuit(1, 1), [[[0.0, 0.0, 0.0]]], None, [[0.0]])
print(before, len(said), is_compiled(), value[0, 0], "numba" in sys.modules)
"""


def test_a_second_process_reads_the_code_and_an_unwritable_or_damaged_cache_still_works(tmp_path):
    folder, before = tmp_path / "cache", short_compiler.lay_out(tmp_path / "before")
    # The processes that simulate never import numba: another one compiles.
    assert run_python(USE, QUANTUM_CACHE_DIR=str(folder), **before).split() == ["False", "1", "True", "1.0", "False"]
    assert run_python(USE, QUANTUM_CACHE_DIR=str(folder), **before).split() == ["True", "0", "True", "1.0", "False"]
    (stored,) = folder.iterdir()
    stored.write_bytes(stored.read_bytes()[:-100])
    assert run_python(USE, QUANTUM_CACHE_DIR=str(folder), **before).split()[2:4] == ["True", "1.0"]
    # A folder below a file can be made by nobody, not even by root: the reason is said, and the temporary folder used.
    # Settings of the compiler, and modules, that lie in the current folder are not read.
    nowhere, here = stored / "below", tmp_path / "here"
    here.mkdir()
    (here / ".numba_config.yaml").write_text("disable_jit: [broken\n")
    (here / "types.py").write_text("raise SystemExit('run')\n")
    surroundings = {"QUANTUM_CACHE_DIR": str(nowhere), "TMPDIR": str(here), **before}
    assert run_python(USE, cwd=here, **surroundings).split() == ["False", "2", "True", "1.0", "False"]
    assert run_python(USE, cwd=here, **surroundings).split() == ["True", "0", "True", "1.0", "False"]
