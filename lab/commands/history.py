"""`lab history`: the runs of a folder, newest first."""

import argparse
import dataclasses
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lab import registry
from lab.cleaning import command_line
from lab.commands.words import understand
from lab.errors import RecordError, SettingsError, nearest
from lab.options import Parser, add_debug, add_folder, add_json
from lab.terminal import tables
from lab.terminal.console import say, show, show_whole
from lab.wording import count, duration

if TYPE_CHECKING:
    from lab.runs.past import PastRun

__all__ = ["history"]

_ANSWERS = ("yes", "no", "undecided")
_NEVER = datetime.fromtimestamp(0, UTC)
_ROOM_FOR_QUESTION, _ROOM_FOR_FOLDER = 110, 160


@dataclasses.dataclass(frozen=True)
class _Entry:
    """A run, as it is shown and as `--json` gives it; what is not known of it is None."""

    folder: str
    state: str
    started: str | None
    lab: str
    data: str
    rows: int | None = None
    question: str | None = None
    verdict: str | None = None
    headline: str | None = None
    sentence: str | None = None
    seconds: float | None = None
    schema_version: int | None = None
    is_older: bool = False
    fault: str | None = None


def history(words: list[str]) -> int:
    """Show the runs of a folder, and give the exit code.

    Raises
    ------
    SettingsError
        If there is no such folder, or no lab of the name that was given.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    from lab.runs.past import runs_in

    labs = registry.names()
    entries = [_entry(run) for run in runs_in(given.folder, labs)]
    entries.sort(key=lambda entry: datetime.fromisoformat(entry.started) if entry.started else _NEVER, reverse=True)
    if given.lab is not None and given.lab not in (known := sorted({*labs, *(entry.lab for entry in entries)} - {""})):
        raise SettingsError(f"no lab {given.lab!r}; {nearest(given.lab, known, label='labs')}")
    chosen = [entry for entry in entries if _is_asked_for(entry, given)]
    if given.json:
        show_whole(json.dumps([dataclasses.asdict(entry) for entry in chosen], indent=1) + "\n")
        return 0
    if not chosen:
        show(_nothing(entries, given))
        return 0
    show_whole(_table(chosen, tables.width()))
    for entry in chosen:
        if entry.fault:
            say(f"note: {entry.fault}")
    finished = next((entry for entry in chosen if entry.state == "finished" and entry.fault is None), None)
    if finished:
        show(f"the newest report: lab report {command_line([finished.folder])} --open")
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab history",
        description="List the runs of a folder, newest first.",
        epilog="example: lab history --lab edge --verdict no --data churn.csv",
    )
    add_folder(parser)
    parser.add_argument("--lab", metavar="LAB", help="only runs of this lab")
    parser.add_argument("--verdict", choices=_ANSWERS, help="only finished runs with this verdict")
    parser.add_argument("--data", metavar="NAME", help="only runs on this table (churn stands for churn.csv too)")
    add_json(parser, what="list")
    add_debug(parser)
    return parser


def _entry(run: "PastRun") -> _Entry:
    from lab.record import SCHEMA_VERSION, read_head

    started = run.started.isoformat() if run.started else None
    known = _Entry(str(run.folder), run.state, started, run.lab, run.data, seconds=run.seconds)
    if not os.path.lexists(run.folder / "record.json"):
        damaged = f"{run.folder} holds an unfinished run, and nothing there says which: it cannot be resumed"
        return dataclasses.replace(known, fault=damaged) if run.state == "damaged" else known
    try:
        head = read_head(run.folder)
    except RecordError as error:
        return dataclasses.replace(known, state="damaged", fault=str(error))
    return _Entry(
        known.folder,
        "under way" if run.state == "under way" else "finished",
        head.run.started.isoformat(),
        head.lab,
        head.data.name,
        head.data.n_rows,
        head.question.text,
        head.verdict.answer,
        head.verdict.headline,
        head.verdict.sentence,
        head.run.seconds,
        head.schema_version,
        head.schema_version < SCHEMA_VERSION,
    )


def _is_asked_for(entry: _Entry, given: argparse.Namespace) -> bool:
    return (
        (given.lab is None or entry.lab == given.lab)
        and (given.verdict is None or entry.verdict == given.verdict)
        and (given.data is None or _is_on(entry, Path(given.data)))
    )


def _is_on(entry: _Entry, table: Path) -> bool:
    """Whether a run is on this table, with or without its ending, which the folder of an unfinished run does not say."""
    same = {entry.data, Path(entry.data).stem}
    return table.name in same or (entry.verdict is None and table.stem in same)


def _nothing(entries: Sequence[_Entry], given: argparse.Namespace) -> str:
    """Say why no run is shown."""
    if not entries:
        return f"no runs in {given.folder}"
    tables = sorted({entry.data for entry in entries} - {""})
    hint = f"; {nearest(given.data, tables, label='tables')}" if given.data and given.data not in tables else ""
    return f"none of the {count(len(entries), 'run')} in {given.folder} is of this kind{hint}"


def _table(entries: Sequence[_Entry], wide: int) -> str:
    """Draw the list for a terminal of so many columns; texts that are too long go on in the next line."""
    table = tables.empty()
    for name in ("when", "lab"):
        table.add_column(name, overflow="fold", no_wrap=wide > 60)
    table.add_column("data", overflow="fold", min_width=8)
    table.add_column("verdict", overflow="fold")
    table.add_column("took", justify="right", overflow="fold")
    if wide >= _ROOM_FOR_QUESTION:
        table.add_column("question", overflow="fold", min_width=30)
    if wide >= _ROOM_FOR_FOLDER:
        table.add_column("folder", overflow="fold")
    tables.fill(
        table,
        [
            [_when(entry), entry.lab, entry.data, _outcome(entry), _took(entry), entry.question or "", entry.folder]
            for entry in entries
        ],
    )
    return tables.drawn(table, wide)


def _when(entry: _Entry) -> str:
    return f"{datetime.fromisoformat(entry.started).astimezone():%Y-%m-%d %H:%M}" if entry.started else ""


def _outcome(entry: _Entry) -> str:
    if entry.verdict is None:
        return entry.state
    return f"{entry.verdict} (old record)" if entry.is_older else entry.verdict


def _took(entry: _Entry) -> str:
    return "" if entry.seconds is None else duration(entry.seconds)
