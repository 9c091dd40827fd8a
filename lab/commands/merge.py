"""`lab merge FOLDER FOLDER...`: the same run of several machines becomes one."""

import dataclasses
import json
from pathlib import Path

from lab.cleaning import command_line
from lab.commands.words import notifier, understand, writing_in
from lab.errors import SettingsError
from lab.options import Parser, add_debug, add_json
from lab.terminal.console import show, show_whole
from lab.wording import count

__all__ = ["merge"]


def merge(words: list[str]) -> int:
    """Join the trials of folders of the same run, say what came of it, and give the exit code.

    Raises
    ------
    LabError
        If fewer than two folders are named, one is no run or is under way, they are not the same run, or two rows differ.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    folders: list[Path] = given.runs
    if len(folders) < 2:
        raise SettingsError("only one folder is given; name two or more folders of the same run")
    for at, folder in enumerate(folders):
        if not folder.is_dir():
            raise SettingsError(f"there is no folder {folder}; name folders that lab run has made")
        if any(folder.resolve() == other.resolve() for other in folders[:at]):
            raise SettingsError(f"{folder} is given twice; give each folder once")
    from lab.runs import merging
    from lab.runs.folders import is_finished

    into = given.out or folders[0]
    with writing_in(into):
        found = merging.merge(folders, into, notify=notifier(given))
    if given.json:
        plain = dataclasses.asdict(found) | {"folder": str(found.folder), "damaged": list(found.damaged)}
        show_whole(json.dumps(plain, indent=1) + "\n")
        return 0
    show(f"{found.folder} now holds {found.stored:,} of {count(found.total, 'trial')}, {found.added:,} of them new")
    if found.same:
        show(f"{count(found.same, 'trial')} had been computed more than once, with the same result")
    if found.timings_elsewhere:
        show(f"{count(found.timings_elsewhere, 'timing')} from another machine: a run on this one measures them again")
    if not is_finished(into):
        show(f"to finish it, repeat the command of the run with --out {command_line([str(into.parent)])}")
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab merge",
        description="Join the trials of the same run from several machines (the same command, table, seed and versions). The "
        "same trial twice is one; where two results differ nothing is merged, and the trial is named.",
        epilog="example: lab merge laptop/20260102-0900-edge-churn server/20260102-0905-edge-churn --out runs/merged",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="FOLDER", help="the folder of a run, finished or not")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="a new folder to merge into (default: the first one)"
    )
    parser.add_argument("--quiet", action="store_true", help="do not say which stored trials are damaged")
    add_json(parser)
    add_debug(parser)
    return parser
