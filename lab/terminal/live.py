"""Can a run be followed in a browser? A page on this machine's own interface shows how far it is, and becomes its report.

The page is told by a file that only this user can read; it is served from memory, knows four names, and ends with the run (see
`lab.host.loopback`). What is known so far is the evidence of the rows that are stored, and is never judged. It is gathered
between trials, for a twentieth of the time at most, and not while trials run alone on the machine: nothing may disturb a clock.
"""

import contextlib
import html
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lab import sections
from lab.cleaning import clean
from lab.host.loopback import Loopback, Served
from lab.host.scratch import scratch_folder
from lab.job import Job, job_of
from lab.protocol import Dataset, Evidence, Lab
from lab.report import live
from lab.terminal.browser import open_page
from lab.terminal.screen import time_left
from lab.wording import count
from lab.work.resume import Progress
from lab.work.rows import typed
from lab.work.sealed import DamagedError
from lab.work.spared import spared
from lab.work.storage import read_row

__all__ = ["Live", "live_view", "served"]

_SHARE = 0.05
_LEAST_S = 3.0
_NEWEST = 30
_PAUSE_S, _PAUSE_ALONE_S = 1.0, 5.0
_PATIENCE_S = 10.0
_NOTHING = "default-src 'none'"
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


@contextlib.contextmanager
def live_view(
    lab: Lab, dataset: Dataset, settings: Any, *, seed: int, files: Sequence[Path], notify: Callable[[str], None]
) -> "Iterator[Live]":
    """Open the page of a run in the browser, and give what tells it how far the run is; it is gone when this ends.

    Parameters are as for `lab.flow.run`.

    Raises
    ------
    LabError
        If the table or the settings do not fit.
    """
    job = job_of(lab, dataset, settings, seed, files)
    page = live.page(job.question.text, lab.name, dataset.name)
    with Loopback({"page": served(page)}, takes_result=False) as server, scratch_folder() as folder:
        view = Live(job, server)
        address = server.address("page")
        notify(f"the run can be followed at {address}")
        open_page(server.hand_over("page", folder), or_else=address)
        yield view


class Live:
    """What the page of a run shows.

    Parameters
    ----------
    job : Job
        The run, resolved as `lab.flow.run` does it.
    server : Loopback
        Where the page asks.
    """

    def __init__(self, job: Job, server: Loopback) -> None:
        self._job, self._server = job, server
        self._folder: Path | None = None
        self._rows: dict[str, Any] = {}
        self._pictures, self._basis = 0, ""
        self._looked = time.monotonic()
        self._cost = 0.0
        self._state(Progress(0, len(job.plan), 0, 0))

    def opened(self, folder: Path) -> None:
        """Take the folder in which the rows will be stored."""
        self._folder = folder / "trials"

    def watch(self, progress: Progress) -> None:
        """Take how far the run is."""
        self._read()
        if self._may_look(progress):
            self._look(progress)
        self._state(progress)

    def finish(self, report: Path, *, patience_s: float = _PATIENCE_S) -> None:
        """Let the page become the report, and wait until it has it; not for a page that nobody looks at."""
        self._server.put("report", served(report.read_text(encoding="utf-8")))
        asked = self._server.sent.get("state", 0)
        self._server.put("state", _plain({"finished": True, "pause": 0}))
        if not asked:
            return
        end = time.monotonic() + patience_s
        while "report" not in self._server.sent and time.monotonic() < end:
            time.sleep(0.05)

    def _read(self) -> None:
        """Read the rows that were stored since the last time; one that cannot be read is the run's to mend, not ours."""
        for trial in self._job.plan if self._folder is not None else ():
            if trial.key in self._rows or self._folder is None or not (self._folder / f"{trial.key}.json").exists():
                continue
            with contextlib.suppress(DamagedError, OSError, ValueError):
                stored = read_row(self._folder, trial.key, run=self._job.identity)
                if stored is not None:
                    self._rows[trial.key] = typed(stored.row, trial.row_type)

    def _is_alone(self, failed: int) -> bool:
        """Whether nothing but trials that run alone can be at work, where so many have failed."""
        known = {*self._rows, *spared(self._job.plan, self._rows)}
        beside = [
            trial
            for trial in self._job.plan
            if not trial.exclusive and trial.key not in known and all(key in known for key in trial.needs)
        ]
        return len(beside) <= failed

    def _may_look(self, progress: Progress) -> bool:
        passed = time.monotonic() - self._looked
        is_due = passed > max(_LEAST_S, self._cost / _SHARE)
        return bool(self._rows) and is_due and progress.done < progress.total and not self._is_alone(progress.failed)

    def _look(self, progress: Progress) -> None:
        """Draw what is known so far, if the sections can already say anything."""
        start = time.monotonic()
        found = self._so_far()
        drawn = live.picture(found.figures[0]) if found is not None and found.figures else ""
        if drawn:
            self._pictures += 1
            self._basis = (
                f"After {progress.done} of {count(progress.total, 'trial')}: no verdict, and it may still change."
            )
            self._server.put("picture", Served("text/html; charset=utf-8", drawn.encode(), _NOTHING))
        self._looked = time.monotonic()
        self._cost = self._looked - start

    def _so_far(self) -> Evidence | None:
        """Gather the evidence of the rows so far; None where a section cannot do without those that are missing."""
        try:
            return sections.summarise(self._job.lab, self._job.context, dict(self._rows))
        except Exception:  # noqa: BLE001 - sections are made for finished runs; the run itself goes on
            return None

    def _state(self, progress: Progress) -> None:
        failed = f", {progress.failed} failed" if progress.failed else ""
        kept = f", {progress.resumed} from an earlier run" if progress.resumed else ""
        ended = list(self._rows)[-_NEWEST:]
        state = {
            "finished": False,
            "done": progress.done,
            "total": progress.total,
            "counts": f"{progress.done} of {count(progress.total, 'trial')}{failed}{kept}",
            "left": clean(time_left(progress)),
            "ended": ended[::-1],
            "picture": self._pictures,
            "basis": self._basis,
            "pause": _PAUSE_ALONE_S if self._is_alone(progress.failed) else _PAUSE_S,
        }
        self._server.put("state", _plain(state))


def _plain(state: dict[str, Any]) -> Served:
    return Served("application/json", json.dumps(state).encode(), _NOTHING)


def served(text: str) -> Served:
    """Serve a page of ours under the policy that it names itself, and in no frame."""
    named = _POLICY.search(text)
    if named is None:
        raise ValueError("the page names no content security policy")
    policy = f"{html.unescape(named[1])}; frame-ancestors 'none'"
    return Served("text/html; charset=utf-8", text.encode(), policy)
