"""How is a file to be read? The options that say so, for every command that reads a table."""

import argparse
from typing import TYPE_CHECKING

from lab.options import Parser

if TYPE_CHECKING:
    from lab.reading.how import How

__all__ = ["DATA", "add_reading", "how_of"]

DATA = (
    "a file (CSV or other text, Excel, Parquet, JSON, SQLite), - for standard input, or a built-in table (see lab list)"
)


def add_reading(parser: Parser) -> None:
    """Add what a user can say of a file; all of it is found out otherwise."""
    group = parser.add_argument_group("how the file is read (found out, and said, where you do not say)")
    options = [
        group.add_argument(
            "--as", action="append", default=[], dest="kinds", metavar="COLUMN=KIND",
            help="what a column is: number, category, date or boolean; dates may have a format: day=date:%%d/%%m/%%Y (repeatable)",
        ),
        group.add_argument(
            "--missing", action="append", default=[], metavar="WORD", help="what else stands for a missing value (repeatable)"
        ),
        group.add_argument("--encoding", default="", metavar="NAME", help="the encoding of a text, such as windows-1252"),
        group.add_argument(
            "--header", action=argparse.BooleanOptionalAction, default=None, help="whether the first row names the columns"
        ),
        group.add_argument("--sheet", default="", metavar="NAME", help="the sheet of a workbook (default: the largest)"),
        group.add_argument("--table", default="", metavar="NAME", help="the table of a database (default: the one with most rows)"),
    ]  # fmt: skip
    parser.flags += [name for option in options for name in option.option_strings]


def how_of(given: argparse.Namespace) -> "How":
    """Take the options together.

    Raises
    ------
    DataError
        If what is said of a column is no kind.
    """
    from lab.reading.how import How, declared_kinds

    kinds = declared_kinds(given.kinds)
    return How(given.encoding, given.sheet, given.table, given.header, kinds, tuple(given.missing))
