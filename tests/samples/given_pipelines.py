"""A table, and pipelines that somebody has trained on what pandas reads of it."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from skops import io

from edge.given.family import family_of
from edge.lab import LAB
from edge.settings import Settings
from lab.data.load import load
from lab.plain_table import with_plain_table
from lab.reading.how import How

__all__ = ["NUMBERS", "TEXTS", "taken_in", "trained", "written"]

ROWS = 200
NUMBERS, TEXTS = ["age", "income"], ["town", "job"]


def written(file):
    """Write a table of numbers and texts, some missing, with three targets; gives the file."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, ROWS).astype(float),
            "town": rng.choice(["Bern", "Basel ", "Chur"], ROWS),
            "income": np.round(rng.lognormal(8, 1, ROWS), 2),
            "job": rng.choice(["cook", "nurse", None], ROWS),
        }
    )
    signal = (frame["age"] - 50) / 15 + 2.0 * (frame["town"] == "Bern") - (frame["job"] == "cook")
    frame["three"] = np.digitize(signal + rng.normal(0, 0.5, ROWS), [-0.5, 1])
    frame["label"] = np.where(signal + rng.normal(0, 0.5, ROWS) > 0.4, "yes", "no")
    frame["code"] = (frame["label"] == "yes").astype(int)
    frame.loc[::9, "income"] = np.nan
    frame.to_csv(file, index=False)
    return file


def taken_in(path, pipeline, target, tmp_path):
    """Save a pipeline, and have the lab take it in for a target of the table: gives the table and the family."""
    io.dump(pipeline, tmp_path / "m.skops")
    dropped = tuple(name for name in ("three", "label", "code") if name != target)
    dataset = load(str(path), target, drop=dropped)
    about = {"how": How(), "by": None, "time": None, "weights": None, "drop": dropped}
    with_plain_table(LAB, dataset, str(path), Settings(model=str(tmp_path / "m.skops")), about)
    return dataset, family_of(str(tmp_path / "m.skops"), dataset)


def trained(path, first, model, target):
    """Train a pipeline on what pandas reads: gives it and the frame."""
    frame = pd.read_csv(path)
    return make_pipeline(clone(first), clone(model)).fit(frame[NUMBERS + TEXTS], frame[target]), frame
