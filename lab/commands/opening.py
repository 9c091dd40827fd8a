"""`lab open [FOLDER]`: the start page of a folder of runs."""

from lab import registry
from lab.commands.words import open_page, understand, writing_in
from lab.errors import SettingsError
from lab.options import Parser, add_debug, add_folder
from lab.terminal.console import show

__all__ = ["open_start"]


def open_start(words: list[str]) -> int:
    """Write the start page of a folder again, show it in the browser, and give the exit code.

    Raises
    ------
    SettingsError
        If there is no such folder, or no finished run in it.
    """
    parser = Parser(
        prog="lab open",
        description="Show the start page of a folder of runs: the newest verdict of each lab, and a list of all runs.",
        epilog="example: lab open runs",
    )
    add_folder(parser)
    parser.add_argument("--no-browser", action="store_true", help="only write the page and say where it is")
    add_debug(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    from lab import report

    with writing_in(given.folder):
        page = report.write_start(given.folder, registry.names())
    if page is None:
        raise SettingsError(f"no finished run in {given.folder}; run a lab first (lab demo, or lab run)")
    show(str(page))
    if not given.no_browser:
        open_page(page)
    return 0
