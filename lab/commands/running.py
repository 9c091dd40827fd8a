"""How does a command run a lab, and what does it say of the result? For `lab run` and `lab demo`."""

import argparse
import contextlib
import dataclasses
import difflib
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import registry
from lab.cleaning import command_line
from lab.commands.words import check_out, notifier, workers_of, writing_in
from lab.errors import DataError, LabError
from lab.plain_table import with_plain_table
from lab.terminal.console import say, show
from lab.wording import count, listed

if TYPE_CHECKING:
    from lab.flow import Finished
    from lab.protocol import Dataset, Lab
    from lab.terminal.live import Live

__all__ = ["keep_start", "result_of", "run_lab", "show_result"]

_TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xls", ".ods", ".json", ".feather", ".sqlite", ".db")
_MOST_CLASSES = 4


def run_lab(
    lab: "Lab",
    source: str,
    settings: Any,
    given: argparse.Namespace,
    *,
    command: str,
    finished: Sequence[str] = (),
    opened: "Callable[[Path], None]" = lambda folder: None,
    again: bool = True,
    **about: Any,
) -> "Finished":
    """Read a table and run a lab on it, as the common options say; `given` holds them (see `lab.options.add_common`).

    `about` says what of the table is used, and how: the keywords of `lab.data.load.load`. Unless it is to run `again`, a run that
    is finished already is given as it is, and that is said.
    """
    _name_the_file_that_is_meant(source)
    from lab.data import load

    dataset = load.load(source, **about, tasks=getattr(lab, "tasks", ("classes",)))
    with_plain_table(lab, dataset, source, settings, about)
    if given.out.exists():
        check_out(given.out)
    from lab import flow  # loads the libraries that learn, for which who misspelt a column need not wait
    from lab.terminal.screen import watching

    files = [given.config] if getattr(given, "config", None) else []
    if not again and (known := _already_there(lab, dataset, settings, given, files)) is not None:
        notifier(given)(
            f"this run is there already, from {known.record.run['started']}: nothing was computed; --again runs it anew"
        )
        return known
    opened = _both(_told_before(lab, dataset, settings, given), opened)
    with (
        writing_in(given.out),
        watching(f"{lab.name} on {dataset.name}", quiet=given.quiet) as watch,
        _followed(lab, dataset, settings, given, files) as live,
    ):
        found = flow.run(
            lab,
            dataset,
            settings,
            out=given.out,
            seed=given.seed,
            workers=workers_of(given),
            command=command,
            files=files,
            finished=finished,
            again=again,
            watch=watch if live is None else _both(watch, live.watch),
            notify=notifier(given),
            opened=opened if live is None else _both(opened, live.opened),
        )
        if live is not None:
            live.finish(found.folder / "report.html")
        return found


def _told_before(lab: "Lab", dataset: "Dataset", settings: Any, given: argparse.Namespace) -> Callable[[Path], None]:
    """Give what says, once the folder is chosen, what the table is taken for, and what a lab foretells of a run that takes long.

    A lab foretells it by `announcements(settings)`, sentences; it may lack that.
    """

    def tell(folder: Path) -> None:
        del folder
        for sentence in (_understood(dataset), *getattr(lab, "announcements", lambda settings: ())(settings)):
            notifier(given)(sentence)

    return tell


def _understood(dataset: "Dataset") -> str:
    """Say in one line what a table is taken for, before anything is learned from it."""
    kinds = [
        f"{number} categories" if kind == "category" and number > 1 else count(number, kind)
        for kind, number in Counter(dataset.kinds.values()).most_common()
    ]
    target = listed([repr(label) for label in dataset.classes]) if 0 < len(dataset.classes) <= _MOST_CLASSES else ""
    what = target or (f"{len(dataset.classes)} classes" if dataset.classes else "a number")
    left = f"; {count(len(dataset.left_out), 'column')} left out" if dataset.left_out else ""
    return (
        f"{dataset.name}: {count(dataset.n_rows, 'row')}, {listed(kinds)}{left}; the target {dataset.target_name!r} is {what} (lab "
        "look says more)"
    )


