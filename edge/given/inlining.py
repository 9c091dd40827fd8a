"""How do functions inside an ONNX file become part of its graph? Counted first, then inlined in a process with limits.

PyTorch's exporter writes its network as functions that call functions. A few of these could stand for more nodes than any memory
holds, so that the nodes that they stand for are counted before any is made.

`python -m edge.given.inlining FOLDER` reads the folder's `model.onnx` and writes `inlined.onnx` beside it.
"""

import functools
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import onnx

from edge.given.asked import LIMITS, keep_within
from lab.errors import SettingsError
from lab.host.children import run_child
from lab.host.scratch import scratch_folder

__all__ = ["inlined"]

_MOST_NODES, _DEEPEST = 100_000, 50
_WAY_OUT = "export it with them inlined"
_Functions = Mapping[tuple[str, str], onnx.FunctionProto]


def inlined(content: bytes, model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Give a model without functions of its own.

    Parameters
    ----------
    content : bytes
        The file.
    model : onnx.ModelProto
        What was parsed of it.
    name : str
        The file, for messages.

    Raises
    ------
    SettingsError
        If the functions call one another without end, stand for too many nodes, or cannot be inlined.
    """
    functions = {(each.domain, each.name): each for each in model.functions}
    if len(functions) != len(model.functions):
        raise SettingsError(f"{name} is damaged: it defines a function twice; export it again")
    _require_few(model.graph.node, functions, name)
    found = onnx.ModelProto()
    found.CopyFrom(_in_a_child(content, name))
    return found


def _require_few(nodes: Sequence[onnx.NodeProto], functions: _Functions, name: str) -> None:
    """Refuse functions that stand for too many nodes; those that call one another in a circle stand for endlessly many."""
    known: dict[tuple[str, str], int] = {}

    def count(within: Sequence[onnx.NodeProto], depth: int) -> int:
        if depth > _DEEPEST:
            raise SettingsError(f"{name} defines functions that call one another without end; {_WAY_OUT}")
        total = 0
        for node in _all_nodes(within):
            key = (node.domain, node.op_type)
            if key in functions:
                known[key] = known.get(key) or count(functions[key].node, depth + 1)
            total += known.get(key, 1)
        return total

    if count(nodes, 0) > _MOST_NODES:
        raise SettingsError(
            f"{name} defines functions that stand for more than {_MOST_NODES:,} operators; make it smaller"
        )


def _all_nodes(nodes: Sequence[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _all_nodes(graph.node)


@functools.lru_cache(maxsize=2)
def _in_a_child(content: bytes, name: str) -> onnx.ModelProto:
    with scratch_folder() as folder:
        (folder / "model.onnx").write_bytes(content)
        try:
            run_child("edge.given.inlining", str(folder), timeout=LIMITS.seconds, confined_to=str(folder))
            written = folder / "inlined.onnx"
            model = onnx.load_from_string(written.read_bytes()) if written.exists() else None
        except subprocess.TimeoutExpired as error:
            raise SettingsError(
                f"{name} defines functions that were not inlined within {LIMITS.seconds:g} s; {_WAY_OUT}"
            ) from error
    if model is None or model.functions:
        raise SettingsError(f"{name} defines functions of its own that cannot be inlined; {_WAY_OUT}")
    return model


def _inline(folder: Path) -> None:
    from onnx import inliner

    keep_within(LIMITS)
    made = inliner.inline_local_functions(onnx.load_from_string((folder / "model.onnx").read_bytes()))
    (folder / "made").write_bytes(made.SerializeToString())
    (folder / "made").rename(folder / "inlined.onnx")  # whole, or not there


if __name__ == "__main__":
    _inline(Path(sys.argv[1]))
