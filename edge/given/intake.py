"""Is this model file safe and usable? Files that a user names are treated as hostile: parsed with limits, never executed.

An ONNX file is parsed from memory, its operators must be known ones, whose work the values of a row cannot make endless
(`edge.given.fixed_work`), and data outside the file must lie in its folder. A skops file may hold only types that are trusted, and
nothing that makes compiled code read foreign memory (`edge.given.estimators`). Either first answers the table's rows in a
process with limits (`edge.given.guard`); only after that workers load it. Pickles run code when they are read, and are refused.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import defs, external_data_helper

from edge.given.class_order import Order, labels_named
from edge.given.estimators import LIMIT, from_content
from edge.given.fixed_work import require_fixed_work
from edge.given.guard import LIMITS, Asked, Limits, Output, Tried, ask_under_limits
from edge.given.table_inputs import Column, take_any_rows, take_matrices
from edge.session import OUTPUT, session
from lab.errors import LabError, SettingsError

__all__ = ["Intake", "read_estimator", "read_onnx", "reorder", "take_in"]

_PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".p")
_FLOATS = {"tensor(float)": 4, "tensor(double)": 8}


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
    columns : tuple of str
        The columns that an estimator wants, in its order.
    refuses_unknown : bool
        Whether it refuses a category that it has not learned.
    """

    path: str
    kind: str
    digest: str
    order: tuple[int, ...] = ()
    is_assumed: bool = False
    columns: tuple[str, ...] = ()
    refuses_unknown: bool = False


