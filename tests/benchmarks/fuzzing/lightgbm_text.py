"""LightGBM's text: trees are lowered, or refused in one sentence."""

from benchmarks.given import spoilt

NAME, COUNT = "lightgbm", 10_000
TOKENS = (
    b"Tree=",
    b"num_leaves=",
    b"decision_type=",
    b"end of trees",
    b"num_cat=1",
    b"pandas_categorical:[[1]]",
    b"\n\n",
)
WHOLE = spoilt.WHOLE


def seeds(folder):
    return spoilt.written(folder, ".txt", ("LightGBM",))


def attempt(path):
    return spoilt.tried(path, ".txt")
