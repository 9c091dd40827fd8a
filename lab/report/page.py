"""How does a record become one HTML file? Filled into a template, pictures drawn as inline SVG.

The page is complete in itself: a content security policy forbids it to load anything, and to run anything but the one
script of the sliders, which it names by its hash and holds only where there is something to slide. So a text from the
user's table could do no harm even where an escape were forgotten.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from lab.cleaning import clean, short
from lab.data.builtin import Column, meanings
from lab.host.files import write_bytes
from lab.numbers import number, rough_share
from lab.protocol import Figure, Table
from lab.record import Record
from lab.report.explained import explained
from lab.report.glossary import used_in
from lab.report.layout import sheets_for
from lab.report.panel import first_state
from lab.report.pictures import Artist, NotDrawnError
from lab.report.spent import spent
from lab.wording import capital, count, duration, likelihood, of_the_worst, wrong_share

__all__ = [
    "Picture",
    "body",
    "drawer",
    "html",
    "number",
    "renamed",
    "render",
    "setting",
    "unit",
    "with_glossary",
    "write",
]

Picture = Callable[[Figure, Mapping[str, Any]], Markup]
"""What draws a figure, or one frame of it, as markup."""

_NAMES = re.compile(r'( id="| for="|href="#|url\(#|aria-labelledby="|aria-controls="|aria-describedby=")')


def html(record: Record) -> str:
    """Render the page of a record as a notebook shows it, in a frame; reads nothing else.

    It has no contents: in a frame that was given its page as a text, a link to a place of the page loads the notebook.
    """
    return _page(record, linked=False)[0]


def write(record: Record, path: Path) -> tuple[str, ...]:
    """Write the page of a record, atomically; gives a sentence for each figure of which a picture could not be drawn."""
    page, missing = _page(record, linked=True)
    write_bytes(path, page.encode())
    return missing


def body(record: Record, picture: Picture) -> str:
    """Render what the page of a record holds, without the page around it and its glossary: for a page of several records."""
    page = render("page.html", record=record, picture=picture, linked=True)
    return page.partition("<main>")[2].rpartition("</main>")[0]


def drawer(artist: Artist, missing: dict[str, str]) -> Picture:
    """Give what draws a picture, or says in its place why there is none; a sentence for each such figure goes to `missing`."""

    def picture(figure: Figure, spec: Mapping[str, Any]) -> Markup:
        try:
            return Markup(artist.svg(figure, spec))
        except NotDrawnError as error:
            missing.setdefault(figure.title, f"the picture {short(figure.title)!r} is missing from the report: {error}")
            return Markup('<p class="missing">{}</p>').format(clean(f"This picture could not be drawn: {error}."))

    return picture


def _page(record: Record, *, linked: bool) -> tuple[str, tuple[str, ...]]:
    evidence = record.evidence
    scripts = ("page.js",) if evidence.panels or any(figure.frames for figure in evidence.figures) else ()
    missing: dict[str, str] = {}
    with Artist() as artist:
        page = render("page.html", scripts=scripts, record=record, picture=drawer(artist, missing), linked=linked)
    return with_glossary(page), tuple(missing.values())


def renamed(markup: str, start: str) -> str:
    """Let all names inside some markup of ours, and what refers to them, begin so, that they differ from those of other parts."""
    return _NAMES.sub(rf"\g<1>{start}", markup)


def with_glossary(page: str) -> str:
    """Explain the terms that a page uses where they are first used, and list them at its end, folded."""
    terms = used_in(page)
    before, end, after = explained(page, terms).rpartition("</main>")
    return before + render("glossary.html", terms=terms) + end + after


def render(template: str, *, styles: Sequence[str] = ("page.css",), scripts: Sequence[str] = (), **values: Any) -> str:
    """Fill a template of this package; the styles and the scripts become one each, which the page allows by its digest."""
    loader = jinja2.PackageLoader("lab.report", "")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, finalize=_finalize
    )
    environment.filters |= {"number": number, "setting": setting, "unit": unit, "share": rough_share}
    environment.filters |= {"capital": capital, "duration": duration, "likelihood": likelihood}
    environment.globals.update(
        wrong_share=wrong_share,
        of_the_worst=of_the_worst,
        count=count,
        is_measured=_is_measured,
        sheets_for=sheets_for,
        meanings=_meanings,
        rows_in_table=_rows_in_table,
        spent=spent,
    )
    environment.globals.update(table_of=_table_of, first_frame=_first_frame, first_state=first_state)
    style, script = ("".join(loader.get_source(environment, name)[0] for name in names) for names in (styles, scripts))
    page = environment.get_template(template)
    return page.render(
        style=Markup(style), style_digest=_digest(style), script=Markup(script), script_digest=_digest(script), **values
    )


def _rows_in_table(record: Record) -> int:
    """Give the number of rows of the whole table, of which the run may have used a sample."""
    rows: int = record.evidence.facts.get("rows_in_table", record.data["n_rows"])
    return rows


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def setting(value: Any) -> str:
    """Show a setting as the command line takes it.

    >>> setting(("mlp", "forest")), setting(None), setting(0.01)
    ('mlp,forest', 'none', '0.01')
    """
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value)
    return "none" if value is None else str(value)


def unit(name: str) -> str:
    """Write the unit that ends a column's name as it is printed.

    >>> unit("p99 (us)"), unit("weight for 'a (us)'"), unit("focus")
    ('p99 (µs)', "weight for 'a (us)'", 'focus')
    """
    return f"{name.removesuffix('(us)')}(µs)" if name.endswith(" (us)") else name


def _meanings(data: Mapping[str, Any]) -> dict[str, Column]:
    """Say what the columns used and the target mean, where the table of a record is a built-in one."""
    return meanings(data["name"], [*data["columns"], data["target"]])


def _is_measured(table: Table, place: int) -> bool:
    """Say whether a column holds numbers."""
    values = [row[place] for row in table.rows if row[place] is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)


def _finalize(value: Any) -> Any:
    """Clean every text that the template puts into the page, but for what is markup already."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _first_frame(figure: Figure) -> int:
    """Place of the frame that is seen first: the one that is the figure's own picture."""
    same = [place for place, frame in enumerate(figure.frames) if frame.spec == figure.spec]
    if not same:
        raise ValueError(f"figure {figure.title!r} has frames, and none of them has the spec of the figure")
    return same[-1]


def _table_of(figure: Figure) -> Table:
    """Give the numbers behind a picture, of all its frames one after the other."""
    if not figure.frames:
        columns, rows = _columns_and_rows(figure.spec)
        return Table(figure.title, "", columns, rows)
    parts = [(frame.label, *_columns_and_rows(frame.spec)) for frame in figure.frames]
    together = tuple((label, *row) for label, _, rows in parts for row in rows)
    return Table(figure.title, "", ("frame", *parts[0][1]), together)


def _columns_and_rows(spec: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    values: Sequence[Mapping[str, Any]] = spec["data"]["values"]
    columns = tuple(name for name in (values[0] if values else {}) if name != "order")
    return columns, tuple(tuple(row.get(name) for name in columns) for row in values)
