"""`lab controls LAB`: how often a lab is wrong where the truth is known."""

import json

from lab import registry
from lab.commands.words import check_out, notifier, understand, workers_of, writing_in
from lab.options import Parser, add_common, positive
from lab.terminal.console import show, show_whole

__all__ = ["measure"]


def measure(words: list[str]) -> int:
    """Measure the rates of wrong verdicts of a lab, show them, and give the exit code."""
    parser = Parser(
        prog="lab controls",
        description="Measure how often a lab is wrong where the truth is known.",
        epilog="example: lab controls interpretability --seeds 5",
    )
    parser.add_argument("lab", metavar="LAB", help=f"one of {', '.join(registry.names())}")
    parser.add_argument(
        "--seeds", type=positive, default=20, metavar="N", help="repetitions of each control (default: 20)"
    )
    add_common(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    from lab import controls
    from lab.terminal.screen import watching
    from lab.wording import worst_control, wrong_share

    lab = registry.find(given.lab)
    check_out(given.out)
    with writing_in(given.out), watching(f"controls of {lab.name}", quiet=given.quiet) as watch:
        rates = controls.run_controls(
            lab, seeds=given.seeds, out=given.out, workers=workers_of(given), watch=watch, notify=notifier(given)
        )
    if given.json:
        show_whole(json.dumps(rates, indent=1) + "\n")
        return 0
    show(f"{'control':22}{'yes':>5}{'no':>5}{'undecided':>11}{'wrong':>7}   what is true")
    for row in rates["controls"]:
        show(
            f"{row['name']:22}{row['yes']:5}{row['no']:5}{row['undecided']:11}{row['wrong']['events']:7}   {row['truth']}"
        )
    worst = worst_control(rates["controls"])
    show(f"wrong verdicts: {wrong_share(rates['wrong'])}")
    show(f"worst control: {worst['name']}, {wrong_share(worst['wrong'])}")
    return 0
