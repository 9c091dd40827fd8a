"""How are the bytes of a text kept until their rows are asked for? As whole lines, with the place of the first that was not used."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from lab.watching.sources.source import Piece, Unread
from lab.watching.sources.text import LONGEST, Rows

__all__ = ["Lines"]

_CHUNK = 1 << 18
_TOO_LONG = f"its line is longer than {LONGEST >> 20} MiB"


class Lines:
    """A text that is read piece by piece.

    Parameters
    ----------
    name : str
        What the text is called.
    place : mapping, optional
        Where it goes on (`place`), if not at its beginning.
    """

    def __init__(self, name: str, place: Mapping[str, Any] | None = None) -> None:
        self.offset: int = place["offset"] if place else 0
        self._rows = Rows(name, place["form"] if place else None)
        self._is_inside: bool = place["inside"] if place else False  # of a line that is too long
        self._whole: list[bytes] = []
        self._rest = b""

    def place(self) -> dict[str, Any]:
        """Say where it stands: the byte after what was used, and how its lines are read."""
        return {"offset": self.offset, "form": self._rows.form, "inside": self._is_inside}

    def read(self, most: int, more: Callable[[int], bytes], *, final: bool = False) -> Piece:
        """Read at most so many rows.

        Parameters
        ----------
        more : callable
            Gives at most so many further bytes; none where there are none now.
        final : bool
            Where there are no more bytes there never will be: the last line counts even without its end.

        Raises
        ------
        lab.errors.DataError
            If its first line cannot be a header.
        """
        n_lines = most + (self._rows.form is None)
        too_long = 0
        while True:
            is_dry = False
            while len(self._whole) < n_lines and not is_dry:
                chunk = more(_CHUNK)
                is_dry = not chunk
                too_long += self._take(chunk)
            is_over = final and is_dry
            if is_over and self._rest:
                self._whole.append(self._rest)
                self._rest = b""
            lines = self._whole[:n_lines]
            parsed = self._rows.parse(lines, final=is_over and len(lines) == len(self._whole))
            self.offset += sum(map(len, lines[: parsed.used]))
            del self._whole[: parsed.used]
            if parsed.used or is_dry:
                return _with(parsed.piece, too_long)
            n_lines += most  # a row of more lines than were asked for

    def _take(self, chunk: bytes) -> int:
        """Keep bytes; gives the number of lines in them that are too long, of which nothing is kept."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        n_too_long = 0
        for line in whole:
            if self._is_inside or len(line) > LONGEST:
                self.offset += len(line) + 1
                n_too_long += 1
                self._is_inside = False
            else:
                self._whole.append(line + b"\n")
        if self._is_inside or len(rest) > LONGEST:
            self.offset += len(rest)
            self._is_inside, rest = True, b""
        self._rest = rest
        return n_too_long


def _with(piece: Piece, too_long: int) -> Piece:
    if not too_long:
        return piece
    more = (Unread(piece.n_rows, _TOO_LONG),) * too_long
    return dataclasses.replace(piece, unread=(*piece.unread, *more))
