"""What stands in a file of Universal Binary JSON? Read strictly, with a limit on depth, and nothing made before its bytes are there.

https://ubjson.org/ (draft 12): XGBoost writes it with typed arrays.
"""

import struct
from typing import Any

import numpy as np

__all__ = ["from_ubjson"]

_NUMBERS = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
_PLAIN = {b"Z": None, b"T": True, b"F": False}
_DEEPEST = 60


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self.content) - self.place:
            raise ValueError("the file ends too early")
        self.place += count
        return self.content[self.place - count : self.place]

    def marker(self) -> bytes:
        found = self.take(1)
        while found == b"N":
            found = self.take(1)
        return found

    def number(self, marker: bytes) -> int | float:
        kind = _NUMBERS[marker]
        code = {"i1": "b", "u1": "B", "i2": "h", "i4": "i", "i8": "q", "f4": "f", "f8": "d"}[kind[1:]]
        found: int | float = struct.unpack(">" + code, self.take(int(kind[2:])))[0]
        return found

    def length(self) -> int:
        marker = self.marker()
        if marker not in (b"i", b"U", b"I", b"l", b"L"):
            raise ValueError("a length is no whole number")
        return int(self.number(marker))

    def text(self) -> str:
        return self.take(self.length()).decode("utf-8")

    def counted(self) -> tuple[bytes, int | None]:
        """Give the type and the number of what a container holds, as far as it says so."""
        kind, count = b"", None
        if self.content[self.place : self.place + 1] == b"$":
            self.take(1)
            kind = self.take(1)
            if self.content[self.place : self.place + 1] != b"#":
                raise ValueError("a type without a number of items")
        if self.content[self.place : self.place + 1] == b"#":
            self.take(1)
            count = self.length()
            if count < 0:
                raise ValueError("a negative length")
        return kind, count

    def value(self, marker: bytes, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("parts inside one another")
        if marker in _NUMBERS:
            return self.number(marker)
        if marker in _PLAIN:
            return _PLAIN[marker]
        if marker == b"S":
            return self.text()
        if marker == b"C":
            return self.take(1).decode("ascii")
        if marker == b"[":
            return self.items(depth)
        if marker == b"{":
            return self.members(depth)
        raise ValueError("an unknown type")

    def items(self, depth: int) -> Any:
        kind, count = self.counted()
        if kind in _NUMBERS and count is not None:
            width = int(_NUMBERS[kind][2:])
            numbers = np.frombuffer(self.take(count * width), dtype=_NUMBERS[kind])
            return numbers.astype(numbers.dtype.newbyteorder("="))
        found = []
        if count is None:
            while (marker := self.marker()) != b"]":
                found.append(self.value(marker, depth + 1))
            return found
        if count > len(self.content):
            raise ValueError("more items than bytes")
        return [self.value(kind or self.marker(), depth + 1) for _ in range(count)]

    def members(self, depth: int) -> dict[str, Any]:
        kind, count = self.counted()
        found: dict[str, Any] = {}
        if count is not None and count > len(self.content):
            raise ValueError("more members than bytes")
        while count is None or len(found) < count:
            if count is None and self.content[self.place : self.place + 1] == b"}":
                self.take(1)
                break
            name = self.text()
            if name in found:
                raise ValueError("a name twice")
            found[name] = self.value(kind or self.marker(), depth + 1)
        return found


def from_ubjson(content: bytes) -> Any:
    """Read a value: objects, lists (typed ones as arrays), texts, numbers, true, false, None.

    Raises
    ------
    ValueError
        If the file is not UBJSON.
    """
    reader = _Reader(content)
    return reader.value(reader.marker(), 0)
