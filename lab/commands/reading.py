"""Which table is meant, and how is it read? The options that say so, for every command that reads a table."""

import argparse
from pathlib import Path
from typing import Any

from lab.options import Parser

__all__ = ["DATA", "about", "add_table"]

DATA = "a file (CSV or other text, Excel, Parquet, JSON, SQLite, DuckDB), - for standard input, or a built-in table (see lab list)"


def add_table(parser: Parser) -> None:
    """Add what a user can say of a table; how it is read is found out otherwise, and said."""
    parser.add_argument("data", metavar="DATA", help=DATA)
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument(
        "--task", choices=("auto", "classes", "number"),
        help="classification (classes) or regression (number); auto: regression if over 20 different numbers (default: auto)",
    )  # fmt: skip
    parser.add_argument(
        "--positive", metavar="CLASS", help="the class of two that is looked for: F1, precision and recall are its own"
    )
    parser.add_argument(
        "--drop", action="append", default=[], metavar="COLUMN",
        help="do not use this column, or those of a pattern such as 'lab_*' (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--by", metavar="COLUMN",
        help="rows with the same value in this column (a customer, a machine) stay on the same side of every split",
    )  # fmt: skip
    parser.add_argument(
        "--time", metavar="COLUMN", help="a column of dates or numbers: test on later rows than those learned from"
    )
    parser.add_argument(
        "--independent",
        action="store_true",
        default=None,
        help="the rows do not belong together, whatever it looks like",
    )
    parser.add_argument(
        "--weights", metavar="COLUMN",
        help="for how much each row counts, in what models learn and in all scores: survey weights, or how often a row stands for the "
        "same case (intervals count rows, so repeat rows that are cases of their own)",
    )  # fmt: skip
    group = parser.add_argument_group("how the file is read (found out, and said, where you do not say)")
    options = [
        group.add_argument(
            "--schema", type=Path, metavar="FILE", help="a file that says all this, as lab look --write makes it; options win"
        ),
        group.add_argument(
            "--as", action="append", default=[], dest="kinds", metavar="COLUMN=KIND",
            help="what a column is: number, category, date or boolean; dates may have a format: day=date:%%d/%%m/%%Y (repeatable)",
        ),
        group.add_argument(
            "--missing", action="append", default=[], metavar="WORD", help="what else stands for a missing value (repeatable)"
        ),
        group.add_argument("--encoding", metavar="NAME", help="the encoding of a text, such as windows-1252"),
        group.add_argument(
            "--header", action=argparse.BooleanOptionalAction, default=None, help="whether the first row names the columns"
        ),
        group.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook (default: the largest)"),
        group.add_argument("--table", metavar="NAME", help="the table of a database (default: the one with most rows)"),
    ]  # fmt: skip
    parser.flags += [name for option in options for name in option.option_strings]


def about(given: argparse.Namespace) -> dict[str, Any]:
    """Take the options together with the file of `--schema`, as keywords of `lab.data.load.load`.

    Raises
    ------
    LabError
        If what is said of a column is no kind, or the file cannot be used.
    """
    from lab.reading.declaration import Declaration, declaration_of
    from lab.reading.how import How, declared_kinds
    from lab.settings import read_toml

    declared = Declaration() if given.schema is None else declaration_of(read_toml(given.schema), str(given.schema))

    def said(word: str, otherwise: Any = None) -> Any:
        option = getattr(given, word)
        return declared.said.get(word, otherwise) if option is None else option

    how = How(
        said("encoding", ""), said("sheet", ""), said("table", ""), said("header"),
        {**declared.kinds, **declared_kinds(given.kinds)}, (*declared.said.get("missing", ()), *given.missing),
    )  # fmt: skip
    return {
        "target": said("target"), "drop": (*declared.drop, *given.drop), "task": said("task", "auto"), "by": said("by"),
        "time": said("time"), "independent": said("independent", False), "weights": said("weights"),
        "positive": said("positive"), "how": how,
    }  # fmt: skip
