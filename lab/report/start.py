"""What was found last? The start page of a folder of runs: the newest verdict of each lab, and a list of all runs.

It is written again after every run, so that it must cost nothing: of each record only the head is read, and the small pictures are
taken from the reports, where they are drawn already. One that is more than lines, areas and texts is left out.
"""

import contextlib
import dataclasses
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from lab.errors import RecordError, SettingsError
from lab.host.files import read_bytes, write_bytes
from lab.record import Head, read_head
from lab.report.compact import compact
from lab.report.page import renamed, render
from lab.report.pictures import NotDrawnError, check_inert
from lab.runs.past import runs_in
from lab.wording import duration

__all__ = ["NAME", "write_start"]

NAME = "start.html"
_MARK = b"<title>Future-Tech Lab: the verdicts</title>"
_FIRST = ("quantum", "edge", "interpretability")
"""Labs in the order of the README; others follow by their names."""
_PICTURE = re.compile(r'<svg\b[^>]*\bclass="(?:tight|always)"[^>]*>.*?</svg>', re.DOTALL)
_LARGEST = 64 << 20
_MOST_LISTED = 200


@dataclasses.dataclass(frozen=True)
class _Entry:
    """A finished run: its folder, what its record says, a link to its report, when it began, and how long it took."""

    folder: Path
    head: Head

    @property
    def link(self) -> str:
        return f"{quote(self.folder.name)}/report.html"

    @property
    def started(self) -> str:
        return f"{self.head.run.started.astimezone():%Y-%m-%d %H:%M}"

    @property
    def took(self) -> str:
        return duration(self.head.run.seconds)


def write_start(out: Path, labs: Collection[str]) -> Path | None:
    """Write the start page of a folder of runs, atomically, and give its path; None where no run is finished.

    Runs whose records cannot be read are left out.

    Parameters
    ----------
    labs : collection of str
        As in `lab.runs.past.runs_in`.

    Raises
    ------
    SettingsError
        If it is no folder of runs, or a file is in the page's place that is not ours.
    """
    entries = []
    for run in runs_in(out, labs):
        if run.state == "finished":
            with contextlib.suppress(RecordError):
                entries.append(_Entry(run.folder, read_head(run.folder)))
    if not entries:
        return None
    path = out / NAME
    if not _is_ours(path):
        raise SettingsError(f"{path} is not a start page of ours and is left as it is; move it to have one here")
    entries.sort(key=lambda entry: entry.head.run.started, reverse=True)
    cards = [(entry, _picture(entry.folder, place)) for place, entry in enumerate(_newest(entries), 1)]
    styles = ("page.css", "start.css")
    page = render("start.html", styles=styles, cards=cards, entries=entries[:_MOST_LISTED], n_runs=len(entries))
    write_bytes(path, page.encode())
    return path


def _newest(entries: Sequence[_Entry]) -> list[_Entry]:
    """Take the newest run of each lab, in the order of the labs; `entries` begin with the newest."""
    newest: dict[str, _Entry] = {}
    for entry in entries:
        newest.setdefault(entry.head.lab, entry)
    place = {name: number for number, name in enumerate(_FIRST)}
    return [newest[name] for name in sorted(newest, key=lambda name: (place.get(name, len(place)), name))]


def _is_ours(path: Path) -> bool:
    """Whether the page may be written there: nothing is there, or a start page."""
    try:
        return _MARK in read_bytes(path, most=4_096)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _picture(folder: Path, place: int) -> Markup:
    """Take the narrow drawing of the first picture from a report; none where there is none, or it is not only a drawing."""
    try:
        found = _PICTURE.search(read_bytes(folder / "report.html", most=_LARGEST).decode())
        if found is None:
            return Markup()
        check_inert(found[0])
    except (OSError, UnicodeDecodeError, NotDrawnError):
        return Markup()
    return Markup(renamed(compact(found[0]), f"c{place}-"))
