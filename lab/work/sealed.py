"""Is a stored piece what was stored, whole, and in its own place? Each carries a digest of what it is and whose it is."""

import hashlib
import json
from pathlib import Path
from typing import Any

from lab.host.files import read_bytes, write_bytes

__all__ = ["DamagedError", "read_sealed", "write_sealed"]

_HEAD = b'{"sha256": "%s",\n'
_N_HEAD = len(_HEAD % (b"0" * 64))


class DamagedError(Exception):
    """A stored piece is not what was stored there; the message says how that was seen."""


def write_sealed(path: Path, value: Any, *, owner: str) -> None:
    """Write a plain value as JSON, atomically, with the digest of everything in the file.

    Parameters
    ----------
    owner : str
        What it belongs to: whoever reads it names the same, or is not given it.

    Raises
    ------
    ValueError
        For a number that JSON lacks (NaN, infinity).
    """
    text = json.dumps({"owner": owner, "value": value}, indent=1, allow_nan=False)
    body = b'"sealed": ' + text.encode() + b"}\n"
    write_bytes(path, _HEAD % hashlib.sha256(body).hexdigest().encode() + body)


def read_sealed(path: Path, *, owner: str) -> Any:
    """Read a value back.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    DamagedError
        If it is not a file, not whole, not as it was written, or belongs to something else.
    """
    try:
        content = read_bytes(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedError(f"{path.name} cannot be read ({error.strerror or error})") from error
    head, body = content[:_N_HEAD], content[_N_HEAD:]
    if head != _HEAD % hashlib.sha256(body).hexdigest().encode():
        raise DamagedError(f"{path.name} is not as it was written: its digest does not fit")
    try:
        sealed = json.loads(content)["sealed"]
        found, value = sealed["owner"], sealed["value"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedError(f"{path.name} is sealed, but not by this program") from error
    if found != owner:
        raise DamagedError(f"{path.name} belongs to something else")
    return value
