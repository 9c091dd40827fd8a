"""What do the members of a side say together? Their average, and greedy weights, from rows that are stored already: no fit.

On each outer fold the predictions of the members for the test rows are combined; weights come from their out-of-fold
predictions on the inner folds alone. Prefer a blend to a single model where nobody has to read it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lab.learning.folds import Fold, split
from lab.learning.influence import parts
from lab.learning.inner import OutOfFold, inner_score, kept
from lab.learning.outer import FoldRow
from lab.learning.scoring import score_said, scored_beside
from lab.protocol import Dataset, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Blend", "averaged", "blend_fold", "blends_of", "greedy_weights", "halves", "weighed"]

_MOST_STEPS = 20
_ROUNDING = 1e-9
"""Scores that differ by less of themselves are equal: sums in another order are."""


@dataclass(frozen=True)
class Blend:
    """A combination of the families of a side.

    Attributes
    ----------
    name, label : str
        For keys, and the words for a reader.
    rule : {"average", "greedy"}
        Equal weights, or those of `greedy_weights`.
    """

    name: str
    label: str
    rule: Literal["average", "greedy"]


def blends_of(name: str, plural: str) -> tuple[Blend, ...]:
    """Make both blends of a group by its name; `plural` is the word for its members.

    >>> [blend.label for blend in blends_of("black", "black boxes")]
    ['average of the black boxes', 'weighted average of the black boxes']
    """
    return (
        Blend(f"{name}-average", f"average of the {plural}", "average"),
        Blend(f"{name}-greedy", f"weighted average of the {plural}", "greedy"),
    )


def blend_fold(
    dataset: Dataset,
    *,
    seed: int,
    blend: Blend,
    fold: Fold,
    members: Mapping[str, str],
    scorer: str,
    inputs: Rows,
) -> FoldRow:
    """Combine the members' predictions for one outer fold: a trial's function.

    `members` are the keys of their rows by family. What the row says of inner test rows is honest for weights too: those of an
    inner fold come from the other ones, so that the greedy weights are not scored on the rows that they fit best.

    Raises
    ------
    ValueError
        If the members were not searched on the same inner folds.
    """
    del seed  # nothing is drawn
    _, test = split(dataset, fold)
    n_classes, names = len(dataset.classes), list(members)
    rows: list[FoldRow] = [inputs[members[name]] for name in names]
    first, inner = _of_the_same_rows([row.inner for row in rows], n_classes)
    folds = first.folds if len(first.sizes) > 1 else halves(first.sizes[0])
    counts = dataset.belonging.weights_of
    weights, said = weighed(blend, inner, dataset.target[first.rows], folds, scorer, counts(first.rows))
    own = kept(first.rows, said, first.sizes)
    outer = averaged(np.stack([row.predictions for row in rows]), weights)
    return FoldRow(
        score_said(scorer, outer, dataset.target[test], counts(test)),
        outer,
        scored_beside(outer, dataset.target[test], n_classes, counts(test)),
        test_rows=test,
        parameters={"weights": {name: float(weight) for name, weight in zip(names, weights, strict=True) if weight}},
        inner_score=inner_score(own, dataset.target, scorer, n_classes, dataset.belonging.weights),
        inner=own,
    )


def weighed(
    blend: Blend,
    said: "NDArray[np.float64]",
    target: "NDArray",
    folds: "Sequence[slice]",
    scorer: str,
    counts: "NDArray | None" = None,
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Weigh the members of a blend by what they said of rows from which none of them learned, and combine just that.

    Parameters
    ----------
    blend : Blend
    said : array of shape (n_models, n_rows, n_classes) or (n_models, n_rows)
    target : array of shape (n_rows,)
    folds : sequence of slice
        Parts of the rows, all of them together: each is combined by weights that come from the others.
    scorer : str
        Name of the metric.
    counts : array of shape (n_rows,), optional
        For how much each row counts; all alike without it.

    Returns
    -------
    weights : numpy.ndarray of shape (n_models,)
        From all rows.
    combined : numpy.ndarray of shape (n_rows, n_classes) or (n_rows,)
    """
    if blend.rule == "average":
        weights = np.full(len(said), 1 / len(said))
        return weights, averaged(said, weights)
    combined = [
        averaged(said[:, part], greedy_weights(*_without(said, target, part, counts, scorer))) for part in folds
    ]
    return greedy_weights(said, target, scorer, counts), np.concatenate(combined)


