"""How do ways to learn do as they get more and more rows of the whole table? One trial for each, and each size and repetition.

In a repetition all sizes and members of a side are scored on the same test rows (see `lab.learning.nested`). Averages of families
are members as these are, and cost no fit (see `lab.learning.sized`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.learning.blending import Blend
from lab.learning.comparison import Group
from lab.learning.curves import FEWEST_SIZES
from lab.learning.families import Family
from lab.learning.folds import Fold, all_folds
from lab.learning.planning import seed_of
from lab.learning.sized import SizeRow, blend_at_size, score_at_size, size_key
from lab.protocol import Belonging, Dataset, Rows, Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Side", "SizePlan", "most_learned", "side_at_sizes", "size_plan", "too_few", "trials"]

_SIZES, _MANY_ROWS = 5, 5_000
_FEWEST_ROWS, _FEWEST_OF_A_CLASS = 50, 15
_CHEAP_CELLS, _FURTHER = 5_000_000, 4  # most values from which a cheap family learns, and how much its sizes grow
_WIDE = 10  # values that a text counts for: as numbers it becomes one for each category, 50 at most
_FIXED_COST = 5.0  # thousands of rows: what the search and the test rows take beside learning
_BLEND_SECONDS = 0.5
_ROOM = 0.95  # folds of whole units are not of one size


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

    def common(self, members: Sequence[Family | Blend]) -> tuple[int, ...]:
        """Sizes at which members of sides are compared: the further ones only where no family stops before them."""
        go_on = all(member.is_cheap for member in members if isinstance(member, Family))
        return (*self.sizes, *self.further) if go_on else self.sizes


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
    """One trial for every family, or average of them, and size and repetition, the small sizes first."""
    found: list[Trial[SizeRow]] = []
    shared = {"scorer": scorer} | ({} if tested_rows is None else {"tested_rows": tested_rows})
    for size in (*plan.sizes, *plan.further):
        for repeat, fold in enumerate(plan.folds):
            here = {"fold": fold, "size": size, **shared}
            for group in groups:
                averaged = group.blended if group.blends else ()
                for family in (each for each in group.families if size in plan.sizes_of(each)):
                    searched = {"candidates": candidates} | ({"is_averaged": True} if family in averaged else {})
                    found.append(_trial(family, repeat, here | searched, seed))
                if any(size in plan.sizes_of(family) for family in averaged):
                    found += [_blend_trial(blend, group, plan, repeat, here, seed) for blend in group.blends]
    return found


def _trial(family: Family, repeat: int, arguments: Mapping[str, Any], seed: int) -> Trial[SizeRow]:
    size = arguments["size"]
    key, cost = size_key(family, size, repeat), _FIXED_COST + size / 1_000
    given, own = {"family": family, **arguments}, seed_of(key.name, seed)
    return key.trial(score_at_size, given, seed=own, kind=f"{family.name}-rows", cost=cost, rows_in_cost=True)


def _blend_trial(
    blend: Blend, group: Group, plan: SizePlan, repeat: int, arguments: Mapping[str, Any], seed: int
) -> Trial[SizeRow]:
    """Average at a size what each member said there, or at the largest size below at which it stops."""
    size = arguments["size"]
    key = size_key(blend, size, repeat)
    needs = {
        family.name: size_key(family, max(each for each in plan.sizes_of(family) if each <= size), repeat)
        for family in group.blended
    }
    given = {"blend": blend, "members": {name: needed.name for name, needed in needs.items()}, **arguments}
    return key.trial(
        blend_at_size,
        given,
        seed=seed_of(key.name, seed),
        needs=tuple(needs.values()),
        kind=f"{blend.name}-rows",
        cost=_BLEND_SECONDS,
        rows_in_cost=True,
    )


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
    """Take at each size and repetition the member with the best inner score.

    One that stops at fewer rows stands there with what it learned from these. `sizes` are those of the plan that are wanted:
    all that are tried by every family, if it is left out.
    """
    wanted = plan.sizes if sizes is None else tuple(sizes)
    scores = np.full((len(plan.folds), len(wanted)), np.nan)
    seen: dict[str, int] = {}
    for repeat in range(len(plan.folds)):
        last: dict[str, SizeRow] = {}
        for place, size in enumerate(wanted):
            for member in group.members:
                if (row := size_key(member, size, repeat).found(rows)) is not None:
                    last[member.label] = row
                    if isinstance(member, Family):
                        seen[member.label] = max(seen.get(member.label, 0), row.rows)
            if last:
                scores[repeat, place] = max(last.values(), key=lambda row: row.inner_score).score
    return Side(scores, seen)
