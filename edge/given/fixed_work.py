"""Can a row make a model work without end? Graphs are refused whose loops or tensor sizes follow the values of rows.

What is left does the same work for every row: how long it takes and what memory it needs depend on how many rows are
asked at once, not on what stands in them. So a model that has answered some rows within limits (`edge.given.guard`) will not
break them for others. `Loop` is refused altogether, whose turns are counted while it runs; `Scan`, which goes once over
a tensor and which skl2onnx emits for nearest neighbours, is not, nor are sizes made from the number of rows.
"""

from collections.abc import Iterator, Mapping

import onnx

from lab.errors import SettingsError

__all__ = ["require_fixed_work"]

_ENDLESS = ("Loop", "SequenceMap")
_BY_ROWS = ("Shape", "Size")
"""Their answers follow the shapes alone, and these never follow the values."""
_SIZES: Mapping[str, tuple[int, ...]] = {
    "AffineGrid": (1,), "BlackmanWindow": (0,), "CenterCropPad": (1,), "Col2Im": (1, 2), "Compress": (1,),
    "ConstantOfShape": (0,), "DFT": (1, 2), "Expand": (1,), "HammingWindow": (0,), "HannWindow": (0,),
    "ImageDecoder": (0,), "MaxUnpool": (2,), "MelWeightMatrix": (0, 1, 2, 3, 4), "NonMaxSuppression": (0, 1, 2, 3, 4),
    "NonZero": (0,), "OneHot": (1,), "Pad": (1, 3), "Range": (0, 1, 2), "Reshape": (1,), "Resize": (1, 2, 3),
    "STFT": (1, 3), "Slice": (1, 2, 3, 4), "Split": (1,), "SplitToSequence": (1,), "StringSplit": (0,), "Tile": (1, 2),
    "TopK": (1,), "Unique": (0,), "Upsample": (1,),
}  # fmt: skip
"""Places of the inputs whose values set the shape of what the operator gives, in any version of it."""


def require_fixed_work(graph: onnx.GraphProto, name: str) -> None:
    """Raise SettingsError where what a graph does may depend on the values of its rows.

    Parameters
    ----------
    name : str
        The file, for the message.
    """
    _follow(graph, set(), {value.name for value in graph.input} - {tensor.name for tensor in graph.initializer}, name)


def _follow(graph: onnx.GraphProto, outside: set[str], inputs: set[str], name: str) -> bool:
    """Follow the values of rows through a graph; gives whether any of its outputs follows them."""
    of_rows = (outside - {tensor.name for tensor in graph.initializer}) | inputs
    for node in graph.node:
        if node.op_type in _ENDLESS:
            raise SettingsError(
                f"{name} uses the operator {node.op_type!r}, which may never finish; export it without loops"
            )
        sized = any(place < len(node.input) and node.input[place] in of_rows for place in _SIZES.get(node.op_type, ()))
        if sized or (node.op_type == "If" and node.input[0] in of_rows):
            what = "branches on" if node.op_type == "If" else "makes tensors whose size depends on"
            raise SettingsError(
                f"{name}: its operator {node.op_type!r} {what} the values of a row, so that no test shows what the next row "
                "takes; export it without"
            )
        follows = node.op_type not in _BY_ROWS and any(value in of_rows for value in node.input)
        for inner in _inner(node):
            given = {value.name for value in inner.input} if follows else set()
            follows |= _follow(inner, of_rows, given, name)
        if follows:
            of_rows |= set(node.output) - {""}
        else:
            of_rows -= set(node.output)  # a name inside may hide one outside
    return any(value.name in of_rows for value in graph.output)


def _inner(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs
