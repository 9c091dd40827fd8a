"""Which of several processes, on one machine or many, does which trial of a run? They agree by files in a shared folder.

Each process has a file that shows that it lives: it holds a lock on it, and counts in it once a second. A trial belongs to whoever
makes its claim, a file that only one can make. The claim of one that is gone is followed by a next one, which again only one can
make: nothing is removed, so that nobody can take what another has just taken. What is done is told in a journal of each process, of
which the others read what is new. One of them leads: it alone measures what must run alone, and writes the record.

Who is gone? On the same machine the system says so at once, since it lets go of the lock. Of another machine the count must have
stood still for half a minute by our own clock: no other clock is asked, and a file system whose locks end at the machine, or that has
none, does no harm. Should one be taken for gone that is not, a trial is computed twice, with the same row.
"""

import contextlib
import fcntl
import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.host.locks import are_known, is_held

__all__ = ["Drivers", "News"]

_BEAT_S, _LEASE_S, _LOOK_S = 1.0, 30.0, 0.1
_ALIVE, _DONE, _CLAIMS, _LEAD = ".alive", ".done", "claims", "=lead"
_MOST = 4_096

News = tuple[str, str | None]
"""A trial that another process has done, and the reason where it failed."""


def _this_machine() -> str:
    """Name this machine, as it is since it was started."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{platform.node()}-{uuid.getnode():x}"


class Drivers:
    """The part of this process among those that work at a run.

    Parameters
    ----------
    folder : pathlib.Path
        Where they agree; empty when the first one comes.
    machine : str, optional
        What tells machines apart; found out otherwise.
    lease_s : float
        How long the count of a process on another machine may stand still before it is taken for gone.

    Attributes
    ----------
    has_locks : bool
        Whether the file system has locks; without them those of this machine are watched as others are.
    is_first : bool
        Whether nobody was there before.
    """

    def __init__(self, folder: Path, *, machine: str = "", lease_s: float = _LEASE_S) -> None:
        self._folder, self._machine, self._lease_s = folder, machine or _this_machine(), lease_s
        (folder / _CLAIMS).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.has_locks = are_known(folder)
        self._name = f"{os.getpid()}-{os.urandom(6).hex()}"
        self._generations: dict[str, int] = {}
        self._seen: dict[Path, tuple[bytes, float]] = {}
        self._read: dict[Path, int] = {}
        self._ending = threading.Event()
        self._alive = self._shown_alive()
        self._journal = os.open(self._place(_DONE), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.is_first = not any(path != self._place(_ALIVE) for path in folder.glob(f"*{_ALIVE}"))
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()

    def claim(self, key: str) -> bool:
        """Whether a trial is ours to do: nobody has claimed it, or whoever did is gone, or we have claimed it before."""
        while not self._is_made(key):
            owner = self._living_owner(key)
            if owner is not None:  # else it has gone meanwhile, and the next claim is to be made
                return owner == self._name
        return True

    def _is_made(self, key: str) -> bool:
        """Make the claim of a trial; False where another process was quicker, or we have it already."""
        try:
            claim = os.open(self._claim_of(key), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return False
        try:
            os.write(claim, self._name.encode())
        finally:
            os.close(claim)
        return True

    def is_taken_over(self, key: str) -> bool:
        """Whether a trial that is ours was claimed by another one before, who is gone: its row may be there."""
        return self._generations.get(key, 0) > 0

    def retake(self, key: str) -> None:
        """Make a trial ours that is done, and is to be done again: only who leads may, as nobody else begins anything then."""
        self._generations[key] = self._generations.get(key, 0)
        while _content(self._claim_of(key)):
            self._generations[key] += 1

    def leads(self) -> bool:
        """Whether this process leads from now on."""
        return self.claim(_LEAD)

    def is_led(self) -> bool:
        """Whether another process leads, and lives."""
        return self._living_owner(_LEAD) not in (None, self._name)

    def tell(self, key: str, failure: str | None = None) -> None:
        """Tell the others that a trial is done: its row is stored, or it failed for a reason."""
        os.write(self._journal, json.dumps([key, failure]).encode() + b"\n")

    def news(self) -> Iterator[News]:
        """Give what others have told since the last time."""
        for path in sorted(self._folder.glob(f"*{_DONE}")):
            if path == self._place(_DONE):
                continue
            with path.open("rb") as stream:
                stream.seek(self._read.get(path, 0))
                content = stream.read()
            whole = content[: content.rfind(b"\n") + 1]  # the last line may still be written
            self._read[path] = self._read.get(path, 0) + len(whole)
            for line in whole.splitlines():
                with contextlib.suppress(ValueError):
                    key, failure = json.loads(line)
                    yield str(key), None if failure is None else str(failure)

    def wait(self) -> None:
        """Wait a moment for the others."""
        time.sleep(_LOOK_S)

    def close(self) -> None:
        """Leave; what we have claimed and not told is free at once."""
        self._ending.set()
        self._beating.join()
        self._place(_ALIVE).unlink(missing_ok=True)
        os.close(self._journal)
        os.close(self._alive)

    def __enter__(self) -> "Drivers":
        """Take part."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Leave."""
        self.close()

    def _place(self, what: str) -> Path:
        return self._folder / f"{self._name}{what}"

    def _claim_of(self, key: str) -> Path:
        return self._folder / _CLAIMS / f"{key}.{self._generations.get(key, 0)}"

    def _living_owner(self, key: str) -> str | None:
        """Name the process to which a trial belongs, passing over the claims of those that are gone; None where it is free."""
        while True:
            path = self._claim_of(key)
            owner = _content(path).decode(errors="replace")
            if not owner and not path.exists():
                return None
            if owner == self._name or not self._is_gone(owner, path):
                return owner
            self._generations[key] = self._generations.get(key, 0) + 1

    def _shown_alive(self) -> int:
        """Make the file that shows that we live: it appears locked, or not at all."""
        half = self._folder / f".{self._name}"
        alive = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(OSError):
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.pwrite(alive, self._sign(0), 0)
        half.rename(self._place(_ALIVE))
        return alive

    def _sign(self, count: int) -> bytes:
        return b"%012d %s\n" % (count, self._machine.encode())

    def _beat(self) -> None:
        count = 0
        while not self._ending.wait(_BEAT_S):
            count += 1
            with contextlib.suppress(
                OSError
            ):  # a full disk, a network that is away: the others see that it stands still
                os.pwrite(self._alive, self._sign(count), 0)

    def _is_gone(self, owner: str, claim: Path) -> bool:
        """Whether the process that made a claim is gone; one that died over making it has left it without a name."""
        sign = self._folder / f"{owner}{_ALIVE}" if owner else claim
        shown = _content(sign)
        if owner and not shown:
            return True
        if owner and self.has_locks and shown[13:].strip() == self._machine.encode():
            return not is_held(sign)
        before, since = self._seen.get(sign, (b"?", 0.0))
        if shown != before:
            self._seen[sign] = (shown, time.monotonic())
            return False
        return time.monotonic() - since > self._lease_s


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_MOST)
    except FileNotFoundError:
        return b""
