"""One module for each kind of file that the product reads; `fuzz.py` beside this folder runs them.

A module has

    NAME: str                              what to call the kind
    COUNT: int                             inputs of a full run
    def seeds(folder: Path) -> list[bytes]     small valid files, made by the module (`folder` is there to write in)
    def attempt(path: Path) -> str             read the file as the product does: "read", or the name of the LabError

and may have

    TOKENS: tuple[bytes, ...]              words of the format, beside the common ones
    def spoil(original: bytes, rng: Random) -> bytes   a way of its own, used for half of the inputs
    WHOLE: int                             where the whole way is slow: about one in so many goes it, chosen by what is in the
                                           file (`sampled`); of these `attempt` says "read whole" or "SomeError whole"

Whatever else `attempt` raises is a finding.
"""

import hashlib

__all__ = ["sampled"]


def sampled(content: bytes, one_in: int) -> bool:
    """Whether a file belongs to the sample: the same file always, or never."""
    return int(hashlib.sha256(content).hexdigest(), 16) % one_in == 0
