"""One declaration of a lab's options: the command line, a TOML file, the record and the report all read it.

A lab's `Settings` is a frozen dataclass whose fields are made by `option`.

>>> @dataclasses.dataclass(frozen=True)
... class Settings:
...     folds: int = option(5, "number of outer cross-validation folds", minimum=2, maximum=20)
>>> make(Settings, {"folds": 3})
Settings(folds=3)
>>> make(Settings, {"folds": 1})
Traceback (most recent call last):
    ...
lab.errors.SettingsError: folds is 1; it must be from 2 to 20
"""

import dataclasses
import math
import os
import stat
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from lab.cleaning import short
from lab.errors import SettingsError, nearest

__all__ = [
    "CHECKPOINT",
    "EFFORTS",
    "ComparisonSettings",
    "CurveSettings",
    "SettledSettings",
    "at_effort",
    "convert",
    "flag",
    "item_type",
    "make",
    "option",
    "read_toml",
]

_LARGEST_FILE, _LARGEST_NUMBER = 64 << 10, 10**300
_MOST_DOTS = 20  # in a key: the parser takes their square, and no setting has one
EFFORTS = ("quick", "standard", "thorough")
CURVE_ROWS = "where rows are sampled, or with --rows-then: most rows of the learning curves that say what more rows change; 0: none"
"""What `CurveSettings.curve_rows` is, for a lab with a default of its own."""
CHECKPOINT = "also try TabICL, a tabular foundation model, by this .safetensors file of yours (needs [tabicl]; nothing is downloaded)"
"""What `checkpoint` is in the labs that take one (see `lab.learning.foundation`)."""


