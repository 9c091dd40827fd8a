"""How is a family tuned? By the same number of candidates and inner folds as every other, on training rows only."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterSampler, train_test_split

from lab.belonging import ALONE
from lab.data.strata import strata
from lab.learning.families import Family
from lab.learning.fitting import fit_together
from lab.learning.folds import INNER_FOLDS
from lab.learning.inner import OutOfFold, kept
from lab.learning.scoring import prepared, said_by, scored_by
from lab.learning.splits import k_folds
from lab.protocol import Belonging, Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Tuned", "looked_at", "tune", "tune_on_all"]

_LOOK_ROWS = 1_000
_MOST_SCORED = 10_000  # rows: the standard error of a share is then half a point at most


@dataclass(frozen=True)
class Tuned:
    """A family's best candidate, fitted on all training rows.

    Attributes
    ----------
    model : estimator
        The fitted classifier or regressor.
    parameters : dict
        What the search set; empty for the family's defaults.
    inner_score : float
        Mean score of the chosen candidate over the inner folds: the honest ground for choosing between families.
    unconverged : int
        Fits that stopped before they converged.
    inner : OutOfFold or None
        What the chosen candidate said of all inner test rows, numbered as the given ones; only where it was asked for.
    """

    model: Any
    parameters: dict[str, Any]
    inner_score: float
    unconverged: int
    inner: OutOfFold | None = None


def tune(
    family: Family,
    features: pd.DataFrame,
    target: "NDArray",
    *,
    scorer: str,
    candidates: int,
    seed: int,
    search_rows: int | None = None,
    belonging: Belonging = ALONE,
    split_seed: int | None = None,
    keep_inner: bool = False,
) -> Tuned:
    """Search a family by successive halving over stratified inner folds; `target` has shape (n_rows,).

    `belonging` is that of these rows: the inner folds keep together what belongs together, and go forward in time where
    the rows have times, as the outer ones do.

    The default and `candidates` - 1 others (`Family.always`, then random draws from the space) are fitted on the first inner fold;
    the better half of them on the second one, and so on. Only what went through all inner folds can be chosen. The default always
    does, so that a lucky fold cannot put it out.

    The first fold is only a cheap look that says which candidates go on: at most a third of its training rows (1,000 if
    there are), and the family's own savings (`Family.look`). The inner score, by which families are compared, is the mean
    over the other folds. With one candidate there is nothing to look at, and it is the mean over all.

    `search_rows` makes it cheaper. Where there are at least 1.5 times so many rows, one split replaces the folds: every
    candidate learns from so many rows and is scored on the others, up to 10,000 of them. Where there are fewer and the
    default is the only candidate, two folds do: its inner score is only compared with that of other families.
    The chosen candidate learns from all rows in any case.

    `split_seed` shuffles the inner folds, `seed` where it is None: families that share it are searched on the same folds. With
    `keep_inner` the chosen candidate is also fitted for the first look's fold, and what it said of all inner test rows is kept.
    """
    fits = _Fits(family.build(features, seed), features, target, belonging, seed, scorer, keep_inner)
    left = [_Candidate({}), *(_Candidate(draw) for draw in _draws(family, candidates - 1, seed))]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        splits = _inner_splits(target, seed if split_seed is None else split_seed, search_rows, candidates, belonging)
        best = _best(fits, left, splits, family.look if candidates > 1 else None)
        if keep_inner and len(best.said) < len(splits):
            best.said.insert(0, said_by(fits.fit(best.parameters, splits[0][0]), features.iloc[splits[0][1]]))
        model = fits.model.set_params(**best.parameters)
        fit_together(model, features, target, belonging, seed=seed)
    unconverged = sum(issubclass(w.category, ConvergenceWarning) for w in caught)
    tested = [test for _, test in splits]
    inner = (
        kept(np.concatenate(tested), np.concatenate(best.said), [len(rows) for rows in tested]) if keep_inner else None
    )
    return Tuned(model, dict(best.parameters), best.mean(), unconverged, inner)


def tune_on_all(
    family: Family, dataset: Dataset, *, scorer: str, candidates: int, seed: int, search_rows: int | None = None
) -> Tuned:
    """Search a family on all rows of a table, as `tune` does on the training rows of a fold."""
    return tune(
        family,
        dataset.features,
        dataset.target,
        scorer=scorer,
        candidates=candidates,
        seed=seed,
        search_rows=search_rows,
        belonging=dataset.belonging,
    )


def _best(
    fits: "_Fits",
    left: "list[_Candidate]",
    splits: "list[tuple[NDArray, NDArray]]",
    look: Mapping[str, Any] | None,
) -> "_Candidate":
    """Halve the candidates from inner fold to inner fold, the first one being a look unless `look` is None; of equals the first."""
    (look_train, look_test), *others = splits
    if look is None or not others:
        others = splits
    elif len(left) > 1:
        some = looked_at(look_train, fits.target, fits.seed)
        looks = [fits.score(_Candidate({**one.parameters, **look}), some, look_test) for one in left]
        left = _better_half(left, looks)
    for place, (train, test) in enumerate(others):
        if place and len(left) > 2:
            left = _better_half(left, [candidate.mean() for candidate in left])
        for candidate in left:
            candidate.scores.append(fits.score(candidate, train, test))
    return max(left, key=_Candidate.mean)


@dataclass(frozen=True, eq=False)
class _Fits:
    """Fits of one family on some of the given rows."""

    model: Any
    features: pd.DataFrame
    target: "NDArray"
    belonging: Belonging
    seed: int
    scorer: str
    keeps: bool

    def fit(self, parameters: dict[str, Any], rows: "NDArray") -> Any:
        one = clone(self.model).set_params(**parameters)
        return fit_together(one, self.features.iloc[rows], self.target[rows], self.belonging.of(rows), seed=self.seed)

    def score(self, candidate: "_Candidate", train: "NDArray", test: "NDArray") -> float:
        last, seen = prepared(self.fit(candidate.parameters, train), self.features.iloc[test])
        if self.keeps:
            candidate.said.append(said_by(last, seen))
        return scored_by(self.scorer, last, seen, self.target[test], self.belonging.weights_of(test))


def _draws(family: Family, count: int, seed: int) -> list[dict[str, Any]]:
    """So many candidates beside the default; where the space has fewer, all of it."""
    if not family.space:
        return []
    always = [dict(each) for each in family.always] if count > len(family.always) else []
    return [*always, *ParameterSampler(dict(family.space), count - len(always), random_state=seed)]


def looked_at(rows: "NDArray", target: "NDArray", seed: int) -> "NDArray":
    """Choose the rows of the first look: each class (or stratum) keeps its share, and at least 5 rows where it has them.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n_given,)
        Row numbers to choose from.
    target : numpy.ndarray of shape (n_rows,)
        Of all rows.
    seed : int

    Returns
    -------
    numpy.ndarray of shape (n_chosen,)
        Ascending row numbers; those given, where they are few.
    """
    share = max(_LOOK_ROWS, len(rows) // 3) / len(rows)
    if share >= 1:
        return rows
    shuffled = np.random.default_rng(seed).permutation(rows)
    classes = pd.Series(strata(target)[shuffled])
    counts = classes.groupby(classes).transform("size")
    kept = classes.groupby(classes).cumcount() < np.maximum(5, share * counts)
    return np.sort(shuffled[kept.to_numpy()])


def _inner_splits(
    target: "NDArray", seed: int, search_rows: int | None, candidates: int, belonging: Belonging
) -> "list[tuple[NDArray, NDArray]]":
    """Give the folds of the search, or its one split where rows abound and no class is too small to be on both sides."""
    alike = strata(target, INNER_FOLDS)
    if belonging.is_plain and search_rows is not None and 2 * len(target) >= 3 * search_rows:
        counts = np.bincount(alike)
        left = min(len(target) - search_rows, _MOST_SCORED)
        if counts[counts > 0].min() * min(search_rows, left) >= 3 * len(target):  # three rows of each class
            rows = np.arange(len(target))
            split = train_test_split(rows, train_size=search_rows, test_size=left, stratify=alike, random_state=seed)
            return [(split[0], split[1])]
    n_folds = 2 if search_rows is not None and candidates == 1 else INNER_FOLDS
    return k_folds(target, belonging, n_folds, seed)


@dataclass(frozen=True)
class _Candidate:
    parameters: dict[str, Any]
    scores: list[float] = field(default_factory=list)
    said: "list[NDArray]" = field(default_factory=list)

    def mean(self) -> float:
        """Mean score over the inner folds so far."""
        return sum(self.scores) / len(self.scores)


def _better_half(candidates: "list[_Candidate]", scores: Sequence[float]) -> "list[_Candidate]":
    """Keep the default, which stands first, and the better half of the others."""
    if len(candidates) <= 2:
        return candidates
    order = sorted(range(1, len(candidates)), key=lambda place: -scores[place])  # stable: of equals the first
    return [candidates[0], *(candidates[place] for place in order[: len(order) // 2])]
