"""`lab demo`: all labs on built-in real data."""

import json

from lab import registry
from lab.commands.running import keep_start, result_of, run_lab, show_result
from lab.commands.words import check_out, check_seed, understand
from lab.options import Parser, add_common
from lab.terminal.console import show, show_whole

__all__ = ["demo"]


def demo(words: list[str]) -> int:
    """Run all labs, write the page that leads to their reports, and give the exit code."""
    parser = Parser(
        prog="lab demo",
        description="Run all labs on built-in real data; write reports and a start page.",
        epilog="example: lab demo --out demo",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed for folds, searches and models (default: 0)"
    )
    add_common(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    check_seed(given.seed)
    from lab import settings
    from lab.runs.demo import Progress

    check_out(given.out)
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
    progress.end()
    if given.json:
        show_whole(json.dumps([result_of(finished) for finished in runs], indent=1) + "\n")
    elif start is not None:
        show(f"start page  {start}")
    return 0
