"""XGBoost's binary JSON: trees are lowered, or refused in one sentence."""

from benchmarks.given import spoilt

NAME, COUNT = "ubj", 10_000
TOKENS = (b"[$l#L", b"[$d#L", b"{", b"}", b"SL", b"#", b"\x7f\xff\xff\xff\xff\xff\xff\xff", b"learner")
WHOLE = spoilt.WHOLE


def seeds(folder):
    return spoilt.written(folder, ".ubj", ("XGBoost",))


def attempt(path):
    return spoilt.tried(path, ".ubj")
