"""Who does the work? Processes on this machine, or a cluster beside them, which leaves to them what must run at home."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lab.protocol import Dataset, Trial
from lab.work.cluster.connecting import Cluster
from lab.work.cluster.sending import Remote
from lab.work.queue import Queue
from lab.work.workers import Outcome, Workers

__all__ = ["Hands"]


class Hands:
    """Run batches of trials, and end their processes at the end.

    Parameters
    ----------
    dataset : Dataset or None
        The table of the run.
    workers : int or Cluster
        Processes on this machine, or a cluster.
    most : int
        No more trials than this can run at once.
    scratch : pathlib.Path
        Where trials on this machine keep their temporary files.
    """

    def __init__(self, dataset: Dataset | None, workers: int | Cluster, most: int, scratch: Path) -> None:
        self._here = max(1, min(workers, most)) if isinstance(workers, int) else 1
        self._processes = Workers(dataset, self._here, scratch.absolute())
        self._remote = None if isinstance(workers, int) else Remote(workers, dataset)

    def run(
        self, trials: Sequence[Trial], queued: Callable[[Sequence[Trial]], Queue], *, alone: bool
    ) -> Iterator[Outcome]:
        """Run trials as they are ready, yielding outcomes as they end; what became of one is known before it goes on.

        Parameters
        ----------
        trials : sequence of Trial
        queued : callable
            Makes the queue of those of them that run in one place.
        alone : bool
            Whether one runs at a time.
        """
        if self._remote is not None:
            apart = [trial for trial in trials if self._remote.takes(trial)]
            if apart:  # else it would wait for a worker that nobody needs
                sent = queued(apart)
                yield from _told(sent, self._remote.run(sent, alone=alone))
            trials = [trial for trial in trials if not self._remote.takes(trial)]
        here = queued(trials)
        yield from _told(here, self._processes.run(here, beside=1 if alone else self._here))

    def close(self) -> None:
        """End the processes, and give up what is under way on the cluster."""
        self._processes.close()
        if self._remote is not None:
            self._remote.close()


def _told(queue: Queue, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Pass outcomes on, and tell the queue of each once it is stored."""
    for outcome in outcomes:
        yield outcome
        queue.ended(outcome.trial)
