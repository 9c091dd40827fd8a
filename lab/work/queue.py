"""Which trial is next? A pilot of each kind first; then the one that begins the longest chain of work: no core idles at the end.

A core is idle where trials wait for one another, or where the last one is a long one. So what is ready joins the queue as soon as
the trial that it waited for has ended, and of all that are ready the one goes first whose own seconds, with those of what can only
come after it, are most. That is list scheduling by the longest path (Graham, 1969: at most twice the best time, whatever the trials
take; in practice a few per cent above it). The seconds are forecast from the trials that have ended (`lab.work.forecast`).
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from lab.protocol import Rows, Trial
from lab.work.forecast import Forecast
from lab.work.spared import inputs_of
from lab.work.workers import Work

__all__ = ["Queue"]


class Queue(Iterator[Work]):
    """Gives out trials one at a time. Other than most iterators it may have more after it had none: trials that waited for others.

    Parameters
    ----------
    trials : sequence of Trial
        In the order of the plan; those that are neither done nor failed. What runs alone keeps this order.
    rows : mapping of str to object
        What is done, by key; it grows meanwhile.
    forecast : Forecast
        Of the whole plan; it learns meanwhile.
    is_ours : callable
        Asked as a trial is about to be given out; it is passed over if another process has it.
    failed : collection of str
        Keys of trials that failed before.
    spared : callable
        Gives the keys of the trials of the plan that are not needed any more, by what is done (see `lab.work.spared`).
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        rows: Rows,
        forecast: Forecast,
        is_ours: Callable[[Trial], bool] = lambda trial: True,
        *,
        failed: Collection[str] = (),
        spared: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._trials, self._rows, self._forecast, self._is_ours = trials, rows, forecast, is_ours
        self._spared, self._out = spared, spared()
        self._place = {trial.key: place for place, trial in enumerate(trials)}
        self._waits: Counter[str] = Counter()
        self._after: defaultdict[str, list[Trial]] = defaultdict(list)
        for trial in trials:
            keys = {key for key in trial.needs if key not in self._out}
            keys |= {trial.unless} - {"", *failed}
            self._waits[trial.key] = sum(key not in rows for key in keys)
            for key in keys:
                self._after[key].append(trial)
        ready = [trial for trial in trials if not (self._waits[trial.key] or trial.key in self._out)]
        first = {trial.kind: trial.key for trial in reversed(ready)}
        self._pilots = frozenset(first.values())
        self._path: dict[str, float] = {}
        self._ended, self._ranked_at = 0, 0
        self._heap = [self._entry(trial) for trial in ready]
        heapq.heapify(self._heap)

    def __next__(self) -> Work:
        """Give the next trial that is ready and ours; raises StopIteration where there is none at the moment."""
        while self._heap:
            trial = self._trials[heapq.heappop(self._heap)[-1]]
            if self._is_ours(trial):
                return trial, inputs_of(trial, self._rows, self._out)
        raise StopIteration

    def ended(self, trial: Trial) -> None:
        """Take in that a trial has ended, and its row is there unless it failed: what waited for it alone is ready now."""
        after = self._after[trial.key]
        if any(later.unless == trial.key for later in after):
            before, self._out = self._out, self._spared()
            self._let_go(later for key in self._out - before for later in self._after[key])
        self._let_go(later for later in after if trial.key in self._rows or trial.key not in later.needs)
        self._ended += 1
        if self._forecast.is_ready and self._ended >= 2 * self._ranked_at:  # as often as twice as much is known
            self._ranked_at = self._ended
            self._rank()

    def _let_go(self, trials: Iterable[Trial]) -> None:
        """Take in that one of those for which these trials wait has ended, or is not needed."""
        for trial in trials:
            self._waits[trial.key] -= 1
            if not self._waits[trial.key] and trial.key not in self._out:
                heapq.heappush(self._heap, self._entry(trial))

    def _rank(self) -> None:
        """Forecast the seconds from the begin of each trial to the end of the last one that can only come after it."""
        for trial in reversed(self._trials):
            then = max((self._path[later.key] for later in self._after[trial.key]), default=0.0)
            self._path[trial.key] = self._forecast.seconds_of(trial) + then
        self._heap = [self._entry(self._trials[entry[-1]]) for entry in self._heap]
        heapq.heapify(self._heap)

    def _entry(self, trial: Trial) -> tuple[bool, float, int]:
        """Give what orders the trials: pilots, then the longest path, then the plan."""
        path = self._path.get(trial.key, 0.0)
        if trial.exclusive:
            return False, 0.0, self._place[trial.key]
        return trial.key not in self._pilots, -path, self._place[trial.key]
