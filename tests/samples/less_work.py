"""Whole runs with little work in them: for tests of what a run says and leaves behind, and not of how well its models fit.

What is changed here holds in this process: these go with `samples.here.in_this_process`.
"""

import dataclasses
import functools
import io
import itertools
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import edge.timing.trials
import edge.variants.trials
from edge import candidates
from edge.distilling import student
from edge.footprint import serving
from edge.load import rates
from edge.throughput import batches
from edge.timing import calls, latency
from interpretability.follow_up import editing, explaining, known_truth, speed, stress
from interpretability.models import classifiers, regressors
from lab import doubts, flow
from lab.doubts import Doubts
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING, EXTRA_TREES, FOREST, LOGISTIC, Family
from lab.learning.undeclared import Suspicion
from lab.protocol import Dataset, Figure
from lab.report import page

__all__ = [
    "few_rounds",
    "few_trees",
    "with_few_families",
    "with_few_trees",
    "with_models_served_once",
    "with_short_timings",
    "with_small_follow_up",
    "with_small_machines",
    "with_suspicions_once",
    "without_doubts",
    "without_pictures",
]  # fmt: skip

_LESS = [
    (speed, "_ROUNDS", 1), (speed, "_CALLS", 2), (speed, "_BATCH", 20), (explaining, "_REFITS", 1), (explaining, "_ROWS", 50),
    (known_truth, "_TRAIN", 200), (known_truth, "_EXPLAINED", 50), (editing, "_CURVES", 1), (stress, "_SHARES", (0.1,)),
]  # fmt: skip

_SHORT = [
    (batches, "_ROUND_NS", 300_000), (calls, "_CALLS", 50), (edge.timing.trials, "_SECONDS_A_ROUND", 0.004),
    (latency, "_LONGEST_WARM_UP", 20_000_000), (edge.variants.trials, "_VARIANT_CALLS", 50), (rates, "_DECIDING", 200),
]  # fmt: skip


def few_trees(family: Family) -> Family:
    """Make the family of forests that has eight trees in each."""
    return dataclasses.replace(family, build=functools.partial(_small, family.build))


def _small(build: Callable[..., Any], features: Any, seed: int) -> Any:
    return build(features, seed).set_params(model__n_estimators=8)


def few_rounds(family: Family) -> Family:
    """Make the family of gradient boosting that has forty trees of eight leaves in each, and nothing to search for."""
    return dataclasses.replace(family, build=functools.partial(_quick, family.build), space={})


def _quick(build: Callable[..., Any], features: Any, seed: int) -> Any:
    return build(features, seed).set_params(model__max_iter=40, model__max_leaf_nodes=8, model__learning_rate=0.2)


def with_few_trees(patch: pytest.MonkeyPatch) -> None:
    """Have small forests and short boosting set the edge lab's standard of accuracy, and small forests teach."""
    patch.setattr(student, "_TREES", 8)
    patch.setattr(candidates, "BOOSTING", few_rounds(BOOSTING))
    patch.setattr(candidates, "FOREST", few_trees(FOREST))
    patch.setattr(candidates, "EXTRA_TREES", few_trees(EXTRA_TREES))


def with_small_follow_up(patch: pytest.MonkeyPatch) -> None:
    """Have the interpretability lab measure less after its verdict."""
    for module, constant, less in _LESS:
        patch.setattr(module, constant, less)


def with_small_machines(patch: pytest.MonkeyPatch) -> None:
    """Have explainable boosting machines of one bag and a few rounds."""
    whole = classifiers.ebm_settings
    for module in (classifiers, regressors):
        patch.setattr(
            module, "ebm_settings", lambda *given, **more: whole(*given, **more) | {"outer_bags": 1, "max_rounds": 50}
        )


def with_few_families(patch: pytest.MonkeyPatch) -> None:
    """Have the interpretability lab compare two readable models of classes with one small forest."""
    readable = (classifiers.counted(LOGISTIC), classifiers.counted(classifiers.TREE))
    patch.setattr(classifiers, "glass", lambda *sizes: Group("glass", "readable model", readable))
    patch.setattr(classifiers, "black", lambda: Group("black", "black box", (few_trees(FOREST),)))


def with_short_timings(patch: pytest.MonkeyPatch) -> None:
    """Have the edge lab time fewer calls: for tests of what a run is made of, and not of what a clock says."""
    for module, constant, less in _SHORT:
        patch.setattr(module, constant, less)


def with_models_served_once(patch: pytest.MonkeyPatch) -> None:
    """Start at most two processes that serve a model, and at the first of several runs on a table; the others repeat them."""
    known: dict[tuple[object, ...], tuple[list[float], list[float]]] = {}
    serve = serving.serve_in_fresh_processes

    def once(model: bytes, row: Any, *, processes: int, **more: str) -> tuple[list[float], list[float]]:
        which = (_without_places_in_memory(model), min(processes, 2), *more.items())
        if which not in known:
            known[which] = serve(model, row, processes=min(processes, 2), **more)
        seconds, mebibytes = (list(itertools.islice(itertools.cycle(found), processes)) for found in known[which])
        return seconds, mebibytes

    patch.setattr(serving, "serve_in_fresh_processes", once)


def _without_places_in_memory(model: bytes) -> object:
    """Read what two archives of equal estimators have in common: their objects' places in memory differ, and their dates."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(model))
    except zipfile.BadZipFile:
        return model
    parts = tuple(archive.read(name) for name in archive.namelist())
    schema, *arrays = sorted(parts, key=lambda part: not part.startswith(b"{"))
    return re.sub(rb"\d{9,}", b"", schema), *arrays


_Looked = dict[tuple[object, ...], tuple[Suspicion, ...]]


def with_suspicions_once(patch: pytest.MonkeyPatch, known: _Looked | None = None) -> None:
    """Look once whether the rows of a table belong together, and not at each of several runs on it.

    `known` keeps what was seen for several tests.
    """
    known = {} if known is None else known
    look = doubts.suspicions

    def once(dataset: Dataset, *, seed: int) -> tuple[Suspicion, ...]:
        said = dataset.belonging
        which = (dataset.digest, dataset.n_rows, *dataset.kinds, said.by, said.time, said.is_independent, seed)
        if which not in known:
            known[which] = look(dataset, seed=seed)
        return known[which]

    patch.setattr(doubts, "suspicions", once)


def without_doubts(patch: pytest.MonkeyPatch) -> None:
    """Have no run look for rows that belong together: that fits forests, a second's work on each table."""
    patch.setattr(flow, "doubts_about", lambda *tables, seed: Doubts())


def without_pictures(patch: pytest.MonkeyPatch) -> None:
    """Have reports written with empty pictures: a process that loads the drawing library draws the others."""
    patch.setattr(page, "Artist", _NoArtist)


class _NoArtist:
    def __enter__(self) -> "_NoArtist":
        return self

    def __exit__(self, *raised: object) -> None:
        """There is nothing to end."""

    def svg(self, figure: Figure, spec: Mapping[str, Any]) -> str:
        del figure, spec
        return "<svg></svg>"
