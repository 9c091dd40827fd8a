"""How does a watch go on? Read rows, have the monitor take them, tell what it noticed, and store where everything stands.

    rows -> what is wrong with them -> monitor -> happenings -> state, then log -> whoever is told
      labels that came apart from their rows -^

A row is counted once and none is lost, however the process ends: monitor, places of the sources and all that is counted lie in
one file that is written whole or not at all, and whatever came after it is read again. An alarm is stored before anybody is
told, so that it is told at least once.
"""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lab.errors import DataError
from lab.watching.columns import Columns
from lab.watching.late import Late
from lab.watching.order import Order, texts
from lab.watching.plain import Standing, plain_happening, plain_standing, standing_of
from lab.watching.protocol import Batch, Cell, Happening, Monitor
from lab.watching.sources.source import Piece, Source
from lab.watching.state import StateFile, packed, unpacked
from lab.wording import duration

__all__ = ["Roles", "Told", "Watch"]

_MOST_KEPT = 100
"""Happenings that the state holds for a report; the log has all."""
_SAVED_EVERY_S, _SAVING_SHARE = 1.0, 0.05
"""Seconds between two states, and the share of the time that storing them may take."""
_SHOWN_EVERY_S = 1.0
_PATIENCE_S = 0.5


@dataclass(frozen=True)
class Roles:
    """Columns that are no inputs of the model: the key of a row, its label, its time, and how long the device took for it.

    With `seasons` the monitor looks at the times itself, and tells where they go backwards.
    """

    key: str | None = None
    label: str | None = None
    time: str | None = None
    seconds: str | None = None
    seasons: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """Those that are named."""
        return tuple(name for name in (self.key, self.label, self.time, self.seconds) if name)


class Told(Protocol):
    """Whoever is told: a terminal, a page, a program."""

    def happened(self, happening: Happening) -> None:
        """Take what was noticed."""
        ...

    def stands(self, standing: Standing) -> None:
        """Take how everything stands, every second or so."""
        ...

    def ended(self, standing: Standing) -> None:
        """Take how everything stood at the end."""
        ...


@dataclass
class _Clock:
    """When something was last done, and whether it is due."""

    every_s: float
    last: float = field(default_factory=time.monotonic)

    def is_due(self) -> bool:
        now = time.monotonic()
        if now - self.last < self.every_s:
            return False
        self.last = now
        return True


