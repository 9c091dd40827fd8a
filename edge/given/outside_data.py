"""Where is the data of an ONNX file that keeps it elsewhere? Only in files in its own folder, and not above the limit of a model."""

from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import external_data_helper

from edge.given.estimators import LIMIT
from edge.given.graph_names import graphs_in
from lab.errors import SettingsError

__all__ = ["take_in_data"]


def take_in_data(model: onnx.ModelProto, where: Path) -> None:
    """Bring data that stands in other files into the model, if these lie in its folder and are not too large.

    Raises
    ------
    SettingsError
        If they do not, or are missing or damaged.
    """
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
    for graph in graphs_in(model.graph):
        attributes = [attribute for node in graph.node for attribute in node.attribute]
        found = [*graph.sparse_initializer, *(a.sparse_tensor for a in attributes if a.HasField("sparse_tensor"))]
        found += [tensor for attribute in attributes for tensor in attribute.sparse_tensors]
        for tensor in found:
            yield from (tensor.values, tensor.indices)
