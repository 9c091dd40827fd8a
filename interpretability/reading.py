"""How does a person read the model? Weights as a table, a tree as sentences, an additive model as curves.

Every reading is made of plain tables and figures, computed from the fitted model alone.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lab import charts
from lab.families import Family
from lab.preparation import column_names
from lab.protocol import Dataset, Figure, Kind, Row, Table
from lab.tuning import tune

__all__ = ["condition", "read_model"]

_SHOWN = 12
_CURVES = 4
_LISTED = 30
_MIN_ROWS = 5


def read_model(dataset: Dataset, *, seed: int, family: Family, scorer: str, candidates: int) -> Row:
    """Fit a glass-box family on all rows, tuned as in the folds, and lay it open: a trial's function.

    Returns
    -------
    dict
        `figures` and `tables` (see `lab.protocol`), and `terms`: how many numbers or rules a person reads.
    """
    tuned = tune(family, dataset.features, dataset.target, scorer=scorer, candidates=candidates, seed=seed)
    read: Callable[[Any, Dataset], Row] = {"logistic": _weights, "tree": _rules, "ebm": _curves}[family.name]
    return read(tuned.model, dataset)


def _weights(model: Any, dataset: Dataset) -> Row:
    names = column_names(model.named_steps["prepare"])
    weights = np.atleast_2d(model.named_steps["model"].coef_)
    classes = dataset.classes[1:] if len(weights) == 1 else dataset.classes
    order = np.argsort(-np.abs(weights).max(axis=0))
    columns = ("term", *(f"weight for {label!r}" for label in classes))
    listed = order[:_LISTED]
    rows = tuple((names[i], *(float(w) for w in weights[:, i])) for i in listed)
    table = Table(
        "The logistic regression, term by term",
        "Log-odds added per standard deviation of a number, or where a category holds; largest first. "
        f"A weight of 0.7 doubles the odds. The {min(len(names), _LISTED)} largest of {len(names)} terms.",
        columns,
        rows,
    )
    top = [(names[i], float(weights[np.abs(weights[:, i]).argmax(), i])) for i in order[:_SHOWN]]
    figure = Figure(
        "What the logistic regression weighs most",
        "Weights in log-odds per standard deviation; to the right speaks for the class.",
        charts.bars(top, axis="weight (log-odds)"),
    )
    return {"figures": [figure] if len(weights) == 1 else [], "tables": [table], "terms": len(names)}


def _rules(model: Any, dataset: Dataset) -> Row:
    names = column_names(model.named_steps["prepare"])
    tree = model.named_steps["model"].tree_
    sentences: list[tuple[str, str, float, int]] = []

    def walk(node: int, conditions: tuple[str, ...]) -> None:
        if tree.children_left[node] == -1:
            shares = tree.value[node, 0] / tree.value[node, 0].sum()
            label = dataset.classes[int(shares.argmax())]
            count = int(tree.n_node_samples[node])
            sentences.append((" and ".join(conditions) or "always", label, float(shares.max()), count))
            return
        name, threshold = names[tree.feature[node]], float(tree.threshold[node])
        for child, left in ((tree.children_left[node], True), (tree.children_right[node], False)):
            walk(child, (*conditions, condition(name, dataset.kinds, threshold, is_left=left)))

    walk(0, ())
    table = Table(
        "The decision tree, rule by rule",
        "Exactly one rule holds for every row, a missing number being taken for the median of its column. "
        "Share: how many training rows in the rule are of that class.",
        ("if", "then", "share", "rows"),
        tuple(sorted(sentences, key=lambda rule: -rule[3])),
    )
    return {"figures": [], "tables": [table], "terms": len(sentences)}


def condition(name: str, kinds: Mapping[str, Kind], threshold: float, *, is_left: bool) -> str:
    """Say one split as a person would.

    >>> condition("age", {"age": "number"}, 41.5, is_left=True)
    'age is at most 41.5'
    >>> condition("since", {"since": "date"}, 20000.5, is_left=False)
    'since is after 2024-10-04'
    """
    kind = kinds.get(name)
    if kind is None:  # a category's column: 1 where it holds
        head, _, category = name.rpartition(" is ")
        return f"{head} is not {category}" if is_left else name
    if kind == "boolean":
        return f"{name} is {'false' if is_left else 'true'}"
    shown = _day(threshold) if kind == "date" else f"{threshold:.6g}"
    up_to = "up to" if kind == "date" else "at most"
    return f"{name} is {up_to if is_left else 'after' if kind == 'date' else 'above'} {shown}"


def _day(days: float) -> str:
    return str(np.datetime64(int(np.floor(days)), "D"))


def _curves(model: Any, dataset: Dataset) -> Row:
    ebm = model.named_steps["model"]
    importances = ebm.term_importances()
    order = np.argsort(-importances)
    names = list(ebm.term_names_)
    bars = Figure(
        "What the explainable boosting machine relies on",
        "Mean absolute contribution of each term to the log-odds.",
        charts.bars([(names[i], float(importances[i])) for i in order[:_SHOWN]], axis="mean contribution (log-odds)"),
    )
    single = [i for i in order if len(ebm.term_features_[i]) == 1]
    shapes = [_shape(ebm, i, dataset) for i in single[:_CURVES]]
    table = Table(
        "The terms of the explainable boosting machine",
        "Each term is one curve (or one map of two features) that adds to the log-odds; there is nothing else in the model.",
        ("term", "mean contribution (log-odds)", "bins"),
        tuple(
            (names[i], float(importances[i]), int(np.prod(ebm.term_scores_[i].shape[: _rank(ebm, i)]))) for i in order
        ),
    )
    return {"figures": [bars, *shapes], "tables": [table], "terms": len(names)}


def _rank(ebm: Any, term: int) -> int:
    return len(ebm.term_features_[term])


def _shape(ebm: Any, term: int, dataset: Dataset) -> Figure:
    """Draw one term of a single feature; the first bin holds missing values, the last one unknown ones."""
    feature = ebm.term_features_[term][0]
    name = ebm.feature_names_in_[feature]
    scores, spread = ebm.term_scores_[term], ebm.standard_deviations_[term]
    binary = scores.ndim == 1
    title = f"How {name!r} counts"
    says = _says(dataset, binary, float(scores[0]) if binary else None, bool(dataset.features[name].isna().any()))
    if dataset.kinds[name] == "category":
        codes = sorted(ebm.bins_[feature][0].items(), key=lambda item: item[1])
        labels = list(dict.fromkeys(category or "(missing)" for category, _ in codes))
        best = scores[1:-1] if binary else scores[1:-1].max(axis=1)
        counts = dataset.features[name].replace("", "(missing)").value_counts()
        often = [place for place, label in enumerate(labels) if counts.get(label, 0) >= _MIN_ROWS]
        rows = [(labels[place], float(best[place])) for place in often]
        return Figure(title, says, charts.bars(rows, axis="contribution (log-odds)"))
    low, high = (float(bound) for bound in ebm.feature_bounds_[feature])
    edges = [low, *(float(cut) for cut in ebm.bins_[feature][0])]
    shown = f"{name} (days since 1970-01-01)" if dataset.kinds[name] == "date" else name
    if binary:
        steps = _with_end(
            [
                (x, float(s), float(s - 2 * d), float(s + 2 * d))
                for x, s, d in zip(edges, scores[1:-1], spread[1:-1], strict=True)
            ],
            high,
        )
        return Figure(title, says, charts.steps(steps, x=shown, y="contribution (log-odds)"))
    curves = {
        label: [(x, float(s)) for x, s in zip(edges, scores[1:-1, code], strict=True)]
        for code, label in enumerate(dataset.classes)
    }
    return Figure(title, says, charts.lines(curves, x=shown, y="contribution (log-odds)"))


def _with_end(
    rows: Sequence[tuple[float, float, float, float]], high: float
) -> list[tuple[float, float, float, float]]:
    last = rows[-1]
    return [*rows, (max(high, last[0]), *last[1:])]


def _says(dataset: Dataset, binary: bool, when_missing: float | None, has_missing: bool) -> str:
    if not binary:
        return "One curve a class; the higher, the more it speaks for the class."
    missing = f" A missing value adds {when_missing:.2f}." if has_missing else ""
    return f"Above zero speaks for {dataset.classes[1]!r}. The band is two standard deviations over the model's bags.{missing}"
