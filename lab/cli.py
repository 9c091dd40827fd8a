"""The command line: `lab COMMAND`, with its words.

Each command is a module of `lab.commands`, imported when it is asked for. Imports nothing heavy before the words are
understood, so that help and errors answer at once.
"""

import os
import sys
import traceback
from collections.abc import Callable, Sequence

from lab import environment
from lab.errors import LabError, SettingsError, nearest
from lab.host import endings
from lab.host.refusals import explained
from lab.terminal.console import ReaderGoneError, prepare, say, show, show_whole, stop_writing
from lab.version import __version__

__all__ = ["main"]

_INTERRUPTED, _OUR_FAULT, _READER_GONE = 130, 1, 141
_HELP = """\
usage: lab COMMAND [...]

Evidence about three trends on your own table, offline: quantum, edge, interpretability.

  lab demo                          run all labs on built-in tables; write reports and a start page
  lab look DATA                     say what was understood of a table, column by column
  lab run LAB DATA --target COLUMN  run one lab on a file (CSV, Excel, Parquet and others), or a built-in table
  lab watch MODEL --data SOURCE     watch a model in service, for as long as rows come
  lab batch FILE.toml               run many tables one after another, and show their verdicts in one table
  lab list                          list the labs and the built-in tables
  lab report RUN                    render a run's report again from its record
  lab session RUN...                write one page for a session from several runs: screens to present, and all reports
  lab open [FOLDER]                 show the start page of a folder of runs: the newest verdict of each lab
  lab history [FOLDER]              list the runs of a folder with their verdicts, newest first
  lab compare RUN RUN...            show runs side by side, and whether what changed is more than noise
  lab slides RUN...                 write slides with editable text, tables and charts
  lab pack RUN...                   put runs into one file that opens elsewhere
  lab verify FILE                   say whether anything in such a file was changed
  lab merge FOLDER FOLDER...        join the trials of the same run from several machines
  lab explain [TERM]                say in one sentence what a term of the trade means
  lab clean [FOLDER]                remove what can be computed again from the folders of runs
  lab controls LAB                  measure how often a lab is wrong where the truth is known
  lab completion NAME               print what has a shell complete our words
  lab help [COMMAND]                show this, or the options of a command

lab COMMAND --help shows the options of a command and an example; lab --version prints the version.
"""


def main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run one command and return its exit code.

    Exit codes: 0 finished (whatever the verdict), 1 our fault, 2 the user can fix it, 3 the verdict is not yes and
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
    except KeyboardInterrupt as end:
        from lab.commands.words import what_is_kept

        name, code = (end.name, end.exit_code) if isinstance(end, endings.Ended) else ("Ctrl-C", _INTERRUPTED)
        say(f"ended by {name}: {what_is_kept(words)}")
        return code
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
        say("please report it, with the run's log.txt and the output of --debug")
        return _OUR_FAULT
    finally:
        stop_writing()


def _dispatch(words: list[str], prog: str | None) -> int:
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for the words that could follow
        from lab.commands.completion import complete

        return complete([*_commands(None), "help"], lambda line: _dispatch_command(line, prog))
    if not words or words[0] in ("-h", "--help"):
        show_whole(_HELP)
        return 0
    if words[0] == "--version":
        show(f"lab {__version__}")
        return 0
    return _dispatch_command(words, prog)


def _dispatch_command(words: list[str], prog: str | None) -> int:
    commands = _commands(prog)
    if words[0] not in commands:
        raise SettingsError(f"no command {words[0]!r}; {nearest(words[0], commands, label='commands')}")
    return commands[words[0]](words[1:])


def _commands(prog: str | None) -> dict[str, Callable[[list[str]], int]]:
    return {
        "run": lambda rest: _run(rest, prog),
        "watch": _watch,
        "batch": _batch,
        "demo": _demo,
        "list": _list,
        "look": _look,
        "report": _report,
        "session": _session,
        "open": _open,
        "history": _history,
        "compare": _compare,
        "slides": _slides,
        "pack": _pack,
        "verify": _verify,
        "merge": _merge,
        "explain": _explain_term,
        "clean": _clean,
        "controls": _controls,
        "completion": _completion,
    }


def _run(words: list[str], prog: str | None) -> int:
    from lab.commands.run import run

    return run(words, prog)


def _watch(words: list[str]) -> int:
    from lab.commands.watch import watch

    return watch(words)


def _batch(words: list[str]) -> int:
    from lab.commands.batch import batch

    return batch(words)


def _demo(words: list[str]) -> int:
    from lab.commands.demo import demo

    return demo(words)


def _list(words: list[str]) -> int:
    from lab.commands.listing import list_labs

    return list_labs(words)


def _look(words: list[str]) -> int:
    from lab.commands.look import look

    return look(words)


def _report(words: list[str]) -> int:
    from lab.commands.report import render

    return render(words)


def _session(words: list[str]) -> int:
    from lab.commands.session import session

    return session(words)


def _open(words: list[str]) -> int:
    from lab.commands.opening import open_start

    return open_start(words)


def _history(words: list[str]) -> int:
    from lab.commands.history import history

    return history(words)


def _compare(words: list[str]) -> int:
    from lab.commands.compare import compare

    return compare(words)


def _slides(words: list[str]) -> int:
    from lab.commands.slides import slides

    return slides(words)


def _pack(words: list[str]) -> int:
    from lab.commands.pack import pack

    return pack(words)


def _verify(words: list[str]) -> int:
    from lab.commands.pack import verify

    return verify(words)


def _merge(words: list[str]) -> int:
    from lab.commands.merge import merge

    return merge(words)


def _explain_term(words: list[str]) -> int:
    from lab.commands.explain import explain

    return explain(words)


def _clean(words: list[str]) -> int:
    from lab.commands.clean import clean_up

    return clean_up(words)


def _controls(words: list[str]) -> int:
    from lab.commands.controls import measure

    return measure(words)


def _completion(words: list[str]) -> int:
    from lab.commands.completion import completion

    return completion(words)
