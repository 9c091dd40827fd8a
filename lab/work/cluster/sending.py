"""How are trials worked off by a cluster? A few for each of its threads are under way, and outcomes come as they end.

Dask replaces a worker that dies, and runs what it was at elsewhere. A trial that was on too many dying workers for Dask is tried
once more, alone, after the others: if its workers die again it is named. The table is sent once; where all workers that had it
are gone it is sent again. When the scheduler is gone the plan ends: what came is stored.
"""

import contextlib
import dataclasses
import functools
import hashlib
import os
import queue
import warnings
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from multiprocessing.reduction import ForkingPickler
from typing import Any

from lab.errors import CutOffError
from lab.protocol import Dataset, Trial
from lab.work.cluster.connecting import Cluster, shown
from lab.work.cluster.scheduler import TIMING, dask
from lab.work.cluster.serving import Order, Reply, packed, run_trial
from lab.work.limits import Limits
from lab.work.workers import DIED, Outcome, Work

__all__ = ["Remote"]

_LOOK_S = 1.0
_FETCH_S = 2.0
_AHEAD = 2
_LOSSES = 5
_LOST = "the cluster lost it again and again"


@dataclasses.dataclass
class _Sent:
    """A trial under way: how often it was lost, how long we wait for its row, and the one worker it may be on."""

    work: Work
    losses: int = 0
    patience_s: float = _FETCH_S
    place: str = ""


