"""What does a safetensors file say of itself? Its metadata, and the names and shapes of its tensors, before any library opens it.

The file is not trusted: its header is plain JSON of bounded size, and must account for every byte behind it, as its definition
asks for. Formats that are pickles run code when they are read, and are refused by name and by content.
"""

import hashlib
import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec

from lab.errors import SettingsError

__all__ = ["LARGEST", "WeightsFile", "read_weights_file"]

LARGEST = 2 * 10**9
"""Bytes of the largest file; TabICL's own have a few hundred million."""
_LARGEST_HEADER, _LENGTH, _MOST_AXES = 8 * 10**6, 8, 8
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle", ".joblib", ".dill")
_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # of torch.save, and of a bare pickle


@dataclass(frozen=True)
class WeightsFile:
    """A file that passed the checks.

    Attributes
    ----------
    path : pathlib.Path
        In full: trials run in another folder.
    name : str
        For sentences.
    digest : str
        SHA-256 of its content.
    metadata : mapping of str to str
    shapes : mapping of str to tuple of int
        By the name of the tensor.
    """

    path: Path
    name: str
    digest: str
    metadata: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def n_values(self) -> int:
        """Numbers in all tensors together."""
        return sum(math.prod(shape) for shape in self.shapes.values())


class _Tensor(msgspec.Struct, forbid_unknown_fields=True):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def read_weights_file(path: Path) -> WeightsFile:
    """Read and check the header, and digest the whole.

    Raises
    ------
    SettingsError
        If it cannot be read, is a pickle, is too large, or its header does not fit its content.

    References
    ----------
    Hugging Face, safetensors, "Format": 8 bytes of length (little-endian), a JSON header, the tensors without gaps.
    """
    if path.suffix.lower() in _PICKLES:
        _refuse_pickle(path.name)
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):  # a pipe is not waited for, and a device has no end
                raise SettingsError(f"{path.name} is not a file; give the path of a .safetensors file")
            if status.st_size > LARGEST:
                raise SettingsError(
                    f"{path.name} has more than {LARGEST / 1e9:g} GB, the most that is read as a checkpoint; give a smaller one"
                )
            metadata, tensors = _header(stream, path.name, status.st_size)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SettingsError(
            f"cannot read {path.name}: {error.strerror}; give the path of a .safetensors file"
        ) from error
    return WeightsFile(path.absolute(), path.name, digest, metadata, {key: each.shape for key, each in tensors.items()})


def _header(stream: BinaryIO, name: str, size: int) -> tuple[dict[str, str], dict[str, _Tensor]]:
    start = stream.read(_LENGTH)
    if start.startswith(_STARTS) and int.from_bytes(start, "little") > size:
        _refuse_pickle(name)
    length = int.from_bytes(start, "little")
    if len(start) < _LENGTH or not 2 <= length <= min(size - _LENGTH, _LARGEST_HEADER):
        _damaged(name, "it does not begin with the length of a header")
    try:
        raw = msgspec.json.decode(stream.read(length), type=dict[str, msgspec.Raw])
        metadata = msgspec.json.decode(raw.pop("__metadata__", msgspec.Raw(b"{}")), type=dict[str, str])
        tensors = {key: msgspec.json.decode(value, type=_Tensor) for key, value in raw.items()}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        _damaged(name, "its header is not that of tensors")
    _require_whole(name, tensors, size - _LENGTH - length)
    return metadata, tensors


def _require_whole(name: str, tensors: Mapping[str, _Tensor], n_bytes: int) -> None:
    """Raise SettingsError where tensors overlap, leave gaps, end elsewhere than the file, or take other bytes than their shape."""
    end = 0
    for key, tensor in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        if tensor.dtype not in _BYTES:
            _damaged(name, f"the numbers of tensor {key[:80]!r} are of the unknown type {tensor.dtype[:20]!r}")
        if len(tensor.shape) > _MOST_AXES or min(tensor.shape, default=0) < 0:
            _damaged(name, f"tensor {key[:80]!r} has a shape that no tensor has")
        begin, end_of_it = tensor.data_offsets
        if begin != end or end_of_it - begin != math.prod(tensor.shape) * _BYTES[tensor.dtype]:
            _damaged(name, f"the bytes of tensor {key[:80]!r} do not fit its shape")
        end = end_of_it
    if end != n_bytes:
        _damaged(name, f"its header tells of {end:,} bytes, and {n_bytes:,} follow")


def _refuse_pickle(name: str) -> NoReturn:
    raise SettingsError(
        f"{name} is a pickle, which can run code when it is read, and is not opened; the README (a tabular foundation model) says how "
        "to convert it into a .safetensors file yourself"
    )


def _damaged(name: str, what: str) -> NoReturn:
    raise SettingsError(f"{name} is not a whole safetensors file: {what}; copy or convert it again") from None
