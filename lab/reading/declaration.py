"""What does a user say of a table, once for all commands? A file that can be written, edited and given back.

It is TOML: the target, what belongs together, what is missing, and a line for each column:

    target = "churn"
    by = "customer"

    [columns]
    age = "number"
    visited = "date:%d/%m/%Y"
    remark = "drop"
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.errors import SettingsError, nearest
from lab.reading.how import declared_kinds
from lab.reading.kinds import KINDS, Kind

__all__ = ["Declaration", "declaration_of", "written"]

_DROP = "drop"
_TEXTS = ("target", "by", "time", "weights", "positive", "task", "encoding", "sheet", "table")
_WORDS = (*_TEXTS, "independent", "header", "missing", "columns")


@dataclass(frozen=True)
class Declaration:
    """What is said of a table.

    Attributes
    ----------
    said : mapping
        target, by, time, weights, positive, task, encoding, sheet and table (texts), independent and header (booleans), missing (a
        list of texts), as far as they are said.
    kinds : mapping of str to (kind, format)
    drop : tuple of str
        Columns to leave out.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, tuple[Kind, str]] = field(default_factory=dict)
    drop: tuple[str, ...] = ()


def declaration_of(values: Mapping[str, Any], name: str) -> Declaration:
    """Check what a file says, as `tomllib` read it; `name` is that of the file.

    Raises
    ------
    SettingsError
        If a word is unknown, or says what it cannot.
    """
    for word, value in values.items():
        if word not in _WORDS:
            raise SettingsError(f"{name}: {word!r} is not known; {nearest(word, _WORDS, label='words')}")
        _check(name, word, value)
    columns: Mapping[str, str] = values.get("columns", {})
    drop = tuple(column for column, kind in columns.items() if kind == _DROP)
    kinds: dict[str, tuple[Kind, str]] = {}
    for column, said in columns.items():
        if said == _DROP:
            continue
        kind = said.partition(":")[0]
        if kind not in KINDS:
            known = (*KINDS, _DROP)
            raise SettingsError(f"{name}: column {column!r} is no {kind!r}; {nearest(kind, known, label='kinds')}")
        kinds[column] = declared_kinds([f"x={said}"])["x"]
    return Declaration({word: value for word, value in values.items() if word != "columns"}, kinds, drop)


def _check(name: str, word: str, value: Any) -> None:
    wanted: Any = str if word in _TEXTS else {"columns": dict, "missing": list}.get(word, bool)
    fits = isinstance(value, wanted)
    if fits and word in ("columns", "missing"):
        fits = all(isinstance(each, str) for each in (value.values() if word == "columns" else value))
    if not fits:
        kinds = {str: "a text", bool: "true or false", dict: "columns with their kinds", list: "a list of texts"}
        raise SettingsError(f"{name}: {word} is {value!r}; write {kinds[wanted]}")


def written(said: Mapping[str, Any], columns: Mapping[str, str], comments: Mapping[str, str]) -> str:
    """Write a declaration: `columns` are kinds by name, `comments` what stands behind one.

    >>> print(written({"target": "churn"}, {"age": "number", "id": "drop"}, {"id": "a row number"}), end="")
    target = "churn"
    <BLANKLINE>
    [columns]  # number, category, date (date:%d/%m/%Y), boolean or drop
    "age" = "number"
    "id" = "drop"  # a row number
    """
    lines = [f"{word} = {json.dumps(value)}" for word, value in said.items() if value]
    lines += ["", f"[columns]  # {', '.join(KINDS[:2])}, date (date:%d/%m/%Y), boolean or {_DROP}"]
    for column, kind in columns.items():
        comment = f"  # {comments[column]}" if column in comments else ""
        lines.append(f"{json.dumps(column)} = {json.dumps(kind)}{comment}")
    return "\n".join(lines) + "\n"
