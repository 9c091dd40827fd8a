"""CatBoost's own format: the library writes it out in a process with limits, or it is refused in one sentence."""

from benchmarks.given import spoilt

NAME, COUNT = "cbm", 1_000
TOKENS = (b"CBM1",)
WHOLE = spoilt.WHOLE


def seeds(folder):
    return spoilt.written(folder, ".cbm", ("CatBoost, as", "CatBoost, leaf"))


def attempt(path):
    return spoilt.tried(path, ".cbm")
