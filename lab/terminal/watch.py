"""What does a person or a program at the terminal hear of a watch? Each happening as it comes, and how everything stands."""

import contextlib
import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lab.cleaning import clean
from lab.numbers import number
from lab.terminal.console import say, show, show_whole
from lab.watching.plain import Standing, plain_happening, plain_standing
from lab.watching.protocol import Happening
from lab.wording import count, listed

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

__all__ = ["Plain", "Records", "Screen", "is_live", "line", "screen"]

_MOST_SIGNALS = 8
_SAID_EVERY_S = 60.0


def is_live() -> bool:
    """Whether a person looks at a terminal that can be drawn upon."""
    return sys.stdout.isatty() and sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def line(happening: Happening) -> str:
    """Say a happening in one line.

    >>> line(Happening("alarm", 1_233, "The pressure rose."))
    'alarm  row 1,234  The pressure rose.'
    """
    return f"{happening.kind:6} row {happening.row + 1:,}  {happening.sentence}"


class Plain:
    """Lines: happenings on stdout, how it stands on stderr every minute.

    Parameters
    ----------
    quiet : bool
        Show alarms only.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._said = time.monotonic()

    def happened(self, happening: Happening) -> None:
        """Show what was noticed."""
        if happening.kind == "alarm" or not self._quiet:
            show(line(happening))

    def stands(self, standing: Standing) -> None:
        """Say how it stands, if nothing was said for a minute."""
        if self._quiet or time.monotonic() - self._said < _SAID_EVERY_S:
            return
        self._said = time.monotonic()
        say(_said(standing))

    def ended(self, standing: Standing) -> None:
        """Show the result."""
        advice = standing.status.advice
        show(_said(standing))
        show(f"  retrain now?  {advice.answer}: {advice.reason}")


class Records:
    """JSON, a line each, for a program: happenings, and at the end the status."""

    def happened(self, happening: Happening) -> None:
        """Print what was noticed."""
        show_whole(json.dumps(plain_happening(happening)) + "\n")

    def stands(self, standing: Standing) -> None:
        """Print nothing: a program asks the page, or waits for the end."""

    def ended(self, standing: Standing) -> None:
        """Print the result."""
        show_whole(json.dumps({"kind": "status", **plain_standing(dataclasses.replace(standing, newest=()))}) + "\n")


class Screen:
    """A picture that is drawn again and again at the bottom of a terminal, with the happenings above it."""

    def __init__(self, title: str, live: "Live") -> None:
        self._title, self._live = clean(title), live

    def happened(self, happening: Happening) -> None:
        """Print what was noticed above the picture."""
        from rich.text import Text

        style = "bold" if happening.kind == "alarm" else "dim"
        self._live.console.print(Text(clean(line(happening)), style=style))

    def stands(self, standing: Standing) -> None:
        """Draw how everything stands."""
        self._live.update(_drawn(self._title, standing), refresh=True)

    def ended(self, standing: Standing) -> None:
        """Let the last picture stand."""
        self.stands(standing)


@contextlib.contextmanager
def screen(title: str) -> Iterator[Screen]:
    """Give a picture at the bottom of the terminal, and leave its last state there."""
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(), auto_refresh=False) as live:
        yield Screen(title, live)


def _drawn(title: str, standing: Standing) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    from lab.terminal import tables

    status = standing.status
    table = tables.empty()
    for head in ("signal", "evidence", "change"):
        table.add_column(head, justify="right" if head == "evidence" else "left")
    tables.fill(
        table,
        [
            (each.name, number(each.evidence), each.change or ("alarm" if each.alarm is not None else ""))
            for each in status.signals[:_MOST_SIGNALS]
        ],
    )
    lines = (title, _said(standing), f"Retrain now? {status.advice.answer}: {status.advice.reason}")
    return Group(*(Text(clean(each)) for each in lines), table)


def _said(standing: Standing) -> str:
    status, alarms = standing.status, standing.counts.get("alarms", 0)
    wrong = f" ({listed(standing.said)})" if standing.said else ""
    return f"{count(status.rows, 'row')}{wrong}, {count(status.labels, 'label')}, {count(alarms, 'alarm')}: {status.sentence}"
