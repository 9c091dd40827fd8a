"""May we? Asked at a terminal, where there is somebody who can say yes."""

import sys

from lab.terminal.console import show_whole

__all__ = ["can_ask", "is_agreed"]


def can_ask() -> bool:
    """Whether somebody sits at the other end of the input."""
    return sys.stdin is not None and sys.stdin.isatty()


def is_agreed(question: str) -> bool:
    """Ask, and say whether the answer is yes; nothing said is no."""
    show_whole(f"{question} [y/N] ")
    return sys.stdin.readline().strip().casefold() in ("y", "yes")
