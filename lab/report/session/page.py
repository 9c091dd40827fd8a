"""How do the records of a session become one HTML file? Screens to present, and every report whole below them, folded.

It keeps to what holds for a report: it loads nothing, one script and one style are allowed by their hashes, and without a script
all of it is there, one screen below the other. The presenter's view is the same file once more, in a second window.
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lab.cleaning import clean_values
from lab.host.files import write_bytes
from lab.protocol import Figure
from lab.record import Record
from lab.report import page
from lab.report.compact import compact
from lab.report.pictures import Artist
from lab.report.session import limits, prices
from lab.report.session.digits import three
from lab.report.session.story import Screen, screens
from lab.wording import count, likelihood

__all__ = ["html", "write"]

_STYLES, _SCRIPTS = ("page.css", "session/session.css"), ("page.js", "session/panels.js", "session/session.js")
_LONG = 240  # signs of a sentence from which it is written smaller


def write(records: Sequence[Record], path: Path, title: str) -> tuple[str, ...]:
    """Write the page of a session, atomically; gives a sentence for each figure of which a picture could not be drawn."""
    text, missing = html(records, title)
    write_bytes(path, text.encode())
    return missing


def html(records: Sequence[Record], title: str) -> tuple[str, tuple[str, ...]]:
    """Render the page of a session, and give the sentences about pictures that are missing."""
    shown = screens(records, title)
    missing: dict[str, str] = {}
    with Artist() as artist:
        picture = _compactly(page.drawer(artist, missing))
        reports = [_report(record, place, picture) for place, record in enumerate(records)]
        text = page.render(
            "session/session.html", styles=_STYLES, scripts=_SCRIPTS, picture=picture,
            title=title, about=_about(records), records=records, screens=shown, reports=reports,
            anchor=lambda screen: _anchor(screen, reports), likelihood=likelihood, limits_of=_limits, prices_of=_prices, three=three,
            is_long=lambda words: len(words) > _LONG, model=_model, allowed=_allowed,
        )  # fmt: skip
    return page.with_glossary(text), tuple(missing.values())


def _compactly(draw: page.Picture) -> page.Picture:
    """Draw each sheet of a picture without what is said already."""

    def picture(figure: Figure, spec: Mapping[str, Any]) -> Markup:
        drawn = str(draw(figure, spec))
        return Markup(re.sub(r"<svg\b.*?</svg>", lambda sheet: compact(sheet[0]), drawn, flags=re.DOTALL))

    return picture


def _about(records: Sequence[Record]) -> str:
    """Say which tables a session is about, and when the answers were found."""
    tables = list(dict.fromkeys(f"{record.data['name']} ({count(record.data['n_rows'], 'row')})" for record in records))
    days = sorted({record.run["started"][:10] for record in records})
    return f"{', '.join(tables)}; {' to '.join(dict.fromkeys((days[0], days[-1])))}"


def _report(record: Record, place: int, picture: page.Picture) -> Markup:
    """Render a report as a part of the page, under names of its own; its first panel is on a screen already."""
    evidence = dataclasses.replace(record.evidence, panels=record.evidence.panels[1:])
    own = page.body(dataclasses.replace(record, evidence=evidence), picture)
    start = f"r{place + 1}-"
    named = page.renamed(own, start).replace(f'href="#{start}terms"', 'href="#terms"')  # which the whole page has once
    return Markup(named.replace('<nav aria-label="Contents"', f'<nav aria-label="Contents of report {place + 1}"'))


def _anchor(screen: Screen, reports: Sequence[str]) -> str:
    """Name the place of a screen's evidence that is there."""
    if screen.run is None:
        return "reports"
    start = f"r{screen.run + 1}-"
    wanted = f"{start}{screen.evidence}"
    return wanted if f' id="{wanted}"' in reports[screen.run] else f"report-{screen.run + 1}"


@dataclasses.dataclass(frozen=True)
class _Row:
    """A candidate in the table of limits: what was found of it where a limit moves, the worst of the others, the worst of all."""

    label: str
    cells: tuple[tuple[str, str, limits.Status], ...]
    rest: limits.Status
    whole: limits.Status


def _limits(record: Record) -> tuple[limits.Limits, limits.Outcome, tuple[_Row, ...]]:
    """Give what the template shows of limits before anybody moves one."""
    panel = limits.read(record.evidence)
    assert panel is not None, "a screen of limits is made only where there are some"
    found = limits.outcome(panel, [limit.allowed for limit in panel.limits])
    rows = []
    for candidate, statuses in zip(panel.candidates, found.cells, strict=True):
        all_of_it = list(zip(panel.limits, candidate.found, statuses, strict=True))
        cells = tuple((*limits.shown(each), status) for limit, each, status in all_of_it if limit.moves)
        rest = limits.worst(status for limit, _, status in all_of_it if not limit.moves)
        rows.append(_Row(candidate.label, cells, rest, limits.worst(statuses)))
    return panel, found, tuple(rows)


def _allowed(limit: limits.Limit) -> str:
    """Say what a limit allows, as the script does."""
    return f"{'more than' if limit.above else 'at most'} {three(limit.allowed)} {limit.unit}".rstrip()


def _prices(record: Record) -> tuple[prices.Prices, tuple[tuple[prices.Work, prices.Price], ...]]:
    """Give what the template shows of prices before anybody changes a rate."""
    panel = prices.read(record.evidence)
    assert panel is not None, "a screen of prices is made only where there are some"
    rates = {"overhead_s": panel.overhead_s, "execution_s": panel.execution_s, "rate": panel.rate}
    return panel, tuple((work, prices.priced(work, shots=panel.shots, **rates)) for work in panel.works)


def _model(panel: Any) -> str:
    """Write a panel as plain data for the script; its texts are shown, so that they are cleaned."""
    return json.dumps(clean_values(dataclasses.asdict(panel)), allow_nan=False)
