"""How is a boosting machine read? Its terms as curves and maps, ranked by weight."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from interpretability.reading.additive import lay_open
from interpretability.reading.curves import density_of, few_values, pair_map, shape_of, shapes_of
from interpretability.reading.days import as_dates
from interpretability.reading.limits import CURVES, LISTED, MAPS, SHOWN, Opened
from interpretability.scale import has_one_sum, scale_of
from lab.numbers import number, plain
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Dataset, Figure, Table
from lab.report import charts

__all__ = ["boosting_curves", "smooth_curves"]


def boosting_curves(model: Any, dataset: Dataset) -> Opened:
    """Lay a boosting machine open: its heaviest terms as curves and maps, all of them in a table."""
    ebm, scale = model.named_steps["model"], scale_of(dataset)
    importances = ebm.term_importances()
    order = np.argsort(-importances)
    names = list(ebm.term_names_)
    bars = Figure(
        "What the explainable boosting machine relies on",
        f"Mean absolute contribution of each term to {scale.whole}.",
        charts.bars(
            [(names[i], float(importances[i])) for i in order[:SHOWN]], axis=f"mean contribution ({scale.unit})"
        ),
    )
    single = [i for i in order if len(ebm.term_features_[i]) == 1]
    shapes = [shape for shape in (_shape(ebm, i, dataset) for i in single) if shape is not None][:CURVES]
    if has_one_sum(dataset):
        pairs = [names[i] for i in order if len(ebm.term_features_[i]) == 2][:MAPS]
        opened = lay_open("ebm", model, dataset)
        shapes += [pair_map(opened, term, scale) for term in opened.terms if term.name in pairs]
    table = Table(
        "The terms of the explainable boosting machine",
        f"Each term is one curve (or one map of two features) that adds to {scale.whole}; besides these there is only an intercept.",
        ("term", f"mean contribution ({scale.unit})", "bins"),
        tuple(
            (names[i], float(importances[i]), int(np.prod(ebm.term_scores_[i].shape[: _rank(ebm, i)]))) for i in order
        ),
    )
    return Opened((bars, *shapes), (table,))


def smooth_curves(model: Any, dataset: Dataset) -> Opened:
    """Lay a sum of splines open: its curves, and the weights of its categories."""
    if not has_one_sum(dataset):
        return Opened((), (_listed(model, dataset),))
    opened = lay_open("splines", model, dataset)
    return Opened(tuple(shapes_of(opened, dataset, CURVES)), (_listed(model, dataset),))


def _listed(model: Any, dataset: Dataset) -> Table:
    names = [str(name).partition("__")[2] for name in model.named_steps["prepare"].get_feature_names_out()]
    weights = np.abs(np.atleast_2d(model.named_steps["model"].coef_)).max(axis=0)
    reach: dict[str, float] = {}
    for name, weight in zip(names, weights, strict=True):
        curve = name.rpartition("~")[0] or name
        reach[curve] = max(reach.get(curve, 0.0), float(weight))
    rows = sorted(((curve, weight) for curve, weight in reach.items() if weight > 0), key=lambda item: -item[1])
    return Table(
        "The curves of the additive splines",
        "Each numeric column has one smooth curve, each category one weight; shown is the largest weight of the curve, per standard "
        f"deviation of its basis function. The {min(len(rows), LISTED)} largest of {len(rows)}.",
        ("curve", f"largest weight ({scale_of(dataset).unit})"),
        tuple(rows[:LISTED]),
    )


def _rank(ebm: Any, term: int) -> int:
    return len(ebm.term_features_[term])


def _shape(ebm: Any, term: int, dataset: Dataset) -> Figure | None:
    """Draw one term of a single feature; the first bin holds missing values, the last one unknown ones.

    None where the column has too few rows of different values for a curve.
    """
    feature = ebm.term_features_[term][0]
    name = ebm.feature_names_in_[feature]
    scores, spread = ebm.term_scores_[term], ebm.standard_deviations_[term]
    binary = scores.ndim == 1
    title, axis = f"Effect of {name!r}", f"contribution ({scale_of(dataset).unit})"
    has_missing = int(dataset.features[name].isna().sum()) >= MIN_ROWS
    says = _says(dataset, float(scores[0]) if binary else None, has_missing)
    if dataset.kinds[name] == "category":
        codes = sorted(ebm.bins_[feature][0].items(), key=lambda item: item[1])
        labels = list(dict.fromkeys(category or "(missing)" for category, _ in codes))
        best = scores[1:-1] if binary else scores[1:-1].max(axis=1)
        counts = dataset.features[name].replace("", "(missing)").value_counts()
        often = [place for place, label in enumerate(labels) if counts.get(label, 0) >= MIN_ROWS]
        rows = [(labels[place], float(best[place])) for place in often]
        return Figure(title, says, charts.bars(rows, axis=axis))
    is_plain = dataset.kinds[name] in ("number", "boolean")
    kinds = few_values(dataset.features[name].to_numpy()) if is_plain else []
    if kinds:
        cuts = ebm.bins_[feature][0]
        adds = [scores[1 + int(np.searchsorted(cuts, value, side="right"))] for value in kinds]
        return Figure(title, says, _bars_of(kinds, adds, dataset, name, axis))
    low, high = (float(bound) for bound in ebm.feature_bounds_[feature])
    if not low < high:
        return None
    edges = [low, *(float(cut) for cut in ebm.bins_[feature][0])]
    if binary:
        steps = _with_end(
            [
                (x, float(s), float(s - 2 * d), float(s + 2 * d))
                for x, s, d in zip(edges, scores[1:-1], spread[1:-1], strict=True)
            ],
            high,
        )
        says += " The band is two standard deviations over the model's bags."
        density = density_of(dataset.features[name].to_numpy())
        return Figure(title, says, shape_of(steps, density, dataset.kinds[name], x=name, y=axis))
    across: Sequence[float | str] = as_dates(edges) if dataset.kinds[name] == "date" else edges
    curves = {
        label: [(x, float(s)) for x, s in zip(across, scores[1:-1, code], strict=True)]
        for code, label in enumerate(dataset.classes)
    }
    return Figure(title, says, charts.lines(curves, x=name, y=axis))


def _bars_of(kinds: Sequence[float], adds: Sequence[Any], dataset: Dataset, name: str, axis: str) -> dict[str, Any]:
    """Draw what each of few values adds: a number, or one for each class."""
    is_boolean = dataset.kinds[name] == "boolean"
    words = [("true" if value else "false") if is_boolean else number(value) for value in kinds]
    if np.ndim(adds[0]) == 0:
        return charts.bars([(word, float(each)) for word, each in zip(words, adds, strict=True)], axis=axis)
    rows = [
        (word, label, float(one))
        for word, each in zip(words, adds, strict=True)
        for label, one in zip(dataset.classes, each, strict=True)
    ]
    return charts.grouped_bars(rows, axis=axis, groups=dataset.classes)


def _with_end(
    rows: Sequence[tuple[float, float, float, float]], high: float
) -> list[tuple[float, float, float, float]]:
    last = rows[-1]
    return [*rows, (max(high, last[0]), *last[1:])]


def _says(dataset: Dataset, when_missing: float | None, has_missing: bool) -> str:
    if when_missing is None:  # each class has a curve of its own
        return "One colour per class; the higher, the more the value favours the class."
    missing = f" A missing value adds {plain(when_missing, 3)}." if has_missing else ""
    return f"A value above zero {scale_of(dataset).upwards}.{missing}"
