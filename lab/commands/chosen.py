"""Which runs is a command about, and where does its one file go? Each run once, read whole; nothing is overwritten unasked."""

import argparse
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands.words import writing_in
from lab.errors import RecordError, SettingsError
from lab.host.files import write_bytes
from lab.options import Parser
from lab.terminal.asking import can_ask, is_agreed

if TYPE_CHECKING:
    from lab.record import Record

__all__ = ["Chosen", "add_force", "add_runs", "check_target", "chosen_runs", "write_target"]


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A run that was named: as it was named, its folder, the file of its record, and what that says."""

    named: Path
    folder: Path
    file: Path
    record: "Record"


def add_runs(parser: Parser) -> None:
    """Add the runs a command is about."""
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="the folder of a finished run, or its record.json"
    )


def add_force(parser: Parser) -> None:
    """Add what lets a command write over a file."""
    parser.add_argument("--force", action="store_true", help="write over the file if it exists, without asking")


def chosen_runs(paths: Sequence[Path]) -> list[Chosen]:
    """Read the records of runs, in the order of their names on the command line.

    Raises
    ------
    LabError
        If one cannot be read, or is named twice, be it under another name or as a copy.
    """
    from lab import record

    found: list[Chosen] = []
    for path in paths:
        folder, file = (path, path / "record.json") if path.is_dir() else (path.parent, path)
        read = record.read(path)
        for other in found:
            if read == other.record or folder.resolve() == other.folder.resolve():
                again = "" if other.named == path else f", as {other.named} and as {path}"
                raise RecordError(f"the run {path} is given twice{again}; give each run once")
        found.append(Chosen(path, folder, file, read))
    return found


def check_target(path: Path, ending: str, given: argparse.Namespace) -> bool:
    """Look whether a file can be written before work is done for it; False where the user, asked, says no.

    Raises
    ------
    SettingsError
        If it has another ending, its folder is missing, a folder is in its place, or it exists and nobody can be asked.
    """
    if path.suffix.lower() != ending:
        raise SettingsError(f"--out is {str(path)!r}; it must end in {ending}")
    if not path.parent.is_dir():
        raise SettingsError(f"--out is {str(path)!r}, and there is no folder {path.parent}; make it, or choose another")
    if path.is_dir():
        raise SettingsError(f"--out is {str(path)!r}, which is a folder; name a file")
    if not os.path.lexists(path) or given.force:
        return True
    if not can_ask():
        raise SettingsError(f"{path} exists; to write over it, say --force, or choose another file with --out")
    return is_agreed(f"Write over {path}?")


def write_target(path: Path, content: bytes) -> None:
    """Write the file whole or not at all; raises MachineError where the system does not let it be written."""
    with writing_in(path.parent):
        write_bytes(path, content)
