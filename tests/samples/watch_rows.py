"""A small stream, and a model of it that is asked without a runtime."""

import itertools

import numpy as np
import pandas as pd

from edge.watch.advice import Costs
from edge.watch.monitor import EdgeMonitor, Plan
from edge.watch.profiling import answered_by, profile_of
from edge.watch.seasons import Calendar, n_seasons, seasons_at
from lab.protocol import Dataset
from lab.watching.protocol import Batch

KINDS = {"heat": "number", "alarms": "number", "kind": "category", "open": "boolean"}


def rows(seed, n_rows, **changed):
    """Columns of a stream, some given, and its labels."""
    rng = np.random.default_rng(seed)
    made = {
        "heat": rng.normal(50, 5, n_rows),
        "alarms": (rng.random(n_rows) < 0.02).astype(float),
        "kind": rng.choice(["a", "b", "c"], n_rows).astype(object),
        "open": (rng.random(n_rows) < 0.4).astype(float),
    }
    labels = np.where(made["heat"] + rng.normal(0, 2, n_rows) > 50, "hot", "cold")
    return made | changed, labels


class Model:
    """Says how likely it is hot."""

    def of_blocks(self, columns, block):
        hot = 1 / (1 + np.exp(-(np.nan_to_num(columns["heat"], nan=50.0) - 50) * 0.85))
        return np.stack([1 - hot, hot], axis=1)


def reference(n_rows=1_500, seed=99):
    columns, labels = rows(seed, n_rows)
    target = (labels == "hot").astype(np.int64)
    features = pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})
    return Dataset("reference", features, target, "state", ("cold", "hot"), KINDS, "")


def profile(*, times=None, seasons=(), is_own=True):
    table = reference()
    answered = answered_by(Model().of_blocks(table.features, 0), table.target, is_own=is_own)
    places = None if times is None else seasons_at(times, seasons)
    return profile_of(table, seed=1, answered=answered, seasons=places, n_seasons=n_seasons(seasons))


PROFILE = profile()


def monitor(*, seed=0, false_alarms=0.05, costs=None, model="model", predicts=True, known=PROFILE, calendar=None):
    plan = Plan(model, known, calendar, false_alarms, seed, costs)
    return EdgeMonitor(plan, Model() if predicts else None)


def calendar(*seasons):
    return Calendar("time", seasons)


def prices(wrong, training):
    return Costs(wrong, training)


def batches(columns, labels=None, *, cuts=(), keys=None, seconds=None):
    """Batches of a stream, cut at some rows."""
    n_rows = len(next(iter(columns.values())))
    ends = [0, *cuts, n_rows]
    for first, last in itertools.pairwise(ends):
        part = slice(first, last)
        cells = {name: values[part].tolist() for name, values in columns.items()}
        given = (None if each is None else list(each[part]) for each in (keys, labels, seconds))
        yield Batch(cells, first, *given)


def watched(watch, columns, labels=None, **how):
    return [said for batch in batches(columns, labels, **how) for said in watch.take(batch)]


def alarms(said):
    return {each.facts["signal"]: each for each in said if each.kind == "alarm"}