class Remote:
    """Runs trials on a cluster, as `lab.work.workers.Workers` does on this machine.

    Parameters
    ----------
    cluster : Cluster
    dataset : Dataset or None
        The table of the run.
    """

    def __init__(self, cluster: Cluster, dataset: Dataset | None) -> None:
        self._cluster = cluster
        self._dataset = dataset
        self._table: Any = None
        self._limits = Limits()
        self._token = os.urandom(6).hex()
        self._count = 0
        self._busy: dict[Any, _Sent] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._said_lonely = False

    @functools.cached_property
    def _packed(self) -> tuple[bytes, str]:
        """The table as it is sent, and its digest."""
        content = packed(self._dataset)
        return content, hashlib.sha256(content).hexdigest()

    def takes(self, trial: Trial[Any]) -> bool:
        """Whether a trial runs on the cluster: not what must run at home, nor a timing where no worker is there for those."""
        return not trial.at_home and (not trial.exclusive or self._cluster.runs_timings)

    def run(self, work: Iterable[Work], *, alone: bool) -> Iterator[Outcome]:
        """Run trials (each with the rows that it needs), yielding outcomes as they end.

        Parameters
        ----------
        work : iterable of pairs of a Trial and rows
            Asked for as there is room for it.
        alone : bool
            Whether one at a time runs, on the worker for timings.

        Raises
        ------
        CutOffError
            If the scheduler is gone.
        SettingsError
            If a worker that came meanwhile is unlike this machine.
        """
        suspects: list[_Sent] = []
        try:
            yield from self._work_off(map(_Sent, work), suspects, timed=alone, alone=alone)
            for suspect in suspects:
                again: list[_Sent] = []
                yield from self._work_off(iter([suspect]), again, timed=alone, alone=True)
                if again:
                    yield Outcome(suspect.work[0], None, DIED)
        except (OSError, dask().CancelledError, RuntimeError) as error:
            if self._cluster.is_there:
                raise
            raise self._cut_off() from error

    def close(self) -> None:
        """Give up what is under way; its processes end."""
        if self._busy and self._cluster.is_there:
            with contextlib.suppress(Exception):  # a scheduler that is just going gives it up by itself
                self._cluster.client.cancel(list(self._busy), force=True)
        self._busy.clear()
        self._table = None

    def _work_off(self, queue: Iterator[_Sent], lost: list[_Sent], *, timed: bool, alone: bool) -> Iterator[Outcome]:
        """Work off the queue; what was on too many dying workers goes into `lost`."""
        returned: deque[_Sent] = deque()
        is_more = True
        while is_more or returned or self._busy:
            slots = self._slots(timed)
            room = min(1, slots) if alone else _AHEAD * slots
            is_more = yield from self._filled(room, returned, queue, timed=timed)
            if not (is_more or returned or self._busy):
                return
            for future in self._heard_of():
                sent = self._busy[future]
                try:
                    outcome = self._outcome(future, sent)
                except TimeoutError:  # a large row; or its worker has just died, and it runs again
                    sent.patience_s *= 2
                    future.add_done_callback(self._ended.put)
                    continue
                del self._busy[future]
                if outcome is not None:
                    yield outcome
                elif sent.losses > _LOSSES:
                    yield Outcome(sent.work[0], None, _LOST)
                elif future.status == "error":
                    lost.append(sent)
                else:
                    returned.append(sent)
            if timed:
                returned.extendleft(self._misplaced())
            self._look(slots)

    def _filled(
        self, room: int, returned: deque[_Sent], queue: Iterator[_Sent], *, timed: bool
    ) -> Generator[Outcome, None, bool]:
        """Send as many as there is room for, those that came back first; returns whether the queue may have more."""
        while len(self._busy) < room:
            sent = returned.popleft() if returned else next(queue, None)
            if sent is None:
                return False
            try:
                self._send(sent, timed=timed)
            except TimeoutError:  # the last worker that could take it has just gone
                returned.appendleft(sent)
                break
            except (OSError, dask().CancelledError):
                raise
            except Exception as error:  # noqa: BLE001 - what cannot be sent to another process is a failed trial
                yield Outcome(sent.work[0], None, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
        return True

    def _misplaced(self) -> list[_Sent]:
        """Take back timings whose worker has gone: they would wait for its old address for ever."""
        there = self._cluster.timing_address()
        found = [future for future, sent in self._busy.items() if sent.place != there]
        for future in found:
            future.cancel()
            self._busy[future].losses += 1
        return [self._busy.pop(future) for future in found]

    def _slots(self, timed: bool) -> int:
        """Trials that can run at once: one at most of the timings."""
        return int(bool(self._cluster.timing_address())) if timed else self._cluster.slots()

    def _send(self, sent: _Sent, *, timed: bool) -> None:
        trial = sent.work[0]
        content = packed(sent.work)
        self._count += 1
        alike = self._cluster.alike
        order = Order(trial.key, self._packed[1], self._limits.of(trial), alike.facts, alike.expected)
        place: dict[str, Any] = {}
        if timed:
            sent.place = self._cluster.timing_address()
            if not sent.place:
                raise TimeoutError
            place = {"workers": [sent.place], "resources": {TIMING: 1}}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large rows that a trial needs
            future = self._cluster.client.submit(
                run_trial, content, self._shared_table(), order,
                key=f"trial-{self._token}-{self._count}", pure=False, retries=0, **place,
            )  # fmt: skip
        self._busy[future] = sent
        future.add_done_callback(self._ended.put)

    def _shared_table(self) -> Any:
        """Give the table as it lies on the workers; it is sent where none has it."""
        if self._table is None or self._table.status != "finished":
            table, digest = self._packed
            name = f"table-{digest}"
            self._table = self._cluster.client.scatter({name: table}, broadcast=True)[name]
        return self._table

    def _heard_of(self) -> list[Any]:
        """Wait for a moment until a trial has ended; give all that have."""
        ended = []
        with contextlib.suppress(queue.Empty):
            ended.append(self._ended.get(timeout=_LOOK_S))
            while True:
                ended.append(self._ended.get_nowait())
        return [future for future in ended if future in self._busy]

    def _outcome(self, future: Any, sent: _Sent) -> Outcome | None:
        """Give what came of a trial; None where it is to be tried again, and whether as a suspect says the future's status."""
        trial = sent.work[0]
        if future.status == "finished":
            try:
                reply = future.result(timeout=sent.patience_s)
            except dask().CancelledError:
                sent.losses += 1
                return None
            return self._read(trial, reply)
        if future.status == "error":
            error = future.exception()
            if isinstance(error, dask().KilledWorker):
                return None
            return Outcome(trial, None, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
        if not self._cluster.is_there:
            raise self._cut_off()
        self._cluster.look_again()
        sent.losses += 1
        return None

    def _read(self, trial: Trial[Any], reply: Reply) -> Outcome:
        if reply.unlike is not None:
            self._cluster.alike.require(shown(reply.worker), reply.unlike)
        found: Outcome = ForkingPickler.loads(reply.outcome)
        if found.row is not None:
            self._limits.add(trial, found.seconds)
        return dataclasses.replace(found, trial=trial, machine=reply.machine)

    def _look(self, slots: int) -> None:
        """Notice a scheduler that is gone, and say once that no worker is left."""
        if not self._cluster.is_there:
            raise self._cut_off()
        if not slots and not self._said_lonely:
            self._said_lonely = True
            self._cluster.notify(
                "the cluster has no worker for the next trials at the moment; waiting for one (Ctrl-C: finished work is kept)"
            )

    def _cut_off(self) -> CutOffError:
        return CutOffError(
            f"the Dask scheduler at {self._cluster.address} no longer answers; finished work is kept; start it again and repeat "
            "the command to resume"
        )
