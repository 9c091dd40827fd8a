"""What do all commands share? How their words are understood, checked, and how trouble with the disk is said."""

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import SettingsError
from lab.host.refusals import explained
from lab.options import Parser, parse
from lab.terminal import browser
from lab.terminal.console import say, show_whole

if TYPE_CHECKING:
    from lab.work.cluster.scheduler import Scheduler

__all__ = [
    "COMPLETING",
    "check_out",
    "check_seed",
    "notifier",
    "open_page",
    "understand",
    "what_is_kept",
    "workers_of",
    "writing_in",
]


COMPLETING = "_ARGCOMPLETE"
"""The variable by which a shell asks for the words that could follow, instead of having a command run."""


def understand(parser: Parser, words: list[str]) -> argparse.Namespace | None:
    """Parse the words; None where the help was asked for, and printed. A shell that completes words is answered instead."""
    if COMPLETING in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)  # ends the process
    if "-h" in words or "--help" in words:
        show_whole(parser.format_help())
        return None
    return parse(parser, words)


def open_page(page: Path) -> None:
    """Show a page in the browser; says so where none can be opened."""
    browser.open_page(page.resolve().as_uri(), or_else=str(page))


def check_seed(seed: int) -> None:
    """Raise SettingsError where no generator takes a seed."""
    if not 0 <= seed < 2**32:
        raise SettingsError(f"seed is {seed}; it must be a whole number from 0 to {2**32 - 1}")


def check_out(out: Path) -> None:
    """Make the folder of the runs; raises SettingsError where it cannot be made, say because a file is in its place."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot make the folder {out}: {error.strerror}; choose another with --out") from error


def workers_of(given: argparse.Namespace) -> "int | Scheduler | None":
    """Give who runs trials, as the common options say: so many processes, a cluster, or None for the cores of this machine.

    Raises
    ------
    SettingsError
        If both are asked for, or a worker for timings without a cluster.
    """
    if given.scheduler is None:
        if given.timing_worker is not None:
            raise SettingsError("--timing-worker names a worker of a cluster; give its --scheduler too")
        workers: int | None = given.workers
        return workers
    if given.workers is not None:
        raise SettingsError(
            "--workers counts processes of this machine, and --scheduler asks for a cluster; give one of them"
        )
    from lab.work.cluster.scheduler import Scheduler

    return Scheduler(given.scheduler, given.timing_worker or "")


@contextlib.contextmanager
def writing_in(place: Path) -> Iterator[None]:
    """Name the place where a disk or a limit stands in the way, which the system does not always do: raises MachineError."""
    try:
        yield
    except (OSError, MemoryError) as error:
        known = explained(error, place)
        if known is None:
            raise
        raise known from error


def notifier(given: argparse.Namespace) -> Callable[[str], None]:
    """Give what says a sentence on stderr; nothing under `--quiet`."""
    return (lambda sentence: None) if given.quiet else say


def what_is_kept(words: list[str]) -> str:
    """Say what an interrupted command leaves, and the way to go on."""
    if words[:1] != ["watch"]:
        return "finished work is kept; repeat the command to resume"
    if any(word.split("=")[0] == "--state" for word in words):
        return "the state of the watch is kept; repeat the command to go on"
    return "nothing of the watch is kept; with --state FILE it goes on where it stood"
