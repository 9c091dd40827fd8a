"""Hand-made rows of trials: a small table, what models said of its test rows, and the rows as the trials return them."""

import numpy as np
import pandas as pd
from oracles import intervals

from lab.learning.folds import Fold
from lab.learning.outer import FoldRow
from lab.learning.planning import seed_of
from lab.protocol import Dataset

N_ROWS, FOLDS, REPEATS = 48, 3, 2
_PLACES = np.arange(N_ROWS)
NORTH = (_PLACES < 20) | ((_PLACES < 32) & (_PLACES % 2 == 0))
"""Rows of the group "north": 10 of its 26 are of the second class, 14 of the other 22."""


def table(task="classes"):
    """48 rows, two numbers and a category that is a group; two classes that alternate, or a number."""
    rng = np.random.default_rng(5)
    target = np.arange(N_ROWS) % 2
    features = pd.DataFrame({
        "age": rng.normal(size=N_ROWS) + target,
        "income": rng.normal(size=N_ROWS),
        "region": pd.Series(np.where(NORTH, "north", "south"), dtype=object),
    })  # fmt: skip
    kinds = {"age": "number", "income": "number", "region": "category"}
    if task == "number":
        return Dataset("golden", features, 10 * features["age"].to_numpy() + target, "price", (), kinds, "0" * 64)
    return Dataset("golden", features, target.astype(np.int64), "churn", ("no", "yes"), kinds, "0" * 64)


def parts():
    """Row numbers of the test folds, repetition by repetition."""
    found = []
    for repeat in range(REPEATS):
        order = np.random.default_rng(100 + repeat).permutation(N_ROWS)
        found += [np.sort(order[fold::FOLDS]) for fold in range(FOLDS)]
    return found


def said(name, strength):
    """Probabilities of both classes for every fold: truer, the stronger; others for every name, much alike in each repetition."""
    rng = np.random.default_rng(sum(name.encode()))
    own = rng.normal(size=N_ROWS)
    folds = []
    for rows in parts():
        logits = strength * (2 * (rows % 2) - 1) + own[rows] + 0.3 * rng.normal(size=len(rows))
        chances = 1 / (1 + np.exp(-logits))
        folds.append((np.column_stack([1 - chances, chances]), rows))
    return folds


def fold_rows(name, folds, inner, *, accuracy=False, **more):
    """Rows of the trials of one family by key, as `score_fold` returns them; `inner` scores fold by fold."""
    made = {}
    for place, ((chances, rows), score) in enumerate(zip(folds, inner, strict=True)):
        truth = rows % 2
        right = chances.argmax(axis=1) == truth
        sure = chances.max(axis=1)
        bins = np.array_split(np.argsort(sure, kind="stable"), 10)
        beside = {
            "log loss (nats)": float(-np.log(chances[np.arange(len(rows)), truth]).mean()),
            "balanced accuracy": float(np.mean([right[truth == code].mean() for code in (0, 1)])),
            "Brier": float(((chances - np.eye(2)[truth]) ** 2).sum(axis=1).mean()),
            "calibration error": sum(abs(sure[part].sum() - right[part].sum()) for part in bins) / len(sure),
        }
        made[f"{name}-fold{place:02d}"] = FoldRow(
            float(right.mean()) if accuracy else intervals.auc(chances[:, 1], truth == 1),
            chances,
            beside,
            test_rows=rows,
            parameters={"depth": place},
            inner_score=score,
            **more,
        )
    return made


def with_random(rows):
    """The rows, and with them rows of folds at random: what the models said in the second repetition."""
    found = dict(rows)
    for key, row in rows.items():
        name, _, place = key.partition("-fold")
        if place and int(place) >= FOLDS:
            found[f"{name}-random{int(place) - FOLDS:02d}"] = row
    return found


def at_random_is_planned(plan, sides, settings, seed, scorer, **more):
    """Every family of the sides once on every fold of one repetition at random, searched as on the others; and their blends."""
    blends = [blend.name for side in sides for blend in side.blends]
    blended = [trial for trial in plan if "blend" in trial.arguments]
    assert {trial.key for trial in blended} == {f"{name}-random{i:02d}" for name in blends for i in range(FOLDS)}
    plan = [trial for trial in plan if trial not in blended]
    families = [family for side in sides for family in side.families]
    assert {trial.key for trial in plan} == {
        f"{family.name}-random{i:02d}" for family in families for i in range(FOLDS)
    }
    for trial in plan:
        index = int(trial.key[-2:])
        assert trial.arguments["fold"] == Fold(FOLDS, 1, seed, index, at_random=True)
        assert trial.seed == seed_of(trial.key, seed)
        told = {key: value for key, value in trial.arguments.items() if key not in ("family", "fold")}
        assert told == {"scorer": scorer, "candidates": settings.candidates, **more}


def auc_of(chances, truth):
    return intervals.auc(chances[:, 1], truth == 1)


def three(estimate):
    return estimate.value, estimate.low, estimate.high


def best_of(families, inner):
    """Take in every fold the family with the best inner score: (folds, names of those taken)."""
    names = [max(families, key=lambda name: inner[name][fold]) for fold in range(FOLDS * REPEATS)]
    return [families[name][fold] for fold, name in enumerate(names)], names
