"""How do a happening and a status look to a program? As plain values that JSON can hold: a number that is none is null."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from lab.watching.protocol import Happening, Status

__all__ = ["plain_happening", "plain_status"]


def plain_happening(happening: Happening) -> dict[str, Any]:
    """Give a happening as plain values.

    >>> plain_happening(Happening("alarm", 7, "The pressure rose.", {"size": float("nan")}))
    {'kind': 'alarm', 'row': 7, 'sentence': 'The pressure rose.', 'facts': {'size': None}}
    """
    found: dict[str, Any] = _plain(dataclasses.asdict(dataclasses.replace(happening, facts=dict(happening.facts))))
    return found


def plain_status(status: Status) -> dict[str, Any]:
    """Give a status as plain values."""
    found: dict[str, Any] = _plain(dataclasses.asdict(status))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