def take_in(
    path: str,
    *,
    asked: Asked,
    n_classes: int,
    ordered: Callable[[tuple[str, ...]], Order] | None = None,
    limits: Limits = LIMITS,
) -> tuple[Intake, Tried]:
    """Check a file against the table that it is to answer.

    It is loaded and asked in a process with limits, and by this one not at all; see `edge.given.guard`.

    Parameters
    ----------
    asked : Asked
        What it will be asked: `numbers` (float64) and `texts` (object), as far as the table has columns of the kind.
    ordered : callable, optional
        Takes the labels that a file names, in its order, and matches them with the classes of the table.

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
    if where.suffix == ".skops":
        check = (lambda classes: None) if ordered is None else ordered
        tried = ask_under_limits(content, asked, name=where.name, kind="skops", limits=limits, check_classes=check)
        order = Order((), is_assumed=False) if ordered is None else _turned(ordered(tried.classes))
        intake = Intake(
            str(where.absolute()), "skops", hashlib.sha256(content).hexdigest(), order.places, is_assumed=order.is_assumed,
            columns=tried.columns, refuses_unknown=tried.refuses_unknown,
        )  # fmt: skip
        return intake, Tried(tried.outputs, {OUTPUT: _in_order(tried.answers[OUTPUT], order)}, tried.classes)
    widths = {name: asked.inputs[name].shape[1] if name in asked.inputs else 0 for name in ("numbers", "texts")}
    columns = [Column(name, *place) for name, place in zip(asked.names, asked.order, strict=True)]
    model, inputs = _checked(content, where, widths["numbers"], widths["texts"], columns)
    ready = model.SerializeToString()
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.input}
    fed = {
        name: asked.inputs[kind].astype(np.float32) if types[name] == onnx.TensorProto.FLOAT else asked.inputs[kind]
        for name, kind in inputs.items()
    }
    tried = ask_under_limits(ready, Asked(fed), name=where.name, limits=limits)
    output = _output(tried.outputs, where, n_classes)
    if output not in tried.answers:
        raise SettingsError(f"{where.name} gives answers that do not match its declared output; export it again")
    answers = tried.answers[output]
    order = _ordered(model, tried, answers, ordered)
    intake = Intake(
        str(where.absolute()), "onnx", hashlib.sha256(ready).hexdigest(), order.places, is_assumed=order.is_assumed
    )
    return intake, Tried(tried.outputs, {OUTPUT: _in_order(answers, order)})


def _ordered(
    model: onnx.ModelProto, tried: Tried, answers: "np.ndarray", ordered: Callable[[tuple[str, ...]], Order] | None
) -> Order:
    """Find the order of the classes; in that of the table where nobody asks, or it is that one."""
    if ordered is None:
        return Order((), is_assumed=False)
    chosen = np.nan_to_num(answers, nan=-np.inf).argmax(axis=1)
    return _turned(ordered(labels_named(model, list(tried.labels.values()), chosen)))


def _turned(order: Order) -> Order:
    """Give an order without places where it is that of the table."""
    return Order((), order.is_assumed) if order.places == tuple(range(len(order.places))) else order


def _in_order(answers: "np.ndarray", order: Order) -> "np.ndarray":
    return answers[:, list(order.places)] if order.places else answers


def read_onnx(
    path: str,
    *,
    n_numbers: int,
    n_texts: int,
    n_classes: int,
    digest: str | None = None,
    order: Sequence[int] = (),
    columns: Sequence[Column] = (),
) -> bytes:
    """Read an ONNX file and give it the names of this lab: inputs `numbers` and `texts`, output `probabilities`.

    Parameters
    ----------
    digest : str, optional
        What `take_in` found: the file must be the same still.
    order : sequence of int
        As `Intake.order`: the probabilities come in the order of the table's classes then.
    columns : sequence of Column
        Those of the table, for a file that has an input for each.

    Raises
    ------
    SettingsError
        If the file is damaged, too large, uses an unknown operator, lacks its data, or does not fit the table.
    """
    where = Path(path)
    model, inputs = _checked(_content(where), where, n_numbers, n_texts, columns)
    content = model.SerializeToString()
    _require_same(content, digest, where)
    try:
        ready = session(content)
    except Exception as error:  # the runtime raises types of its own library
        reason = " ".join(str(error).split())[:200]
        raise SettingsError(f"{where.name} cannot be loaded by ONNX Runtime: {reason}; export it again") from error
    output = _output(ready.get_outputs(), where, n_classes)
    _rename(model.graph, inputs | {output: OUTPUT})
    if order:
        reorder(model, order)
    kept = [value for value in model.graph.output if value.name == OUTPUT]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    return model.SerializeToString()


def _checked(
    content: bytes, where: Path, n_numbers: int, n_texts: int, columns: Sequence[Column] = ()
) -> tuple[onnx.ModelProto, dict[str, str]]:
    """Parse a file and check all that can be seen without running it; gives what feeds its inputs too."""
    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # the parser raises types of its own library
        raise SettingsError(f"{where.name} is not an ONNX file or is damaged; export it again") from error
    if not model.graph.node or not model.opset_import:
        raise SettingsError(f"{where.name} is not an ONNX file or is damaged: it holds no graph; export it again")
    try:
        _check_operators(model, where)
        require_fixed_work(model.graph, where.name)
        _take_in_data(model, where)
        take_any_rows(model)
        take_matrices(model, columns)
        return model, _inputs(model, where, n_numbers, n_texts)
    except (LabError, MemoryError):
        raise
    except (
        Exception
    ) as error:  # names that are no text, numbers beyond a type, ...: protobuf takes more than the libraries
        raise SettingsError(f"{where.name} is damaged; export it again") from error


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
    if where.suffix not in (".onnx", ".skops"):
        raise SettingsError(f"{where.name} is neither .onnx nor .skops; export the model to one of them")
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


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g)
            for inner in attribute.graphs:
                yield from _graphs(inner)


def _check_operators(model: onnx.ModelProto, where: Path) -> None:
    if model.functions:
        raise SettingsError(f"{where.name} defines functions of its own; export it with them inlined")
    for graph in _graphs(model.graph):
        for node in graph.node:
            domain = "" if node.domain == "ai.onnx" else node.domain
            if domain not in ("", "ai.onnx.ml") or not defs.has(node.op_type, domain):
                name = f"{domain}.{node.op_type}" if domain else node.op_type
                raise SettingsError(
                    f"{where.name} uses the operator {name!r}, which is not part of ONNX; export it with standard operators"
                )


def _take_in_data(model: onnx.ModelProto, where: Path) -> None:
    """Bring data that stands in other files into the model, if these lie in its folder and are not too large."""
    if any(external_data_helper.uses_external_data(part) for part in _sparse_parts(model)):
        raise SettingsError(f"{where.name} keeps sparse tensors in other files; export it as one file")
    folder, total = where.resolve().parent, where.stat().st_size
    for tensor in external_data_helper._get_all_tensors(model):
        if not external_data_helper.uses_external_data(tensor):
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        if len(entries) != len(tensor.external_data) or "\0" in location:
            raise SettingsError(f"{where.name} is damaged: it does not say clearly where its data is; export it again")
        file = (folder / location).resolve()
        if not file.is_relative_to(folder):
            raise SettingsError(f"{where.name} asks for data outside its folder ({location!r}); export it as one file")
        if not location or not file.is_file():
            raise SettingsError(
                f"{where.name} asks for the data file {location!r}, which is missing; put it beside the model"
            )
        size, length = file.stat().st_size, entries.get("length", "")
        total += int(length) if length.isdecimal() and 0 < int(length) < size else size
        if total >= LIMIT:
            raise SettingsError(f"{where.name} and its data have over 2 GB, the limit of ONNX: make the model smaller")
    try:
        external_data_helper.load_external_data_for_model(model, str(folder))
    except Exception as error:  # offsets and lengths that do not fit the file, say
        raise SettingsError(f"{where.name}: its data file is damaged; export the model again") from error
    for tensor in external_data_helper._get_all_tensors(model):
        tensor.ClearField("data_location")
        del tensor.external_data[:]


def _sparse_parts(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    for graph in _graphs(model.graph):
        attributes = [attribute for node in graph.node for attribute in node.attribute]
        found = [*graph.sparse_initializer, *(a.sparse_tensor for a in attributes if a.HasField("sparse_tensor"))]
        found += [tensor for attribute in attributes for tensor in attribute.sparse_tensors]
        for tensor in found:
            yield from (tensor.values, tensor.indices)


def _inputs(model: onnx.ModelProto, where: Path, n_numbers: int, n_texts: int) -> dict[str, str]:
    """Find which input takes the numbers and which the texts."""
    given = {tensor.name for tensor in model.graph.initializer}
    wanted = {"numbers": n_numbers, "texts": n_texts}
    wants = " and ".join(
        f"{name!r} ({kind}, shape [rows, {wanted[name]}])"
        for name, kind in (("numbers", "float or double"), ("texts", "string"))
        if wanted[name]
    )
    found: dict[str, str] = {}
    for value in (value for value in model.graph.input if value.name not in given):
        kind = value.type.tensor_type
        name = {
            onnx.TensorProto.FLOAT: "numbers",
            onnx.TensorProto.DOUBLE: "numbers",
            onnx.TensorProto.STRING: "texts",
        }.get(kind.elem_type)
        shape = [size.dim_value or None for size in kind.shape.dim]
        if name is None or name in found.values() or not wanted[name]:
            raise SettingsError(
                f"{where.name} has an input {value.name!r} that this table cannot feed; it must take {wants}"
            )
        if len(shape) != 2 or shape[1] not in (None, wanted[name]) or shape[0] not in (None,):
            shown = [size or "any" for size in shape]
            raise SettingsError(f"{where.name}: the input {value.name!r} has shape {shown}; it must take {wants}")
        found[value.name] = name
    lacking = [name for name, width in wanted.items() if width and name not in found.values()]
    if lacking:
        raise SettingsError(f"{where.name} has no input for the {lacking[0]} of this table; it must take {wants}")
    return found


def _output(outputs: Sequence[Output | Any], where: Path, n_classes: int) -> str:
    """Find the output that is a matrix of one probability for each class."""
    fitting = [
        output.name
        for output in outputs
        if output.type in _FLOATS and len(output.shape or ()) == 2 and output.shape[1] == n_classes
    ]
    named = [name for name in fitting if name == OUTPUT] or fitting
    if len(named) != 1:
        shown = ", ".join(f"{output.name} {output.type}{output.shape}" for output in outputs)
        raise SettingsError(
            f"{where.name} has no single output of shape [rows, {n_classes}] with the probabilities (it has {shown}); "
            "with skl2onnx, export with the option zipmap=False"
        )
    return str(named[0])


def reorder(model: onnx.ModelProto, order: Sequence[int]) -> None:
    """Let the file give its probabilities in another order: what gave them gives another name, and a last node picks from it."""
    inner, places = f"{OUTPUT} of the file, in its order", f"{OUTPUT}: order"
    for node in model.graph.node:
        node.output[:] = [inner if name == OUTPUT else name for name in node.output]
        node.input[:] = [inner if name == OUTPUT else name for name in node.input]
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(order, dtype=np.int64), places))
    model.graph.node.append(onnx.helper.make_node("Gather", [inner, places], [OUTPUT], axis=1))


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Rename values through the graph and the graphs inside it; a name that is taken already moves out of the way."""
    new = {wanted: f"{wanted} of the file" for wanted in names.values() if wanted not in names} | names
    for inner in _graphs(graph):
        for value in (*inner.input, *inner.output, *inner.value_info, *inner.initializer):
            value.name = new.get(value.name, value.name)
        for node in inner.node:
            node.input[:] = [new.get(name, name) for name in node.input]
            node.output[:] = [new.get(name, name) for name in node.output]