def option(
    default: Any,
    help: str,  # noqa: A002 - the field's own word for it, as in argparse
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    choices: Sequence[str] | None = None,
) -> Any:
    """Declare one setting: its default, its help text and its range (`above` is an exclusive lower bound)."""
    metadata = {"help": help, "minimum": minimum, "maximum": maximum, "above": above, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class ComparisonSettings:
    """Settings of every lab that compares tuned models on the same folds; a lab adds its own and may change defaults.

    An effort is a name for values of other settings: those that `efforts` of the lab's class lists under it. The
    defaults are the standard effort. What a user sets by name wins over the effort.
    """

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    effort: str = option("standard", "how much work to spend on the run", choices=EFFORTS)
    metric: str = option(
        "auto", "primary metric, the name of a scikit-learn scorer; auto means ROC AUC, or R² for regression"
    )
    folds: int = option(5, "number of outer cross-validation folds", minimum=2, maximum=20)
    repeats: int = option(3, "repetitions of the cross-validation", minimum=1, maximum=20)
    candidates: int = option(4, "hyperparameter settings tried for each model in each fold", minimum=1, maximum=100)


@dataclasses.dataclass(frozen=True)
class CurveSettings(ComparisonSettings):
    """Settings of every lab whose verdict can be about more rows than it uses."""

    rows_then: int | None = option(
        None, "rows that you will have: the verdict is about so many", minimum=100, maximum=1_000_000_000
    )
    curve_rows: int = option(40_000, CURVE_ROWS, minimum=0, maximum=10_000_000)


@dataclasses.dataclass(frozen=True)
class SettledSettings(CurveSettings):
    """Settings of every lab that can end a run as soon as its verdict is firm (see `lab.learning.settled`)."""

    until_settled: bool = option(
        False,
        "look after each repetition of the folds, and end once the answer is firm: --repeats is then the most of them, and the "
        "interval that decides is wider, so that it stays valid whenever one looks",
    )


def at_effort(settings: Any, effort: str) -> Any:
    """Give the settings at another effort: what the user set by name stays.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Settings(ComparisonSettings):
    ...     efforts = {"quick": {"folds": 3, "repeats": 1}}
    >>> quick = make(Settings, {"effort": "quick", "repeats": 2})
    >>> (quick.folds, quick.repeats)
    (3, 2)
    >>> usual = at_effort(quick, "standard")
    >>> (usual.effort, usual.folds, usual.repeats)
    ('standard', 5, 2)
    """
    of_now = _values_of(type(settings), settings.effort)
    then = _values_of(type(settings), effort)
    changed = {
        name for name in (*of_now, *then) if getattr(settings, name) == of_now.get(name, _default(settings, name))
    }
    values = {name: then.get(name, _default(settings, name)) for name in changed}
    return dataclasses.replace(settings, **values, effort=effort)


def _values_of(settings_type: type, effort: Any) -> Mapping[str, Any]:
    """Give what an effort sets; nothing where it is none, which is checked with the other settings."""
    return getattr(settings_type, "efforts", {}).get(effort, {}) if isinstance(effort, str) else {}


def _default(settings: Any, name: str) -> Any:
    return next(field.default for field in dataclasses.fields(settings) if field.name == name)


def flag(name: str) -> str:
    """Name of the command-line option of a setting.

    >>> flag("p99_ms")
    '--p99-ms'
    """
    return "--" + name.replace("_", "-")


def make(settings_type: type, values: Mapping[str, Any]) -> Any:
    """Build settings from plain values (numbers, texts, lists), checking names, types and ranges.

    Raises
    ------
    SettingsError
        For an unknown name (with the nearest known one), a value of another type, or one out of range.
    """
    fields = {field.name: field for field in dataclasses.fields(settings_type)}
    hints = typing.get_type_hints(settings_type)
    for name in values:
        if name not in fields:
            raise SettingsError(f"unknown setting {name!r}; {nearest(name, fields, label='settings')}")
    values = {**_values_of(settings_type, values.get("effort")), **values}
    checked = {name: _check(fields[name], convert(hints[name], value, name)) for name, value in values.items()}
    return settings_type(**checked)


def item_type(hint: Any) -> tuple[type, bool, bool]:
    """Split a type hint into (plain type, is a tuple of it, may be None).

    >>> item_type(tuple[str, ...]), item_type(float | None)
    ((<class 'str'>, True, False), (<class 'float'>, False, True))
    """
    optional = isinstance(hint, types.UnionType)
    if optional:
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is tuple:
        return typing.get_args(hint)[0], True, optional
    return hint, False, optional


def convert(hint: Any, value: Any, name: str) -> Any:
    """Turn a text or a TOML value into the type that the hint asks for; raises SettingsError where it cannot."""
    plain, many, optional = item_type(hint)
    if optional and (value is None or value == "none"):
        return None
    if many:
        items = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
        return tuple(convert(plain, item.strip() if isinstance(item, str) else item, name) for item in items)
    if plain is bool:
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        raise SettingsError(f"{name} is {_shown(value)}; it must be true or false")
    if isinstance(value, bool) or (plain is str and not isinstance(value, str)):
        raise SettingsError(f"{name} is {_shown(value)}; it must be {_a(plain)}")
    try:
        number = plain(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingsError(f"{name} is {_shown(value)}; it must be {_a(plain)}") from error
    if plain is int and isinstance(value, float) and number != value:
        raise SettingsError(f"{name} is {_shown(value)}; it must be {_a(plain)}")
    return number


def read_toml(path: Path) -> dict[str, Any]:
    """Read settings from a TOML file; raises SettingsError that names the file and the line at fault."""
    try:
        text = _settings_text(path)
        keys = (line.partition("=")[0] for line in text.splitlines() if not line.lstrip().startswith("#"))
        if any(key.count(".") > _MOST_DOTS for key in keys):
            raise SettingsError(
                f"{path} is not a settings file: a key has more than {_MOST_DOTS} parts; write folds = 5"
            )
        return tomllib.loads(text)
    except RecursionError as error:
        raise SettingsError(f"{path} is not TOML: it is nested too deep; write lines such as  folds = 5") from error
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}; give the path of a TOML file") from error
    except ValueError as error:  # TOML's own, of the encoding, of a number with too many digits
        raise SettingsError(f"{path} is not TOML: {error}; write lines such as  folds = 5") from error


def _settings_text(path: Path) -> str:
    """Read a file that must be one, and small: a pipe is not waited for, and a device has no end."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise SettingsError(f"{path} is not a file; give the path of a TOML file")
        content = stream.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise SettingsError(f"{path} has more than {_LARGEST_FILE:,} bytes; give a settings file")
    return content.decode("utf-8")


def _shown(value: Any) -> str:
    """Show a value of a user in a sentence.

    >>> _shown("many"), _shown(10**5_000)
    ("'many'", 'a number of more digits than can be written')
    """
    try:
        return short(repr(value), 200)
    except ValueError:
        return "a number of more digits than can be written"


def _a(plain: type) -> str:
    return {int: "a whole number", float: "a number", str: "a text"}.get(plain, plain.__name__)


def _check(field: dataclasses.Field, value: Any) -> Any:
    for item in value if isinstance(value, tuple) else (value,):
        _check_item(field.name, field.metadata, item)
    return value


def _check_item(name: str, limits: Mapping[str, Any], value: Any) -> None:
    choices = limits.get("choices")
    if choices and value is not None and value not in choices:
        raise SettingsError(f"{name} is {_shown(value)}; {nearest(str(value), choices, label='possible')}")
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:  # no double holds it
        raise SettingsError(f"{name} is {_shown(value)}; it must be a number of fewer digits")
    low, high, above = limits.get("minimum"), limits.get("maximum"), limits.get("above")
    too_low = (low is not None and value < low) or (above is not None and value <= above)
    if math.isfinite(value) and not too_low and (high is None or value <= high):
        return
    start = f"above {above:,.10g}" if above is not None else f"{low:,.10g}" if low is not None else None
    if start is None:
        allowed = "a finite number" if high is None else f"at most {high:,.10g}"
    elif high is None:
        allowed = start if above is not None else f"at least {start}"
    else:
        allowed = f"{start} and at most {high:,.10g}" if above is not None else f"from {start} to {high:,.10g}"
    raise SettingsError(f"{name} is {value:,.10g}; it must be {allowed}")
