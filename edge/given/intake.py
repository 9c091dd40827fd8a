"""Is this model file safe and usable? Files that a user names are treated as hostile: parsed with limits, never executed.

An ONNX file is parsed from memory, its operators must be known ones, whose work the values of a row cannot make endless
(`edge.given.fixed_work`), and data outside the file must lie in its folder. A skops file may hold only types that are trusted, and
nothing that makes compiled code read foreign memory (`edge.given.estimators`). Either first answers the table's rows in a
process with limits (`edge.given.guard`); only after that workers load it. Pickles run code when they are read, and are refused.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import defs

from edge.given.asked import LIMITS, UNEVEN, Asked, Limits, Tried, uneven_refusal
from edge.given.class_order import Order, order_of
from edge.given.estimator_answers import LABELS_ALONE
from edge.given.estimators import LIMIT, from_content
from edge.given.fixed_work import require_fixed_work
from edge.given.graph_names import graphs_in
from edge.given.guard import ask_under_limits
from edge.given.inlining import inlined
from edge.given.output_graph import give_probabilities, join_columns, take_off_maps
from edge.given.outputs import AS_IS, Answers, Reading, probabilities
from edge.given.outside_data import take_in_data
from edge.given.own_labels import Wanted, settled
from edge.given.table_inputs import Column, Taken, take_any_rows, take_table
from edge.given.tree_files.lowered import SUFFIXES, graph_of
from edge.session import OUTPUT
from lab.errors import LabError, SettingsError

__all__ = ["Intake", "read_estimator", "read_onnx", "take_in"]

_PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".p")
_AGREE = 1e-5
"""What a file answers, read in numpy, and what the graph made of it answers may differ by rounding."""


@dataclass(frozen=True)
class Intake:
    """A file that passed the checks.

    Attributes
    ----------
    path, kind : str
        The kind is `onnx` or `skops`.
    digest : str
        SHA-256 of it with all its data.
    order : tuple of int
        For each class of the table the place of its probability among the outputs; empty where they are in that order.
    is_assumed : bool
        Whether the file does not say so itself.
    reading : Reading, optional
        How the outputs of an ONNX file become probabilities.
    element : str
        What ONNX Runtime calls the type of that output.
    columns_assumed : bool
        Whether the file does not name its columns.
    refuses_unknown : bool
        Whether it has no answer for texts that it does not know.
    columns : tuple of str
        The columns of the plain table (`edge.exporting.seen`) that it is asked with; empty: those of the lab's models.
    """

    path: str
    kind: str
    digest: str
    order: tuple[int, ...] = ()
    is_assumed: bool = False
    reading: Reading = AS_IS
    element: str = "tensor(float)"
    columns_assumed: bool = False
    refuses_unknown: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Checked:
    """A file that was parsed and checked: its graph takes the table; the labels of its maps by output; what it takes."""

    model: onnx.ModelProto
    maps: Mapping[str, tuple[str, ...]]
    taken: Taken


def take_in(
    path: str,
    *,
    asked: Asked,
    n_classes: int,
    wanted: Wanted | None = None,
    limits: Limits = LIMITS,
) -> tuple[Intake, Tried]:
    """Check a file against the table that it is to answer.

    It is loaded and asked in a process with limits, and by this one not at all; see `edge.given.guard`.

    Parameters
    ----------
    asked : Asked
        What it will be asked: `numbers` (float64) and `texts` (object), as far as the table has columns of the kind.
    wanted : Wanted, optional
        The classes of the table, and what the user says of the file's outputs.

    Returns
    -------
    Intake, Tried
        The file, and its answers, under the name `probabilities`.

    Raises
    ------
    SettingsError
        With one sentence that says what is wrong.
    """
    where = Path(path)  # said as it was given; kept in full, because trials run in another folder
    content = _content(where)
    wanted = wanted or Wanted(tuple(str(code) for code in range(n_classes)))
    if where.suffix == ".skops":
        if wanted.output:
            raise SettingsError(
                f"output says what the numbers of an ONNX file are, and {where.name} is an estimator, which knows; leave it out"
            )
        return _estimator_taken_in(where, content, asked, wanted, limits)
    columns = [Column(name, *place) for name, place in zip(asked.names, asked.order, strict=True)]
    checked = _checked(content, where, columns, n_classes)
    _require_whole(checked.taken, asked, where)
    ready = checked.model.SerializeToString()
    tried = ask_under_limits(ready, _fed(checked.model, asked), name=where.name, limits=limits)
    answers = Answers(tried.answers, tried.labels, checked.maps, tried.uneven, asked.n_known)
    found = settled(checked.model, answers, wanted, name=where.name)
    if (apart := tried.uneven.get(found.reading.output, 0.0)) > UNEVEN:
        raise SettingsError(uneven_refusal(where.name, apart))
    element = next(output.type for output in tried.outputs if output.name == found.reading.output)
    intake = Intake(
        str(where.absolute()), "onnx", hashlib.sha256(ready).hexdigest(), found.order, is_assumed=found.is_assumed,
        reading=found.reading, element=element, columns_assumed=checked.taken.is_assumed,
    )  # fmt: skip
    expected = probabilities(found.reading, answers)
    expected = expected[:, list(found.order)] if found.order else expected
    if found.reading.how != "probabilities":
        _require_equal(checked.model, intake, asked, expected, n_classes=n_classes, limits=limits)
    return intake, Tried(tried.outputs, {OUTPUT: expected})


def _estimator_taken_in(
    where: Path, content: bytes, asked: Asked, wanted: Wanted, limits: Limits
) -> tuple[Intake, Tried]:
    def order(known: tuple[str, ...]) -> Order:
        return order_of(wanted.order or known, wanted.classes, name=where.name, target=wanted.target)

    tried = ask_under_limits(content, asked, name=where.name, kind="skops", limits=limits, check_classes=order)
    found = order(tried.classes)
    places = () if found.places == tuple(range(len(found.places))) else found.places
    intake = Intake(
        str(where.absolute()), "skops", hashlib.sha256(content).hexdigest(), places, is_assumed=found.is_assumed,
        reading=replace(AS_IS, note=LABELS_ALONE if tried.labels_alone else ""), refuses_unknown=tried.refuses_unknown,
        columns=tried.columns,
    )  # fmt: skip
    answers = tried.answers[OUTPUT]
    return intake, Tried(tried.outputs, {OUTPUT: answers[:, list(places)] if places else answers}, tried.classes)


def _fed(model: onnx.ModelProto, asked: Asked) -> Asked:
    """Give the rows in the types that a graph takes them in."""
    given = {tensor.name for tensor in model.graph.initializer}
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.input if value.name not in given}
    return Asked(
        {
            name: asked.inputs[name].astype(np.float32) if kind == onnx.TensorProto.FLOAT else asked.inputs[name]
            for name, kind in types.items()
        }
    )


def _require_whole(taken: Taken, asked: Asked, where: Path) -> None:
    """Refuse a table with missing or broken numbers where the file takes whole ones: a cast would make other numbers of them."""
    for column in taken.whole:
        values = asked.inputs[column.matrix][: asked.n_known or None, column.place]
        if not np.isfinite(values).all() or (values != np.floor(values)).any():
            what = "missing values" if not np.isfinite(values).all() else "numbers with decimals"
            raise SettingsError(
                f"{where.name} takes whole numbers for {column.name!r}, and the table has {what} there; export it with an "
                "input of type float or double"
            )


def _require_equal(
    model: onnx.ModelProto, intake: Intake, asked: Asked, expected: "np.ndarray", *, n_classes: int, limits: Limits
) -> None:
    """Have the graph that will be measured answer the same rows, and compare."""
    name = Path(intake.path).name
    _finish(model, intake, n_classes)
    tried = ask_under_limits(model.SerializeToString(), _fed(model, asked), name=name, limits=limits)
    found = tried.answers.get(OUTPUT)
    if found is None or found.shape != expected.shape or not np.allclose(found, expected, atol=_AGREE, equal_nan=True):
        raise SettingsError(
            f"{name} gives other probabilities once its output {intake.reading.output!r} is read as {intake.reading.how}; "
            "export it with an output of probabilities"
        )


def _finish(model: onnx.ModelProto, intake: Intake, n_classes: int) -> None:
    give_probabilities(model, intake.reading, order=intake.order, element=intake.element, n_classes=n_classes)


def read_onnx(intake: Intake, *, n_classes: int, columns: Sequence[Column]) -> bytes:
    """Read a file that was taken in, and give it the names of this lab: inputs `numbers` and `texts`, output `probabilities`.

    Parameters
    ----------
    intake : Intake
        What `take_in` found: the file must be the same still.
    columns : sequence of Column
        Those of the table.

    Raises
    ------
    SettingsError
        If the file is damaged, has changed, or cannot be read any more.
    """
    where = Path(intake.path)
    checked = _checked(_content(where), where, columns, n_classes)
    _require_same(checked.model.SerializeToString(), intake.digest, where)
    _finish(checked.model, intake, n_classes)
    return checked.model.SerializeToString()


def _checked(content: bytes, where: Path, columns: Sequence[Column], n_classes: int) -> _Checked:
    """Parse a file and check all that can be seen without running it, and have its graph take the table."""
    model = _parsed(content, where)
    if model.functions:
        model = inlined(content, model, where.name)
    if not model.graph.node or not model.opset_import:
        raise SettingsError(f"{where.name} is not an ONNX file or is damaged: it holds no graph; export it again")
    try:
        _check_operators(model, where)
        require_fixed_work(model.graph, where.name)
        take_in_data(model, where)
        maps = take_off_maps(model)
        join_columns(model, n_classes)
        take_any_rows(model)
        return _Checked(model, maps, take_table(model, columns, name=where.name))
    except (LabError, MemoryError):
        raise
    except (
        Exception
    ) as error:  # names that are no text, numbers beyond a type, ...: protobuf takes more than the libraries
        raise SettingsError(f"{where.name} is damaged; export it again") from error


def _parsed(content: bytes, where: Path) -> onnx.ModelProto:
    if where.suffix in SUFFIXES:
        model = onnx.ModelProto()
        model.CopyFrom(graph_of(content, where.name))  # it is changed from here on
        return model
    try:
        return onnx.load_from_string(content)
    except Exception as error:  # the parser raises types of its own library
        raise SettingsError(f"{where.name} is not an ONNX file or is damaged; export it again") from error


def _require_same(content: bytes, digest: str | None, where: Path) -> None:
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise SettingsError(f"{where.name} has changed since the run began; start the run again")


def read_estimator(path: str, *, digest: str | None = None) -> Any:
    """Read a scikit-learn estimator from a skops file that holds only trusted types and sound parts.

    Raises
    ------
    SettingsError
        As `edge.given.estimators.from_content` says.
    """
    where = Path(path)
    content = _content(where)
    _require_same(content, digest, where)
    try:
        return from_content(content, where.name)
    except MemoryError as error:
        raise SettingsError(f"{where.name} needs more memory than is available; make the model smaller") from error


def _content(where: Path) -> bytes:
    if where.suffix.lower() in _PICKLES:
        raise SettingsError(
            f"{where.name} is a pickle, which runs code when it is read; save the model with skops.io.dump or export it to ONNX"
        )
    if where.suffix not in (".onnx", ".skops", *SUFFIXES):
        raise SettingsError(
            f"{where.name} is neither .onnx nor .skops, nor a file of XGBoost (.json, .ubj), LightGBM (.txt) or CatBoost (.cbm, "
            ".json); export the model to one of them"
        )
    try:
        size = where.stat().st_size
        if not where.is_file():  # a pipe or a device may have no end
            raise SettingsError(f"{where} is not a file; give the path of a model file")
        if size >= LIMIT:
            raise SettingsError(
                f"{where.name} has {size / 1e9:.1f} GB; a model file must be below 2 GB, the limit of ONNX: make it smaller"
            )
        with where.open("rb") as stream:
            return stream.read(size)  # never more: a buffer of that length is made first
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"cannot read {where}: {reason}; give the path of a model file") from error


def _check_operators(model: onnx.ModelProto, where: Path) -> None:
    for graph in graphs_in(model.graph):
        for node in graph.node:
            domain = "" if node.domain == "ai.onnx" else node.domain
            if domain not in ("", "ai.onnx.ml") or not defs.has(node.op_type, domain):
                name = f"{domain}.{node.op_type}" if domain else node.op_type
                raise SettingsError(
                    f"{where.name} uses the operator {name!r}, which is not part of ONNX; export it with standard operators"
                )
