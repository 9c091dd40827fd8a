"""How are many rows kept in one file? One after the other, each under its own digest: damage costs what it hits, and no more."""

import functools
import hashlib
import json
import os
import re
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from lab.host.files import read_bytes, write_bytes

__all__ = ["Entry", "Journal", "entries_in", "entry_of", "packs_in", "without", "write_pack"]

_HEAD = re.compile(rb"row ([0-9a-f]{64}) ([0-9]{1,12})\n")
_START, _ENDING = "rows-", ".pack"
_SYNC_S = 0.1


class Entry:
    """A row in a pack: to whom it belongs, and its plain value, which is made when it is asked for.

    Attributes
    ----------
    key, owner : str
        Of its trial; see `lab.work.sealed`.
    end : int
        Where it ends in the file.
    packed : bytes
        All of it, as it stands in the file.
    """

    __slots__ = ("_arrays", "_rest", "_row", "_whole", "end", "key", "machine", "owner")

    def __init__(self, head: bytes, body: memoryview, end: int) -> None:
        begin = 4 + int.from_bytes(body[:4], "little")
        sealed = _decoded(body[4:begin])
        self.key, self.owner, self.machine = sealed.key, sealed.owner, _machine(bytes(sealed.machine))
        self._row, self._arrays, self._rest = sealed.row, sealed.arrays, body[begin:]
        self.end, self._whole = end, (head, body)

    @property
    def packed(self) -> bytes:
        """The bytes of the entry, head and all."""
        head, body = self._whole
        return head + body

    def parts(self) -> tuple[Any, dict[str, np.ndarray]]:
        """Give the plain row and its arrays by the names that it holds in their places."""
        arrays, at = {}, 0
        for name, dtype, shape in self._arrays:
            array = np.ndarray(shape, dtype, self._rest, at).copy()
            at += array.nbytes
            arrays[name] = array
        return self._row, arrays


class _Sealed(msgspec.Struct):
    """The text that describes a row."""

    key: str
    owner: str
    machine: msgspec.Raw
    row: Any
    arrays: list[tuple[str, str, tuple[int, ...]]]


_DECODER = msgspec.json.Decoder(_Sealed)


def _decoded(text: memoryview) -> _Sealed:
    """Read JSON by the fast parser; what only the patient one takes (half of a surrogate pair) by that."""
    try:
        return _DECODER.decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        value = json.loads(bytes(text))
        return msgspec.convert({**value, "machine": msgspec.Raw(json.dumps(value["machine"]).encode())}, _Sealed)


@functools.lru_cache(maxsize=64)
def _machine(text: bytes) -> dict[str, Any]:
    """Read the machine of an entry: few machines measure many rows, so that equal texts give one value, which nobody changes."""
    return dict(json.loads(text))


def entry_of(key: str, owner: str, plain: Any, arrays: dict[str, np.ndarray], machine: dict[str, Any]) -> bytes | None:
    """Write a row as an entry; None where an array has fields, which a file of its own keeps.

    Raises
    ------
    ValueError
        For a number that JSON lacks (NaN, infinity).
    """
    if any(array.dtype.kind not in "biufcUSmM" for array in arrays.values()):
        return None
    shapes = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    value = {"key": key, "owner": owner, "machine": machine, "row": plain, "arrays": shapes}
    text = json.dumps(value, allow_nan=False).encode()
    body = b"".join([len(text).to_bytes(4, "little"), text, *(array.tobytes() for array in arrays.values())])
    return b"row %s %d\n" % (hashlib.blake2b(body, digest_size=32).hexdigest().encode(), len(body)) + body


def packs_in(folder: Path) -> list[Path]:
    """List the packs of a folder, in the order of their names."""
    return sorted(folder.glob(f"{_START}*{_ENDING}"))


def write_pack(folder: Path, entries: Collection[bytes]) -> Path:
    """Write entries into a new pack: it appears whole, or not at all."""
    path = _new(folder)
    write_bytes(path, b"".join(entries))
    return path


class Journal:
    """A pack that grows by one entry at a time, as fast as they come.

    What is added is kept whatever ends this process; the disk is waited for ten times a second at most, and by `sync`.
    """

    def __init__(self, folder: Path) -> None:
        self.path = _new(folder)
        self._stream = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._synced = time.monotonic()

    def add(self, entry: bytes) -> None:
        """Add an entry: by one call of the system, so that no other process sees the next one before it."""
        left = memoryview(entry)
        while left:
            left = left[os.write(self._stream, left) :]
        if time.monotonic() - self._synced >= _SYNC_S:
            self.sync()

    def sync(self) -> None:
        """Wait for the disk."""
        os.fsync(self._stream)
        self._synced = time.monotonic()

    def close(self) -> None:
        """Wait for the disk, and end."""
        try:
            self.sync()
        finally:
            os.close(self._stream)


def _new(folder: Path) -> Path:
    return folder / f"{_START}{os.urandom(8).hex()}{_ENDING}"


def without(path: Path, keys: Collection[str]) -> None:
    """Take the rows of some trials out of a pack, and what is damaged there; an empty pack goes."""
    kept = [entry.packed for entry in entries_in(path) if isinstance(entry, Entry) and entry.key not in keys]
    if kept:
        write_bytes(path, b"".join(kept))
    else:
        path.unlink(missing_ok=True)


def entries_in(path: Path, start: int = 0) -> Iterator[Entry | str]:
    """Read a pack from a byte on, entry by entry; in the place of what is damaged, or not written to its end, stands a sentence.

    After damage the next entry is looked for: what only looks like one does not keep to its digest.
    """
    try:
        content = read_bytes(path, start=start)
    except OSError as error:
        yield f"{path.name} cannot be read ({error.strerror or error})"
        return
    view, at, is_sound = memoryview(content), 0, True
    while at < len(content):
        head = _HEAD.match(content, at)
        entry = None if head is None else _entry(head, view, start)
        if entry is not None:
            is_sound, at = True, entry.end - start
            yield entry
            continue
        if is_sound:
            yield f"{path.name} is not as it was written from byte {start + at:,} on: a digest does not fit"
        is_sound, following = False, content.find(b"row ", at + 1)
        at = len(content) if following < 0 else following


def _entry(head: "re.Match[bytes]", view: memoryview, start: int) -> Entry | None:
    end = head.end() + int(head[2])
    body = view[head.end() : end]
    if end > len(view) or hashlib.blake2b(body, digest_size=32).hexdigest().encode() != head[1]:
        return None
    try:
        return Entry(head[0], body, start + end)
    except (msgspec.ValidationError, ValueError, KeyError, TypeError, RecursionError):
        return None