def _followed(
    lab: "Lab", dataset: "Dataset", settings: Any, given: argparse.Namespace, files: Sequence[Path]
) -> "contextlib.AbstractContextManager[Live | None]":
    """Give the page that follows a run, where it is asked for."""
    if not getattr(given, "live", False):
        return contextlib.nullcontext()
    from lab.terminal.live import live_view

    return live_view(lab, dataset, settings, seed=given.seed, files=files, notify=notifier(given))


def _both(first: Callable[[Any], None], second: Callable[[Any], None]) -> Callable[[Any], None]:
    def told(what: Any) -> None:
        first(what)
        second(what)

    return told


def _already_there(
    lab: "Lab", dataset: "Dataset", settings: Any, given: argparse.Namespace, files: Sequence[Path]
) -> "Finished | None":
    """Find the newest finished run of the same identity that can be read; None where there is none.

    What a run stands for is not asked where nothing is finished: it takes half a second.
    """
    from lab import flow, job, record
    from lab.runs.folders import finished_folder
    from lab.runs.past import runs_in

    if not given.out.is_dir() or os.path.lexists(given.out / "record.json"):
        return None
    names = [run.folder.name for run in reversed(runs_in(given.out, registry.names())) if run.state == "finished"]
    if not names:
        return None
    folder = finished_folder(given.out, names, job.job_of(lab, dataset, settings, given.seed, files).identity)
    if folder is None:
        return None
    with contextlib.suppress(LabError):  # a damaged record: then it runs anew
        return flow.Finished(folder, record.read(folder))
    return None


def _name_the_file_that_is_meant(word: str) -> None:
    """Raise DataError where a word is (nearly) the name of a table in this folder, but for its ending."""
    from lab.data.builtin import TABLES

    if "/" in word or "." in word or os.path.lexists(word):
        return
    with contextlib.suppress(OSError):  # a folder that may not be listed
        files = {path.stem.casefold(): path.name for path in sorted(Path().iterdir()) if path.suffix in _TABLE_ENDINGS}
        if word in TABLES and word in files:
            raise DataError(
                f"{word!r} is a built-in table, and {files[word]} lies in this folder; say {files[word]!r} for that file, or run the "
                "built-in table in another folder"
            )
        if word in TABLES:
            return
        near = difflib.get_close_matches(word.casefold(), [*TABLES, *files], n=1)
        if near and near[0] in files:
            raise DataError(f"no file or built-in table {word!r}; did you mean {files[near[0]]!r}?")


def keep_start(out: Path) -> Path | None:
    """Write the start page of the folder of runs again, and give its path; a page that cannot be written costs no run its verdict."""
    from lab import report

    try:
        with writing_in(out):
            return report.write_start(out, registry.names())
    except LabError as error:
        say(f"note: the start page was not written: {error}")
        return None


def result_of(finished: "Finished") -> dict[str, Any]:
    """Give what `--json` prints of a run."""
    record = finished.record
    return {
        "lab": record.lab,
        "question": record.question.text,
        "verdict": dataclasses.asdict(record.verdict),
        "rows": record.data["n_rows"],
        "table_rows": record.evidence.facts.get("rows_in_table", record.data["n_rows"]),
        "estimates": {name: dataclasses.asdict(estimate) for name, estimate in record.evidence.estimates.items()},
        "record": str(finished.folder / "record.json"),
        "report": str(finished.folder / "report.html"),
        **{name: found for name, found in record.evidence.facts.items() if name == "model_file"},
    }


def show_result(finished: "Finished") -> None:
    """Show the verdict of a run and where its report is; notes go to stderr."""
    record, page = finished.record, finished.folder / "report.html"
    for note in record.data["notes"]:
        say(f"note: {note}")
    for missing in finished.missing_pictures:
        say(f"note: {missing}")
    if failed := record.trials["failed"]:
        say(f"note: {len(failed)} of {record.trials['total']} trials failed; see {finished.folder / 'log.txt'}")
    show(record.question.text)
    show(f"  {record.verdict.headline}: {record.verdict.sentence}")
    if record.verdict.details:
        show(f"  {record.verdict.details}")
    for step in record.verdict.next_steps[:1]:
        show(f"  next     {step}")
    show(f"  report   {page}")
    show(f"  see it   lab report {command_line([str(finished.folder)])} --open")
    show(f"  repeat   {record.run['command']}")
