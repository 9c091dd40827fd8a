"""`lab run LAB DATA --target COLUMN`: one lab on one table."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import registry
from lab.cleaning import command_line
from lab.commands.reading import about, add_table
from lab.commands.running import keep_start, result_of, run_lab, show_result
from lab.commands.words import check_seed, understand
from lab.errors import SettingsError, nearest
from lab.options import Parser, add_common, add_settings, settings_from
from lab.settings import flag
from lab.terminal.console import show, show_whole

if TYPE_CHECKING:
    from lab.flow import Finished
    from lab.protocol import Lab

__all__ = ["GATE_CLOSED", "carry_out", "checked", "run"]

GATE_CLOSED = 3


def run(words: list[str], prog: str | None) -> int:
    """Run a lab, show its verdict, and give the exit code; `prog` is what its help calls the command.

    Raises
    ------
    LabError
        If no lab is named, or a word, the table or a setting cannot be used.
    """
    if not words or words[0].startswith("-"):
        if not {"-h", "--help"} & set(words):
            raise SettingsError(f"no lab given; {nearest('', registry.names(), label='labs')}")
        show_whole("usage: lab run LAB DATA --target COLUMN [...]\n\n")
        show(f"LAB is one of {', '.join(registry.names())}; lab run LAB --help lists its settings.")
        show("example: lab run interpretability data.csv --target churn")
        return 0
    asked = _understood(words, prog)
    if asked is None:
        return 0
    finished = _carried_out(words, *asked)
    given = asked[1]
    keep_start(given.out)
    if given.json:
        show_whole(json.dumps(result_of(finished), indent=1) + "\n")
    else:
        show_result(finished)
    return GATE_CLOSED if given.gate and finished.record.verdict.answer != "yes" else 0


def checked(words: list[str]) -> None:
    """Look whether the words of a run can be understood; raises LabError where not. The table itself is not read."""
    _understood(words, None)


def carry_out(words: list[str]) -> "Finished":
    """Run a lab as its words say, and show nothing of the result.

    Raises
    ------
    LabError
        If a word, the table or a setting cannot be used, or too many trials failed.
    """
    lab, given, settings = _understood(words, None) or (None, None, None)
    if lab is None or given is None:
        raise SettingsError("--help is no run")
    return _carried_out(words, lab, given, settings)


def _understood(words: list[str], prog: str | None) -> "tuple[Lab, argparse.Namespace, Any] | None":
    """Give the lab, the options and the settings that words stand for; None where they ask for help."""
    lab = registry.find(words[0])
    given = understand(_parser(lab, prog), words[1:])
    if given is None:
        return None
    check_seed(given.seed)
    return lab, given, settings_from(given, lab.settings_type)


def _carried_out(words: list[str], lab: "Lab", given: argparse.Namespace, settings: Any) -> "Finished":
    command = command_line(["lab", "run", *words])
    return run_lab(lab, given.data, settings, given, command=command, again=given.again, **about(given))


def _lacks(lab: "Lab") -> dict[str, str]:
    """Name settings of other labs that this one has not, and why (see `lab.protocol.Lab`)."""
    return dict(getattr(lab, "lacks", {}))


def _parser(lab: "Lab", prog: str | None) -> Parser:
    example = f"example: lab run {lab.name} data.csv --target churn"
    parser = Parser(prog=prog or f"lab run {lab.name}", description=lab.summary, epilog=example)
    parser.lacking = {
        flag(name): f"the {lab.name} lab has no such setting, since {why}" for name, why in _lacks(lab).items()
    }
    add_table(parser)
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed for folds, searches and models (default: 0)"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings from a TOML file; the command line wins")
    parser.add_argument("--gate", action="store_true", help=f"exit code {GATE_CLOSED} if the verdict is not yes")
    parser.add_argument(
        "--live",
        action="store_true",
        help="follow the run on a page in the browser of this machine; it becomes the report",
    )
    parser.add_argument("--again", action="store_true", help="run it anew, even if the same run is finished already")
    add_common(parser)
    add_settings(parser, lab.settings_type)
    return parser