def halves(n_rows: int) -> "list[slice]":
    """Part rows in two, where there are no folds of them.

    >>> halves(5)
    [slice(0, 2, None), slice(2, 5, None)]
    """
    return [slice(0, n_rows // 2), slice(n_rows // 2, n_rows)]


def averaged(said: "NDArray[np.float64]", weights: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Average over the first axis by weights of sum 1."""
    return np.tensordot(weights, said, axes=1)


def greedy_weights(
    said: "NDArray[np.float64]", target: "NDArray", scorer: str, counts: "NDArray | None" = None
) -> "NDArray[np.float64]":
    """Choose weights step by step: the model is added, again if need be, with which the average scores best.

    It begins with the best models in their order, as long as each improves the average; of all averages on its way the best
    is taken, of equals the first.

    Parameters
    ----------
    said : array of shape (n_models, n_rows, n_classes) or (n_models, n_rows)
        Predictions of rows that the models have not learned from.
    target : array of shape (n_rows,)
    scorer : str
        Name of the metric.
    counts : array of shape (n_rows,), optional
        For how much each row counts; all alike without it.

    Returns
    -------
    numpy.ndarray of shape (n_models,)
        At least 0, of sum 1.

    References
    ----------
    Caruana, Niculescu-Mizil, Crew and Ksikes (2004), Ensemble selection from libraries of models, ICML.
    """
    alone = _heights(said, target, scorer, counts)
    order = sorted(range(len(said)), key=lambda place: -alone[place])  # stable
    times = np.zeros(len(said))
    times[order[0]], best = 1, alone[order[0]]
    total = said[order[0]].copy()
    for place in order[1:]:
        height = _heights((total + said[[place]]) / (times.sum() + 1), target, scorer, counts)[0]
        if height <= best + _ROUNDING * abs(best):
            break
        times[place], total, best = 1, total + said[place], height
    found = times.copy()
    for _ in range(_MOST_STEPS):
        heights = _heights((total + said) / (times.sum() + 1), target, scorer, counts)
        place = int(np.argmax(heights >= heights.max() - _ROUNDING * abs(best)))  # of equals the first
        times[place], total = times[place] + 1, total + said[place]
        if heights[place] > best + _ROUNDING * abs(best):
            found, best = times.copy(), heights[place]
    return found / found.sum()


def _heights(
    said: "NDArray[np.float64]", target: "NDArray", scorer: str, counts: "NDArray | None"
) -> "NDArray[np.float64]":
    """What grows with the score of each model, shape (n_models,).

    The negative mean squared error for R², the sum of its means where a metric is one, else the score itself.
    """
    if scorer == "r2":
        return np.asarray(-np.average((said - target) ** 2, axis=-1, weights=counts))
    found = parts(scorer, said, target, counts)
    if found is None:
        return np.array([score_said(scorer, each, target, counts) for each in said])
    heights = np.zeros(len(said))
    for part in found:
        if part.members.any():
            of_members = None if counts is None else counts[part.members]
            heights += np.average(np.compress(part.members, part.values, axis=-1), axis=-1, weights=of_members)
    return heights


def _of_the_same_rows(found: "Sequence[OutOfFold | None]", n_classes: int) -> "tuple[OutOfFold, NDArray[np.float64]]":
    """Give the first, and the predictions of all: shape (n_models, n_inner, n_classes) or (n_models, n_inner)."""
    there = [each for each in found if each is not None]
    if len(there) < len(found) or any(not np.array_equal(each.rows, there[0].rows) for each in there):
        raise ValueError("models can be combined only if they were searched on the same inner folds")
    return there[0], np.stack([each.predictions(n_classes) for each in there])


def _without(
    inner: "NDArray[np.float64]", truth: "NDArray", part: slice, counts: "NDArray | None", scorer: str
) -> "tuple[NDArray[np.float64], NDArray, str, NDArray | None]":
    """Give what `greedy_weights` takes, of all rows but those of a part."""
    others = np.ones(len(truth), dtype=bool)
    others[part] = False
    return inner[:, others], truth[others], scorer, None if counts is None else counts[others]
