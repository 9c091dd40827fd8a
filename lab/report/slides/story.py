"""What do the slides tell, and in which order? Records become plain slides; nothing is computed that a record does not hold."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lab.protocol import Figure, Table
from lab.record import Record
from lab.report.page import setting
from lab.report.session import prices, title_of
from lab.report.slides.content import Chart, Cover, Grid, Points, Slide, Statement
from lab.report.slides.plots import Curves, Rows, curves_of, in_parts, rows_of
from lab.wording import count, likelihood, of_the_worst, wrong_share

__all__ = ["begun", "story"]

_FEW_ROWS, _MANY_ROWS = 5, 10  # of a chart, on a main slide and in the appendix
_COVERED = 5  # questions for which a cover has room, beside the days
_MOST_FIGURES, _MOST_TABLES = 3, 4  # of one run in the appendix
_LONGEST_TABLE, _MOST_PARTS, _MOST_CAVEATS = 30, 4, 40
_WHOLE = "The whole evidence stands in the report."


def story(records: Sequence[Record], title: str) -> list[Slide]:
    """Tell what records say: a cover, the slides of each verdict, and an appendix.

    Parameters
    ----------
    records : sequence of Record
        In the order of the deck.
    title : str
        Of the cover; where it is empty, that of a session of these records.
    """
    days = sorted({f"{at:%Y-%m-%d}" for record in records if (at := begun(record)) is not None})
    asked = [record.question.text for record in records]
    lines = (
        asked
        if len(asked) <= _COVERED
        else [*asked[: _COVERED - 1], f"and {len(asked) - _COVERED + 1:,} more questions"]
    )
    if days:
        lines = [*lines, f"Measured on {' to '.join(dict.fromkeys((days[0], days[-1])))} (UTC)"]
    slides: list[Slide] = [Cover(title=title or title_of(records), notes=_lines(*asked), lines=tuple(lines))]
    for record in records:
        slides += _verdict(record)
    for record in records:
        title = f"Appendix: {record.lab} on {record.data['name']}" if len(records) > 1 else "Appendix"
        slides += [Cover(title=title, lines=(record.question.text, _WHOLE), is_appendix=True), *_appendix(record)]
    return slides


def begun(record: Record) -> datetime | None:
    """When a run began, in UTC; None where its record does not say it in the right form."""
    try:
        at = datetime.fromisoformat(record.run["started"])
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _verdict(record: Record) -> Iterator[Slide]:
    """Make the main slides of a run: the answer, what decides, how likely it is, what to do, and whether to trust it."""
    said, figure = record.verdict, record.evidence.figures[0]
    spoken = (record.question.text, f"{said.headline}: {said.sentence}", said.details, *said.next_steps)
    yield Statement(
        title=record.question.text,
        notes=_lines(*spoken),
        answer=said.answer,
        headline=said.headline,
        sentence=said.sentence,
        details=said.details,
    )
    yield next(iter(_picture(figure, _FEW_ROWS, is_appendix=False)), None) or _numbers_of(figure)
    if said.chances:
        yield Grid(
            title="How likely is what?",
            notes=record.question.text,
            caption="As far as this evidence tells.",
            columns=("what may be true", "chance"),
            rows=tuple((state, likelihood(share)) for state, share in said.chances.items()),
        )
    if (priced := prices.read(record.evidence)) is not None:
        yield _prices(priced, record)
    if said.next_steps:
        yield Points(title="What to do next", notes=record.question.text, items=said.next_steps)
    if said.would_change:
        items = tuple(_sentence(reason[:1].upper() + reason[1:]) for reason in said.would_change)
        yield Points(title="What would change the verdict", notes=record.question.text, items=items)
    yield Points(title="Can this be trusted?", notes=record.question.text, items=tuple(_trust(record)))


def _prices(found: prices.Prices, record: Record) -> Slide:
    """Price what the record says is priced, at its own rate."""
    rates = {"overhead_s": found.overhead_s, "execution_s": found.execution_s, "rate": found.rate}
    paid = [(work.name, prices.priced(work, shots=found.shots, **rates)) for work in found.works]
    return Grid(
        title="What would it cost?",
        notes=record.question.text,
        caption=f"At {prices.rate_in_words(found)}.",
        columns=("what", "hours on the device", "dollars"),
        rows=tuple((name, price.seconds / 3_600, price.dollars) for name, price in paid),
    )


def _trust(record: Record) -> Iterator[str]:
    """Say how often the lab is wrong where the truth is known, in the words of the report."""
    rates = record.controls
    if not rates:
        yield f"How often the {record.lab} lab is wrong where the truth is known has not been measured here."
    else:
        if "like" in rates:
            yield rates["like"]["sentence"]
        yield (
            f"On data where the truth is known, the {record.lab} lab gave a wrong verdict in {wrong_share(rates['wrong'], 'cases')}"
            f"{of_the_worst(rates['controls'])}."
        )
        if not rates.get("same_code", True):
            yield "This was measured with another version of the code than the one that gave this verdict."
    if failed := record.trials["failed"]:
        yield f"{len(failed):,} of {count(record.trials['total'], 'trial')} failed."
    if n_caveats := len(record.data["notes"]) + len(record.evidence.caveats):
        yield f"{count(n_caveats, 'caveat')} {'stands' if n_caveats == 1 else 'stand'} in the appendix."


def _appendix(record: Record) -> Iterator[Slide]:
    first, *others = record.evidence.figures
    shown = rows_of(first)
    if shown is not None and len(shown.places) > _FEW_ROWS:
        yield from _picture(first, _MANY_ROWS)
    further = [slides for figure in others if (slides := _picture(figure, _MANY_ROWS))]
    for slides in further[:_MOST_FIGURES]:
        yield from slides
    for table in _tables_for_slides(record):
        yield Grid(
            title=table.title, notes=table.caption, is_appendix=True,
            caption=table.caption, columns=table.columns, rows=table.rows,
        )  # fmt: skip
    if record.controls:
        yield _controls(record)
    caveats = (*(f"{record.data['name']}: {note}" for note in record.data["notes"]), *record.evidence.caveats)
    if caveats:
        items = tuple(map(_sentence, caveats[:_MOST_CAVEATS]))
        if len(caveats) > _MOST_CAVEATS:
            items = (*items, f"{len(caveats) - _MOST_CAVEATS:,} more stand in the report.")
        yield Points(title="Caveats", notes=_lines(*items), items=items, is_appendix=True)
    yield _facts(record)


def _picture(figure: Figure, most: int, *, is_appendix: bool = True) -> list[Slide]:
    """Make the slides of a picture, one for so many rows, a single one of the main part; none where it has no native form."""
    rows = rows_of(figure)
    parts: list[Rows | Curves] = [curves] if (curves := curves_of(figure)) else []
    titles = [figure.title]
    if rows is not None and not is_appendix:
        parts = [replace(rows, places=rows.places[:most])]
        titles = [
            figure.title if len(rows.places) <= most else f"{figure.title} (the first {most} of {len(rows.places)})"
        ]
    elif rows is not None:
        parts = [*in_parts(rows, most)]
        if len(parts) > 1:
            titles = [f"{figure.title} ({place} of {len(parts)})" for place in range(1, len(parts) + 1)][:_MOST_PARTS]
    caption = figure.caption if rows is None or rows.are_bars else _turned(figure.caption)
    notes = _lines(figure.title, caption, *(place.label for place in rows.places if rows) if rows else ())
    return [
        Chart(title=title, notes=notes, is_appendix=is_appendix, caption=caption, plot=part)
        for title, part in zip(titles, parts, strict=False)
    ]


def _turned(caption: str) -> str:
    """Name the sides as they are on a slide, where the values go up instead of to the right.

    >>> _turned("Left of the line, the device lowers the score; right of zero it is better.")
    'Below the line, the device lowers the score; above zero it is better.'
    >>> _turned("The row with the band decides.")
    'The column with the band decides.'
    """
    caption = caption.replace("The row with the band", "The column with the band").replace(
        "None of the rows", "None of the columns"
    )
    sides = {"Left": "Below", "left": "below", "Right": "Above", "right": "above"}
    return re.sub(r"\b([Ll]eft|[Rr]ight) of (?=zero\b|the line\b)", lambda found: f"{sides[found[1]]} ", caption)


def _numbers_of(figure: Figure) -> Slide:
    """Make a table of the numbers behind a picture that has no native form."""
    values = figure.spec.get("data", {}).get("values", ())
    columns = tuple(name for name in (values[0] if values else {}) if name != "order")
    return Grid(
        title=figure.title,
        notes=_lines(figure.title, figure.caption),
        caption=figure.caption,
        columns=columns or ("picture",),
        rows=tuple(tuple(row.get(name) for name in columns) for row in values) or (("in the report",),),
    )


def _tables_for_slides(record: Record) -> list[Table]:
    """Choose the tables that are short enough, with that of all models first."""
    short = [table for table in record.evidence.tables if 0 < len(table.rows) <= _LONGEST_TABLE]
    return sorted(short, key=lambda table: table.title != "All models")[:_MOST_TABLES]


def _controls(record: Record) -> Slide:
    assert record.controls is not None
    rates = record.controls
    rows = tuple(
        (one["name"], one["truth"], one["yes"], one["no"], one["undecided"], f"{one['wrong']['events']} of {one['wrong']['of']}")
        for one in rates["controls"]
    )  # fmt: skip
    return Grid(
        title=f"Controls of the {record.lab} lab",
        is_appendix=True,
        caption=f"Measured on {rates['date']} with version {rates['version']}: answers where the truth is known.",
        columns=("control", "what is true", "yes", "no", "undecided", "wrong"),
        rows=rows,
    )


def _facts(record: Record) -> Slide:
    data, run, machine = record.data, record.run, record.environment
    shown: dict[str, Any] = {
        "Data": f"{data['name']}: {count(data['n_rows'], 'row')}, {count(len(data['columns']), 'column')} used",
        "Target": data["target"],
        "SHA-256 of the data": data["digest"],
        "Command": run["command"],
        "Settings": ", ".join(f"{name} = {setting(value)}" for name, value in record.settings.items()),
        "Started": run["started"],
        "Trials": f"{record.trials['total']:,}, of which {len(record.trials['failed']):,} failed",
        "Machine": f"{machine['processor']}, {count(machine['cores'], 'core')}, {machine['system']}",
        "Python": machine["python"],
    }
    return Grid(
        title="Repeat it",
        notes=run["command"],
        is_appendix=True,
        caption="",
        columns=("what", "value"),
        rows=tuple(shown.items()),
    )


def _sentence(text: str) -> str:
    """End a text as a sentence, unless it does.

    >>> _sentence("more rows"), _sentence("It is.")
    ('more rows.', 'It is.')
    """
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
