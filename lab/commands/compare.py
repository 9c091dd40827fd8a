"""`lab compare RUN RUN...`: runs side by side, and whether what changed is more than noise."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands.chosen import add_force, add_runs, check_target, chosen_runs, write_target
from lab.commands.words import understand
from lab.errors import SettingsError
from lab.options import Parser, add_debug, add_json
from lab.terminal import tables
from lab.terminal.console import show, show_whole

if TYPE_CHECKING:
    from lab.report.compare.comparison import Comparison

__all__ = ["compare"]

_ENDING = ".html"


def compare(words: list[str]) -> int:
    """Show what differs between runs, or write it as a page, and give the exit code.

    Raises
    ------
    LabError
        If fewer than two runs are named, one cannot be read or is named twice, or the file cannot be written.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    if len(given.runs) < 2:
        raise SettingsError("one run is no comparison; name two or more")
    runs = chosen_runs(given.runs)
    if given.out is not None and not check_target(given.out, _ENDING, given):
        show("nothing was written")
        return 0
    from lab.report.compare.comparison import comparison

    found = comparison([(str(run.folder), run.record) for run in runs])
    if given.out is not None:
        from lab.report.compare.page import html

        write_target(given.out, html(found).encode())
    if given.json:
        show_whole(json.dumps(dataclasses.asdict(found), indent=1) + "\n")
        return 0
    _show(found)
    if given.out is not None:
        show(f"page  {given.out}")
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab compare",
        description="Show finished runs side by side: verdicts, estimates, settings, tables, versions and machines, and whether "
        "the change of an estimate is more than noise. Each run is compared with the first one of its lab.",
        epilog="example: lab compare runs/20260102-0900-edge-churn runs/20260202-0900-edge-churn --out months.html",
    )
    add_runs(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write it as a page (.html)")
    add_json(parser)
    add_force(parser)
    add_debug(parser)
    return parser


def _show(found: "Comparison") -> None:
    from lab.report.compare.page import columns_of, heading, rows_of, summary, title_of

    show(title_of(found))
    for at, side in enumerate(found.sides, 1):
        show(f"{at}. {side.question}")
        show(f"   {side.headline}: {side.sentence}")
        show(f"   {side.lab} on {side.data}, {side.rows:,} rows, started {side.started}, in {side.place}")
    if found.note:
        show(found.note)
    names = [f"run {at}" for at in range(1, len(found.sides) + 1)]
    for pair in found.pairs:
        show("")
        show(heading(found, pair))
        show(f"{summary(pair)} {pair.note}")
        if pair.changes:
            columns = ("estimate", names[pair.before], names[pair.after], "change", "is it noise?")
            show_whole(_table(columns, rows_of(pair)))
    for title, rows in (("settings", found.settings), ("machine", found.machine), ("versions", found.versions)):
        if rows:
            show("")
            show_whole(_table((title, *names), columns_of(rows)))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = tables.empty()
    for name in columns:
        table.add_column(name, overflow="fold")
    tables.fill(table, rows)
    return tables.drawn(table, tables.width())
