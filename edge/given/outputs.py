"""What do a file's outputs say of the classes? Probabilities, scores with a link, or labels; else the user is asked.

What is certain is taken: rows that add up to 1 are probabilities, their logarithms too; the scores of a network's last layer become
probabilities by softmax, a last sigmoid is the probability of the second class. Labels that the file gives itself are its answers:
where they are not those of the largest probability, the file is judged by its labels alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import onnx

from edge.given.output_origin import origins
from lab.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AS_IS", "HOWS", "JOINED", "Answers", "How", "Reading", "probabilities", "read_outputs"]

How = Literal["probabilities", "logarithms", "softmax", "shares", "second", "sigmoid", "labels"]
HOWS = ("probabilities", "logits", "sigmoid")
"""What a user may say that the outputs are."""
JOINED = "the outputs together"
"""Name of the matrix of outputs that are one column each."""
_LAYERS = ("Gemm", "MatMul", "Add", "FusedGemm", "QLinearMatMul", "DequantizeLinear", "BiasAdd")
_REGRESSORS = ("LinearRegressor", "SVMRegressor", "TreeEnsembleRegressor", "TreeEnsemble")
_LINKED = (b"LOGISTIC", b"SOFTMAX", b"PROBIT")
_ONE, _SAME, _TIE = 1e-3, 1e-5, 1e-6
_WAYS = "--output logits if they are scores before a softmax or sigmoid, --output sigmoid if each is that of its class alone"


@dataclass(frozen=True, eq=False)
class Answers:
    """What a file answered, by name of the output.

    Attributes
    ----------
    matrices : mapping of str to array of shape (n_rows, n)
        Numbers, one row a row.
    labels : mapping of str to list of str
        One label a row.
    keys : mapping of str to tuple of str
        For matrices that came as maps: the labels of their columns.
    uneven : mapping of str to float
        For outputs whose answers depend on the other rows of a call: by how much.
    n_known : int
        So many of the first rows stand in the table; 0: all of them.
    """

    matrices: "Mapping[str, NDArray]"
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uneven: Mapping[str, float] = field(default_factory=dict)
    n_known: int = 0


@dataclass(frozen=True)
class Reading:
    """How an output becomes one probability for each class.

    Attributes
    ----------
    output : str
        Its name.
    how : How
        As it is (`probabilities`), by exp (`logarithms`), by `softmax`, divided by their sum (`shares`), a probability (`second`) or a
        score (`sigmoid`) of the second of two classes, or 1 for the class of the label (`labels`).
    named : tuple of str
        For `labels`: those that stand for the classes, in their order.
    note : str
        What a reader should know of it; empty where it is as expected.
    """

    output: str
    how: How
    named: tuple[str, ...] = ()
    note: str = ""


AS_IS = Reading("probabilities", "probabilities")
"""What this lab's own files give."""


def read_outputs(model: onnx.ModelProto, answers: Answers, *, n_classes: int, said: str | None, name: str) -> Reading:
    """Choose the output, and find what it says; `labels` are matched with the classes by the caller.

    Parameters
    ----------
    said : str, optional
        One of `HOWS`, where the user says so.
    name : str
        The file, for messages.

    Raises
    ------
    SettingsError
        If no output speaks of so many classes, or what it says cannot be told.
    """
    from_where = origins(model.graph)
    wide = {key: matrix for key, matrix in answers.matrices.items() if matrix.shape[1] == n_classes > 1}
    if JOINED in wide and not _sums_to_one(wide[JOINED]):
        del wide[JOINED]
    single = {key: matrix for key, matrix in answers.matrices.items() if matrix.shape[1] == 1}
    if not wide:
        _refuse_regression(single, from_where, answers, n_classes, name)
    if len(chosen := _one_of(wide)) == 1:
        output = chosen[0]
        operator = (
            None if model.producer_name == "skl2onnx" else from_where.get(output)
        )  # its last sums need not be logits
        return _wide(output, wide[output], operator, said, name)
    if not wide and len(single) == 1 and n_classes == 2:
        output = next(iter(single))
        return _single(output, single[output], from_where.get(output), said, name)
    if not wide and answers.labels:
        note = "the given model gives labels only: it is judged by them, as if it were certain of each"
        return Reading(next(iter(answers.labels)), "labels", note=note)
    shown = ", ".join(f"{key} with {matrix.shape[1]} numbers" for key, matrix in answers.matrices.items())
    raise SettingsError(
        f"{name} has no single output of shape [rows, {n_classes}] with the probabilities (it has {shown or 'none of numbers'}); "
        "export it with that output, or with its labels"
    )


def _one_of(wide: "Mapping[str, NDArray]") -> list[str]:
    """Choose among outputs of the right width: that named so, those that are probabilities, or the first of equal ones."""
    names = [key for key in wide if key == "probabilities"] or list(wide)
    if len(names) > 1:
        sure = [key for key in names if _sums_to_one(wide[key])]
        names = [key for key in sure if "prob" in key.casefold()] or sure or names
    if len(names) > 1 and all(np.allclose(wide[names[0]], wide[key], atol=_SAME, equal_nan=True) for key in names[1:]):
        return names[:1]
    return names


