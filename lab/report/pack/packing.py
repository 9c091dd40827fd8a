"""How do runs become one file? Records as they are, reports rendered from them, pages that lead to all, and a manifest."""

import re
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from lab import record, report
from lab.record import SCHEMA_VERSION, Record
from lab.report import session, start
from lab.report.pack import manifest
from lab.report.zipped import zipped
from lab.version import __version__

__all__ = ["packed"]

_SESSION = "session.html"
_LONGEST_NAME = 60


def packed(records: Sequence[Path], labs: Collection[str]) -> tuple[bytes, tuple[str, ...]]:
    """Pack runs: nothing of their tables, trials or models goes with them.

    Parameters
    ----------
    records : sequence of pathlib.Path
        The files of records that can be read; each run is named by its folder.
    labs : collection of str
        As in `lab.runs.past.runs_in`.

    Returns
    -------
    bytes, tuple of str
        A zip file, and a sentence for each picture that a report lacks. In one time zone the same runs give the same bytes.
    """
    runs: list[manifest.PackedRun] = []
    known: list[Record] = []
    missing: list[str] = []
    names: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        for at, path in enumerate(records, 1):
            folder = place / f"{at:02d}-{_plain(path.resolve().parent.name)}"
            folder.mkdir()
            (folder / "record.json").write_bytes(path.read_bytes())
            known.append(record.read(folder))  # what is packed, whatever becomes of the file meanwhile
            missing += report.write(known[-1], folder / "report.html")
            runs.append(_described(folder.name, known[-1]))
            names += [f"{folder.name}/record.json", f"{folder.name}/report.html"]
        session.write(known, place / _SESSION, session.title_of(known))
        report.write_start(place, labs)
        files = {name: (place / name).read_bytes() for name in (*names, _SESSION, start.NAME)}
    listed = {name: manifest.entry_of(content) for name, content in files.items()}
    found = manifest.Manifest(manifest.FORMAT, manifest.VERSION, __version__, SCHEMA_VERSION, tuple(runs), listed)
    return zipped({manifest.MANIFEST: manifest.written(found), **files}), tuple(missing)


def _described(folder: str, known: Record) -> manifest.PackedRun:
    data = known.data
    return manifest.PackedRun(
        folder,
        known.lab,
        known.question.text,
        known.verdict.headline,
        data["name"],
        data["digest"],
        known.run["started"],
    )


def _plain(name: str) -> str:
    """Make a name that every system takes as that of a folder.

    >>> _plain("20260102-0900-edge-churn"), _plain("../a b:c")
    ('20260102-0900-edge-churn', 'a-b-c')
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:_LONGEST_NAME] or "run"
