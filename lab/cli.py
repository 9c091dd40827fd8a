"""The command line: `lab run`, `lab demo`, `lab list`, `lab report`, `lab controls`.

Imports nothing heavy before the words are understood, so that help and errors answer at once.
"""

import argparse
import contextlib
import dataclasses
import json
import sys
import traceback
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import environment, registry
from lab.cleaning import command_line
from lab.errors import LabError, SettingsError, nearest
from lab.host import endings
from lab.host.refusals import explained
from lab.options import Parser, add_common, add_settings, parse, positive, settings_from
from lab.terminal.console import ReaderGoneError, prepare, say, show, show_whole, stop_writing
from lab.version import __version__

if TYPE_CHECKING:
    from lab.flow import Finished
    from lab.protocol import Lab
    from lab.record import Record

__all__ = ["main"]

_GATE_CLOSED, _INTERRUPTED, _OUR_FAULT, _READER_GONE = 3, 130, 1, 141
_HELP = """\
usage: lab COMMAND [...]

Evidence on three trends, on your own table, offline: quantum, edge, interpretability.

  lab demo                          all labs on built-in real data: reports and a start page
  lab run LAB DATA --target COLUMN  one lab on a CSV or Parquet file, or a built-in table
  lab list                          the labs and the built-in tables
  lab report RUN                    render a run's report again from its record
  lab controls LAB                  how often a lab is wrong where the truth is known

lab COMMAND --help tells more; lab --version prints the version.
"""


