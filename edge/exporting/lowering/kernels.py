"""How does a support vector machine become matrix products? Kernels of a row with all support vectors at once.

A radial kernel is exp(2g x.s - g|x|^2 - g|s|^2): one product with all support vectors, one norm of the row, one
exponential function, and a product with the dual coefficients. The scores become probabilities as scikit-learn's
calibration does it (Platt 1999).

The dual coefficients are large and of both signs, so that their sum loses digits in float32 where the kernels do not:
the form `summed in float64` pays for that sum alone. `SVC(probability=True)` has no lowering: libsvm finds its
probabilities by an iteration that stops early, even for two classes (0.004 from the sigmoid itself).
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto

from edge.exporting.lowering.affine import Form, add_first, finish_in, for_softmax
from lab.onnx_graphs.columns import Column, NotLoweredError
from lab.onnx_graphs.graph import ELEMENTS, Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FORMS", "add_calibrated_machine", "inside_calibration"]

FORMS: tuple[Form, ...] = ("folded float32", "centred float32", "summed in float64", "float64")


def inside_calibration(model: Any) -> Any:
    """Give the one fitted estimator whose scores a `CalibratedClassifierCV(ensemble=False)` maps to probabilities.

    Raises
    ------
    NotLoweredError
        If there is one for each fold (`ensemble=True`).
    """
    if len(model.calibrated_classifiers_) != 1:
        raise NotLoweredError(
            "there is no lowering of CalibratedClassifierCV with ensemble=True, a model for each fold"
        )
    return model.calibrated_classifiers_[0].estimator


def add_calibrated_machine(graph: Graph, model: Any, columns: Sequence[Column], *, form: Form, missing: bool) -> None:
    """Support vectors whose scores a sigmoid for each class maps to probabilities, which are made to sum to 1.

    Raises
    ------
    NotLoweredError
        If something else than a sigmoid maps the scores, or they come from another machine or kernel than is known here.
    """
    calibrators = model.calibrated_classifiers_[0].calibrators
    if not all(hasattr(each, "a_") and hasattr(each, "b_") for each in calibrators):
        raise NotLoweredError("there is no lowering of CalibratedClassifierCV with another method than sigmoid")
    machine, number = inside_calibration(model), _number(form)
    machine = machine.steps[-1][1] if hasattr(machine, "steps") else machine
    slopes = -np.array([each.a_ for each in calibrators], dtype=np.float64)
    shifts = -np.array([each.b_ for each in calibrators], dtype=np.float64)
    _check(machine)
    kernels = _add_kernels(graph, machine, columns, form=form, missing=missing)
    if form == "summed in float64":
        kernels, number = graph.add("Cast", [kernels], to=TensorProto.DOUBLE), np.float64
    if len(slopes) == 1:
        weights, shift = machine.dual_coef_.T * slopes, machine.intercept_ * slopes + shifts
        scores = _gemm(graph, kernels, *for_softmax(weights, shift), number)
        return finish_in(graph, graph.add("Softmax", [scores], axis=1), number)
    scores = _one_against_rest(graph, machine, kernels, number)
    scores = graph.add("Mul", [scores, graph.constant(slopes.astype(number))])
    likely = graph.add("Sigmoid", [graph.add("Add", [scores, graph.constant(shifts.astype(number))])])
    whole = graph.add("ReduceSum", [likely, graph.constant(np.array([1], np.int64))], keepdims=1)
    return finish_in(graph, graph.add("Div", [likely, whole]), number)


def _check(machine: Any) -> None:
    if type(machine).__name__ not in ("SVC", "NuSVC"):
        raise NotLoweredError(f"there is no lowering of CalibratedClassifierCV around {type(machine).__name__}")
    if machine.kernel not in _KERNELS or machine._sparse:
        raise NotLoweredError(
            "there is no lowering of a support vector machine with a kernel of its own or sparse rows"
        )
    if len(machine.classes_) > 2 and machine.decision_function_shape != "ovr":
        raise NotLoweredError("there is no lowering of a support vector machine that scores pairs of classes (ovo)")


def _add_kernels(graph: Graph, machine: Any, columns: Sequence[Column], *, form: Form, missing: bool) -> str:
    """Add the kernel of each row with each support vector: shape (n_rows, n_vectors)."""
    width = len(columns)
    prepared = add_first(graph, (np.eye(width), np.zeros(width)), columns, form=form, missing=missing)
    vectors = np.asarray(machine.support_vectors_, dtype=np.float64)
    return _KERNELS[machine.kernel](graph, machine, prepared, vectors, _number(form))


def _radial(graph: Graph, machine: Any, rows: str, vectors: "NDArray[np.float64]", number: Any) -> str:
    gamma = float(machine._gamma)
    crossed = _gemm(graph, rows, 2 * gamma * vectors.T, -gamma * (vectors**2).sum(axis=1), number)
    norms = graph.add("ReduceSumSquare", [rows, graph.constant(np.array([1], np.int64))], keepdims=1)
    norms = graph.add("Mul", [norms, graph.constant(np.array(gamma, dtype=number))])
    return graph.add("Exp", [graph.add("Sub", [crossed, norms])])


def _linear(graph: Graph, machine: Any, rows: str, vectors: "NDArray[np.float64]", number: Any) -> str:
    del machine
    return _gemm(graph, rows, vectors.T, np.zeros(len(vectors)), number)


def _polynomial(graph: Graph, machine: Any, rows: str, vectors: "NDArray[np.float64]", number: Any) -> str:
    scaled = _gemm(graph, rows, float(machine._gamma) * vectors.T, np.full(len(vectors), float(machine.coef0)), number)
    return graph.add("Pow", [scaled, graph.constant(np.array(machine.degree, dtype=number))])


def _tangent(graph: Graph, machine: Any, rows: str, vectors: "NDArray[np.float64]", number: Any) -> str:
    scaled = _gemm(graph, rows, float(machine._gamma) * vectors.T, np.full(len(vectors), float(machine.coef0)), number)
    return graph.add("Tanh", [scaled])


_KERNELS: dict[str, Callable[..., str]] = {
    "rbf": _radial,
    "linear": _linear,
    "poly": _polynomial,
    "sigmoid": _tangent,
}


def _one_against_rest(graph: Graph, machine: Any, kernels: str, number: Any) -> str:
    """Add scikit-learn's score of each class: the pairs that it wins, and the sum of its margins squeezed below 1/3."""
    n_classes = len(machine.classes_)
    pairs = list(combinations(range(n_classes), 2))
    ends = np.concatenate([[0], np.cumsum(machine.n_support_)])
    weights, signs = np.zeros((ends[-1], len(pairs))), np.zeros((len(pairs), n_classes))
    for place, (first, second) in enumerate(pairs):
        one, other = slice(*ends[first : first + 2]), slice(*ends[second : second + 2])
        weights[one, place] = machine.dual_coef_[second - 1, one]
        weights[other, place] = machine.dual_coef_[first, other]
        signs[place, [first, second]] = 1, -1
    margins = _gemm(graph, kernels, weights, machine.intercept_, number)
    zero = graph.constant(np.array(0, dtype=number))
    lost = graph.add("Cast", [graph.add("Less", [margins, zero])], to=ELEMENTS[np.dtype(number)])
    won = _gemm(graph, lost, -signs, np.arange(n_classes)[::-1], number)
    sums = graph.add("MatMul", [margins, graph.constant(signs.astype(number))])
    three = graph.constant(np.array(3, dtype=number))
    below = graph.add("Add", [graph.add("Mul", [graph.add("Abs", [sums]), three]), three])
    return graph.add("Add", [won, graph.add("Div", [sums, below])])


def _gemm(graph: Graph, rows: str, weights: "NDArray", shift: "NDArray", number: Any) -> str:
    return graph.add("Gemm", [rows, graph.constant(weights.astype(number)), graph.constant(shift.astype(number))])


def _number(form: Form) -> Any:
    return np.float64 if form == "float64" else np.float32
