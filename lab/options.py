"""How does a command line become settings? The parser of `lab run LAB` is made from the lab's `Settings`."""

import argparse
import dataclasses
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from lab.errors import SettingsError, nearest
from lab.settings import flag, item_type, make, read_toml

__all__ = [
    "Parser",
    "add_common",
    "add_debug",
    "add_folder",
    "add_json",
    "add_settings",
    "parse",
    "positive",
    "settings_from",
]

_UNSET = object()


class Parser(argparse.ArgumentParser):
    """An argument parser that raises a `SettingsError` instead of leaving the program.

    `lacking` are options that it has not though others have them, and why not: the error says so.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(allow_abbrev=False, **arguments)
        self.flags: list[str] = []
        self.lacking: dict[str, str] = {}

    def add_argument(self, *names: Any, **arguments: Any) -> argparse.Action:
        """Add an argument, and remember its long names for the sake of typing errors."""
        action = super().add_argument(*names, **arguments)
        if hasattr(self, "flags"):
            self.flags += [name for name in action.option_strings if name.startswith("--")]
        return action

    def error(self, message: str) -> NoReturn:
        """Raise the error instead of printing it."""
        raise SettingsError(f"{message}; see {self.prog} --help")


def parse(parser: Parser, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse arguments; an unknown option is an error that names the nearest known one.

    Raises
    ------
    SettingsError
        If an option is unknown.
    """
    given = [word.partition("=")[0] for word in arguments if word.startswith("--") and word != "--"]
    for word in given:
        if word in parser.lacking:
            raise SettingsError(f"{word}: {parser.lacking[word]}")
        if word not in (*parser.flags, "--help"):
            raise SettingsError(f"unknown option {word}; {nearest(word, parser.flags, label='options')}")
    return parser.parse_args(list(arguments))


def add_common(parser: Parser) -> None:
    """Add what every command that runs trials takes."""
    parser.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="DIR", help="folder for the runs (default: runs)"
    )
    parser.add_argument(
        "--workers", type=positive, metavar="N", help="number of worker processes (default: the number of cores)"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="run trials on the workers of the Dask scheduler at this address"
    )
    parser.add_argument(
        "--timing-worker",
        metavar="NAME",
        help="the worker of that cluster on which timings run (default: this machine)",
    )
    add_json(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    add_debug(parser)


def add_json(parser: Parser, *, what: str = "result", more: str = "") -> None:
    """Let a command print what it found for another program."""
    help_ = f"print the {what} as JSON on stdout, and nothing else there{more}"
    parser.add_argument("--json", action="store_true", help=help_)


def add_debug(parser: Parser) -> None:
    """Let a command show where an error comes from."""
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def add_folder(parser: Parser) -> None:
    """Add the folder whose runs a command is about."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("runs"),
        metavar="FOLDER",
        help="folder of the runs (default: runs)",
    )


def add_settings(parser: Parser, settings_type: type) -> None:
    """Add one option for each setting of a lab."""
    group = parser.add_argument_group("settings of this lab (a --config file uses the same names)")
    hints = typing.get_type_hints(settings_type)
    for field in dataclasses.fields(settings_type):
        plain, many, _ = item_type(hints[field.name])
        words = _help(field)
        if plain is bool:
            option = group.add_argument(
                flag(field.name), dest=field.name, action=argparse.BooleanOptionalAction, default=_UNSET, help=words
            )
        else:
            name = {int: "N", float: "X", str: "NAME"}[plain] + (",..." if many else "")
            option = group.add_argument(flag(field.name), dest=field.name, default=_UNSET, metavar=name, help=words)
        parser.flags += option.option_strings


def settings_from(arguments: argparse.Namespace, settings_type: type, defaults: dict[str, Any] | None = None) -> Any:
    """Merge defaults, the `--config` file and the command line (which wins) into checked settings."""
    values = dict(defaults or {})
    if getattr(arguments, "config", None):
        values |= read_toml(arguments.config)
    for field in dataclasses.fields(settings_type):
        given = getattr(arguments, field.name, _UNSET)
        if given is not _UNSET:
            values[field.name] = given
    return make(settings_type, values)


def _help(field: dataclasses.Field) -> str:
    default = field.default
    shown = ",".join(str(item) for item in default) if isinstance(default, tuple) else default
    choices = field.metadata.get("choices")
    one_of = f" ({', '.join(choices)})" if choices else ""
    return f"{field.metadata['help']}{one_of} (default: {shown})".replace("%", "%%")


def positive(text: str) -> int:
    """Read a whole number of at least 1, for argparse.

    Raises
    ------
    argparse.ArgumentTypeError
        If the text is another one.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)
