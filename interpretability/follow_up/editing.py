"""What does it cost to correct the model by hand? One curve made monotone or flat, and the score measured again."""

import copy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from interpretability.context import Context
from interpretability.models import classifiers, limited, regressors
from interpretability.scale import has_one_sum
from interpretability.sides.finalists import FINALISTS, fitted_on, folds_of, score_of
from lab import stats
from lab.learning.families import Family
from lab.learning.scoring import Metric
from lab.protocol import Dataset, Evidence, Key, Rows, Table, Trial

__all__ = ["EDIT", "Edited", "edit_table", "edit_terms", "evidence", "flattened", "monotone", "plan"]

_CURVES = 3


@dataclass(frozen=True)
class Edited:
    """Scores of the folds, by the words for the edit; "as it is" is the model without one."""

    scores: Mapping[str, tuple[float, ...]]


EDIT = Key("edit", Edited)


def plan(context: Context) -> list[Trial[Any]]:
    """Edit the boosting machine, where its answer is one sum."""
    if not context.is_full or not has_one_sum(context.dataset):
        return []
    machine = regressors.EBM if context.dataset.task == "number" else classifiers.EBM
    if context.settings.parts is not None:
        machine = limited.limited(machine, context.settings.parts)
    return [context.follow_up(EDIT, edit_terms, {"family": machine, **context.splits}, needs=(FINALISTS,))]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show what each edit changes."""
    row = EDIT.found(rows)
    return Evidence(tables=(edit_table(row, context.metric, context.settings.folds),)) if row else Evidence()


def edit_terms(
    dataset: Dataset,
    *,
    seed: int,
    family: Family,
    folds: int,
    repeats: int,
    scorer: str,
    fold_seed: int,
    inputs: Rows,
) -> Edited:
    """Edit the strongest curves of a boosting machine in every fold of the first repetition: a trial's function.

    The curves are the same in every fold: those of numbers that weigh most in the first one. Where the model of another fold
    lacks one, since it may have only so many, there is nothing to edit.
    """
    found = FINALISTS.needed(inputs).parameters.get(family.name)
    names: list[str] = []
    scores: dict[str, list[float]] = {}
    for place, (train, test) in enumerate(folds_of(dataset, folds=folds, repeats=repeats, seed=fold_seed)):
        parameters = found[place] if found else None

        def fit(train: Any = train, parameters: Any = parameters) -> Any:
            return fitted_on(family, dataset, train, parameters, seed)

        model = fit()
        names = names or _strongest(model, dataset)
        scores.setdefault("as it is", []).append(score_of(model, scorer, dataset, test))
        for name in names:
            for words, edit in (("made monotone", monotone), ("made flat", flattened)):
                kept = _terms(model)
                if name in model.named_steps["model"].term_names_:
                    edit(model, name)
                scores.setdefault(f"{name!r} {words}", []).append(score_of(model, scorer, dataset, test))
                _restore(model, kept)
    return Edited({words: tuple(values) for words, values in scores.items()})


def monotone(pipeline: Any, name: str) -> None:
    """Make one curve go only up, or only down, whichever is nearer (isotonic regression weighted by rows)."""
    ebm = pipeline.named_steps["model"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a curve that goes neither way may be made to go either way
        ebm.monotonize(ebm.term_names_.index(name), increasing="auto")


def flattened(pipeline: Any, name: str) -> None:
    """Take one curve out of the model: it adds nothing any more."""
    ebm = pipeline.named_steps["model"]
    place = ebm.term_names_.index(name)
    ebm.term_scores_[place] = np.zeros_like(ebm.term_scores_[place])


def edit_table(row: Edited, metric: Metric, folds: int) -> Table:
    """Say what each edit changes, with its interval."""
    before = metric.factor * np.array(row.scores["as it is"])
    rows = []
    for words, scores in row.scores.items():
        if words == "as it is":
            continue
        change = stats.paired_difference(
            metric.factor * np.array(scores), before, test_fraction=1 / folds, unit=metric.unit
        )
        rows.append((words, change.value, change.low, change.high))
    caption = (
        "A curve that contradicts what is known can be corrected by hand, in the model itself. The change in the score is "
        "measured on the same folds, without refitting; low and high are the ends of its 95 % interval."
    )
    return Table(
        "What does it cost to correct the model?",
        caption,
        ("edit of the explainable boosting machine", f"change in {metric.label}", "low", "high"),
        tuple(rows),
    )


def _strongest(pipeline: Any, dataset: Dataset) -> list[str]:
    ebm = pipeline.named_steps["model"]
    order = np.argsort(-ebm.term_importances(), kind="stable")
    return [
        ebm.term_names_[term]
        for term in order
        if len(ebm.term_features_[term]) == 1
        and dataset.kinds[ebm.feature_names_in_[ebm.term_features_[term][0]]] in ("number", "date")
    ][:_CURVES]


def _terms(pipeline: Any) -> tuple[Any, Any]:
    ebm = pipeline.named_steps["model"]
    return [scores.copy() for scores in ebm.term_scores_], copy.copy(ebm.intercept_)


def _restore(pipeline: Any, kept: tuple[Any, Any]) -> None:
    ebm = pipeline.named_steps["model"]
    ebm.term_scores_, ebm.intercept_ = kept
