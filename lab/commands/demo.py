"""`lab demo`: all labs on built-in tables, for a yes, a no and an honest undecided."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lab import registry
from lab.commands.running import keep_start, result_of, run_lab, show_result
from lab.commands.words import check_out, check_seed, understand, writing_in
from lab.options import Parser, add_common
from lab.terminal.console import say, show, show_whole

if TYPE_CHECKING:
    from lab.flow import Finished

__all__ = ["demo"]

_SESSION = "session.html"


def demo(words: list[str]) -> int:
    """Run all labs, write the page that leads to their reports, and give the exit code."""
    parser = Parser(
        prog="lab demo",
        description="Run all labs on built-in tables; write reports and a start page. One answer is yes, one is no, and one is left "
        "undecided, since its table has too few rows.",
        epilog="example: lab demo --session",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed for folds, searches and models (default: 0)"
    )
    parser.add_argument(
        "--session", action="store_true", help="also write the page of a session about the three runs (see lab session)"
    )
    add_common(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    check_seed(given.seed)
    from lab import settings
    from lab.runs.demo import Progress

    check_out(given.out)
    if given.session:
        from lab.commands.session import require_ours

        require_ours(given.out / _SESSION)
    progress, runs = Progress(given.out), []
    for name in registry.names():
        lab = registry.find(name)
        chosen = settings.make(lab.settings_type, lab.demo_settings)
        shown = {key: ",".join(v) if isinstance(v, tuple) else v for key, v in lab.demo_settings.items()}
        options = [f"{settings.flag(key)} {value}" for key, value in shown.items()]
        command = " ".join(["lab run", name, lab.demo_data, *options, f"--seed {given.seed}"])
        finished = run_lab(
            lab, lab.demo_data, chosen, given, command=command,
            finished=progress.folders, opened=progress.add,
        )  # fmt: skip
        runs.append(finished)
        if not given.json:
            show_result(finished)
    start = keep_start(given.out)
    page = _session_of(runs, given.out) if given.session else None
    progress.end()
    if given.json:
        show_whole(json.dumps([result_of(finished) for finished in runs], indent=1) + "\n")
    elif start is not None:
        show(f"start page  {start}")
    if page is not None and not given.json:
        show(f"session     {page}")
    return 0


def _session_of(runs: "Sequence[Finished]", out: Path) -> Path:
    """Write the page of a session about all runs, and give its path."""
    from lab.report import session

    records = [finished.record for finished in runs]
    page = out / _SESSION
    with writing_in(out):
        missing = session.write(records, page, session.title_of(records))
    for each in missing:
        say(f"note: {each}")
    return page
