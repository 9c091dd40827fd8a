"""`lab session RUN...`: the records of several runs as one page for a room, and a script for the hour."""

from pathlib import Path

from lab.cleaning import sentence
from lab.commands.chosen import add_runs, chosen_runs
from lab.commands.words import open_page, understand, writing_in
from lab.errors import SettingsError
from lab.host.files import read_bytes
from lab.options import Parser, add_debug
from lab.terminal.console import say, show

__all__ = ["require_ours", "session"]

_MARKS = {".html": b'<meta name="generator" content="lab session">', ".md": b"<!-- lab session -->"}
_LONGEST = 200


def session(words: list[str]) -> int:
    """Write the page of a session, and the script where it is asked for; give the exit code.

    Raises
    ------
    LabError
        If a run cannot be read or is given twice, or the file is not one of ours, so that it would be lost.
    """
    given = understand(_parser(), words)
    if given is None:
        return 0
    title = given.title if given.title is None else " ".join(given.title.split())
    if title is not None and not 0 < len(title) <= _LONGEST:
        raise SettingsError(f"the title has {len(title)} characters; give one of 1 to {_LONGEST}")
    runs = chosen_runs(given.runs)
    records = [run.record for run in runs]
    from lab.report import session as pages

    out: Path = given.out or runs[0].folder.parent / "session.html"
    if out.suffix != ".html":
        raise SettingsError(
            f"the session is a page for a browser, and {out} does not end in .html; choose another name with --out"
        )
    if not out.parent.is_dir():
        raise SettingsError(f"--out is {str(out)!r}, and there is no folder {out.parent}; make it, or choose another")
    script = out.with_suffix(".md")
    for path in (out, script) if given.script else (out,):
        require_ours(path)
    title = title or pages.title_of(records)
    with writing_in(out.parent):
        missing = pages.write(records, out, title)
        if given.script:
            pages.write_script(records, script, title)
    for each in missing:
        say(f"note: {each}")
    show(str(out))
    if given.script:
        show(str(script))
    if given.open:
        open_page(out)
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="lab session",
        description="Write one page for a session: a cover, one verdict a screen, the story behind each, panels to try, and all "
        "reports. Arrow keys and space turn the screens, E leads to the evidence, P opens the presenter's view.",
        epilog='example: lab session runs/*-quantum-* runs/*-edge-* --title "Board, May" --script',
    )
    add_runs(parser)
    parser.add_argument(
        "--title", metavar="T", help="what stands on the cover (default: how many questions about which table)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the page (default: session.html beside the folder of the first run)"
    )
    parser.add_argument(
        "--script", action="store_true",
        help="also write a script for one hour beside it, as Markdown: what to say at each screen, what to ask, what people ask",
    )  # fmt: skip
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    add_debug(parser)
    return parser


def require_ours(path: Path) -> None:
    """Raise SettingsError where another file would be lost."""
    try:
        ours = _MARKS[path.suffix] in read_bytes(path, most=4_096)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SettingsError(
            f"cannot write {sentence(str(path))}: {error.strerror}; choose another file with --out"
        ) from error
    if not ours:
        raise SettingsError(f"{path} exists and is not the page or script of a session; choose another file with --out")
