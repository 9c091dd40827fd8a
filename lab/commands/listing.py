"""`lab list [TABLE]`: the labs and the built-in tables, or what a table is made of; `--write` gives it as a file to try."""

import contextlib
from pathlib import Path

from lab import registry
from lab.commands.words import understand
from lab.errors import DataError, SettingsError, nearest
from lab.host.files import read_bytes, write_bytes
from lab.options import Parser, add_debug
from lab.terminal.console import show

__all__ = ["list_labs"]


def list_labs(words: list[str]) -> int:
    """Show what is installed, or one table, and give the exit code.

    Raises
    ------
    LabError
        If there is no such table, or another file would be lost.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    if given.table is not None:
        _show_table(given.table)
        if given.write is not None:
            _write(given.table, given.write)
        return 0
    if given.write is not None:
        raise SettingsError("--write needs the name of a built-in table: lab list TABLE --write FILE")
    from lab.data import builtin

    show("Labs")
    for name in registry.names():
        show(f"  {name:18}{registry.find(name).summary}")
    show("Built-in tables (lab list TABLE says what the columns mean)")
    for name, about in builtin.TABLES.items():
        show(f"  {name:18}{about}")
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab list",
        description="List the installed labs and the built-in tables, or say what the columns of a table mean.",
        epilog="example: lab list churn --write data.csv",
    )
    parser.add_argument("table", nargs="?", metavar="TABLE", help="a built-in table: say what its columns mean")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="also write the table to a file, as CSV, to try the labs on a file"
    )
    add_debug(parser)
    return parser


def _show_table(name: str) -> None:
    from lab.data import builtin

    if name not in builtin.TABLES:
        raise DataError(f"no built-in table {name!r}; {nearest(name, builtin.TABLES, label='built-in tables')}")
    about = builtin.about(name)
    show(f"{name}: {builtin.TABLES[name]}")
    show(f"  licence   {about.licence}")
    show(f"  target    {about.target}")
    width = max(map(len, about.columns)) + 2
    for column, words in about.columns.items():
        show(f"  {column:{width}}{words}")


def _write(name: str, path: Path) -> None:
    """Write a table as the labs read it, so that it has the same digest; a file that is another one stays."""
    from lab.data import builtin

    content = builtin.load(name)[1]
    try:
        with contextlib.suppress(FileNotFoundError):
            if read_bytes(path) != content:
                raise SettingsError(f"{path} exists and is another file; move it, or choose another name with --write")
        write_bytes(path, content)
    except OSError as error:
        raise SettingsError(
            f"cannot write {path}: {error.strerror or error}; choose another file with --write"
        ) from error
    show(f"  written   {path}")
