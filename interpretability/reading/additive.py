"""How does a fitted additive model become plain data? Curves, steps, tables and maps that a panel can compute.

Boosting machines, logistic regressions, additive splines and scorecards are all sums of terms; `lay_open` writes any of
them as a `lab.protocol.WhatIf`. What it says is held against the model itself by `largest_gap`.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from interpretability.scale import answers, has_one_sum, scale_of
from lab.privacy.aggregates import MIN_ROWS, middle, outer_range
from lab.protocol import Dataset, Input, Kind, Term, WhatIf
from lab.report import additive

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ADDITIVE", "can_be_set", "frame_of", "inputs_of", "is_additive", "largest_gap", "lay_open", "shortened"]

_MAX_CHOICES = 50
_SHOWN_INPUTS = 10


def is_additive(family_name: str) -> bool:
    """Whether `lay_open` knows the family."""
    return family_name in ADDITIVE


def lay_open(family_name: str, model: Any, dataset: Dataset, *, title: str = "") -> WhatIf:
    """Write a fitted pipeline of an additive family as plain data: the terms that add something, those that matter most first.

    Raises
    ------
    ValueError
        If the family is not additive, or there are more than two classes.
    """
    if family_name not in ADDITIVE or not has_one_sum(dataset):
        raise ValueError(f"{family_name} on {len(dataset.classes)} classes is not one sum of terms")
    inputs = inputs_of(dataset)
    intercept, terms = ADDITIVE[family_name](model, inputs)
    scale = scale_of(dataset)
    opened = WhatIf(
        title or "Try the model",
        "",
        scale.output,
        scale.link,
        float(intercept),
        inputs,
        tuple(term for term in terms if _adds(term.values)),
    )
    return _sorted(opened, dataset.features)


def _adds(values: Any) -> bool:
    return any(map(_adds, values)) if isinstance(values, tuple) else bool(values)


def largest_gap(opened: WhatIf, model: Any, frame: pd.DataFrame) -> float:
    """Largest difference between the answers of the plain data and of the model over the rows of a frame."""
    said = [additive.answer(opened, _values(opened, row)) for row in frame.to_dict("records")]
    return float(np.abs(np.array(said) - answers(model, frame)).max())


def inputs_of(dataset: Dataset) -> tuple[Input, ...]:
    """Describe the columns of a table as what a panel can set, by values that stand for at least 5 rows.

    A column of which nothing can be said (see `can_be_set`) has a range of width 0, or no choice.
    """
    return tuple(_input(dataset.features[name], name, dataset.kinds[name]) for name in dataset.kinds)


def can_be_set(item: Input) -> bool:
    """Whether there is anything to choose: a range, two categories, or true and false."""
    if item.kind == "category":
        return len(item.choices) + item.can_be_missing > 1
    return item.kind == "boolean" or item.low < item.high


def frame_of(inputs: Sequence[Input], states: Sequence[Sequence[float | str | None]]) -> pd.DataFrame:
    """Write states of a panel as the rows that the model would be given."""
    columns: dict[str, pd.Series] = {}
    for place, item in enumerate(inputs):
        given = [state[place] for state in states]
        if item.kind == "category":
            columns[item.name] = pd.Series(["" if value is None else value for value in given], dtype=object)
        else:
            columns[item.name] = pd.Series([np.nan if value is None else value for value in given], dtype=np.float64)
    return pd.DataFrame(columns)


def shortened(opened: WhatIf) -> WhatIf:
    """Keep the features of the strongest terms for a panel; all others stand where they start, in the intercept."""
    kept: list[int] = []
    for term in opened.terms:
        new = [place for place in term.inputs if place not in kept]
        if len(kept) + len(new) <= _SHOWN_INPUTS and all(can_be_set(opened.inputs[place]) for place in new):
            kept += new
    start = [item.start for item in opened.inputs]
    parts = dict(zip(opened.terms, additive.contributions(opened, start), strict=True))
    shown = [term for term in opened.terms if set(term.inputs) <= set(kept)]
    hidden = sum(part for term, part in parts.items() if term not in shown)
    terms = tuple(
        Term(t.name, tuple(kept.index(place) for place in t.inputs), t.bins, t.values, t.origins) for t in shown
    )
    return WhatIf(
        opened.title,
        opened.caption,
        opened.output,
        opened.link,
        opened.intercept + hidden,
        tuple(opened.inputs[place] for place in kept),
        terms,
    )


def _input(values: pd.Series, name: str, kind: Kind) -> Input:
    if kind == "category":
        counts = values.fillna("").value_counts()
        often = [text for text in counts.index if text and counts[text] >= MIN_ROWS][:_MAX_CHOICES]
        return Input(
            name,
            kind,
            often[0] if often else None,
            choices=tuple(sorted(often)),
            can_be_missing=bool(counts.get("", 0)),
        )
    present = values.dropna()
    missing = bool(values.isna().any())
    whole = bool((present == present.round()).all())
    start = middle(present)
    if kind == "boolean":
        return Input(name, kind, None if start is None else float(start > 0.5), whole=True, can_be_missing=missing)
    if whole and start is not None:
        start = float(round(start))
    low, high = outer_range(present, whole=whole) or (start or 0.0, start or 0.0)
    return Input(name, kind, start, low, high, whole=whole, can_be_missing=missing)


def _values(opened: WhatIf, row: Mapping[Any, Any]) -> list[float | str | None]:
    found: list[float | str | None] = []
    for item in opened.inputs:
        value = row[item.name]
        found.append(None if value is None or value == "" or value != value else value)
    return found


def _sorted(opened: WhatIf, features: pd.DataFrame) -> WhatIf:
    sample = features.sample(min(len(features), 150), random_state=0).to_dict("records")
    parts = np.array([additive.contributions(opened, _values(opened, row)) for row in sample])
    reach = np.abs(parts - parts.mean(axis=0)).mean(axis=0) if len(opened.terms) else np.zeros(0)
    order = np.argsort(-reach, kind="stable")
    return WhatIf(
        opened.title,
        opened.caption,
        opened.output,
        opened.link,
        opened.intercept,
        opened.inputs,
        tuple(opened.terms[place] for place in order),
    )


def _of_ebm(pipeline: Any, inputs: tuple[Input, ...]) -> tuple[float, list[Term]]:
    """Read tables: place 0 is for missing, the last one for unseen categories; pairs use coarser bins of their own."""
    ebm = pipeline.named_steps["model"]
    terms = []
    for term, features in enumerate(ebm.term_features_):
        scores, bins = np.asarray(ebm.term_scores_[term]), []
        for axis, feature in enumerate(features):
            cuts = ebm.bins_[feature][min(len(ebm.bins_[feature]), len(features)) - 1]
            if isinstance(cuts, dict):
                named = [text for text in inputs[feature].choices if text in cuts]
                places = [cuts.get("", scores.shape[axis] - 1), *(cuts[text] for text in named), scores.shape[axis] - 1]
                bins.append(tuple(named))
            else:
                places = list(range(len(cuts) + 2))
                bins.append(tuple(float(cut) for cut in cuts))
            scores = scores.take(places, axis=axis)
        terms.append(Term(ebm.term_names_[term], tuple(int(f) for f in features), tuple(bins), _tuples(scores)))
    return float(np.ravel(ebm.intercept_)[0]), terms


def _tuples(values: "NDArray") -> tuple[Any, ...]:
    return tuple(_tuples(row) if np.ndim(row) else float(row) for row in values)


def _weights(pipeline: Any) -> "NDArray[np.float64]":
    """Weights of a linear model, shape (n_columns,): of the second class, or of the number."""
    return np.atleast_2d(pipeline.named_steps["model"].coef_)[0]


def _intercept(pipeline: Any) -> float:
    return float(np.ravel(pipeline.named_steps["model"].intercept_)[0])


def _of_linear(pipeline: Any, inputs: tuple[Input, ...]) -> tuple[float, list[Term]]:
    numbers, texts = _blocks(pipeline.named_steps["prepare"])
    weights, terms = _weights(pipeline), []
    at = 0
    if numbers is not None:
        columns, steps = numbers
        medians, scale = steps.named_steps["impute"].statistics_, steps.named_steps["scale"]
        for name, median, mean, width in zip(columns, medians, scale.mean_, scale.scale_, strict=True):
            slope = weights[at] / width
            terms.append(_line(name, inputs, slope, -slope * mean, slope * (median - mean)))
            at += 1
    terms += _category_terms(texts, weights[at:], np.zeros(len(weights) - at), inputs)
    return _intercept(pipeline), terms


def _of_splines(pipeline: Any, inputs: tuple[Input, ...]) -> tuple[float, list[Term]]:
    numbers, texts = _blocks(pipeline.named_steps["prepare"])
    scale = pipeline.named_steps["scale"]
    weights = _weights(pipeline) / scale.scale_
    centres, terms, at = scale.mean_, [], 0
    if numbers is not None:
        columns, steps = numbers
        curve, medians = steps.named_steps["curve"], steps.named_steps["impute"].statistics_
        for place, (name, median) in enumerate(zip(columns, medians, strict=True)):
            width = curve.column(place, np.zeros(1)).shape[1]
            own, middle = weights[at : at + width], centres[at : at + width]
            at += width

            def adds(
                x: "NDArray", place: int = place, own: "NDArray" = own, middle: "NDArray" = middle
            ) -> "NDArray[np.float64]":
                return (curve.column(place, x) - middle) @ own

            if curve.bases_[place] is None:
                start = float(adds(np.zeros(1))[0])
                terms.append(_line(name, inputs, float(own[0]), start, float(adds(np.array([median]))[0])))
            else:
                terms.append(_pieces(name, inputs, adds, curve.knots(place), float(adds(np.array([median]))[0])))
    terms += _category_terms(texts, weights[at:], centres[at:], inputs)
    return _intercept(pipeline), terms


def _of_scorecard(pipeline: Any, inputs: tuple[Input, ...]) -> tuple[float, list[Term]]:
    card = pipeline.named_steps["model"]
    names = [item.name for item in inputs]
    lines: dict[str, list[tuple[str, Any, float]]] = {}
    for (column, kind, bound), points in zip(card.conditions_, card.points_, strict=True):
        lines.setdefault(column, []).append((kind, bound, card.slope_ * points))
    terms = []
    for column, found in lines.items():
        place = names.index(column)
        if inputs[place].kind == "category":
            adds = {bound: value for _, bound, value in found}
            choices = inputs[place].choices
            values = (adds.get("", 0.0), *(adds.get(text, 0.0) for text in choices), 0.0)
            terms.append(Term(column, (place,), (choices,), tuple(float(v) for v in values)))
            continue
        bounds = sorted((bound, value) for kind, bound, value in found if kind == "above")
        missing = sum(value for kind, _, value in found if kind == "missing")
        cuts = tuple(float(np.nextafter(bound, np.inf)) for bound, _ in bounds)  # above, not at
        sums = np.cumsum([0.0, *(value for _, value in bounds)])
        terms.append(Term(column, (place,), (cuts,), (float(missing), *(float(s) for s in sums))))
    return card.offset_, terms


def _blocks(prepare: Any) -> tuple[Any, Any]:
    """Find (columns, fitted step) of the numbers and of the texts; None where there are none."""
    found = {name: (list(columns), step) for name, step, columns in prepare.transformers_ if len(columns)}
    return found.get("numbers"), found.get("texts")


def _category_terms(texts: Any, weights: "NDArray", centres: "NDArray", inputs: tuple[Input, ...]) -> list[Term]:
    if texts is None:
        return []
    columns, step = texts
    names, terms, at = [item.name for item in inputs], [], 0
    for name, categories in zip(columns, step.encoder_.categories_, strict=True):
        own, base = weights[at : at + len(categories)], centres[at : at + len(categories)]
        at += len(categories)
        none = float(-(own * base).sum())  # what is added where no category holds
        adds = {text: none + float(weight) for text, weight in zip(categories, own, strict=True)}
        place = names.index(name)
        choices = inputs[place].choices
        values = (adds.get("", none), *(adds.get(text, none) for text in choices), none)
        terms.append(Term(name, (place,), (choices,), values))
    return terms


def _line(name: str, inputs: tuple[Input, ...], slope: float, at_zero: float, missing: float) -> Term:
    place = [item.name for item in inputs].index(name)
    return Term(name, (place,), ((),), ((float(missing),), (float(at_zero), float(slope))), origins=(0.0,))


def _pieces(
    name: str,
    inputs: tuple[Input, ...],
    adds: Callable[["NDArray"], "NDArray"],
    knots: "NDArray[np.float64]",
    missing: float,
) -> Term:
    """Write a piecewise cubic curve exactly: four of its values fix each piece, two the straight ends."""
    place = [item.name for item in inputs].index(name)
    reach = knots[-1] - knots[0]
    ends = (knots[0] - reach, *knots, knots[-1] + reach)
    values: list[tuple[float, ...]] = [(missing,)]
    for left, right in itertools.pairwise(ends):
        is_end = left == ends[0] or right == ends[-1]  # straight: a rounding error in a cube grows with the distance
        inside = np.array([0.1, 0.9] if is_end else [0.1, 0.35, 0.65, 0.9])
        found = np.linalg.solve(np.vander(inside, increasing=True), adds(left + inside * (right - left)))
        values.append(tuple(float(c / (right - left) ** power) for power, c in enumerate(found)))
    return Term(name, (place,), (tuple(float(k) for k in knots),), tuple(values), tuple(float(e) for e in ends[:-1]))


ADDITIVE: Mapping[str, Callable[[Any, tuple[Input, ...]], tuple[float, list[Term]]]] = {
    "ebm": _of_ebm,
    "ebm-pairs": _of_ebm,
    "linear": _of_linear,
    "logistic": _of_linear,
    "splines": _of_splines,
    "scorecard": _of_scorecard,
}
