"""What is tried when groups are compared? One trial for each of their members and outer folds, with a seed of its own."""

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from lab.learning.blending import Blend, blend_fold
from lab.learning.comparison import Group
from lab.learning.families import Family
from lab.learning.folds import Fold, all_folds
from lab.learning.outer import FoldRow, fold_key, score_fold
from lab.learning.scoring import Metric
from lab.protocol import Trial

__all__ = ["seed_of", "trials"]


def seed_of(key: str, seed: int) -> int:
    """Give every trial a seed of its own that depends on nothing but its key and the run's seed."""
    return int(np.random.SeedSequence([seed, zlib.crc32(key.encode())]).generate_state(1)[0])


def trials(
    groups: Sequence[Group],
    *,
    folds: int,
    repeats: int,
    seed: int,
    metric: Metric,
    candidates: int,
    search_rows: int | None = None,
    at_random: bool = False,
) -> list[Trial[FoldRow]]:
    """One trial for every family, and every blend, and outer fold, fold by fold so that an early stop leaves whole folds.

    A family that several groups share is searched once.

    `search_rows` is the number of rows from which candidates learn while they are compared; None for inner folds. With
    `at_random` the folds part rows that belong together (see `lab.learning.at_random`).
    """
    searched = {"candidates": candidates} | ({} if search_rows is None else {"search_rows": search_rows})
    return [
        trial
        for fold in all_folds(folds, repeats, seed, at_random=at_random)
        for place, group in enumerate(groups)
        for trial in (
            *(_trial(family, fold, metric, searched, seed) for family in _new(group, groups[:place])),
            *(_blend_trial(blend, group, fold, metric, seed) for blend in group.blends),
        )
    ]


def _new(group: Group, before: Sequence[Group]) -> list[Family]:
    """Families of a group that no group before it has."""
    return [family for family in group.families if not any(family in other.families for other in before)]


def _trial(family: Family, fold: Fold, metric: Metric, searched: Mapping[str, int], seed: int) -> Trial[FoldRow]:
    key = fold_key(family, fold.index, at_random=fold.at_random)
    arguments = {"family": family, "fold": fold, "scorer": metric.scorer, **searched}
    cost = float(max(searched["candidates"], 1))
    return key.trial(score_fold, arguments, seed=seed_of(key.name, seed), kind=family.name, cost=cost)


def _blend_trial(blend: Blend, group: Group, fold: Fold, metric: Metric, seed: int) -> Trial[FoldRow]:
    key = fold_key(blend, fold.index, at_random=fold.at_random)
    needs = {family.name: fold_key(family, fold.index, at_random=fold.at_random) for family in group.blended}
    members = {name: needed.name for name, needed in needs.items()}
    arguments = {"blend": blend, "fold": fold, "members": members, "scorer": metric.scorer}
    own = seed_of(key.name, seed)
    return key.trial(blend_fold, arguments, seed=own, needs=tuple(needs.values()), kind=blend.name, cost=0.1)
