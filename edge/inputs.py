"""Which files does a run of this lab read beside its table? The model that was given, with its data, and a browser's runtime."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.settings import Settings

__all__ = ["files"]


def files(settings: "Settings") -> list[Path]:
    """List the files, after the plan has found them in order."""
    found: list[Path] = []
    if settings.model is not None:
        model = Path(settings.model)
        found += [model, *_data_of(model)]
    if settings.browser:
        from edge.browser.runtime_files import find_runtime

        runtime = find_runtime(settings.web_runtime)
        found += [runtime.module, runtime.glue, runtime.wasm]
    return found


def _data_of(model: Path) -> Iterator[Path]:
    """Name the files in which an ONNX file keeps tensors."""
    if model.suffix != ".onnx":
        return
    import onnx
    from onnx import external_data_helper

    parsed = onnx.load_from_string(model.read_bytes())
    for tensor in external_data_helper._get_all_tensors(parsed):
        if external_data_helper.uses_external_data(tensor):
            yield model.resolve().parent / external_data_helper.ExternalDataInfo(tensor).location
