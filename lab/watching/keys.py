"""Was this key there already, and has the row of this label come? Known for the newest keys, so that memory is bounded."""

import base64
import hashlib
from collections import deque
from collections.abc import Iterable

__all__ = ["WINDOW", "Keys"]

WINDOW = 100_000
"""The newest keys that are known."""
_BYTES = 8


class Keys:
    """The newest keys, by digests of 8 bytes: of a hundred thousand, two are taken for one with a chance of 3 in 10 billion."""

    def __init__(self, stored: str = "") -> None:
        packed = base64.b64decode(stored)
        self._order = deque(packed[at : at + _BYTES] for at in range(0, len(packed), _BYTES))
        self._known = set(self._order)

    def __contains__(self, key: str) -> bool:
        return _digest(key) in self._known

    def add(self, keys: Iterable[str]) -> list[int]:
        """Add keys in their order; gives the places of those that were there already. An empty one is none."""
        again = []
        for place, key in enumerate(keys):
            if not key:
                continue
            digest = _digest(key)
            if digest in self._known:
                again.append(place)
                continue
            self._known.add(digest)
            self._order.append(digest)
            if len(self._order) > WINDOW:
                self._known.discard(self._order.popleft())
        return again

    def stored(self) -> str:
        """Give all of it as a text."""
        return base64.b64encode(b"".join(self._order)).decode()


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
