"""How long will it take? Forecast from a pilot: one measured trial of each kind, run before the others.

A trial's cost is what it takes relative to others of its kind; for a kind that has not been measured yet (what must
run alone comes last) the lab's own expectation, its cost in seconds, stands in.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from lab.protocol import Trial

__all__ = ["Forecast"]


_Alike = tuple[str, float, bool]
"""What tells trials apart here: kind, cost, and whether they run alone."""


class Forecast:
    """Seconds that a plan still takes on so many processes.

    Parameters
    ----------
    plan : sequence of Trial
    workers : int
        Processes that share what need not run alone.
    stored : collection of str
        Keys of trials that will not run again.

    Examples
    --------
    >>> plan = [Trial(f"fit-{i}", len, kind="fit", cost=2.0) for i in range(4)]
    >>> forecast = Forecast(plan, workers=2)
    >>> forecast.is_ready
    False
    >>> forecast.add(plan[0], seconds=10.0)
    >>> forecast.is_ready, forecast.seconds_left()
    (True, 15.0)
    """

    def __init__(self, plan: Sequence[Trial], workers: int, stored: Collection[str] = ()) -> None:
        self._workers = workers
        known = frozenset(stored)
        self._left = {trial.key: trial for trial in plan if trial.key not in known}
        self._costs = Counter(map(_alike, self._left.values()))
        self._pilots = {trial.kind for trial in self._left.values() if _can_pilot(trial)}
        self._measured: dict[str, tuple[float, float]] = {}
        self._ended: Counter[str] = Counter()

    @property
    def is_ready(self) -> bool:
        """Whether the pilot is over: every kind that can run at once has been measured."""
        return self._pilots <= self._measured.keys()

    def add(self, trial: Trial, seconds: float) -> None:
        """Take in a trial that has ended."""
        self._take_out(trial)
        spent, cost = self._measured.get(trial.kind, (0.0, 0.0))
        self._measured[trial.kind] = (spent + seconds, cost + trial.cost)
        self._ended[trial.kind] += 1

    def spent(self) -> list[dict[str, Any]]:
        """Say how many trials of each kind ended in this session, and their seconds together, the most first."""
        found = [(kind, self._ended[kind], round(seconds, 2)) for kind, (seconds, _) in self._measured.items()]
        found.sort(key=lambda each: (-each[2], each[0]))
        return [{"kind": kind, "trials": trials, "seconds": seconds} for kind, trials, seconds in found]

    def leave_out(self, trial: Trial) -> None:
        """Take out a trial that failed: the time that it took, at its limit say, tells nothing of the others."""
        self._take_out(trial)
        if all(trial.kind != kind for kind, _, _ in self._costs):
            self._pilots.discard(trial.kind)

    def _take_out(self, trial: Trial) -> None:
        left = self._left.pop(trial.key, None)
        if left is not None:
            self._costs[_alike(left)] -= 1
            if not self._costs[_alike(left)]:
                del self._costs[_alike(left)]

    def seconds_left(self) -> float:
        """Seconds that the rest takes, as far as the measured trials tell."""
        return self._seconds_of(self._costs)

    def seconds_for(self, plan: Sequence[Trial]) -> float:
        """Seconds that another plan of the same kinds would take."""
        return self._seconds_of(Counter(map(_alike, plan)))

    def seconds_of(self, trial: Trial) -> float:
        """Seconds that one trial takes."""
        return self._seconds(_alike(trial))

    def _seconds_of(self, costs: "Counter[_Alike]") -> float:
        """Count trials that are alike together: there are few kinds and costs, and may be very many trials."""
        each = {alike: self._seconds(alike) for alike in costs}
        alone = sum(number * each[alike] for alike, number in costs.items() if alike[2])
        beside = sum(number * each[alike] for alike, number in costs.items() if not alike[2])
        return alone + max([beside / self._workers, *(each[alike] for alike in costs if not alike[2])], default=0.0)

    def has_measured(self, plan: Sequence[Trial]) -> bool:
        """Whether a trial of every kind of a plan has been measured."""
        return {trial.kind for trial in plan} <= self._measured.keys()

    def _seconds(self, alike: "_Alike") -> float:
        spent, cost = self._measured.get(alike[0], (1.0, 1.0))
        return alike[1] * spent / cost


def _can_pilot(trial: Trial) -> bool:
    return not trial.exclusive and not trial.needs


def _alike(trial: Trial) -> _Alike:
    return trial.kind, trial.cost, trial.exclusive
