"""What does whoever leads the hour have in hand? The agenda, the sentences for every screen, and what people ask, as Markdown."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.cleaning import clean
from lab.host.files import write_bytes
from lab.record import Record
from lab.report.session.agenda import MINUTES
from lab.report.session.story import Screen, screens

__all__ = ["MARK", "text", "write_script"]

MARK = "<!-- lab session -->"
"""The first line, by which a script is told from other files."""
_PLACES = {
    "top": "the first screen of the report",
    "trust": "Can this be trusted?",
    "appendix": "Appendix for engineers",
    "caveats": "Caveats",
    "failed": "Failed trials",
    "repeat": "Repeat it",
}


def write_script(records: Sequence[Record], path: Path, title: str) -> None:
    """Write the script of a session, atomically."""
    write_bytes(path, text(records, title).encode())


def text(records: Sequence[Record], title: str) -> str:
    """Write the script of a session."""
    shown = screens(records, title)
    minutes = sum(screen.minutes for screen in shown)
    longer = (
        " So many screens take more than an hour: choose fewer runs, or pass over some." if minutes > MINUTES else ""
    )
    lines = [MARK, f"# {_inert(title)}", "", f"{minutes} minutes, {len(shown)} screens.{longer}", ""]
    lines += ["| from minute | screen | about | |", "|---:|---:|---|---|"]
    begins = [sum(screen.minutes for screen in shown[:place]) for place in range(len(shown))]
    for place, (begin, screen) in enumerate(zip(begins, shown, strict=True), 1):
        about = "" if screen.run is None else records[screen.run].lab
        lines.append(f"| {begin} | {place} | {_inert(about)} | {_inert(screen.title)} |")
    for place, (begin, screen) in enumerate(zip(begins, shown, strict=True), 1):
        record = None if screen.run is None else records[screen.run]
        lines += [
            "",
            f"## Screen {place}: {_inert(screen.title)}",
            "",
            f"From minute {begin}, {screen.minutes} min.",
            "",
        ]
        lines += _said(screen, record)
    return "\n".join(lines) + "\n"


def _said(screen: Screen, record: Record | None) -> Iterator[str]:
    yield from (f"> {_inert(each)}\n>" for each in screen.notes.say)
    if screen.notes.ask:
        yield "\n**Ask the room**\n"
        yield from (f"- {_inert(each)}" for each in screen.notes.ask)
    if screen.notes.asked:
        yield "\n**What people ask**\n"
        for each in screen.notes.asked:
            where = _inert(_place(each.where, record))
            yield f"- {_inert(each.question)} {_inert(each.answer)} *(In the evidence: \u201c{where}\u201d)*"


def _place(where: str, record: Record | None) -> str:
    """Say where an answer stands, as the heading there says it."""
    if record is not None and where.startswith("figure-"):
        return record.evidence.figures[int(where.removeprefix("figure-")) - 1].title
    return _PLACES[where]


def _inert(words: str) -> str:
    r"""Take the meaning from the signs that Markdown reads as more than text.

    >>> print(_inert("<b> *a* [x](y) p99_ms"))
    \<b> \*a\* \[x\](y) p99\_ms
    """
    return re.sub(r"([\\`*_\[\]<#|&~])", r"\\\1", clean(words))
