"""How does a family do on one outer fold? Tuned on its training rows, scored on its test rows: a trial, and its row."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lab.learning.families import Family
from lab.learning.fitting import fit_together
from lab.learning.folds import Fold, split
from lab.learning.inner import OutOfFold
from lab.learning.scoring import Scored, score_model
from lab.learning.tuning import tune
from lab.protocol import Dataset, Key

__all__ = ["FoldRow", "Named", "fold_key", "score_fold"]


class Named(Protocol):
    """A way to learn that has a name: a family, or a combination of them."""

    @property
    def name(self) -> str:
        """Short name for keys."""


@dataclass(frozen=True)
class FoldRow(Scored):
    """How a family did on one outer fold.

    Attributes
    ----------
    test_rows : numpy.ndarray of shape (n_test,)
        Row numbers of the test part, in the order of the predictions.
    parameters : mapping
        What the search set; empty for the family's defaults.
    inner_score : float or None
        Score of the chosen candidate on the inner folds; None where nothing was searched.
    unconverged : int
        Fits that stopped before they converged.
    complexity : int or None
        How many parts a person has to read, where the family counts them.
    inner : OutOfFold or None
        What the chosen candidate said of the inner test rows: the best of a side is chosen by it.
    """

    test_rows: np.ndarray
    parameters: Mapping[str, Any]
    inner_score: float | None = None
    unconverged: int = 0
    complexity: int | None = None
    inner: OutOfFold | None = None


def fold_key(family: Named, index: int, *, at_random: bool = False) -> Key[FoldRow]:
    """Name the trial that scores a family on an outer fold."""
    return Key(f"{family.name}-{'random' if at_random else 'fold'}{index:02d}", FoldRow)


def score_fold(
    dataset: Dataset,
    *,
    seed: int,
    family: Family,
    fold: Fold,
    scorer: str,
    candidates: int,
    search_rows: int | None = None,
) -> FoldRow:
    """Tune a family on the training part of one outer fold and score it on the test part: a trial's function.

    With 0 candidates the family is fitted as it is built, without inner folds: for models that stand for no side. The inner
    folds are those of the outer fold, the same for every family.
    """
    train, test = split(dataset, fold)
    features, target, belonging = dataset.features, dataset.target, fold.belonging(dataset).of(train)
    inner_score: float | None = None
    inner: OutOfFold | None = None
    if candidates == 0:
        model = family.build(features.iloc[train], seed)
        fit_together(model, features.iloc[train], target[train], belonging, seed=seed)
        parameters, unconverged = {}, 0
    else:
        search: dict[str, Any] = {"scorer": scorer, "candidates": candidates, "seed": seed, "search_rows": search_rows}
        search |= {"belonging": belonging, "split_seed": fold.seed + fold.index, "keep_inner": True}
        tuned = tune(family, features.iloc[train], target[train], **search)
        model, parameters, unconverged, inner_score = (
            tuned.model,
            tuned.parameters,
            tuned.unconverged,
            tuned.inner_score,
        )
        inner = (
            None
            if tuned.inner is None
            else dataclasses.replace(tuned.inner, rows=train[tuned.inner.rows].astype("int32"))
        )
    scored = score_model(
        model, features.iloc[test], target[test], scorer, len(dataset.classes), dataset.belonging.weights_of(test)
    )
    return FoldRow(
        scored.score,
        scored.predictions,
        scored.beside,
        test_rows=test,
        parameters={name.removeprefix("model__"): value for name, value in parameters.items()},
        inner_score=inner_score,
        unconverged=unconverged,
        complexity=None if family.complexity is None else family.complexity(model),
        inner=inner,
    )
