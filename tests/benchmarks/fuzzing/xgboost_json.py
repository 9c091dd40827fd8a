"""XGBoost's JSON: trees are lowered, or refused in one sentence."""

from benchmarks.given import spoilt

NAME, COUNT = "xgboost", 10_000
TOKENS = (b"learner", b"left_children", b"2147483647", b"split_type", b"gblinear", b"dart")
WHOLE = spoilt.WHOLE
spoil = spoilt.spoil_object


def seeds(folder):
    return spoilt.written(folder, ".json", ("XGBoost",))


def attempt(path):
    return spoilt.tried(path, ".json")
