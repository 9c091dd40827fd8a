"""How does a line reach a person? Clean, at once, in any encoding; a reader who has gone away is no fault.

Results go to stdout, all else to stderr. What was written for a program (JSON) or by ourselves (help) passes as it is.
"""

import contextlib
import os
import sys
from typing import TextIO

from lab.cleaning import sentence
from lab.errors import MachineError

__all__ = ["ReaderGoneError", "prepare", "say", "show", "show_whole", "stop_writing"]


class ReaderGoneError(Exception):
    """Nobody reads any more, as after `| head`: end without a word."""


def prepare() -> None:
    """Have signs that the terminal's encoding lacks spelt out instead of raised."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Say a line on stderr; a stderr that cannot be written (a terminal that was closed) stops nothing."""
    with contextlib.suppress(OSError, ValueError):
        _write(sys.stderr, sentence(text) + "\n")


def show(text: str) -> None:
    """Show a line of the result on stdout."""
    show_whole(sentence(text) + "\n")


def show_whole(text: str) -> None:
    """Show a text of our own on stdout, as it is.

    Raises
    ------
    MachineError
        If stdout cannot be written: a full disk, say.
    """
    try:
        _write(sys.stdout, text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MachineError(
            f"cannot write the result to standard output: {reason}; stored work is kept: send the output elsewhere "
            "and repeat the command, or render the report with lab report"
        ) from error


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # it was closed before we started
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None


def stop_writing() -> None:
    """Drop what the streams still hold, so that the end of the program does not complain of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
            continue
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
