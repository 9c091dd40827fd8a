"""CatBoost's JSON: trees are lowered, or refused in one sentence."""

from benchmarks.given import spoilt

NAME, COUNT = "catboost", 10_000
TOKENS = (b"oblivious_trees", b"float_feature_index", b"AsTrue", b"class_names", b"scale_and_bias")
WHOLE = spoilt.WHOLE
spoil = spoilt.spoil_object


def seeds(folder):
    return spoilt.written(folder, ".json", ("CatBoost",))


def attempt(path):
    return spoilt.tried(path, ".json")
