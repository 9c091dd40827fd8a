"""What does a pack hold? Its manifest lists every file with its length and its SHA-256; its form is checked before it is believed."""

import hashlib
from typing import Any

import msgspec

__all__ = ["MANIFEST", "VERSION", "Entry", "Manifest", "PackedRun", "entry_of", "read", "written"]

MANIFEST = "manifest.json"
VERSION = 1
FORMAT = "future-tech-lab pack"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a pack: its length in bytes and its SHA-256."""

    bytes: int
    sha256: str


class PackedRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader wants to know of a run before opening it; `folder` is its place in the pack."""

    folder: str
    lab: str
    question: str
    headline: str
    data: str
    data_sha256: str
    started: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list of a pack; `schema_version` is the newest of its records."""

    format: str
    version: int
    program: str
    schema_version: int
    runs: tuple[PackedRun, ...]
    files: dict[str, Entry]


def entry_of(content: bytes) -> Entry:
    """Describe a file."""
    return Entry(len(content), hashlib.sha256(content).hexdigest())


def written(manifest: Manifest) -> bytes:
    """Write a manifest as JSON; the same one gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def read(content: bytes) -> Manifest:
    """Read a manifest back.

    Raises
    ------
    ValueError
        If it is none, or one of a newer version.
    """
    try:
        plain: Any = msgspec.json.decode(content)
        known = isinstance(plain, dict) and plain.get("format") == FORMAT
        version = plain.get("version") if known else None
        if isinstance(version, int) and version > VERSION:
            raise ValueError(f"it has version {version}, and this program reads up to {VERSION}; update the program")
        if not known:
            raise ValueError("it has another format")
        return msgspec.convert(plain, Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from error
