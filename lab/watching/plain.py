"""How does what a watch knows look to a program, and how is it read back? As plain values that JSON can hold: no number is null."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from lab.errors import InputError
from lab.watching.protocol import Happening, Status

__all__ = ["Standing", "plain_happening", "plain_standing", "standing_of"]


@dataclass(frozen=True)
class Standing:
    """How a watch stands: what the monitor says, and what was counted and noticed around it.

    Attributes
    ----------
    source : str
        What the source of rows is called.
    at : str
        When this was so, in the form of ISO 8601.
    counts : mapping of str to int
        What was counted beside the rows that were taken.
    said : tuple of str
        The same in words, as far as something was wrong.
    newest : tuple of Happening
        What was noticed last, the newest at the end.
    """

    source: str
    at: str
    status: Status
    counts: dict[str, int]
    said: tuple[str, ...]
    newest: tuple[Happening, ...]


def plain_happening(happening: Happening) -> dict[str, Any]:
    """Give a happening as plain values.

    >>> plain_happening(Happening("alarm", 7, "The pressure rose.", {"size": float("nan")}))
    {'kind': 'alarm', 'row': 7, 'sentence': 'The pressure rose.', 'facts': {'size': None}}
    """
    found: dict[str, Any] = _plain(dataclasses.asdict(dataclasses.replace(happening, facts=dict(happening.facts))))
    return found


def plain_standing(standing: Standing) -> dict[str, Any]:
    """Give a standing as plain values."""
    found: dict[str, Any] = _plain(dataclasses.asdict(standing))
    return found


def standing_of(plain: Any) -> Standing:
    """Read a standing back.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        status = {**plain["status"], "signals": [_signal(each) for each in plain["status"]["signals"]]}
        for name in ("accuracy", "expected"):
            if status[name] is not None and None in status[name].values():
                status[name] = None
        return msgspec.convert({**plain, "status": status}, Standing)
    except (KeyError, TypeError, AttributeError, msgspec.ValidationError) as error:
        raise InputError(
            f"this state of a watch cannot be read ({error}); it was written by another version"
        ) from error


def _signal(plain: dict[str, Any]) -> dict[str, Any]:
    return {**plain, "evidence": -math.inf} if plain["evidence"] is None else plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
