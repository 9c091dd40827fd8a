"""Was anything in a pack changed, added or removed? Nothing is unpacked to disk, and no more is read than the manifest says.

A pack is as its writer made it, to the byte: one file after the other from the first byte on, then their list, then the end.
So there is no place for anything else, nor for a file that grows without end. The manifest is no signature: who can write the
pack can write it too. Against that helps the SHA-256 of the whole pack, if it came another way.
"""

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab.errors import RecordError
from lab.report.pack import manifest

__all__ = ["Verified", "verified"]

_LARGEST_PACK, _LARGEST_WHOLE, _LARGEST_MANIFEST, _LARGEST_LIST = 1 << 30, 2 << 30, 8 << 20, 8 << 20
_END, _END_BYTES, _HEADER_BYTES = b"PK\x05\x06", 22, 30
_PIECE = 1 << 20


@dataclass(frozen=True)
class Verified:
    """A pack in which nothing was changed: its SHA-256, and its manifest."""

    sha256: str
    manifest: manifest.Manifest


class _ChangedError(Exception):
    """What is not as it was packed."""


def verified(path: Path) -> Verified:
    """Look whether a pack is what was packed.

    Raises
    ------
    RecordError
        If it is none, or something was changed, added or removed.
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            if size > _LARGEST_PACK:
                raise RecordError(f"{path} is not a pack (it has {size:,} bytes); give what lab pack wrote")
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return Verified(digest, _checked(stream, size))
    except FileNotFoundError as error:
        raise RecordError(f"no file {path}; give what lab pack wrote") from error
    except OSError as error:
        raise RecordError(f"cannot read {path}: {error.strerror or error}; give what lab pack wrote") from error
    except _ChangedError as error:
        raise RecordError(f"{path} is not what was packed: {error}; ask for it again") from error
    except ValueError as error:
        raise RecordError(f"{path}: its {manifest.MANIFEST} cannot be read ({error})") from error


def _checked(stream: IO[bytes], size: int) -> manifest.Manifest:
    start = _start_of_list(stream, size)
    try:
        with zipfile.ZipFile(stream) as pack:
            entries = pack.infolist()
            _require_plain(entries, start)
            found = manifest.read(_content(pack, entries, manifest.MANIFEST, _LARGEST_MANIFEST))
            _require_same_names([entry.filename for entry in entries], found)
            if sum(each.bytes for each in found.files.values()) > _LARGEST_WHOLE:
                raise _ChangedError("its files are larger than any report")
            for name, listed in found.files.items():
                _require_same(pack, name, listed)
            return found
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise _ChangedError(f"it is damaged ({' '.join(str(error).split())[:100]})") from error


def _start_of_list(stream: IO[bytes], size: int) -> int:
    """Give the place where the list of files begins; it ends where the end begins, and the end is the end of the file."""
    stream.seek(max(0, size - _END_BYTES))
    end = stream.read(_END_BYTES)
    if len(end) < _END_BYTES or not end.startswith(_END):
        raise _ChangedError("it does not end as a pack does")
    length, start = struct.unpack("<II", end[12:20])
    if length > _LARGEST_LIST or start + length + _END_BYTES != size:
        raise _ChangedError("it holds more than its files")
    return int(start)


def _require_plain(entries: Sequence[zipfile.ZipInfo], start: int) -> None:
    """Require files of plain names that follow one another without a gap."""
    at = 0
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        parts = name.split("/")
        if not name.isascii() or not name.isprintable() or "\\" in name or ":" in name or {"", ".", ".."} & set(parts):
            raise _ChangedError(f"it holds {name[:80]!r}, which is no name of its own")
        if name in seen:
            raise _ChangedError(f"it holds {name!r} twice")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG) or entry.flag_bits & 1:
            raise _ChangedError(f"{name!r} is no plain file")
        if entry.extra or entry.comment:
            raise _ChangedError(f"{name!r} carries more than its content")
        if entry.header_offset != at:
            raise _ChangedError(f"something stands before {name!r}")
        seen.add(name)
        at += _HEADER_BYTES + len(name) + entry.compress_size
    if at != start:
        raise _ChangedError("it holds more than its files")


def _content(pack: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], name: str, most: int) -> bytes:
    if name not in [entry.filename for entry in entries]:
        raise _ChangedError(f"it has no {name}")
    with pack.open(name) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise _ChangedError(f"its {name} is too long")
    return content


def _require_same_names(names: Sequence[str], found: manifest.Manifest) -> None:
    held = set(names) - {manifest.MANIFEST}
    if removed := sorted(found.files.keys() - held):
        raise _ChangedError(f"{removed[0]!r} was removed")
    if added := sorted(held - found.files.keys()):
        raise _ChangedError(f"{added[0]!r} was added")


def _require_same(pack: zipfile.ZipFile, name: str, listed: manifest.Entry) -> None:
    digest, length = hashlib.sha256(), 0
    with pack.open(name) as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            length += len(piece)
            if length > listed.bytes:
                break
    if (length, digest.hexdigest()) != (listed.bytes, listed.sha256):
        raise _ChangedError(f"{name!r} was changed")
