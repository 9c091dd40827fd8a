"""Tables that are watched in time order beside a model of known answers, and what came of each signal."""

import numpy as np
import pandas as pd

from edge.stream.answers import Answers
from edge.stream.watched import watched
from lab.protocol import Dataset


def table(columns):
    """A table of columns: texts are categories, all else are numbers."""
    features = pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})
    kinds = {name: "category" if values.dtype == object else "number" for name, values in columns.items()}
    n_rows = len(features)
    return Dataset("made", features, np.zeros(n_rows, dtype=np.int64), "y", ("no", "yes"), kinds, "")


def answered(right, *, train, begin, label_delay=0, confidence=None, seed=0):
    """Answers to the rows from `train` on, of which those are right that `right` (shape (n_rows,)) says."""
    right = np.asarray(right)[train:]
    sure = np.random.default_rng(seed).uniform(0.5, 1, len(right)) if confidence is None else confidence[train:]
    probabilities = np.stack([sure, 1 - sure], axis=1)
    return Answers(probabilities, (~right).astype(np.int64), begin - train, label_delay)


def findings(columns, *, train, begin, right=None, false_alarms=0.05, seed=0, **how):
    """What came of each signal, by name; a column that is called as a signal of the model stands under "column NAME"."""
    whole = table(columns)
    if right is None:
        right = np.random.default_rng(1_000 + seed).random(whole.n_rows) < 0.9
    said = answered(right, train=train, begin=begin, seed=seed, **how)
    found = watched(whole, said, train=train, begin=begin, false_alarms=false_alarms, seed=seed)
    of_model = {each.name for each in found if not each.is_column}
    return {f"column {f.name}" if f.is_column and f.name in of_model else f.name: f for f in found}


def alarms(found):
    """Names of the signals that raised an alarm."""
    return [name for name, each in found.items() if each.alarm is not None]
