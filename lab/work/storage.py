"""How is a row kept? As JSON, with its arrays in one `.npz` beside it; a file is either whole or not there."""

import dataclasses
import io
import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from lab.protocol import Row

__all__ = ["read_row", "through_storage", "write_bytes", "write_json", "write_row"]

_ARRAY = "__array__"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader (or a crash) never meets half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, atomically; raises ValueError for a number that JSON lacks (NaN, infinity)."""
    write_bytes(path, (json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode())


def write_row(folder: Path, key: str, row: Row) -> None:
    """Store the row of a trial; the JSON file is written last, so that its presence says that all is there."""
    plain, arrays = _split(row)
    if arrays:
        packed = io.BytesIO()
        np.savez_compressed(packed, allow_pickle=False, **arrays)
        write_bytes(folder / f"{key}.npz", packed.getvalue())
    write_json(folder / f"{key}.json", plain)


def read_row(folder: Path, key: str) -> Row | None:
    """Read a stored row; None where it is not there or damaged, which means that the trial must run again."""
    try:
        plain = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        packed = folder / f"{key}.npz"
        if not packed.exists():
            return _join(plain, {})
        with packed.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return _join(plain, dict(arrays))
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        return None


def through_storage(row: Row) -> Row:
    """Return the row as it would be read back, so that a run without a folder gives the very same values."""
    plain, arrays = _split(row)
    return _join(json.loads(json.dumps(plain, allow_nan=False)), arrays)


def _split(row: Row) -> tuple[Any, dict[str, np.ndarray]]:
    arrays: dict[str, np.ndarray] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            name = f"a{len(arrays)}"
            arrays[name] = value
            return {_ARRAY: name}
        if isinstance(value, np.generic):
            return plain(value.item())
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        if value is None or isinstance(value, str | bool | int | float):
            return value
        raise TypeError(f"a row holds {type(value).__name__}; only plain values and numpy arrays can be stored")

    return plain(row), arrays


def _join(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, dict):
        if set(value) == {_ARRAY}:
            return arrays[value[_ARRAY]]
        return {key: _join(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_join(item, arrays) for item in value]
    return value
