"""How does a family, or an average of families, do after learning from so many rows? Two trial functions, and their row.

An average at a size costs no fit. Its members learned from the same rows; what each of them said of the rows for choosing gives
the weights, and what they said of the test rows is averaged by them. A member that stops at fewer rows is in it as it learned
from these. This estimates the procedure of `lab.learning.blending` but for where the weights come from: there from inner
out-of-fold rows, of fits on two thirds of the rows; here from rows that no member learned from, up to 10,000 at every size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.learning.blending import Blend, averaged, halves, weighed
from lab.learning.families import Family
from lab.learning.folds import Fold
from lab.learning.inner import enough, in_full
from lab.learning.nested import nested
from lab.learning.outer import Named
from lab.learning.scoring import prepared, said_by, score_said
from lab.learning.tuning import tune
from lab.protocol import Dataset, Key, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Said", "SizeRow", "blend_at_size", "score_at_size", "size_key"]

_SEARCH_ROWS = 2_000


@dataclass(frozen=True)
class Said:
    """What a family said of rows that it had not seen, as `lab.learning.inner.enough` keeps it.

    Attributes
    ----------
    choosing, test : numpy.ndarray, float32
        In the order of `lab.learning.nested`.
    """

    choosing: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class SizeRow:
    """How a family, or an average, did after learning from so many rows.

    Attributes
    ----------
    rows : int
        Training rows; of an average those of the members that did not stop before.
    score : float
        On the test rows, as the scorer gives it.
    inner_score : float
        On the rows by which the best of a side is chosen; it learned from neither.
    said : Said or None
        Only where an average needs it.
    """

    rows: int
    score: float
    inner_score: float
    said: Said | None = None


def size_key(member: Named, size: int, repeat: int) -> Key[SizeRow]:
    """Name the trial of a family, or an average, at a size in a repetition."""
    return Key(f"{member.name}-rows{size}-{repeat}", SizeRow)


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
    is_averaged: bool = False,
) -> SizeRow:
    """Tune a family on some of the whole table's rows, fit it on all of them, and score it: a trial's function.

    One split compares the candidates at every size (where no class is too small for it, see `tune`): a search that looked closer
    at small sizes would bend the curve.

    `tested_rows` is the number of rows to score on, and to choose by, where predictions are dear. With `is_averaged` the row
    keeps what was said of them.
    """
    whole = dataset.whole or dataset
    parts = nested(whole, fold)
    train = parts.learned[:size]
    features, target = whole.features, whole.target
    search_rows = min(_SEARCH_ROWS, 2 * len(train) // 3)
    search: dict[str, Any] = {"scorer": scorer, "candidates": candidates, "seed": seed, "search_rows": search_rows}
    model = tune(family, features.iloc[train], target[train], **search, belonging=whole.belonging.of(train)).model
    rows = (parts.chosen_by(tested_rows), parts.tested(tested_rows))
    choosing, test = (_said_of(model, features.iloc[those], len(whole.classes)) for those in rows)
    inner, outer = (
        score_said(scorer, said, target[those], whole.belonging.weights_of(those))
        for said, those in zip((choosing, test), rows, strict=True)
    )
    return SizeRow(len(train), outer, inner, Said(enough(choosing), enough(test)) if is_averaged else None)


def _said_of(model: Any, features: Any, n_classes: int) -> "NDArray[np.float64]":
    """What a model says of rows; a class that was not among its rows has no chance."""
    said = said_by(*prepared(model, features))
    if said.ndim == 1 or said.shape[1] == n_classes:
        return said
    every = np.zeros((len(said), n_classes))
    every[:, model.classes_] = said
    return every


def blend_at_size(
    dataset: Dataset,
    *,
    seed: int,
    blend: Blend,
    fold: Fold,
    size: int,
    members: Mapping[str, str],
    scorer: str,
    tested_rows: int | None = None,
    inputs: Rows,
) -> SizeRow:
    """Average what the members said after learning from so many rows: a trial's function, which fits nothing.

    `members` are the keys of their rows by family. The inner score is honest for weights too: those of one half of the rows for
    choosing come from the other half.
    """
    del seed  # nothing is drawn
    whole = dataset.whole or dataset
    parts, n_classes = nested(whole, fold), len(whole.classes)
    found: list[SizeRow] = [inputs[key] for key in members.values()]
    kept = [row.said for row in found if row.said is not None]
    choosing, test = (
        np.stack([in_full(said, n_classes) for said in each])
        for each in ([one.choosing for one in kept], [one.test for one in kept])
    )
    chosen_by, tested = parts.chosen_by(tested_rows), parts.tested(tested_rows)
    truth, counts = whole.target[chosen_by], whole.belonging.weights_of
    weights, said = weighed(blend, choosing, truth, halves(len(truth)), scorer, counts(chosen_by))
    outer = averaged(test, weights)
    inner = score_said(scorer, said, truth, counts(chosen_by))
    return SizeRow(size, score_said(scorer, outer, whole.target[tested], counts(tested)), inner)
