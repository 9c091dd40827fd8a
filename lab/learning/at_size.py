"""How do families do as they learn from more and more rows of the whole table? One trial for each family, size and repetition.

In a repetition all sizes and families are scored on the same test rows, one outer fold of the whole table. A part of the others
tells which family of a side to take at a size, and the rest is learned from, the smaller samples inside the larger. Rows that
belong together stay so, and where rows have times, what is tested is later than what is learned from.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import get_scorer

from lab.data.strata import strata
from lab.learning.comparison import Group, seed_of
from lab.learning.curves import FEWEST_SIZES
from lab.learning.families import Family
from lab.learning.folds import Fold, all_folds, split
from lab.learning.splits import k_folds
from lab.learning.tuning import tune
from lab.protocol import Belonging, Dataset, Key, Rows, Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Side", "SizePlan", "SizeRow", "most_learned", "score_at_size", "side_at_sizes", "size_key", "size_plan", "too_few", "trials",
]  # fmt: skip

_SIZES, _MANY_ROWS = 5, 5_000
_FEWEST_ROWS, _FEWEST_OF_A_CLASS = 50, 15
_SEARCH_ROWS, _MOST_CHOOSING = 2_000, 10_000
_CHEAP_CELLS, _FURTHER = 5_000_000, 4  # most values from which a cheap family learns, and how much its sizes grow
_WIDE = 10  # values that a text counts for: as numbers it becomes one for each category, 50 at most
_FIXED_COST = 5.0  # thousands of rows: what the search and the test rows take beside learning
_ROOM = 0.95  # folds of whole units are not of one size


@dataclass(frozen=True)
class SizeRow:
    """How a family did after learning from so many rows.

    Attributes
    ----------
    rows : int
        Training rows.
    score : float
        On the test rows, as the scorer gives it.
    inner_score : float
        On the rows by which the family of a side is chosen; it learned from neither.
    """

    rows: int
    score: float
    inner_score: float


@dataclass(frozen=True)
class SizePlan:
    """What is tried.

    Attributes
    ----------
    sizes : tuple of int
        Training rows, ascending.
    folds : tuple of Fold
        One for each repetition.
    further : tuple of int
        Larger ones, for families that are cheap.
    """

    sizes: tuple[int, ...]
    folds: tuple[Fold, ...]
    further: tuple[int, ...] = ()

    def sizes_of(self, family: Family) -> tuple[int, ...]:
        """Sizes from which a family learns: at least the smallest."""
        sizes = (*self.sizes, *self.further) if family.is_cheap else self.sizes
        most = max(family.most_rows or sizes[-1], sizes[0])
        return tuple(size for size in sizes if size <= most)

    def common(self, families: Sequence[Family]) -> tuple[int, ...]:
        """Sizes at which families are compared: the further ones only where all go on to them."""
        return (*self.sizes, *self.further) if all(family.is_cheap for family in families) else self.sizes


def size_key(family: Family, size: int, repeat: int) -> Key[SizeRow]:
    """Name the trial of a family at a size in a repetition."""
    return Key(f"{family.name}-rows{size}-{repeat}", SizeRow)


def size_plan(
    dataset: Dataset, *, most_rows: int, repeats: int, seed: int, cheap_go_on: bool = False
) -> SizePlan | None:
    """Choose sizes and repetitions; None where the table, or `most_rows`, is too small for a curve.

    With `cheap_go_on` cheap families learn from all rows of the table where it has not too many values.
    """
    whole = dataset.whole or dataset
    n_folds, repeats = _folds(whole, repeats)
    largest = min(most_rows, most_learned(whole, repeats))
    rarest = np.bincount(whole.target).min() / whole.n_rows if whole.classes else 1.0
    smallest = max(
        _FEWEST_ROWS, math.ceil(_FEWEST_OF_A_CLASS / rarest) if rarest else largest, largest // 2 ** (_SIZES - 1)
    )
    if smallest * 2 ** (FEWEST_SIZES - 1) > largest + FEWEST_SIZES:
        return None
    sizes = np.unique(np.geomspace(smallest, largest, _SIZES).round().astype(int))
    folds = all_folds(n_folds, 1, seed)[-repeats:]  # the last ones: forward in time they have most rows
    width = sum(_WIDE if kind == "category" else 1 for kind in whole.kinds.values())
    end = min(most_learned(whole, repeats), _CHEAP_CELLS // max(width, 1)) if cheap_go_on else 0
    return SizePlan(tuple(sizes.tolist()), tuple(folds), _further(int(sizes[-1]), end))


def too_few(dataset: Dataset) -> str:
    """Say of what a table has too few rows for a learning curve: of its rarest class, or else nothing in particular."""
    whole = dataset.whole or dataset
    counts = np.bincount(whole.target) if whole.classes else np.array([whole.n_rows])
    rare = counts.min() * _FEWEST_ROWS < _FEWEST_OF_A_CLASS * whole.n_rows
    return f" of class {whole.classes[int(counts.argmin())]!r}" if whole.classes and rare else ""


def _further(largest: int, end: int) -> tuple[int, ...]:
    """Sizes from the largest one on to an end; none where it is not far."""
    if end < 1.5 * largest:
        return ()
    steps = math.ceil(math.log(end / largest, _FURTHER))
    return tuple(np.geomspace(largest, end, steps + 1).round().astype(int).tolist()[1:])


def most_learned(whole: Dataset, repeats: int) -> int:
    """Most rows of a table from which so many repetitions can learn: two folds are for scoring and choosing."""
    n_folds, repeats = _folds(whole, repeats)
    return int(whole.n_rows * _share_learned(whole.belonging, n_folds, repeats))


def _folds(whole: Dataset, repeats: int) -> tuple[int, int]:
    """Folds of a table, and repetitions, each of which tests another one."""
    n_folds = 10 if whole.n_rows >= _MANY_ROWS else 5
    return n_folds, min(repeats, n_folds)


def _share_learned(belonging: Belonging, n_folds: int, repeats: int) -> float:
    """Share of the rows that is learned from in every repetition."""
    if belonging.times is not None:
        return _ROOM * (n_folds - repeats + 1) / (n_folds + 1) * (n_folds - 1) / n_folds
    return (1.0 if belonging.is_plain else _ROOM) * (n_folds - 2) / n_folds


def trials(
    groups: Sequence[Group],
    plan: SizePlan,
    *,
    scorer: str,
    candidates: int,
    seed: int,
    tested_rows: int | None = None,
) -> list[Trial[SizeRow]]:
    """One trial for every family, size and repetition, the small sizes first."""
    found = []
    shared = {"scorer": scorer, "candidates": candidates} | (
        {} if tested_rows is None else {"tested_rows": tested_rows}
    )
    for size in (*plan.sizes, *plan.further):
        for repeat, fold in enumerate(plan.folds):
            for family in (family for group in groups for family in group.families):
                if size not in plan.sizes_of(family):
                    continue
                key = size_key(family, size, repeat)
                arguments = {"family": family, "fold": fold, "size": size, **shared}
                kind, cost = f"{family.name}-rows", _FIXED_COST + size / 1_000
                own = seed_of(key.name, seed)
                found.append(key.trial(score_at_size, arguments, seed=own, kind=kind, cost=cost, rows_in_cost=True))
    return found


def score_at_size(
    dataset: Dataset,
    *,
    seed: int,
    family: Family,
    fold: Fold,
    size: int,
    scorer: str,
    candidates: int,
    tested_rows: int | None = None,
) -> SizeRow:
    """Tune a family on some of the whole table's rows, fit it on all of them, and score it: a trial's function.

    `tested_rows` is the number of rows to score on, and to choose by, where predictions are dear.
    """
    whole = dataset.whole or dataset
    parts = _parts(whole, fold)
    train, choosing = parts.learned[:size], parts.choosing[: tested_rows or _MOST_CHOOSING]
    test = parts.test if tested_rows is None else parts.test_in_order[:tested_rows]
    features, target = whole.features, whole.target
    search: dict[str, Any] = {"scorer": scorer, "candidates": candidates, "seed": seed, "search_rows": _SEARCH_ROWS}
    model = tune(family, features.iloc[train], target[train], **search, belonging=whole.belonging.of(train)).model
    score = get_scorer(scorer)
    inner, outer = (float(score(model, features.iloc[rows], target[rows])) for rows in (choosing, test))
    return SizeRow(len(train), outer, inner)


@dataclass(frozen=True, eq=False)
class _Parts:
    """Row numbers of a repetition; but for `test`, any first part of them has the classes in their shares."""

    learned: "NDArray[np.int64]"
    choosing: "NDArray[np.int64]"
    test: "NDArray[np.int64]"
    test_in_order: "NDArray[np.int64]"


@functools.lru_cache(maxsize=4)
def _parts(whole: Dataset, fold: Fold) -> _Parts:
    """Part the rows of a repetition, once for all families and sizes: for a million rows it takes longer than a cheap fit."""
    others, test = split(whole, fold)
    belonging, shuffled = whole.belonging.of(others), fold.seed + fold.index
    learned, kept = k_folds(whole.target[others], belonging, fold.folds - 1, shuffled)[-1]
    return _Parts(
        in_order(whole.target, others[learned], shuffled, belonging.of(learned).units),
        in_order(whole.target, others[kept], shuffled),
        test,
        in_order(whole.target, test, shuffled),
    )


def in_order(
    target: "NDArray", rows: "NDArray[np.int64]", seed: int, units: "NDArray[np.int64] | None" = None
) -> "NDArray[np.int64]":
    """Shuffle row numbers so that any first part of them has the classes (or strata) in their shares.

    Parameters
    ----------
    target : numpy.ndarray of shape (n_rows,)
        Of all rows.
    rows : numpy.ndarray of shape (n_given,)
        Row numbers.
    seed : int
    units : numpy.ndarray of shape (n_given,), optional
        What those rows belong to: the rows of a unit follow one another, and its first row speaks for it.
    """
    if units is not None:
        _, first, unit = np.unique(units, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[in_order(target[rows[first]], np.arange(len(first)), seed)] = np.arange(len(first))
        return rows[np.argsort(rank[unit], kind="stable")]
    shuffled = np.random.default_rng(seed).permutation(rows)
    alike = pd.Series(strata(target[shuffled]))
    place = (alike.groupby(alike).cumcount() + 0.5) / alike.groupby(alike).transform("size")
    return shuffled[np.argsort(place.to_numpy(), kind="stable")]


@dataclass(frozen=True)
class Side:
    """How the best of a side did at every size.

    Attributes
    ----------
    scores : numpy.ndarray of shape (n_repeats, n_sizes)
        As the scorer gives them; NaN where nothing is there.
    seen : mapping of str to int
        From how many rows each family learned at most, by its label.
    """

    scores: "NDArray[np.float64]"
    seen: Mapping[str, int]


def side_at_sizes(group: Group, plan: SizePlan, rows: Rows, sizes: Sequence[int] | None = None) -> Side:
    """Take at each size and repetition the family with the best inner score.

    One that stops at fewer rows stands there with what it learned from these. `sizes` are those of the plan that are wanted:
    all that are tried by every family, if it is left out.
    """
    wanted = plan.sizes if sizes is None else tuple(sizes)
    scores = np.full((len(plan.folds), len(wanted)), np.nan)
    seen: dict[str, int] = {}
    for repeat in range(len(plan.folds)):
        last: dict[str, SizeRow] = {}
        for place, size in enumerate(wanted):
            for family in group.families:
                if (row := size_key(family, size, repeat).found(rows)) is not None:
                    last[family.label] = row
                    seen[family.label] = max(seen.get(family.label, 0), row.rows)
            if last:
                scores[repeat, place] = max(last.values(), key=lambda row: row.inner_score).score
    return Side(scores, seen)
