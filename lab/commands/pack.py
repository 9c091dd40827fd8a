"""`lab pack RUN...` and `lab verify FILE`: runs in one file that opens elsewhere, and whether anything in it was changed."""

import json
from pathlib import Path

from lab import registry
from lab.commands.chosen import add_force, add_runs, check_target, chosen_runs, write_target
from lab.commands.words import understand
from lab.errors import RecordError
from lab.options import Parser, add_debug, add_json
from lab.terminal.console import say, show, show_whole
from lab.wording import count

__all__ = ["pack", "verify"]

_ENDING = ".zip"


def pack(words: list[str]) -> int:
    """Pack runs, say the digest, and give the exit code.

    Raises
    ------
    LabError
        If a run cannot be read or is named twice, or the file cannot be written.
    """
    parser = Parser(
        prog="lab pack",
        description="Put finished runs into one zip file that opens elsewhere: records, reports, the page of a session, a start page, "
        "and a manifest with the SHA-256 of each. Tables, trials and models stay where they are.",
        epilog="example: lab pack runs/20260102-0900-edge-churn --out board.zip",
    )
    add_runs(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("runs.zip"), metavar="FILE", help="the file to write (default: runs.zip)"
    )
    add_force(parser)
    add_debug(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    runs = chosen_runs(given.runs)
    if not check_target(given.out, _ENDING, given):
        show("nothing was written")
        return 0
    from lab.report.pack.packing import packed
    from lab.report.pack.verifying import verified

    content, missing = packed([run.file for run in runs], registry.names())
    write_target(given.out, content)
    for sentence in missing:
        say(f"note: {sentence}")
    show(str(given.out))
    show(f"SHA-256  {verified(given.out).sha256}")
    return 0


def verify(words: list[str]) -> int:
    """Say whether a pack is what was packed, and give the exit code.

    Raises
    ------
    RecordError
        If it is not, or is none.
    """
    parser = Parser(
        prog="lab verify",
        description="Say whether anything in a file of lab pack was changed, added or removed. Who can write the file could write "
        "its manifest too: to be sure of that, compare the SHA-256 that lab pack showed (--digest).",
        epilog="example: lab verify board.zip",
    )
    parser.add_argument("pack", type=Path, metavar="FILE", help="the file that lab pack wrote")
    parser.add_argument("--digest", metavar="SHA256", help="the SHA-256 that lab pack showed")
    add_json(parser)
    add_debug(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    from lab.report.pack.verifying import verified

    found = verified(given.pack)
    if given.digest is not None and given.digest.strip().lower() != found.sha256:
        raise RecordError(f"{given.pack} has another SHA-256, {found.sha256}; it is not the pack that was meant")
    listed = found.manifest
    if given.json:
        runs = [
            {"folder": run.folder, "lab": run.lab, "question": run.question, "headline": run.headline}
            for run in listed.runs
        ]
        show_whole(json.dumps({"sha256": found.sha256, "program": listed.program, "runs": runs}, indent=1) + "\n")
        return 0
    show(
        f"unchanged: {count(len(listed.files), 'file')} of {count(len(listed.runs), 'run')}, packed by version {listed.program}"
    )
    for run in listed.runs:
        show(f"  {run.folder}  {run.question} {run.headline}")
    show(f"SHA-256  {found.sha256}")
    return 0
