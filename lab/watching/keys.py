"""Was this key there already, and has the row of this label come? Known for the newest keys, so that memory is bounded."""

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import Literal

__all__ = ["WINDOW", "Keys"]

WINDOW = 100_000
"""The newest keys that are known."""
_BYTES = 8


class Keys:
    """The newest keys, by digests of 8 bytes: of a hundred thousand, two are taken for one with a chance of 3 in 10 billion.

    Parameters
    ----------
    stored, labelled : str
        What `stored` gave, to go on; without the second no label has come.
    """

    def __init__(self, stored: str = "", labelled: str = "") -> None:
        packed = base64.b64decode(stored)
        digests = [packed[at : at + _BYTES] for at in range(0, len(packed), _BYTES)]
        has_one = base64.b64decode(labelled) or bytes(len(digests))
        self._known = OrderedDict(zip(digests, map(bool, has_one), strict=True))

    def __contains__(self, key: str) -> bool:
        return _digest(key) in self._known

    def add(self, keys: Iterable[str | None]) -> list[int]:
        """Add keys in their order; gives the places of those that were there already. None is no key."""
        again = []
        for place, key in enumerate(keys):
            if key is None:
                continue
            digest = _digest(key)
            if digest in self._known:
                again.append(place)
            self._known[digest] = False
            if len(self._known) > WINDOW:
                self._known.popitem(last=False)
        return again

    def label(self, key: str) -> Literal["unknown", "first", "repeated"]:
        """Take note that a label of this key has come; gives whether it is the first since the newest row of the key."""
        digest = _digest(key)
        has_one = self._known.get(digest)
        if has_one is None:
            return "unknown"
        self._known[digest] = True
        return "repeated" if has_one else "first"

    def stored(self) -> tuple[str, str]:
        """Give the keys, and which of them have a label, as texts."""
        return base64.b64encode(b"".join(self._known)).decode(), base64.b64encode(bytes(self._known.values())).decode()


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
