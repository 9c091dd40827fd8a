"""A monitor that stands for a lab's: it counts what it is given, and raises an alarm at a row that is known beforehand."""

import hashlib
import json
import math
import os
import signal
import sys

from lab import registry
from lab.errors import InputError
from lab.protocol import Estimate
from lab.watching.protocol import Advice, Happening, SignalState, Status

COLUMNS = ("a", "b")
ALARM = 700


class Counting:
    """Holds a digest of every cell, key and label in their order, so that two states are equal if the same came in the same order."""

    columns = COLUMNS

    def __init__(self, alarm=ALARM, name="one"):
        self.alarm_at, self.identity = alarm, f"counting {name}"
        self.rows = self.labels = self.unknown = 0
        self.seen = ""
        self.lost = []
        self.keys = {}
        self.batches = []

    def take(self, batch):
        assert batch.first == self.rows, "every row is counted once"
        assert all(len(cells) == batch.n_rows for cells in batch.columns.values())
        self.batches.append(batch.n_rows)
        found = []
        for name in self.columns:
            if name not in batch.columns and name not in self.lost:
                self.lost.append(name)
                found.append(Happening("notice", self.rows, f"the column {name!r} is lost", {"what": "lost"}))
        for place in range(batch.n_rows):
            row = [batch.columns[name][place] if name in batch.columns else None for name in self.columns]
            row.append(batch.keys[place] if batch.keys is not None else None)
            row.append(batch.labels[place] if batch.labels is not None else None)
            self._see(row)
            if batch.keys is not None:
                self.keys[batch.keys[place]] = self.rows
            if self.rows == self.alarm_at:
                found.append(Happening("alarm", self.rows, "the pressure rose", {"column": "a", "size": float("nan")}))
            self.rows += 1
            if batch.labels is not None and batch.labels[place] is not None:
                self.labels += 1
        return found

    def take_labels(self, labels):
        for key, label in labels.items():
            if key in self.keys:
                self.labels += 1
                self._see([key, label])
            else:
                self.unknown += 1
        return []

    def status(self):
        is_alarmed = self.rows > self.alarm_at
        signal = SignalState("a", "column", 1.0, self.alarm_at, (650, 600, 690), "2 higher") if is_alarmed else SignalState(
            "a", "column", -1.5
        )  # fmt: skip
        known = Estimate(90.0, 88.0, 92.0, "%") if self.labels else None
        advice = Advice("yes", "Waiting costs more.") if is_alarmed else Advice("undecided", "Too few rows yet.")
        sentence = "Column a changed near row 650." if is_alarmed else f"No change noticed in {self.rows:,} rows."
        return Status(
            self.rows, self.labels, sentence, advice, (signal, SignalState("b", "column", -2.0)), known, None, 0.05
        )

    def state(self):
        held = {"rows": self.rows, "labels": self.labels, "unknown": self.unknown, "seen": self.seen, "keys": self.keys}
        return json.dumps({**held, "lost": self.lost}).encode()

    def resume(self, state):
        try:
            held = json.loads(state)
        except ValueError as error:
            raise InputError("the monitor's state is damaged; move the file away to begin anew") from error
        self.__dict__.update(held)

    def _see(self, row):
        self.seen = hashlib.sha256((self.seen + json.dumps(row)).encode()).hexdigest()[:16]


class Fleet(Counting):
    """Knows of each device which of its numbered rows comes next, and counts those that are lost, come twice or out of order."""

    def __init__(self, name):
        super().__init__(alarm=10**12, name=name)
        self.next, self.wrong = {}, 0

    def take(self, batch):
        assert batch.first == self.rows, "every row is counted once"
        for key in batch.keys:
            device, _, number = key.partition("/")
            self.wrong += int(number) != self.next.get(device, 0)
            self.next[device] = int(number) + 1
        self.rows += batch.n_rows
        return []

    def state(self):
        return json.dumps({"rows": self.rows, "next": self.next, "wrong": self.wrong}).encode()


class WatchingLab:
    """A lab that can do nothing but watch."""

    name = "edge"
    asked = ()

    def watcher(self, model, **asked):
        self.asked = {"model": model, **asked}
        name = model.read_text()
        return Fleet(name) if name == "fleet" else Counting(name=name)


def main():
    """Run the command line with such a lab; WATCH_KILL kills it before so many changes to files below WATCH_ROOT."""
    if kill := int(os.environ.get("WATCH_KILL", "0")):
        sys.addaudithook(_killing(os.environ["WATCH_ROOT"], kill))
    from lab.watching import loop

    if os.environ.get("WATCH_SAVED_EVERY_S") == "0":
        loop._SAVED_EVERY_S, loop._SAVING_SHARE = 0.0, math.inf
    registry.find = lambda name: WatchingLab()
    from lab.cli import main

    return main()


def _killing(root, kill):
    count = 0

    def hook(event, arguments):
        nonlocal count
        if event == "open":
            if not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
        elif event not in ("os.rename", "os.truncate"):
            return
        if isinstance(arguments[0], str) and arguments[0].startswith(root):
            count += 1
            if count == kill:
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


if __name__ == "__main__":
    sys.exit(main())
