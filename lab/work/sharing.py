"""What do others change in how a plan is worked off? Some trials are theirs, their rows come in, and one process leads."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab.protocol import Trial
from lab.work.drivers import Drivers
from lab.work.rows import typed
from lab.work.sealed import DamagedError
from lab.work.store import Store

__all__ = ["Alone", "Sharing"]

_log = logging.getLogger("lab")


class Alone:
    """Nobody else works at the plan."""

    is_first = True

    def catch_up(self) -> None:
        """Take in what others have done."""

    def is_ours(self, trial: Trial) -> bool:
        """Whether a trial that is about to begin is ours to do."""
        del trial
        return True

    def is_led(self) -> bool:
        """Whether another process leads: then we only watch."""
        return False

    def leads(self) -> bool:
        """Whether we lead from now on, and may measure what must run alone, and end."""
        return True

    def is_over(self) -> bool:
        """Whether another process has written the record."""
        return False

    def tell(self, key: str, failure: str | None = None) -> None:
        """Tell the others what is done."""

    def wait(self) -> None:
        """Wait a moment for the others."""


class Sharing(Alone):
    """Others may work at the plan, on this machine and elsewhere.

    Parameters
    ----------
    plan : sequence of Trial
    drivers : Drivers
    store : Store
        Where all of them store their rows.
    rows, machines, failures : dict
        By key, of what is done; what others do is added to them.
    timed_on : mapping
        The machine (see `lab.host.machine.fingerprint`) for what must run alone: such a row counts if it was measured on that of the
        one that leads.
    ended : callable
        Whether the record is written.
    told : callable
        Told of each trial that another process has done.
    """

    def __init__(
        self,
        plan: Sequence[Trial],
        drivers: Drivers,
        store: Store,
        rows: dict[str, Any],
        machines: dict[str, dict[str, Any]],
        failures: dict[str, str],
        *,
        timed_on: Mapping[str, Any],
        ended: Callable[[], bool],
        told: Callable[[Trial], None],
    ) -> None:
        self._plan, self._trials = plan, {trial.key: trial for trial in plan}
        self._drivers, self._store, self._timed_on = drivers, store, timed_on
        self._rows, self._machines, self._failures = rows, machines, failures
        self._ended, self._told = ended, told
        self._has_led = False
        self.is_first = drivers.is_first

    def catch_up(self) -> None:
        """Take in what others have done."""
        for key, failure in self._drivers.news():
            trial = self._trials.get(key)
            if trial is None or key in self._rows:
                continue
            if failure is not None:
                self._failures[key] = failure
            elif not self._take(trial):
                continue
            self._told(trial)

    def is_ours(self, trial: Trial) -> bool:
        """Whether a trial that is about to begin is ours to do: then it is claimed."""
        if not self._drivers.claim(trial.key):
            return False
        if self._drivers.is_taken_over(trial.key) and self._take(trial):  # it was stored, and not told any more
            self._told(trial)
            self._drivers.tell(trial.key)
            return False
        return True

    def is_led(self) -> bool:
        """Whether another process leads: then we only watch."""
        return not self._has_led and self._drivers.is_led()

    def leads(self) -> bool:
        """Whether we lead from now on; what others measured alone, on another machine, is then to be measured here."""
        if not self._has_led and self._drivers.leads():
            self._has_led = True
            self._drop_timings_from_elsewhere()
        return self._has_led

    def is_over(self) -> bool:
        """Whether another process has written the record."""
        return not self._has_led and self._ended()

    def tell(self, key: str, failure: str | None = None) -> None:
        """Tell the others what is done."""
        self._drivers.tell(key, failure)

    def wait(self) -> None:
        """Wait a moment for the others."""
        self._drivers.wait()

    def _take(self, trial: Trial) -> bool:
        """Take the row of a trial that another process stored; what cannot be read is as if it were not there."""
        try:
            stored = self._store.read(trial.key)
            if stored is None:
                return False
            self._rows[trial.key] = typed(stored.row, trial.row_type)
        except (DamagedError, ValueError) as error:
            _log.warning("trial %s of another process cannot be read: %s", trial.key, error)
            return False
        self._machines[trial.key] = stored.machine
        self._failures.pop(trial.key, None)
        return True

    def _drop_timings_from_elsewhere(self) -> None:
        dropped: set[str] = set()
        for trial in self._plan:
            is_foreign = trial.exclusive and self._machines.get(trial.key, self._timed_on) != self._timed_on
            if trial.key in self._rows and (is_foreign or not dropped.isdisjoint(trial.needs)):
                dropped.add(trial.key)
        for key in dropped:
            del self._rows[key], self._machines[key]
            self._drivers.retake(key)
        self._store.forget(dropped)