def main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run one command and return its exit code.

    Exit codes: 0 finished (whatever the verdict), 1 our fault, 2 the user can mend it, 3 the verdict is not yes and
    `--gate` was given, 130 interrupted, 143 and 129 ended by SIGTERM and SIGHUP (repeat the command to resume), 141
    nobody reads the output any more (`| head`).
    """
    environment.close_path()
    words = list(sys.argv[1:] if arguments is None else arguments)
    prepare()
    try:
        return _guarded(words, prog)
    except ReaderGoneError:
        stop_writing()
        return _READER_GONE


def _guarded(words: list[str], prog: str | None) -> int:
    try:
        with endings.as_interrupts():
            return _dispatch(words, prog)
    except ReaderGoneError:
        raise
    except endings.Ended as ending:
        say(f"ended by {ending.name}: what was finished is kept; repeat the command to resume")
        return ending.exit_code
    except KeyboardInterrupt:
        say("interrupted: what was finished is kept; repeat the command to resume")
        return _INTERRUPTED
    except BaseException as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
        return _explain(error, debug="--debug" in words)


def _explain(error: BaseException, *, debug: bool) -> int:
    """Say what went wrong in one sentence, and give the exit code."""
    known = error if isinstance(error, LabError) else explained(error)
    try:
        if debug:
            for line in traceback.format_exc().splitlines():
                say(line)
        if known is not None:
            say(f"error: {known}")
            return known.exit_code
        say(f"error: this is our fault: {type(error).__name__}: {' '.join(str(error).split())}")
        say("please report it with the log.txt of the run and what --debug shows")
        return _OUR_FAULT
    finally:
        stop_writing()


def _dispatch(words: list[str], prog: str | None) -> int:
    if not words or words[0] in ("-h", "--help"):
        show_whole(_HELP)
        return 0
    if words[0] == "--version":
        show(f"lab {__version__}")
        return 0
    commands: dict[str, Callable[[list[str]], int]] = {
        "run": lambda rest: _run(rest, prog),
        "demo": _demo,
        "list": _list,
        "report": _report,
        "controls": _controls,
    }
    if words[0] not in commands:
        raise SettingsError(f"no command {words[0]!r}; {nearest(words[0], commands, label='commands')}")
    return commands[words[0]](words[1:])


def _understand(parser: Parser, words: list[str]) -> argparse.Namespace | None:
    """Parse the words; None where the help was asked for, and printed."""
    if "-h" in words or "--help" in words:
        show_whole(parser.format_help())
        return None
    return parse(parser, words)


def _run(words: list[str], prog: str | None) -> int:
    if not words or words[0].startswith("-"):
        if not {"-h", "--help"} & set(words):
            raise SettingsError(f"no lab given; {nearest('', registry.names(), label='labs')}")
        show_whole("usage: lab run LAB DATA --target COLUMN [...]\n\n")
        show(f"LAB is one of {', '.join(registry.names())}; lab run LAB --help lists its settings.")
        return 0
    lab = registry.find(words[0])
    parser = Parser(prog=prog or f"lab run {lab.name}", description=lab.summary)
    parser.add_argument("data", metavar="DATA", help="a CSV or Parquet file, or a built-in table (see lab list)")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument(
        "--task", choices=("auto", "classes", "number"), default="auto",
        help="what the target is: auto takes more than 20 different numbers for a number (default: auto)",
    )  # fmt: skip
    parser.add_argument("--drop", action="append", default=[], metavar="COLUMN", help="leave a column out (repeatable)")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="decides folds, searches and models (default: 0)"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings from a TOML file; the command line wins")
    parser.add_argument("--gate", action="store_true", help=f"exit code {_GATE_CLOSED} where the verdict is not yes")
    add_common(parser)
    add_settings(parser, lab.settings_type)
    given = _understand(parser, words[1:])
    if given is None:
        return 0
    _check_seed(given.seed)
    settings = settings_from(given, lab.settings_type)
    command = command_line(["lab", "run", *words])
    finished = _run_lab(
        lab, given.data, settings, given, target=given.target, drop=given.drop, task=given.task, command=command
    )
    if given.json:
        show_whole(json.dumps(_result(finished), indent=1) + "\n")
    else:
        _show(finished)
    return _GATE_CLOSED if given.gate and finished.record.verdict.answer != "yes" else 0


def _run_lab(
    lab: "Lab",
    source: str,
    settings: Any,
    given: argparse.Namespace,
    *,
    target: str | None,
    drop: Sequence[str],
    command: str,
    task: str = "auto",
    finished: Sequence[str] = (),
    opened: "Callable[[Path], None]" = lambda folder: None,
) -> "Finished":
    from lab import flow
    from lab.data import load
    from lab.terminal.screen import watching

    dataset = load.load(source, target, drop=drop, task=task)
    if given.out.exists():
        _check_out(given.out)
    with _writing_in(given.out), watching(f"{lab.name} on {dataset.name}", quiet=given.quiet) as watch:
        return flow.run(
            lab,
            dataset,
            settings,
            out=given.out,
            seed=given.seed,
            workers=given.workers,
            command=command,
            files=[given.config] if getattr(given, "config", None) else [],
            finished=finished,
            watch=watch,
            notify=_notifier(given),
            opened=opened,
        )


def _result(finished: "Finished") -> dict[str, Any]:
    record = finished.record
    return {
        "lab": record.lab,
        "question": record.question.text,
        "verdict": dataclasses.asdict(record.verdict),
        "estimates": {name: dataclasses.asdict(estimate) for name, estimate in record.evidence.estimates.items()},
        "record": str(finished.folder / "record.json"),
        "report": str(finished.folder / "report.html"),
    }


def _show(finished: "Finished") -> None:
    record, page = finished.record, finished.folder / "report.html"
    for note in record.data["notes"]:
        say(f"note: {note}")
    for missing in finished.missing_pictures:
        say(f"note: {missing}")
    if failed := record.trials["failed"]:
        say(f"note: {len(failed)} of {record.trials['total']} trials failed; see {finished.folder / 'log.txt'}")
    show(record.question.text)
    show(f"  {record.verdict.headline}: {record.verdict.sentence}")
    show(f"  report   {page}")
    show(f"  see it   lab report {command_line([str(finished.folder)])} --open")
    show(f"  repeat   {record.run['command']}")


def _demo(words: list[str]) -> int:
    parser = Parser(prog="lab demo", description="Run all labs on built-in real data: reports and a start page.")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="decides folds, searches and models (default: 0)"
    )
    add_common(parser)
    given = _understand(parser, words)
    if given is None:
        return 0
    _check_seed(given.seed)
    from lab import report, settings
    from lab.runs.demo import Progress

    _check_out(given.out)
    progress, runs = Progress(given.out), []
    for name in registry.names():
        lab = registry.find(name)
        chosen = settings.make(lab.settings_type, lab.demo_settings)
        shown = {key: ",".join(v) if isinstance(v, tuple) else v for key, v in lab.demo_settings.items()}
        options = [f"{settings.flag(key)} {value}" for key, value in shown.items()]
        command = " ".join(["lab run", name, lab.demo_data, *options, f"--seed {given.seed}"])
        finished = _run_lab(
            lab, lab.demo_data, chosen, given, target=None, drop=(), command=command,
            finished=progress.folders, opened=progress.add,
        )  # fmt: skip
        runs.append(finished)
        if not given.json:
            _show(finished)
    start = given.out / "start.html"
    with _writing_in(given.out):
        report.write_start([(f.folder.name + "/report.html", f.record) for f in runs], start)
    progress.end()
    if given.json:
        show_whole(json.dumps([_result(finished) for finished in runs], indent=1) + "\n")
    else:
        show(f"start page  {start}")
    return 0


def _list(words: list[str]) -> int:
    parser = Parser(prog="lab list", description="List the installed labs and the built-in tables.")
    if _understand(parser, words) is None:
        return 0
    from lab.data import builtin

    show("Labs")
    for name in registry.names():
        show(f"  {name:18}{registry.find(name).summary}")
    show("Built-in tables")
    for name, about in builtin.TABLES.items():
        show(f"  {name:18}{about}")
    return 0


def _report(words: list[str]) -> int:
    parser = Parser(prog="lab report", description="Render the report of a run again from its record.")
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run, or its record.json")
    parser.add_argument("--open", action="store_true", help="show it in the browser")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    given = _understand(parser, words)
    if given is None:
        return 0
    from lab import record, report

    stored: Record = record.read(given.run)
    folder = given.run if given.run.is_dir() else given.run.parent
    page = folder / "report.html"
    with _writing_in(folder):
        missing = report.write(stored, page)
    for sentence in missing:
        say(f"note: {sentence}")
    show(str(page))
    if given.open:
        webbrowser.open(page.resolve().as_uri())
    return 0


def _controls(words: list[str]) -> int:
    parser = Parser(prog="lab controls", description="Measure how often a lab is wrong where the truth is known.")
    parser.add_argument("lab", metavar="LAB", help=f"one of {', '.join(registry.names())}")
    parser.add_argument(
        "--seeds", type=positive, default=20, metavar="N", help="repetitions of each control (default: 20)"
    )
    add_common(parser)
    given = _understand(parser, words)
    if given is None:
        return 0
    from lab import controls
    from lab.host import machine
    from lab.terminal.screen import watching
    from lab.wording import worst_control, wrong_share

    lab = registry.find(given.lab)
    _check_out(given.out)
    workers = given.workers or machine.n_cores()
    with _writing_in(given.out), watching(f"controls of {lab.name}", quiet=given.quiet) as watch:
        rates = controls.run_controls(
            lab, seeds=given.seeds, out=given.out, workers=workers, watch=watch, notify=_notifier(given)
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


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 2**32:
        raise SettingsError(f"seed is {seed}; it must be a whole number from 0 to {2**32 - 1}")


def _check_out(out: Path) -> None:
    """Make the folder of the runs; a file in its place is the user's to move."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot make the folder {out}: {error.strerror}; choose another with --out") from error


@contextlib.contextmanager
def _writing_in(place: Path) -> Iterator[None]:
    """Say of a disk or a limit that stands in the way where it is; the system itself does not always."""
    try:
        yield
    except (OSError, MemoryError) as error:
        known = explained(error, place)
        if known is None:
            raise
        raise known from error


def _notifier(given: argparse.Namespace) -> Callable[[str], None]:
    return (lambda sentence: None) if given.quiet else say
