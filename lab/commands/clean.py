"""`lab clean`: what can be computed again goes from the folders of runs; what was found stays."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lab import registry
from lab.commands.words import understand, writing_in
from lab.errors import RecordError, SettingsError
from lab.options import Parser, add_debug, add_folder, add_json
from lab.terminal.asking import can_ask, is_agreed
from lab.terminal.console import say, show, show_whole
from lab.wording import amount, count

if TYPE_CHECKING:
    from lab.runs.past import PastRun

__all__ = ["clean_up"]


def clean_up(words: list[str]) -> int:
    """Remove the trials of runs, after asking, and give the exit code.

    Raises
    ------
    SettingsError
        If there is no such folder, or nobody can be asked and `--yes` was not given.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    from lab.runs.clearing import remove_trials
    from lab.runs.past import runs_in

    sizes, left = _sorted_out(runs_in(given.folder, registry.names()), with_unfinished=given.unfinished)
    if not given.json:
        _show_plan(given.folder, sizes, left)
    if sizes and not given.yes and not _is_agreed(sizes, asks=not given.json):
        show("nothing was removed")
        return 0
    removed = {}
    for run, size in sizes.items():
        with writing_in(run.folder):
            reason = remove_trials(run)
        if reason is None:
            removed[str(run.folder)] = size
        else:
            left[str(run.folder)] = reason
            say(f"note: {run.folder} was left as it is: {reason}")
    if given.json:
        result = {"bytes": sum(removed.values()), "removed": removed, "left": left}
        show_whole(json.dumps(result, indent=1) + "\n")
    elif sizes:
        show(f"removed {_size(sum(removed.values()))} from {count(len(removed), 'run')}")
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab clean",
        description="Remove what can be computed again from the folders of runs: their trials, which hold predictions for each "
        "row. Says first how much that is, and asks. Records, reports, models and logs stay.",
        epilog="example: lab clean runs --yes",
    )
    add_folder(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--unfinished",
        action="store_true",
        help="also the trials of unfinished runs, which then begin anew when resumed",
    )
    add_json(parser, more="; needs --yes")
    add_debug(parser)
    return parser


def _sorted_out(runs: "list[PastRun]", *, with_unfinished: bool) -> "tuple[dict[PastRun, int], dict[str, str]]":
    """Give the runs whose trials can go with their bytes, and of the others that have any the reason why they stay."""
    from lab.runs.clearing import size_of_trials, why_kept

    sizes: dict[PastRun, int] = {}
    left = {}
    for run in runs:
        if not os.path.lexists(run.folder / "trials"):
            continue
        reason = why_kept(run, with_unfinished=with_unfinished) or _fault_of_record(run.folder)
        if reason is None:
            sizes[run] = size_of_trials(run.folder)
        else:
            left[str(run.folder)] = reason
    return sizes, left


def _fault_of_record(folder: Path) -> str | None:
    """Say whether a record is there that cannot be read: then the trials may be all that is left of the run."""
    from lab.record import read_head

    if not os.path.lexists(folder / "record.json"):
        return None
    try:
        read_head(folder)
    except RecordError as error:
        return f"its record cannot be read ({error})"
    return None


def _show_plan(folder: Path, sizes: "Mapping[PastRun, int]", left: Mapping[str, str]) -> None:
    for run, size in sizes.items():
        show(f"{_size(size):>12}  {run.folder}")
    for name, reason in left.items():
        say(f"note: {name} is left as it is: {reason}")
    if not sizes:
        show(f"nothing to remove in {folder}")


def _is_agreed(sizes: "Mapping[PastRun, int]", *, asks: bool) -> bool:
    """Ask on a terminal whether to remove; raises SettingsError where nobody can be asked."""
    what = f"{_size(sum(sizes.values()))} of trials in {count(len(sizes), 'run')}"
    if not asks or not can_ask():
        raise SettingsError(f"this would remove {what}, and nobody can be asked here; to remove it, say --yes")
    return is_agreed(f"Remove {what}? Records, reports and models stay.")


def _size(n_bytes: int) -> str:
    return amount(n_bytes / 1e6, "MB")
