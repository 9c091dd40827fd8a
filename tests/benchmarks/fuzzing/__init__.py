"""One module for each kind of file that the product reads; `fuzz.py` beside this folder runs them.

A module has

    NAME: str                              what to call the kind
    COUNT: int                             inputs of a full run
    def seeds(folder: Path) -> list[bytes]     small valid files, made by the module (`folder` is there to write in)
    def attempt(path: Path) -> str             read the file as the product does: "read", or the name of the LabError

and may have `TOKENS: tuple[bytes, ...]` (words of the format) and `def spoil(original: bytes, rng: Random) -> bytes`
(a way of its own, used for half of the inputs). Whatever else `attempt` raises is a finding.
"""
