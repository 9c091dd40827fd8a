"""How does a file take a table? Its graph is given the inputs of this lab in front, and each of its own the columns that it asks for.

Files want one input a column, by name and of its own type (skl2onnx), one matrix of all (PyTorch), or one of each type. Names in the
file are followed: those of its metadata, then those of its inputs. Where it names nothing, the place decides, which is an assumption,
and is said. One that was shown a fixed number of rows writes it into its shapes; any number is taken, and whether answers to rows
together are those to each alone is tried later, under limits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edge.given.column_names import finder, named_in
from edge.given.graph_names import rename
from lab.errors import SettingsError
from lab.wording import listed

__all__ = ["Column", "OtherColumnsError", "Taken", "take_any_rows", "take_table"]

_MATRICES = {"numbers": TensorProto.DOUBLE, "texts": TensorProto.STRING}
_WHOLE = {
    TensorProto.INT64, TensorProto.INT32, TensorProto.INT16, TensorProto.INT8,
    TensorProto.UINT64, TensorProto.UINT32, TensorProto.UINT16, TensorProto.UINT8, TensorProto.BOOL,
}  # fmt: skip
_NUMBERS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, *_WHOLE}
_MOST_SHOWN = 6


class OtherColumnsError(SettingsError):
    """A file asks for other columns than it was offered."""


class Column(NamedTuple):
    """A column of the table: its name, the matrix that holds it (`numbers` or `texts`), and its place there."""

    name: str
    matrix: str
    place: int


@dataclass(frozen=True)
class Taken:
    """What a graph takes of the table now.

    Attributes
    ----------
    whole : tuple of Column
        Columns that it takes as whole numbers, so that none of their values may be missing or broken.
    is_assumed : bool
        Whether nothing in the file names the columns, so that those of a kind are taken in the order of the table.
    """

    whole: tuple[Column, ...] = ()
    is_assumed: bool = False


@dataclass(frozen=True)
class _Input:
    """An input of the file: its name, type of elements, number of dimensions, and columns (None: any number)."""

    name: str
    kind: int
    rank: int
    width: int | None


def take_any_rows(model: onnx.ModelProto) -> None:
    """Let inputs of a fixed number of rows take any; what is written of shapes inside is forgotten, and constants of them opened."""
    inputs = _fed(model)
    dims = [value.type.tensor_type.shape.dim for value in inputs]
    fixed = {dim[0].dim_value for dim in dims if dim and dim[0].dim_value}
    if len(fixed) != 1 or not all(dim and dim[0].dim_value for dim in dims):
        return
    rows = fixed.pop()
    for value in (*inputs, *model.graph.output):
        dim = value.type.tensor_type.shape.dim
        if value.type.HasField("tensor_type") and dim and dim[0].dim_value == rows:
            dim[0].dim_param = "rows"
    del model.graph.value_info[:]
    _open_shapes(model.graph, rows)


def _open_shapes(graph: onnx.GraphProto, rows: int) -> None:
    """Let `Reshape` to that many rows give any number of them."""
    shapes = {node.input[1] for node in graph.node if node.op_type == "Reshape" and len(node.input) == 2}
    others = {name for node in graph.node for name in node.input if not (node.op_type == "Reshape" and name in shapes)}
    tensors = [tensor for tensor in graph.initializer if tensor.name in shapes - others]
    tensors += [
        attribute.t for node in graph.node if node.op_type == "Constant" and set(node.output) <= shapes - others
        for attribute in node.attribute if attribute.name == "value"
    ]  # fmt: skip
    for tensor in tensors:
        if tensor.data_type != TensorProto.INT64 or len(tensor.dims) != 1:
            continue
        shape = numpy_helper.to_array(tensor)
        if len(shape) > 1 and shape[0] == rows and -1 not in shape:
            opened = numpy_helper.from_array(np.array([-1, *shape[1:]], dtype=np.int64), tensor.name)
            tensor.CopyFrom(opened)


def take_table(model: onnx.ModelProto, columns: Sequence[Column], *, name: str) -> Taken:
    """Put the matrices of this lab in front of a graph; those are its inputs then, `numbers` and `texts`.

    Parameters
    ----------
    columns : sequence of Column
        Those of the table, in its order.
    name : str
        The file, for messages.

    Raises
    ------
    SettingsError
        If an input cannot be fed by the table; OtherColumnsError where other columns could.
    """
    inputs = [_read(value, name) for value in _fed(model)]
    asked, is_assumed = _asked(model, inputs, columns, name)
    for given, chosen in zip(inputs, asked, strict=True):
        _require_kind(given, chosen, name)
    if plain := _as_they_are(inputs, asked, columns):
        rename(model.graph, plain)
    else:
        _put_in_front(model, inputs, asked, columns)
    whole = [column for given, chosen in zip(inputs, asked, strict=True) if given.kind in _WHOLE for column in chosen]
    return Taken(tuple(whole), is_assumed)


def _fed(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    given = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in given]


def _read(value: onnx.ValueInfoProto, name: str) -> _Input:
    kind = value.type.tensor_type
    if not value.type.HasField("tensor_type") or kind.elem_type not in {*_NUMBERS, TensorProto.STRING}:
        raise SettingsError(
            f"{name} has an input {value.name!r} that this table cannot feed: it takes neither numbers nor texts; export it "
            "with inputs of the table's columns"
        )
    dims = [size.dim_value or None for size in kind.shape.dim]
    if not kind.HasField("shape"):
        dims = [None, None]
    if len(dims) not in (1, 2) or dims[0] is not None:
        shown = [size or "any" for size in dims]
        raise SettingsError(
            f"{name}: the input {value.name!r} has shape {shown}, which no row of a table has; export it with shape [rows, columns]"
        )
    return _Input(value.name, kind.elem_type, len(dims), 1 if len(dims) == 1 else dims[1])


def _asked(
    model: onnx.ModelProto, inputs: Sequence[_Input], columns: Sequence[Column], name: str
) -> tuple[list[tuple[Column, ...]], bool]:
    """Find the columns that each input takes, and whether that is assumed."""
    find = finder(columns)
    own = named_in(model)
    unknown = [label for label in own if find(label) is None]
    if own and not unknown:
        if found := _in_a_row(inputs, [column for label in own if (column := find(label))]):
            return found, False
    elif own:
        raise OtherColumnsError(
            f"{name} was made for the columns {_shown(own)}, and this table has no {_shown(unknown)}; give its own table"
        )
    named = [find(each.name) if each.width in (1, None) else None for each in inputs]
    if all(named) and (len(inputs) > 1 or len(columns) == 1 or inputs[0].width == 1):
        return [(column,) for column in named if column], False
    if len(inputs) > 1 and any(named) and all(each.width in (1, None) for each in inputs):
        unknown = [each.name for each, column in zip(inputs, named, strict=True) if column is None]
        raise OtherColumnsError(
            f"{name} has an input {unknown[0]!r} that this table cannot feed: it has no such column; give its own table"
        )
    return _by_place(inputs, columns, name), True


def _in_a_row(inputs: Sequence[_Input], columns: Sequence[Column]) -> list[tuple[Column, ...]]:
    """Share named columns out among inputs, by their widths or by their types; empty where that cannot be done."""
    widths = [each.width for each in inputs]
    if len(inputs) == 1 and widths[0] in (None, len(columns)):
        return [tuple(columns)]
    texts = tuple(column for column in columns if column.matrix == "texts")
    numbers = tuple(column for column in columns if column.matrix == "numbers")
    if len(inputs) == 2 and len({each.kind == TensorProto.STRING for each in inputs}) == 2:
        parts = [texts if each.kind == TensorProto.STRING else numbers for each in inputs]
        if all(width in (None, len(part)) for width, part in zip(widths, parts, strict=True)):
            return parts
    known = [width or 0 for width in widths]
    if all(known) and sum(known) == len(columns):
        ends = np.cumsum(known).tolist()
        return [tuple(columns[end - width : end]) for end, width in zip(ends, known, strict=True)]
    return []


def _by_place(inputs: Sequence[_Input], columns: Sequence[Column], name: str) -> list[tuple[Column, ...]]:
    """Take all numbers for the one input of numbers, and all texts for that of texts; or a column for each input."""
    parts = {kind: tuple(column for column in columns if (column.matrix == "texts") == kind) for kind in (False, True)}
    is_text = [each.kind == TensorProto.STRING for each in inputs]
    if len(inputs) == len(columns) > 1 and all(each.width in (1, None) for each in inputs):
        return [(column,) for column in columns]
    wants = " and ".join(
        f"{kind!r} ({what}, shape [rows, {len(parts[kind == 'texts'])}])"
        for kind, what in (("numbers", "a type of number"), ("texts", "string"))
        if parts[kind == "texts"]
    )
    for given, texts in zip(inputs, is_text, strict=True):
        second = [each.name for each, text in zip(inputs, is_text, strict=True) if text == texts][1:]
        if second or not parts[texts]:
            raise OtherColumnsError(
                f"{name} has an input {[*second, given.name][0]!r} that this table cannot feed; it must take {wants}, or name columns"
            )
        if given.width not in (None, len(parts[texts])):
            raise OtherColumnsError(
                f"{name}: the input {given.name!r} has shape ['any', {given.width}]; it must take {wants}, or name its columns"
            )
    for texts, part in parts.items():
        if part and texts not in is_text:
            kind = "texts" if texts else "numbers"
            raise OtherColumnsError(
                f"{name} has no input for the {kind} of this table ({_shown([column.name for column in part])}); it must take "
                f"{wants}, or name its columns"
            )
    return [parts[texts] for texts in is_text]


def _require_kind(given: _Input, chosen: Sequence[Column], name: str) -> None:
    """Refuse texts for numbers and numbers for texts: nothing says how one becomes the other."""
    wants = "texts" if given.kind == TensorProto.STRING else "numbers"
    wrong = [column for column in chosen if column.matrix != wants]
    if not wrong:
        return
    if wants == "texts":
        way_out = f"say --as {wrong[0].name}=category, or export it with numbers there"
    else:
        way_out = (
            f"say --as {wrong[0].name}=number if they are numbers, or export the model with an input of texts there"
        )
    raise SettingsError(
        f"{name} takes {wants} for {wrong[0].name!r} (input {given.name!r}), and the table has {wrong[0].matrix} there; {way_out}"
    )


def _as_they_are(
    inputs: Sequence[_Input], asked: Sequence[Sequence[Column]], columns: Sequence[Column]
) -> dict[str, str]:
    """Give the names of this lab for inputs that are its matrices already; empty where one is not."""
    found: dict[str, str] = {}
    for given, chosen in zip(inputs, asked, strict=True):
        if given.kind not in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.STRING) or given.rank != 2:
            return {}
        matrix = "texts" if given.kind == TensorProto.STRING else "numbers"
        width = sum(column.matrix == matrix for column in columns)
        if matrix in found.values() or [column.place for column in chosen] != list(range(width)):
            return {}
        found[given.name] = matrix
    return found


def _put_in_front(
    model: onnx.ModelProto, inputs: Sequence[_Input], asked: Sequence[Sequence[Column]], columns: Sequence[Column]
) -> None:
    """Let nodes pick each input's columns from the matrices, in its own type and shape."""
    rename(model.graph, {matrix: f"{matrix} of the file" for matrix in _MATRICES})
    nodes: list[onnx.NodeProto] = []
    for number, (given, chosen) in enumerate(zip(inputs, asked, strict=True)):
        own = f"{given.name} of the file" if given.name in _MATRICES else given.name
        nodes += _picking(given, chosen, own, f"input {number}")
    kept = [*nodes, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    fed = {value.name for value in _fed(model)}
    weights = [value for value in model.graph.input if value.name not in fed]
    del model.graph.input[:]
    for matrix, kind in _MATRICES.items():
        used = any(column.matrix == matrix for chosen in asked for column in chosen)
        if used and (width := sum(column.matrix == matrix for column in columns)):
            model.graph.input.append(helper.make_tensor_value_info(matrix, kind, [None, width]))
    model.graph.input.extend(weights)


def _picking(given: _Input, chosen: Sequence[Column], own: str, prefix: str) -> Iterator[onnx.NodeProto]:
    """Yield the nodes that make one input of the file, under the name `own`."""
    places = numpy_helper.from_array(np.array([column.place for column in chosen], dtype=np.int64))
    steps: list[tuple[str, list[str], dict[str, Any]]] = [("Gather", [f"{prefix}: places"], {"axis": 1})]
    yield helper.make_node("Constant", [], [f"{prefix}: places"], value=places)
    if given.kind not in (TensorProto.DOUBLE, TensorProto.STRING):
        steps.append(("Cast", [], {"to": given.kind}))
    if given.rank == 1:
        flat = numpy_helper.from_array(np.array([-1], dtype=np.int64))
        yield helper.make_node("Constant", [], [f"{prefix}: flat"], value=flat)
        steps.append(("Reshape", [f"{prefix}: flat"], {}))
    source = chosen[0].matrix
    for place, (operator, more, attributes) in enumerate(steps):
        out = own if place == len(steps) - 1 else f"{prefix}: {operator.lower()}"
        yield helper.make_node(operator, [source, *more], [out], **attributes)
        source = out


def _shown(names: Sequence[str]) -> str:
    return listed([repr(name) for name in names[:_MOST_SHOWN]])
