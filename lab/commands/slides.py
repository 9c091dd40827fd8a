"""`lab slides RUN...`: what runs found, as slides that can be edited."""

from pathlib import Path

from lab.commands.chosen import add_force, add_runs, check_target, chosen_runs, write_target
from lab.commands.words import understand
from lab.errors import SettingsError
from lab.options import Parser, add_debug
from lab.terminal.console import show

__all__ = ["slides"]

_ENDING = ".pptx"


def slides(words: list[str]) -> int:
    """Write slides of runs, show where they are, and give the exit code.

    Raises
    ------
    LabError
        If a run cannot be read or is named twice, the file cannot be written, or python-pptx is missing.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    try:
        from lab.report.slides.deck import deck
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pptx", "xlsxwriter"):
            raise
        raise SettingsError(
            "slides need the library python-pptx, which is not installed; run  pip install 'future-tech-lab[slides]'"
        ) from error
    runs = chosen_runs(given.runs)
    if not check_target(given.out, _ENDING, given):
        show("nothing was written")
        return 0
    write_target(given.out, deck([run.record for run in runs], given.title))
    show(str(given.out))
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab slides",
        description="Write slides of finished runs: one verdict a slide, what decides as a chart that can be edited, what to do "
        "next, and an appendix; the exact sentences stand in the notes.",
        epilog="example: lab slides runs/20260102-0900-edge-churn --out board.pptx",
    )
    add_runs(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("slides.pptx"), metavar="FILE", help="the file to write (default: slides.pptx)"
    )
    parser.add_argument(
        "--title",
        default="",
        metavar="TEXT",
        help="title of the first slide (default: how many questions about which table)",
    )
    add_force(parser)
    add_debug(parser)
    return parser
