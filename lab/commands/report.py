"""`lab report RUN`: the report of a run again, from its record; or how a watch stands, from its state."""

from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands.words import open_page, understand, writing_in
from lab.options import Parser, add_debug
from lab.terminal.console import say, show

if TYPE_CHECKING:
    from lab.record import Record

__all__ = ["render"]


def render(words: list[str]) -> int:
    """Write the report of a record or of a watch, show where it is, and give the exit code."""
    parser = Parser(
        prog="lab report",
        description="Render the report of a run again from its record, or say how a watch stands, from its state.",
        epilog="example: lab report runs/20260102-0900-edge-churn --open",
    )
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="the folder of a run, its record.json, or the state file of a watch"
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    add_debug(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    from lab.watching.state import is_state

    page = _of_watch(given.run) if is_state(given.run) else _of_run(given.run)
    show(str(page))
    if given.open:
        open_page(page)
    return 0


def _of_run(run: Path) -> Path:
    from lab import record, report

    stored: Record = record.read(run)
    folder = run if run.is_dir() else run.parent
    page = folder / "report.html"
    with writing_in(folder):
        missing = report.write(stored, page)
    for sentence in missing:
        say(f"note: {sentence}")
    return page


def _of_watch(state: Path) -> Path:
    from lab.host.files import write_bytes
    from lab.report.watch import report_page
    from lab.watching.plain import standing_of
    from lab.watching.state import read_state

    page = state.with_name(f"{state.stem}.report.html")
    content = report_page(standing_of(read_state(state)["standing"]))
    with writing_in(state.parent):
        write_bytes(page, content.encode())
    return page
