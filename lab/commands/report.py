"""`lab report RUN`: the report of a run again, from its record."""

from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands.words import open_page, understand, writing_in
from lab.options import Parser, add_debug
from lab.terminal.console import say, show

if TYPE_CHECKING:
    from lab.record import Record

__all__ = ["render"]


def render(words: list[str]) -> int:
    """Write the report of a record, show where it is, and give the exit code."""
    parser = Parser(
        prog="lab report",
        description="Render the report of a run again from its record.",
        epilog="example: lab report runs/20260102-0900-edge-churn --open",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run, or its record.json")
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    add_debug(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    from lab import record, report

    stored: Record = record.read(given.run)
    folder = given.run if given.run.is_dir() else given.run.parent
    page = folder / "report.html"
    with writing_in(folder):
        missing = report.write(stored, page)
    for sentence in missing:
        say(f"note: {sentence}")
    show(str(page))
    if given.open:
        open_page(page)
    return 0