class Watch:
    """One watch: a monitor, its sources, its state and those that are told.

    Parameters
    ----------
    monitor : Monitor
    rows : Source
    labels : Source, optional
        Labels that come apart from their rows; the key of `roles` is theirs too.
    roles : Roles
    state : StateFile, optional
        Where everything is kept; held by the caller.
    told : sequence of Told
    batch : int
        Rows taken at one time at most.
    stalled_s : float
        Seconds without a row after which that is said.
    end_after_s : float, optional
        Seconds without a row after which the watch ends; by default it goes on until its source ends.
    end_at_alarm : bool
        Whether the first alarm ends it.

    Raises
    ------
    InputError
        If the state is damaged, or belongs to something else.
    """

    def __init__(
        self,
        monitor: Monitor,
        rows: Source,
        *,
        labels: Source | None = None,
        roles: Roles = Roles(),
        state: StateFile | None = None,
        told: Sequence[Told] = (),
        batch: int = 2_000,
        stalled_s: float = 60.0,
        end_after_s: float | None = None,
        end_at_alarm: bool = False,
    ) -> None:
        self._monitor, self._rows, self._labels = monitor, rows, labels
        self._roles, self._state, self._told, self._batch = roles, state, told, batch
        self._stalled_s, self._end_after_s, self._end_at_alarm = stalled_s, end_after_s, end_at_alarm
        self._save, self._show = _Clock(_SAVED_EVERY_S), _Clock(_SHOWN_EVERY_S)
        self._heard = time.monotonic()
        self._is_silent = self._is_changed = self._has_ended = False
        self._labels_ended = labels is None
        self._new: list[Happening] = []
        self._take_up()
        row_roles = tuple(name for name in roles.named if labels is None or name != roles.label)
        self._columns = Columns(rows.name, monitor.columns, row_roles, self._order)
        self._stands()

    def run(self) -> bool:
        """Watch until the source ends; gives whether there was an alarm, before a restart or since.

        An interrupt ends it where its state was stored last, and how it stood then is told.
        """
        try:
            while self.step():
                pass
            self._finish()
        except KeyboardInterrupt:
            self._end(self._stood)
            raise
        return self.alarms > 0

    def step(self) -> bool:
        """Take what is there, or wait a moment; False where nothing will come any more."""
        piece = self._rows.read(self._batch, _PATIENCE_S)
        self._note(piece.told)
        self._take(piece)
        self._take_labels(all_of_them=False, is_silent=piece.is_empty)
        self._has_ended |= piece.ended
        went_on = not piece.ended and self._hear(piece)
        self._is_changed |= bool(piece.n_rows or piece.unread or self._new)
        if self._is_changed and (self._new or not self._rows.repeats or self._save.is_due()):
            self._keep()
        if self._show.is_due():
            self._stands()
        return went_on and not (self._end_at_alarm and self.alarms)

    def _take_up(self) -> None:
        """Go on where a state says, or begin."""
        belongs = {"model, or of other settings": self._monitor.identity, "source of rows": self._rows.identity}
        belongs["source of labels"] = "" if self._labels is None else self._labels.identity
        self._belongs_to = belongs
        stored = self._state.read(belongs) if self._state else None
        known: dict[str, Any] = stored or {}
        self.n_rows: int = known.get("rows", 0)
        self.alarms: int = known.get("alarms", 0)
        self._newest = standing_of(known["standing"]).newest if stored else ()
        self._order = Order(self._rows.name, known.get("order"))
        self._late = Late(self._roles.key or "", self._roles.label, known.get("late"))
        self._untold = [Happening(**each) for each in known.get("untold", [])]
        if stored is None:
            return
        self._monitor.resume(unpacked(stored["monitor"]))
        self._note((f"the watch goes on after row {self.n_rows:,}", *self._rows.seek(stored["places"]["rows"])))
        if self._labels is not None:
            self._note(self._labels.seek(stored["places"]["labels"]))
        for happening in self._untold:
            self._tell(happening)
        self._untold = []

    def _note(self, sentences: Sequence[str]) -> None:
        self._new += [Happening("notice", max(0, self.n_rows - 1), each, {"what": "source"}) for each in sentences]

    def _take(self, piece: Piece) -> None:
        """Have rows looked at, and taken by the monitor."""
        self._new += self._order.unread(piece.unread, self.n_rows)
        self._new += self._columns.check(piece, self.n_rows)
        if piece.header_again:
            self._new += self._order.header(self.n_rows + piece.n_rows)
        if not piece.n_rows:
            return
        columns = self._watched(piece)
        key, label, moment, seconds = (
            piece.columns.get(name) if name else None
            for name in (self._roles.key, self._roles.label, self._roles.time, self._roles.seconds)
        )
        keys = texts(key) if key is not None else None
        if keys is not None:
            self._new += self._order.came(keys, self.n_rows)
        if moment is not None:
            in_order = not self._roles.seasons
            self._new += self._order.times(moment, self.n_rows, str(self._roles.time), in_order=in_order)
        took = [_number(cell) for cell in seconds] if seconds is not None else None
        batch = Batch(columns, self.n_rows, keys, None if self._labels is not None else label, took)
        self.n_rows += piece.n_rows
        self._new += self._monitor.take(batch)

    def _watched(self, piece: Piece) -> dict[str, Sequence[Cell]]:
        """Give what the monitor may look at."""
        wanted = set(self._monitor.columns)
        if self._roles.seasons:
            wanted.add(str(self._roles.time))
        return {name: cells for name, cells in piece.columns.items() if name in wanted or name not in self._roles.named}

    def _take_labels(self, *, all_of_them: bool, is_silent: bool = False) -> bool:
        """Read labels as far as there is room, and give the monitor those whose rows have come; False where nothing was there."""
        if self._labels is None:
            return False
        room = 0 if self._labels_ended else self._late.room(self._batch)
        piece = self._labels.read(room, 0.0) if room else Piece()
        self._labels_ended |= piece.ended
        self._note(piece.told)
        self._new += self._order.unread_labels(piece, self._labels.name, max(0, self.n_rows - 1))
        self._is_changed |= bool(piece.n_rows or piece.unread)
        self._late.take(piece, self.n_rows)
        ready = self._late.ready(self._order.keys, self.n_rows, all_of_them=all_of_them)
        if not all_of_them:
            ready |= self._late.make_room(self._batch, self.n_rows, is_silent=is_silent)
        self._new += self._order.labels(self._late.counted, max(0, self.n_rows - 1))
        if ready:
            self._new += self._monitor.take_labels(ready)
        return bool(ready) or not piece.is_empty

    def _hear(self, piece: Piece) -> bool:
        """Notice that nothing comes, and that something comes again; False where it was long enough to end."""
        now = time.monotonic()
        silent_s = now - self._heard
        if piece.n_rows or piece.unread:
            if self._is_silent:
                self._note((f"rows are coming from {self._rows.name} again, after {duration(silent_s)} without any",))
            self._is_silent, self._heard = False, now
            return True
        if silent_s >= self._stalled_s and not self._is_silent:
            self._is_silent = True
            self._note((f"nothing has come from {self._rows.name} for {duration(silent_s)}; the watch goes on",))
            self._stalled_s *= 2  # a source that often pauses is told of less and less
        return self._end_after_s is None or silent_s < self._end_after_s

    def _finish(self) -> None:
        """Take the labels that are still there, and say why the watch ends.

        Raises
        ------
        DataError
            If the source held nothing that could be watched, now that all of it is read.
        """
        while self._take_labels(all_of_them=True):
            pass
        self._late.ended()
        self._new += self._columns.ended(self.n_rows)
        at_alarm = self._end_at_alarm and self.alarms > 0
        how = "the watch ends at its first alarm" if at_alarm else f"{self._rows.name} has ended"
        self._note((f"{how} after row {self.n_rows:,}",))
        self._keep()
        if (
            self._has_ended
            and self._state is None
            and not (self.n_rows or self._columns.are_known or self._order.counts)
        ):
            raise DataError(
                f"there is nothing to watch in {self._rows.name}: no header and no row; name a source of rows with --data"
            )
        self._end(self._standing())

    def _end(self, standing: Standing) -> None:
        for each in self._told:
            each.ended(standing)

    def _keep(self) -> None:
        """Store everything, then tell what is new."""
        new, self._new, self._is_changed = self._new, [], False
        self.alarms += sum(happening.kind == "alarm" for happening in new)
        self._newest = (*self._newest, *new)[-_MOST_KEPT:]
        standing = self._standing()
        if self._state is not None:
            begin = time.monotonic()
            self._state.write(self._value(new, standing), new, standing.at)
            self._save.every_s = max(_SAVED_EVERY_S, (time.monotonic() - begin) / _SAVING_SHARE)
        self._rows.kept()
        if self._labels is not None:
            self._labels.kept()
        for happening in new:
            self._tell(happening)

    def _value(self, new: Sequence[Happening], standing: Standing) -> dict[str, Any]:
        places = {"rows": self._rows.place()}
        if self._labels is not None:
            places["labels"] = self._labels.place()
        return {
            "belongs_to": self._belongs_to, "rows": self.n_rows, "alarms": self.alarms, "places": places,
            "monitor": packed(self._monitor.state()), "order": self._order.stored(), "late": self._late.stored(),
            "standing": plain_standing(standing), "untold": [plain_happening(each) for each in new if each.kind == "alarm"],
        }  # fmt: skip

    def _tell(self, happening: Happening) -> None:
        for each in self._told:
            each.happened(happening)

    def _stands(self) -> None:
        standing = self._standing()
        for each in self._told:
            each.stands(standing)

    def _standing(self) -> Standing:
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        counts = {**self._order.counts, "alarms": self.alarms, "labels read": self._late.n_read}
        said = tuple(self._order.said())
        self._stood = Standing(self._rows.name, at, self._monitor.status(), counts, said, self._newest)
        return self._stood


def _number(cell: Cell) -> float | None:
    try:
        return None if cell is None else float(cell)
    except ValueError:
        return None
