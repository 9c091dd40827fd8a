"""How is a row kept? As JSON, with its arrays in one `.npz` beside it: sealed together, for one trial of one run."""

import contextlib
import dataclasses
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from lab.host.files import read_bytes, write_bytes
from lab.protocol import Row
from lab.work.sealed import DamagedError, read_sealed, write_sealed

__all__ = ["Stored", "forget_row", "join", "owner_of", "read_row", "split", "through_storage", "write_row"]

_ARRAY = "__array__"
_NESTED = (dict, list)
_PLAIN = frozenset((type(None), str, bool, int, float))


@dataclasses.dataclass(frozen=True)
class Stored:
    """A row as it was stored, and the machine on which it was measured (see `lab.host.machine.fingerprint`)."""

    row: Row
    machine: dict[str, Any]


def write_row(folder: Path, key: str, row: Row, *, run: str = "", machine: dict[str, Any] | None = None) -> None:
    """Store the row of a trial; the JSON file is written last, so that its presence says that all is there.

    Parameters
    ----------
    run : str
        Identity of the run: another run does not take this row for its own.
    machine : dict, optional
        Where it was measured.
    """
    plain, arrays = split(row)
    _make_room(folder / f"{key}.json")
    _make_room(folder / f"{key}.npz")
    digest = None
    if arrays:
        packed = io.BytesIO()
        np.savez_compressed(packed, allow_pickle=False, **arrays)
        digest = hashlib.sha256(packed.getvalue()).hexdigest()
        write_bytes(folder / f"{key}.npz", packed.getvalue())
    else:
        (folder / f"{key}.npz").unlink(missing_ok=True)
    content = {"row": plain, "arrays": digest, "machine": machine or {}}
    write_sealed(folder / f"{key}.json", content, owner=owner_of(run, key))


def read_row(folder: Path, key: str, *, run: str = "") -> Stored | None:
    """Read a stored row; None where none is there.

    Raises
    ------
    DamagedError
        If what is there is not what was stored for this trial of this run, bit by bit.
    """
    try:
        content = read_sealed(folder / f"{key}.json", owner=owner_of(run, key))
    except FileNotFoundError:
        return None
    try:
        plain, digest, machine = content["row"], content["arrays"], dict(content["machine"])
        if digest is None:
            return Stored(join(plain, {}), machine)
        packed = read_bytes(folder / f"{key}.npz")
        if hashlib.sha256(packed).hexdigest() != digest:
            raise DamagedError(f"{key}.npz is not as it was written: its digest does not fit")
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return Stored(join(plain, dict(arrays)), machine)
    except DamagedError:
        raise
    except Exception as error:  # numpy names no limit to what a damaged head of an array raises
        raise DamagedError(f"{key}.json or {key}.npz cannot be read ({' '.join(str(error).split())})") from error


def forget_row(folder: Path, key: str) -> None:
    """Remove a stored row, damaged or not: its trial is to run again."""
    for name in (f"{key}.json", f"{key}.npz"):
        _make_room(folder / name)
        (folder / name).unlink(missing_ok=True)


def through_storage(row: Row) -> Row:
    """Return the row as it would be read back, so that a run without a folder gives the very same values."""
    plain, arrays = split(row)
    joined: Row = join(json.loads(json.dumps(plain, allow_nan=False)), arrays)
    return joined


def owner_of(run: str, key: str) -> str:
    """Name to whom a row belongs: the identity of the run, which counts all that its rows depend on, and the trial."""
    return f"trial {key} of run {run}"


def _make_room(path: Path) -> None:
    """Set a folder aside that stands where a row is to be stored; what is in it is not ours to remove."""
    if path.is_dir() and not path.is_symlink():
        with contextlib.suppress(FileNotFoundError):
            path.rename(path.with_name(f"{path.name}.set-aside-{os.urandom(4).hex()}"))


def split(row: Row) -> tuple[Any, dict[str, np.ndarray]]:
    """Part a row into plain values and the arrays that stood among them, by the names that are left in their places.

    Raises
    ------
    TypeError
        For a value that is neither.
    """
    arrays: dict[str, np.ndarray] = {}

    def plain(value: Any) -> Any:
        if type(value) in _PLAIN:
            return value
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
        if isinstance(value, str | int | float):
            return value
        raise TypeError(f"a row holds {type(value).__name__}; only plain values and numpy arrays can be stored")

    return plain(row), arrays


def join(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Put arrays back into their places: undoes `split`."""
    if isinstance(value, dict):
        if len(value) == 1 and _ARRAY in value:
            return arrays[value[_ARRAY]]
        return {key: join(item, arrays) if isinstance(item, _NESTED) else item for key, item in value.items()}
    if isinstance(value, list):
        return [join(item, arrays) if isinstance(item, _NESTED) else item for item in value]
    return value
