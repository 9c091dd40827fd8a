r"""Is a stored state of a watch whole, and of this watch? Plain values and arrays, under a head that names and seals them.

    b"lab watch state 3\n", SHA-256 of all that follows, identity of the watch, values as MessagePack

An array is written as its type, its shape and its bytes, so that what is read back is equal bit by bit. The number in the head is
raised with every change to what a state holds.
"""

import hashlib
from typing import Any

import msgspec
import numpy as np

from lab.errors import InputError

__all__ = ["opened", "sealed"]

_KIND = b"lab watch state "
_HEAD = _KIND + b"3\n"
_DIGEST = 32
_TYPES = ("<f8", "<i8", "<i4", "|b1")
_AGAIN = "begin the watch anew with another state file"


def sealed(identity: str, values: dict[str, Any]) -> bytes:
    """Write values (numbers, texts, None, lists, mappings and arrays) for a watch of this identity."""
    body = msgspec.msgpack.encode({"identity": identity, "values": _plain(values)})
    return _HEAD + hashlib.sha256(body).digest() + body


def opened(state: bytes, identity: str) -> dict[str, Any]:
    """Read them back.

    Raises
    ------
    InputError
        If the state is damaged, of another program's form, or of another watch.
    """
    head, digest, body = state[: len(_HEAD)], state[len(_HEAD) :][:_DIGEST], state[len(_HEAD) + _DIGEST :]
    if head != _HEAD and head.startswith(_KIND):
        raise InputError(f"the state of the watch was written by another version of this program; {_AGAIN}")
    if head != _HEAD:
        raise InputError(f"the state of the watch is not in the form that this program writes; {_AGAIN}")
    if hashlib.sha256(body).digest() != digest:
        raise InputError(f"the state of the watch is damaged: it is not as it was written; {_AGAIN}")
    try:
        found = msgspec.msgpack.decode(body)
        owner, values = found["identity"], _restored(found["values"])
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"the state of the watch is not in the form that this program writes; {_AGAIN}") from error
    if owner != identity:
        raise InputError(
            f"the state is that of a watch of another model, or with other settings; give it the model it belongs to, or {_AGAIN}"
        )
    return dict(values)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return {"texts": value.tolist()}
        return {"array": value.dtype.str, "shape": list(value.shape), "bytes": np.ascontiguousarray(value).tobytes()}
    if isinstance(value, dict):
        return {"map": [[key, _plain(each)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "map" in value:
        return {key: _restored(each) for key, each in value["map"]}
    if "texts" in value:
        found = np.empty(len(value["texts"]), dtype=object)
        found[:] = value["texts"]
        return found
    if value["array"] not in _TYPES:
        raise ValueError(f"an array of type {value['array']}")
    return np.frombuffer(value["bytes"], dtype=value["array"]).reshape(value["shape"]).copy()
