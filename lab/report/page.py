"""How does a record become one HTML file? Filled into a template, pictures drawn as inline SVG.

The page is complete in itself: a content security policy forbids it to load or to run anything, so a text from the
user's table could do no harm even where an escape were forgotten.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from lab.protocol import Figure, Table
from lab.record import Record
from lab.report.pictures import svg
from lab.storage import write_bytes

__all__ = ["html", "write", "write_start"]


def html(record: Record) -> str:
    """Render the page of a record; reads nothing else."""
    return _render("page.html", record=record)


def write(record: Record, path: Path) -> None:
    """Write the page of a record, atomically."""
    write_bytes(path, html(record).encode())


def write_start(entries: Sequence[tuple[str, Record]], path: Path) -> None:
    """Write the page that leads to several reports; entries are (relative link, record)."""
    write_bytes(path, _render("start.html", entries=entries).encode())


def _render(template: str, **values: Any) -> str:
    loader = jinja2.PackageLoader("lab.report", "")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["number"] = number
    environment.globals.update(picture=_picture, table_of=_table_of)
    style = loader.get_source(environment, "page.css")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environment.get_template(template)
    return page.render(style=Markup(style), style_digest=digest, **values)


def number(value: Any) -> str:
    """Show a value as a person would write it: three significant digits at least, thousands apart.

    >>> number(0.98765), number(12345.6), number(3), number(None), number(1.2e-7)
    ('0.988', '12,346', '3', '', '1.2e-07')
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if value != 0 and abs(value) < 1e-3:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _picture(figure: Figure) -> Markup:
    return Markup(svg(figure))


def _table_of(figure: Figure) -> Table:
    """Give the numbers behind a picture."""
    values: Sequence[Mapping[str, Any]] = figure.spec["data"]["values"]
    columns = [name for name in (values[0] if values else {}) if name != "order"]
    return Table(figure.title, "", tuple(columns), tuple(tuple(row.get(name) for name in columns) for row in values))
