"""How does a model that the user brings take part? As a family that learns nothing: every fold is scored by the file."""

import contextlib
import dataclasses
import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeGuard

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline

from edge.boosters.read import ReadTreesClassifier
from edge.exporting import device, parity
from edge.exporting.device import Exported
from edge.exporting.seen import all_columns, columns_of, give, seen, selected, usual_columns
from edge.given.asked import BATCH, LIMITS, Asked
from edge.given.class_order import Order, checked_order
from edge.given.estimator_answers import with_probabilities
from edge.given.estimator_columns import as_asked
from edge.given.estimator_export import answering, forms_of
from edge.given.guard import CannotAnswerError
from edge.given.intake import Intake, read_estimator, read_onnx, take_in
from edge.given.output_graph import give_probabilities
from edge.given.outputs import Reading
from edge.given.own_labels import Wanted
from edge.given.table_inputs import Column, OtherColumnsError
from edge.given.tree_files.lowered import SUFFIXES
from edge.session import OUTPUT, session
from lab.errors import SettingsError
from lab.learning.families import Family
from lab.learning.outer import Named
from lab.privacy.cells import without_cells
from lab.protocol import Dataset
from lab.reading.plain import plain_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "AS_GIVEN",
    "AsDeviceSees",
    "GivenModel",
    "assumes_order",
    "export_given",
    "family_of",
    "is_given",
    "original_of",
    "said_of",
]

NAME = "given"
AS_GIVEN = "as given"
"""How the form begins of a file that is its own original."""


_READ = "its trees are those of the file, not run by their library"


@dataclass(frozen=True)
class _Shape:
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    classes: tuple[str, ...]


