"""Who does the work? Processes on this machine, or a cluster beside them, which leaves to them what must run at home."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from lab.protocol import Dataset
from lab.work.cluster.connecting import Cluster
from lab.work.cluster.sending import Remote
from lab.work.workers import Outcome, Work, Workers

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
        self, work: Sequence[Work], claimed: Callable[[Sequence[Work]], Iterable[Work]], *, alone: bool
    ) -> Iterator[Outcome]:
        """Run trials (each with the rows that it needs), yielding outcomes as they end.

        Parameters
        ----------
        work : sequence of pairs of a Trial and rows
        claimed : callable
            Gives those of them that are ours to do, as there is room for them.
        alone : bool
            Whether one runs at a time.
        """
        if self._remote is not None:
            sent = [each for each in work if self._remote.takes(each[0])]
            if sent:
                yield from self._remote.run(claimed(sent), alone=alone)
            work = [each for each in work if not self._remote.takes(each[0])]
        yield from self._processes.run(claimed(work), beside=1 if alone else self._here)

    def close(self) -> None:
        """End the processes, and give up what is under way on the cluster."""
        self._processes.close()
        if self._remote is not None:
            self._remote.close()
