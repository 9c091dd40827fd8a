"""Which columns does a file name, and which of the table's are they? Names are compared as exporters change them."""

import collections
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import onnx

__all__ = ["finder", "known_as", "named_in"]

_KEYS = ("columns", "feature_names", "feature_names_in_")
"""Where a file's metadata may list its columns; ours is the first."""


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


_Column = TypeVar("_Column", bound=_HasName)


def known_as(name: str) -> str:
    """Give what is left of a name in an identifier: letters and digits, and lines for all else."""
    return "".join(sign if sign.isalnum() else "_" for sign in name.strip())


def finder(columns: "Sequence[_Column]") -> "Callable[[str], _Column | None]":
    """Give what finds a column by its name, or else by what is left of it (`known_as`), where that is one column's alone."""
    exact = {column.name: column for column in columns}
    left = collections.Counter(known_as(name) for name in exact)
    loose = {known_as(name): column for name, column in exact.items() if left[known_as(name)] == 1}
    return lambda name: exact.get(name, loose.get(known_as(name)))


def named_in(model: "onnx.ModelProto") -> tuple[str, ...]:
    """Give the columns that a file's metadata lists, in its order; empty where it lists none."""
    entries = {entry.key: entry.value for entry in model.metadata_props}
    for key in _KEYS:
        try:
            said = json.loads(entries.get(key, ""))
        except (ValueError, RecursionError):
            continue
        if isinstance(said, list) and said and all(isinstance(name, str) for name in said):
            return tuple(said)
    return ()