def _wide(output: str, matrix: "NDArray", operator: onnx.NodeProto | None, said: str | None, name: str) -> Reading:
    """Tell what one number for each class is."""
    finite = matrix[np.isfinite(matrix).all(axis=1)]
    kind = "" if operator is None else operator.op_type
    if not len(finite):
        return Reading(output, "probabilities")  # what is wrong with them is said elsewhere
    if said == "logits":
        return Reading(output, "softmax", note=_of_scores("--output says so"))
    if said == "sigmoid":
        _require_shares(finite, name)
        return Reading(output, "shares", note="the given model's outputs are divided by their sum (--output says so)")
    if said == "probabilities" or _sums_to_one(finite):
        return Reading(output, "probabilities")
    if len(finite) and (finite <= _ONE).all() and _sums_to_one(np.exp(finite)):
        return Reading(output, "logarithms", note="the given model's outputs are taken for logarithms of probabilities")
    if kind in _LAYERS and ((finite < 0) | (finite > 1)).any():
        return Reading(output, "softmax", note=_of_scores("they are those of its last layer"))
    raise SettingsError(
        f"{name} returns scores that are not probabilities (rows of {output!r} do not add up to 1); say {_WAYS}"
    )


def _single(output: str, matrix: "NDArray", operator: onnx.NodeProto | None, said: str | None, name: str) -> Reading:
    """Tell what one number for two classes is."""
    finite = matrix[np.isfinite(matrix).all(axis=1)]
    inside = bool(((finite >= 0) & (finite <= 1)).all())
    kind = "" if operator is None else operator.op_type
    second = "the given model's one output is taken for the probability of the second class"
    if said == "logits":
        return Reading(
            output, "sigmoid", note="the given model's one output becomes a probability by sigmoid (--output says so)"
        )
    if said in ("sigmoid", "probabilities"):
        _require_shares(finite, name)
        return Reading(output, "second", note=f"{second} (--output says so)")
    if inside and kind not in (*_LAYERS, *_REGRESSORS):
        return Reading(output, "second", note=f"{second} (it is between 0 and 1)")
    if inside and operator is not None and _link(operator) in _LINKED:
        return Reading(output, "second", note=second)
    raise SettingsError(
        f"{name} gives one number a row ({output!r}), and does not say what it is; say --output logits if it is a score before "
        "a sigmoid, --output sigmoid if it is the probability of the second class (regression cannot be judged here)"
    )


def _refuse_regression(
    single: "Mapping[str, NDArray]",
    from_where: Mapping[str, onnx.NodeProto],
    answers: Answers,
    n_classes: int,
    name: str,
) -> None:
    """Refuse what predicts a number."""
    regressors = [
        output for output in single
        if (node := from_where.get(output)) is not None and node.op_type in _REGRESSORS and _link(node) not in _LINKED
    ]  # fmt: skip
    if not answers.labels and single and (regressors or n_classes > 2) and len(answers.matrices) == len(single):
        raise SettingsError(
            f"{name} predicts one number a row (regression), and the edge lab judges models of classes only; give a classifier of "
            f"the {n_classes} classes"
        )


def _link(node: onnx.NodeProto) -> bytes:
    """Give the link that a regressor of ONNX applies to its sums."""
    for attribute in node.attribute:
        if attribute.name == "post_transform":
            return attribute.s or {1: b"SOFTMAX", 2: b"LOGISTIC", 4: b"PROBIT"}.get(attribute.i, b"")
    return b""


def _sums_to_one(matrix: "NDArray") -> bool:
    found = matrix[np.isfinite(matrix).all(axis=1)]
    return bool(len(found) and found.min() >= -_TIE and np.abs(found.sum(axis=1) - 1).max() <= _ONE)


def _require_shares(matrix: "NDArray", name: str) -> None:
    if len(matrix) and (matrix.min() < 0 or matrix.max() > 1):
        raise SettingsError(
            f"{name} returns numbers from {matrix.min():.3g} to {matrix.max():.3g}, which no sigmoid gives; say --output logits if "
            "they are scores before it"
        )


def _of_scores(why: str) -> str:
    return f"the given model's outputs are scores ({why}), and become probabilities by softmax"


def probabilities(reading: Reading, answers: Answers) -> "NDArray[np.float64]":
    """Give the probabilities that a reading makes of answers, shape (n_rows, n_classes), in the order of the file."""
    if reading.how == "labels":
        said = np.array(answers.labels[reading.output], dtype=object)
        return (said[:, None] == np.array(reading.named, dtype=object)[None, :]).astype(np.float64)
    scores = np.asarray(answers.matrices[reading.output], dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if reading.how in ("second", "sigmoid"):
            second = scores[:, 0] if reading.how == "second" else 1 / (1 + np.exp(-scores[:, 0]))
            return np.column_stack([1 - second, second])
        if reading.how == "probabilities":
            return scores
        if reading.how != "shares":
            scores = np.exp(scores if reading.how == "logarithms" else scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True) if reading.how != "logarithms" else scores
