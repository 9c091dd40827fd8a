"""What does a person see while it runs? Progress on stderr: a bar on a terminal, a few plain lines elsewhere."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

from lab.cleaning import sentence
from lab.terminal.console import say
from lab.wording import duration
from lab.work.resume import Progress

__all__ = ["time_left", "watching"]


@contextlib.contextmanager
def watching(title: str, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Give a callback for `lab.flow.run` that shows how far the work is."""
    title = sentence(title)
    if quiet:
        yield lambda progress: None
    elif sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        with _bar(title) as show:
            yield show
    else:
        yield _plain(title)


@contextlib.contextmanager
def _bar(title: str) -> Iterator[Callable[[Progress], None]]:
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
        bars.TextColumn("{task.fields[left]}", markup=False),
    )
    with bars.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, left="")

        def show(progress: Progress) -> None:
            failed = f" ({progress.failed} failed)" if progress.failed else ""
            kept = f" ({progress.resumed} from an earlier run)" if progress.resumed else ""
            left = time_left(progress)
            bar.update(
                task, total=progress.total, completed=progress.done, description=title + kept + failed, left=left
            )

        yield show


def time_left(progress: Progress) -> str:
    """Say how long the rest takes, as far as it is known; nothing where it is not."""
    if progress.forecast is None:
        return ""
    return f"{'at most' if progress.is_most else 'about'} {duration(progress.forecast.seconds_left())} left"


def _plain(title: str) -> Callable[[Progress], None]:
    said = -1

    def show(progress: Progress) -> None:
        nonlocal said
        quarter = 4 * progress.done // progress.total if progress.total else 4
        if quarter != said:
            kept = f", {progress.resumed} from an interrupted run" if progress.resumed and said < 0 else ""
            failed = f", {progress.failed} failed" if progress.failed else ""
            most = "at most " if progress.is_most else ""
            say(f"{title}: {progress.done} of {most}{progress.total} trials{kept}{failed}")
            said = quarter

    return show