class GivenModel(ClassifierMixin, BaseEstimator):
    """A classifier whose answers come from a file; fitting it only tells it the classes."""

    def __init__(self, intake: Intake, shape: _Shape) -> None:
        self.intake = intake
        self.shape = shape

    def fit(self, X: pd.DataFrame, y: "NDArray") -> Self:
        """Take note of the classes in y (shape (n_rows,)), 0 to n_classes - 1; X is ignored."""
        del X
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> "NDArray[np.float64]":
        """Answer rows of the table, shape (n_rows, n_classes)."""
        X = self._seen(X)
        if self.intake.kind == "skops":
            estimator = self.estimator()
            said = np.asarray(with_probabilities(estimator).predict_proba(as_asked(estimator, X)))
            return said[:, list(self.intake.order)] if self.intake.order else said
        ready = self.ready()
        fed: dict[str, Any] = {}
        for given in ready.get_inputs():
            if given.name == "texts":
                fed["texts"] = device.as_texts(X[list(self.shape.texts)])
            else:
                kind = np.float64 if given.type == "tensor(double)" else np.float32
                fed["numbers"] = X[list(self.shape.numbers)].to_numpy(kind)
        parts = [
            _answer(ready, {name: matrix[first : first + BATCH] for name, matrix in fed.items()})
            for first in range(0, len(X), BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)

    def predict(self, X: pd.DataFrame) -> "NDArray":
        """Give the class of the highest probability, shape (n_rows,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _seen(self, X: pd.DataFrame) -> pd.DataFrame:
        """Give rows of the lab's features as the device gets them; what has the columns of the model is given as it is."""
        plain = plain_of(X)
        if plain is None or not self.intake.columns:
            return X
        return columns_of(plain, self.intake.columns).loc[X.index]

    def content(self) -> bytes:
        """Give the ONNX file under this lab's names."""
        return _onnx(self.intake, self.shape)

    def ready(self) -> Any:
        """Give a session of the file."""
        return _session(self.intake, self.shape)

    def estimator(self) -> Any:
        """Give the estimator of a skops file."""
        return _estimator(self.intake)


class AsDeviceSees:
    """The same model, asked with rows as `edge.exporting.device.device_rows` orders them."""

    def __init__(self, model: GivenModel, dataset: Dataset) -> None:
        self.model = model
        self.columns = [*model.shape.numbers, *model.shape.texts]
        self.order = list(seen(dataset).features.columns)
        self.takes_unknown = not model.intake.refuses_unknown

    def predict_proba(self, rows: Any) -> "NDArray[np.float64]":
        """Answer rows, shape (n_rows, n_columns)."""
        return self.model.predict_proba(self.frame(rows))

    def frame(self, rows: Any) -> pd.DataFrame:
        """Give the rows their names, in the order of the table."""
        frame = pd.DataFrame(np.asarray(rows), columns=self.columns) if not isinstance(rows, pd.DataFrame) else rows
        return frame[self.order]


def original_of(family: Family, dataset: Dataset, rows: list[Any]) -> tuple[Any, list[Any]] | None:
    """Give the estimator of a given skops file, and rows of `edge.exporting.device.device_rows` as it takes them.

    None for ONNX, and for a booster of another library, which is read and not run.
    """
    model = family.build(dataset.features, 0)
    if model.intake.kind != "skops":
        return None
    estimator, known = model.estimator(), AsDeviceSees(model, dataset)
    if _is_read(estimator):
        return None
    return with_probabilities(estimator), [as_asked(estimator, known.frame(row)) for row in rows]


def export_given(model: GivenModel, dataset: Dataset) -> list[Exported]:
    """Give the file itself, or lower the estimator that a skops file holds."""
    if model.intake.kind == "onnx":
        if Path(model.intake.path).suffix in SUFFIXES:
            return [
                Exported(model.content(), f"{AS_GIVEN}, lowered", "its trees as a graph, the same path for every row")
            ]
        return [Exported(model.content(), AS_GIVEN, "the file as it was given, its values renamed")]
    estimator = model.estimator()
    forms = forms_of(estimator, dataset, list(seen(dataset).features.columns))
    if _is_read(estimator):
        forms = [dataclasses.replace(form, promise=f"{form.promise}; {_READ}") for form in forms]
    if not model.intake.order:
        return forms
    return [dataclasses.replace(form, content=_reordered(form.content, model.intake.order)) for form in forms]


def _is_read(estimator: Any) -> bool:
    """Whether the model at the end of an estimator is a booster that was read from the file, and is not run by its library."""
    inner = answering(estimator)
    return isinstance(inner.steps[-1][1] if isinstance(inner, Pipeline) else inner, ReadTreesClassifier)


def _reordered(content: bytes, order: Sequence[int]) -> bytes:
    graph = onnx.load_from_string(content)
    (output,) = graph.graph.output
    element = "tensor(double)" if output.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE else "tensor(float)"
    give_probabilities(graph, Reading(OUTPUT, "probabilities"), order=order, element=element, n_classes=len(order))
    return graph.SerializeToString()


def assumes_order(family: Named, dataset: Dataset) -> bool:
    """Whether a family stands for a file of the user's that does not say in which order its classes come."""
    return is_given(family) and family.build(dataset.features, 0).intake.is_assumed


def said_of(family: Named, dataset: Dataset) -> tuple[str, ...]:
    """What a reader should know of how a file of the user's was taken: its columns, and what its outputs say."""
    if not is_given(family):
        return ()
    intake = family.build(dataset.features, 0).intake
    columns = "the given model does not name its columns: those of each kind are taken in the order of the table"
    refuses = (
        "the given model refuses texts that it does not know: rows with others get no answer, and none was compared"
    )
    said = (
        (intake.columns_assumed, columns),
        (bool(intake.reading.note), intake.reading.note),
        (intake.refuses_unknown, refuses),
    )
    return tuple(note for is_so, note in said if is_so)


def is_given(family: Named) -> TypeGuard[Family]:
    """Whether a family stands for a file of the user's."""
    return family.name == NAME


def family_of(path: str, dataset: Dataset, classes: Sequence[str] = (), output: str | None = None) -> Family:
    """Check a model file against a table, answer its first rows, and make a family of it.

    Parameters
    ----------
    classes : sequence of str
        The classes in the order of the file's outputs, where the user says so.
    output : str, optional
        What the outputs are (one of `edge.given.outputs.HOWS`), where the user says so.

    Raises
    ------
    SettingsError
        If the file cannot be used, or its answers are no probabilities.
    """
    intake = _taken_in(path, dataset, tuple(classes), output)
    give(dataset, intake.columns)
    numbers, texts = device.device_columns(dataset)
    shape = _Shape(tuple(numbers), tuple(texts), dataset.classes)
    return Family(NAME, f"given model ({Path(path).name})", functools.partial(_build, intake, shape))


def _answer(ready: Any, fed: dict[str, Any]) -> "NDArray":
    """Ask for at most as many rows as were asked under limits, and stop where they take longer than all did then."""
    options = onnxruntime.RunOptions()
    options.log_severity_level = 4
    watch = threading.Timer(LIMITS.seconds, setattr, (options, "terminate", True))
    watch.daemon = True
    watch.start()
    try:
        answer: NDArray = ready.run([OUTPUT], fed, options)[0]
    finally:
        watch.cancel()
    return answer


def _build(intake: Intake, shape: _Shape, features: pd.DataFrame, seed: int) -> GivenModel:
    del features, seed  # it is finished already
    return GivenModel(intake, shape)


def _taken_in(path: str, dataset: Dataset, said: tuple[str, ...], output: str | None) -> Intake:
    """Check a file for a table: with the columns of the lab's models, texts as they stand in the table, or with all that it has."""
    how = functools.partial(
        _asked_twice, path, dataset, Wanted(tuple(dataset.classes), dataset.target_name, said, output)
    )
    if Path(path).suffix == ".skops":  # which columns it wants, only the file knows
        return how(selected(dataset))
    give(dataset, usual_columns(dataset))
    try:
        return dataclasses.replace(how(seen(dataset)), columns=usual_columns(dataset))
    except OtherColumnsError:
        every = all_columns(dataset)
        if len(every) == len(usual_columns(dataset)):
            raise
        give(dataset, every)
        with contextlib.suppress(OtherColumnsError):
            return dataclasses.replace(how(seen(dataset)), columns=every)
        raise


def _asked_twice(path: str, dataset: Dataset, wanted: Wanted, whole: Dataset) -> Intake:
    """Ask a file rows of a table; where it refuses texts that it does not know, it is asked all rows, and none with other texts."""
    try:
        return _tried(path, dataset, wanted, whole, unknown=True)
    except CannotAnswerError:
        if Path(path).suffix == ".skops" or not device.device_columns(whole)[1]:
            raise
        return dataclasses.replace(_tried(path, dataset, wanted, whole, unknown=False), refuses_unknown=True)


def _tried(path: str, dataset: Dataset, wanted: Wanted, whole: Dataset, *, unknown: bool) -> Intake:
    """Ask a file the first rows of a table (`whole`: all columns that it may ask for), and these moved beyond their range."""
    name = Path(path).name
    table = device.device_rows(whole)[: BATCH if unknown else None]
    known = pd.DataFrame(table)
    beyond = pd.DataFrame(parity.beyond_range(whole, table[:BATCH], seed=0, takes_unknown=unknown))
    numbers, texts = device.device_columns(whole)
    parts = {"numbers": (slice(0, len(numbers)), np.float64), "texts": (slice(len(numbers), None), object)}
    inputs = {
        kind: np.concatenate([part.iloc[:, place].to_numpy(dtype=dtype) for part in (known, beyond)])
        for kind, (place, dtype) in parts.items()
        if known.iloc[:, place].shape[1]
    }
    place_of = {column: ("numbers", place) for place, column in enumerate(numbers)}
    place_of |= {column: ("texts", place) for place, column in enumerate(texts)}
    columns = tuple(str(column) for column in whole.features.columns)
    usual = tuple(str(column) for column in dataset.features.columns)
    plain = plain_of(dataset.features)
    truths = () if plain is None else tuple(str(column) for column in plain.frame.select_dtypes("bool"))
    order = tuple(place_of[column] for column in columns)
    asked = Asked(inputs, order, columns, usual, len(known), dataset.target_name, truths)
    try:
        intake, tried = take_in(path, asked=asked, n_classes=len(dataset.classes), wanted=wanted)
    except SettingsError as error:  # it may quote what the model's library says of a row
        raise type(error)(without_cells(str(error), whole)) from error
    found = _check_answers(tried.answers.get(OUTPUT), dataset, name)
    places = Order(tuple(range(len(dataset.classes))), intake.is_assumed)
    checked_order(places, found, dataset.target[: len(found)], dataset.classes, name=name)
    return intake


def _check_answers(found: "NDArray | None", dataset: Dataset, name: str) -> "NDArray":
    """Give the answers to the first rows of the table; raises SettingsError where they are no probabilities."""
    if found is None or found.shape[1:] != (len(dataset.classes),):
        raise SettingsError(
            f"{name} does not answer rows of {dataset.name} with one number for each of the {len(dataset.classes)} classes; "
            "give a classifier of this target"
        )
    first = found[: min(1_000, dataset.n_rows)]
    if not np.isfinite(first).all():
        raise SettingsError(
            f"{name} answers rows of {dataset.name} with numbers that are not finite (NaN); does it handle missing values?"
        )
    if first.min() < -1e-6 or np.abs(first.sum(axis=1) - 1).max() > 1e-3:
        raise SettingsError(
            f"{name} returns scores that are not probabilities (rows do not add up to 1); export probabilities"
        )
    return first


@functools.lru_cache(maxsize=2)
def _onnx(intake: Intake, shape: _Shape) -> bytes:
    columns = [Column(name, "numbers", place) for place, name in enumerate(shape.numbers)]
    columns += [Column(name, "texts", place) for place, name in enumerate(shape.texts)]
    return read_onnx(intake, n_classes=len(shape.classes), columns=columns)


@functools.lru_cache(maxsize=2)
def _session(intake: Intake, shape: _Shape) -> Any:
    return session(_onnx(intake, shape))


@functools.lru_cache(maxsize=2)
def _estimator(intake: Intake) -> Any:
    return read_estimator(intake.path, digest=intake.digest)
