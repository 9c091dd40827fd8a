"""How is a family tuned? By the same number of candidates and inner folds as every other, on training rows only."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, ParameterSampler, StratifiedKFold, cross_val_score

from lab.families import Family
from lab.folds import INNER_FOLDS, Fold, split
from lab.protocol import Dataset, Row
from lab.scoring import score_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Tuned", "score_fold", "tune"]


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
    family: Family, features: pd.DataFrame, target: "NDArray[np.int64]", *, scorer: str, candidates: int, seed: int
) -> Tuned:
    """Search a family: its default and `candidates` - 1 random draws from its space, by stratified inner folds."""
    model = family.build(features, seed)
    inner = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=seed)
    draws = list(ParameterSampler(dict(family.space), candidates - 1, random_state=seed)) if family.space else []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        if draws:
            grid = [{}, *({name: [value] for name, value in draw.items()} for draw in draws)]
            search = GridSearchCV(model, grid, scoring=scorer, cv=inner, error_score="raise")
            search.fit(features, target)
            model, parameters, inner_score = search.best_estimator_, search.best_params_, search.best_score_
        else:
            inner_score = cross_val_score(model, features, target, scoring=scorer, cv=inner, error_score="raise").mean()
            model, parameters = model.fit(features, target), {}
    unconverged = sum(issubclass(w.category, ConvergenceWarning) for w in caught)
    return Tuned(model, dict(parameters), float(inner_score), unconverged)


def score_fold(
    dataset: Dataset,
    *,
    seed: int,
    family: Family,
    fold: Fold,
    scorer: str,
    candidates: int,
) -> Row:
    """Tune a family on the training part of one outer fold and score it on the test part: a trial's function.

    Returns
    -------
    dict
        What `score_model` returns, and `inner_score`, `parameters`, `unconverged`, and `test_rows` of shape (n_test,).
    """
    train, test = split(dataset, fold)
    features, target = dataset.features, dataset.target
    tuned = tune(family, features.iloc[train], target[train], scorer=scorer, candidates=candidates, seed=seed)
    row = score_model(tuned.model, features.iloc[test], target[test], scorer, len(dataset.classes))
    shown = {name.removeprefix("model__"): value for name, value in tuned.parameters.items()}
    return row | {
        "inner_score": tuned.inner_score,
        "parameters": shown,
        "unconverged": tuned.unconverged,
        "test_rows": test,
    }
