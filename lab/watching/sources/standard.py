"""How is standard input read? As it comes, to its end; what was read is gone, so that it cannot be read again by itself."""

import dataclasses
import hashlib
import os
import select
import time

from lab.errors import DataError
from lab.watching.sources.lines import Lines
from lab.watching.sources.source import Piece, Place

__all__ = ["StandardInput"]

_HEAD = 4_096


class StandardInput:
    """Rows on standard input.

    Parameters
    ----------
    descriptor : int
        What is read.
    skips : bool
        Whether it is fed again from its beginning: the rows that were taken are then skipped.
    """

    name = "standard input"
    identity = "standard input"
    repeats = False
    promise = "standard input cannot be read again: if this process is killed, rows that it has read since its last state are lost"

    def __init__(self, *, descriptor: int = 0, skips: bool = False) -> None:
        self._descriptor, self._skips = descriptor, skips
        self._lines = Lines(self.name)
        self._is_over = False
        self._until = 0.0
        self._head = b""
        self._to_skip = 0
        self._before: tuple[int, str] = (0, "")

    def read(self, most: int, patience_s: float) -> Piece:
        """Read at most so many rows; waits while there is none."""
        until = time.monotonic() + patience_s
        while True:
            self._until = until
            is_last = self._is_over
            before = self._lines.offset
            piece = self._lines.read(most, self._more, final=is_last)
            if not piece.is_empty:
                return piece
            if self._lines.offset > before:  # lines that are no rows: there may be more behind them
                continue
            if is_last or (time.monotonic() >= until and not self._is_over):
                return dataclasses.replace(piece, ended=is_last)

    def place(self) -> Place:
        """Say how many bytes were used, and what the first were."""
        head = self._head[: self._lines.offset]
        return {"head": [len(head), hashlib.sha256(head).hexdigest()], **self._lines.place()}

    def seek(self, place: Place) -> tuple[str, ...]:
        """Skip what was taken, or take what comes as what follows it."""
        if not self._skips:
            return (
                "standard input cannot be read again: what comes now is taken as what follows the rows before; to feed it from its "
                "beginning, say --skip-taken",
            )
        length, digest = place["head"]
        self._to_skip = place["offset"]
        self._before = (length, digest)
        self._lines = Lines(self.name, place)
        return ()

    def kept(self) -> None:
        """Nothing can be done: what was read is gone."""

    def close(self) -> None:
        """Leave it open: it is not ours."""

    def _more(self, n_bytes: int) -> bytes:
        while not self._is_over:
            left = max(0.0, self._until - time.monotonic())
            if not select.select([self._descriptor], [], [], left)[0]:
                return b""
            chunk = os.read(self._descriptor, n_bytes)
            self._is_over = not chunk
            if len(self._head) < _HEAD:
                self._head = (self._head + chunk)[:_HEAD]
            skipped = min(self._to_skip, len(chunk))
            self._to_skip -= skipped
            self._check_skipped()
            if chunk[skipped:]:
                self._until = 0.0  # rows that are there do not wait for others
                return chunk[skipped:]
        return b""

    def _check_skipped(self) -> None:
        """Raise DataError where what is skipped is not what was taken."""
        length, digest = self._before
        if not length or not (len(self._head) >= length or self._is_over):
            return
        self._before = (0, "")
        if (self._to_skip and self._is_over) or hashlib.sha256(self._head[:length]).hexdigest() != digest:
            raise DataError(
                "standard input does not begin with the rows that were taken; feed the same from its beginning, or leave "
                "out --skip-taken"
            )
