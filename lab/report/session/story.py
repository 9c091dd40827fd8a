"""Which screens does a session have? A cover, one verdict a screen, for each run the story behind it, and what to decide now.

A screen holds what is seen and what is said at it; `lab.report.session.notes` words the latter. All of it is from the records.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lab.record import Record
from lab.report.session import agenda, limits, notes, prices
from lab.report.session.notes import Notes
from lab.wording import count, of_the_worst, wrong_share

__all__ = ["Kind", "Screen", "screens", "title_of"]

_SHOWN = "figure-2"  # the first picture beyond that of the screen
Kind = Literal["cover", "verdict", "picture", "what-if", "limits", "prices", "sure", "change", "do", "end"]


@dataclass(frozen=True)
class Screen:
    """One screen.

    Attributes
    ----------
    kind : Kind
        How it is laid out.
    title : str
        Its heading.
    run : int or None
        The run that it is about, by its place; None for all of them.
    lines : tuple of str
        What it lists.
    evidence : str
        The part of the report in which its evidence stands: the end of an anchor.
    notes : Notes
        What is said and asked at it.
    minutes : int
        Of an hour.
    """

    kind: Kind
    title: str
    run: int | None
    lines: tuple[str, ...]
    evidence: str
    notes: Notes
    minutes: int = 0


def title_of(records: Sequence[Record]) -> str:
    """Name a session that was given no title, by its tables."""
    tables = list(dict.fromkeys(record.data["name"] for record in records))
    asked = count(len(records), "question")
    return f"{asked} about {tables[0]}" if len(tables) == 1 else f"{asked} about {len(tables)} tables"


def screens(records: Sequence[Record], title: str) -> tuple[Screen, ...]:
    """List the screens of a session in their order, each with its share of an hour."""
    questions = tuple(record.question.text for record in records)
    found = [Screen("cover", title, None, questions, "", notes.cover(records, title))]
    for place, record in enumerate(records):
        found.append(Screen("verdict", record.question.text, place, (), "top", notes.verdict(record)))
    for place, record in enumerate(records):
        found.extend(_story(place, record))
    steps = tuple((record.verdict.next_steps or record.verdict.would_change or ("",))[0] for record in records)
    found.append(Screen("end", "What do we decide today?", None, steps, "", notes.end(records)))
    minutes = agenda.shares([screen.kind for screen in found])
    return tuple(dataclasses.replace(screen, minutes=each) for screen, each in zip(found, minutes, strict=True))


def _story(place: int, record: Record) -> Iterator[Screen]:
    """Say why, what it costs, how sure it is, what would change it and what to do: at most six screens of one run."""
    evidence, verdict = record.evidence, record.verdict
    yield Screen("picture", evidence.figures[0].title, place, (), _SHOWN, notes.picture(record))
    limited, priced = limits.read(evidence), prices.read(evidence)
    if limited is not None:
        yield Screen("limits", "What would other budgets change?", place, (), _SHOWN, notes.limited(limited))
    if priced is not None:
        yield Screen("prices", "What would it cost?", place, (), "appendix", notes.priced(priced))
    if evidence.panels:
        yield Screen("what-if", evidence.panels[0].title, place, (), _SHOWN, notes.what_if(evidence.panels[0]))
    yield Screen("sure", "How sure is this?", place, tuple(_surety(record)), "trust", notes.sure(record))
    if verdict.would_change:
        words = "What would change the answer?"
        yield Screen("change", words, place, verdict.would_change, "trust", notes.change(record))
    if verdict.next_steps:
        yield Screen("do", "What to do now", place, verdict.next_steps, "repeat", notes.steps(record))


def _surety(record: Record) -> Iterator[str]:
    """Say how often the lab is wrong where the truth is known, and how many caveats there are."""
    if record.controls:
        like = record.controls.get("like")
        if like:
            yield like["sentence"]
        yield (
            f"Where the truth is known, this lab was wrong in {wrong_share(record.controls['wrong'], 'cases')}"
            f"{of_the_worst(record.controls['controls'])}."
        )
    else:
        yield "How often this lab is wrong where the truth is known has not been measured here."
    caveats = len(record.evidence.caveats) + len(record.data["notes"])
    if caveats:
        yield f"{count(caveats, 'caveat')} {'stands' if caveats == 1 else 'stand'} in the evidence."
