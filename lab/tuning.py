"""How is a family tuned? By the same number of candidates and inner folds as every other, on training rows only."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import ParameterSampler, StratifiedKFold, train_test_split

from lab.families import Family
from lab.folds import INNER_FOLDS, Fold, split
from lab.protocol import Dataset, Row
from lab.scoring import score_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Tuned", "score_fold", "tune"]

_MOST_SCORED = 10_000  # rows: the standard error of a share is then half a point at most


@dataclass(frozen=True)
class Tuned:
    """A family's best candidate, fitted on all training rows.

    Attributes
    ----------
    model : estimator
        The fitted classifier.
    parameters : dict
        What the search set; empty for the family's defaults.
    inner_score : float
        Mean score of the chosen candidate over the inner folds: the honest ground for choosing between families.
    unconverged : int
        Fits that stopped before they converged.
    """

    model: Any
    parameters: dict[str, Any]
    inner_score: float
    unconverged: int


def tune(
    family: Family,
    features: pd.DataFrame,
    target: "NDArray[np.int64]",
    *,
    scorer: str,
    candidates: int,
    seed: int,
    search_rows: int | None = None,
) -> Tuned:
    """Search a family by successive halving over stratified inner folds.

    The default and `candidates` - 1 random draws from the space are fitted on the first inner fold; the better half of
    them on the second one, and so on. Only what went through all inner folds can be chosen. The default always does, so
    that a lucky fold cannot put it out.

    `search_rows` makes it cheaper. Where there are at least 1.5 times so many rows, one split replaces the folds: every
    candidate learns from so many rows and is scored on the others, up to 10,000 of them. Where there are fewer and the
    default is the only candidate, two folds do: its inner score is only compared with that of other families.
    The chosen candidate learns from all rows in any case.
    """
    model = family.build(features, seed)
    draws = list(ParameterSampler(dict(family.space), candidates - 1, random_state=seed)) if family.space else []
    left: list[_Candidate] = [_Candidate({}, []), *(_Candidate(draw, []) for draw in draws)]
    score = get_scorer(scorer)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        for train, test in _inner_splits(features, target, seed, search_rows, len(left)):
            left = _better_half(left)
            for candidate in left:
                fitted = clone(model).set_params(**candidate.parameters).fit(features.iloc[train], target[train])
                candidate.scores.append(float(score(fitted, features.iloc[test], target[test])))
        best = max(left, key=_Candidate.mean)  # of equals the first
        model.set_params(**best.parameters).fit(features, target)
    unconverged = sum(issubclass(w.category, ConvergenceWarning) for w in caught)
    return Tuned(model, dict(best.parameters), best.mean(), unconverged)


def _inner_splits(
    features: pd.DataFrame, target: "NDArray[np.int64]", seed: int, search_rows: int | None, candidates: int
) -> Iterable[tuple["NDArray[np.int64]", "NDArray[np.int64]"]]:
    """Give the folds of the search, or its one split where rows abound and no class is too small to be on both sides."""
    if search_rows is not None and 2 * len(target) >= 3 * search_rows:
        counts = np.bincount(target)
        left = min(len(target) - search_rows, _MOST_SCORED)
        if counts[counts > 0].min() * min(search_rows, left) >= 3 * len(target):  # three rows of each class
            split = train_test_split(
                np.arange(len(target)), train_size=search_rows, test_size=left, stratify=target, random_state=seed
            )
            return [(split[0], split[1])]
    n_folds = 2 if search_rows is not None and candidates == 1 else INNER_FOLDS
    return list(StratifiedKFold(n_folds, shuffle=True, random_state=seed).split(features, target))


@dataclass(frozen=True)
class _Candidate:
    parameters: dict[str, Any]
    scores: list[float]

    def mean(self) -> float:
        """Mean score over the inner folds so far."""
        return sum(self.scores) / len(self.scores)


def _better_half(candidates: list[_Candidate]) -> list[_Candidate]:
    """Keep the default, which stands first, and the better half of the others; nobody leaves before the first fold."""
    if not candidates[0].scores or len(candidates) <= 2:
        return candidates
    others = sorted(candidates[1:], key=_Candidate.mean, reverse=True)  # stable: of equals the first
    return [candidates[0], *others[: len(others) // 2]]


def score_fold(
    dataset: Dataset,
    *,
    seed: int,
    family: Family,
    fold: Fold,
    scorer: str,
    candidates: int,
    search_rows: int | None = None,
) -> Row:
    """Tune a family on the training part of one outer fold and score it on the test part: a trial's function.

    Returns
    -------
    dict
        What `score_model` returns, and `inner_score`, `parameters`, `unconverged`, `test_rows` of shape (n_test,), and
        `complexity` where the family counts it.
    """
    train, test = split(dataset, fold)
    features, target = dataset.features, dataset.target
    tuned = tune(
        family,
        features.iloc[train],
        target[train],
        scorer=scorer,
        candidates=candidates,
        seed=seed,
        search_rows=search_rows,
    )
    row = score_model(tuned.model, features.iloc[test], target[test], scorer, len(dataset.classes))
    shown = {name.removeprefix("model__"): value for name, value in tuned.parameters.items()}
    return (
        row
        | {
            "inner_score": tuned.inner_score,
            "parameters": shown,
            "unconverged": tuned.unconverged,
            "test_rows": test,
        }
        | ({} if family.complexity is None else {"complexity": family.complexity(tuned.model)})
    )
