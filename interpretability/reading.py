"""How does a person read the model? Weights as a table, a tree as sentences, an additive model as curves and maps.

Every reading is made of plain tables, figures and panels, computed from the fitted model alone.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from interpretability.complexity import parts_to_read
from interpretability.curves import density_of, pair_map, shapes_of
from interpretability.export import largest_difference, to_onnx
from interpretability.scale import Scale, has_one_sum, scale_of
from interpretability.tree_export import TREES, trees_to_onnx
from interpretability.whatif import ADDITIVE, frame_of, inputs_of, largest_gap, lay_open, shortened
from lab import charts
from lab.aggregates import MIN_ROWS
from lab.families import Family
from lab.preparation import column_names
from lab.protocol import Dataset, Figure, Kind, Row, Table, WhatIf
from lab.tuning import tune

__all__ = ["condition", "read_finalist", "read_model"]

_SHOWN = 12
_CURVES = 4
_MAPS = 2
_LISTED = 30
_STATES, _CHECKED = 200, 1_000


def read_finalist(
    dataset: Dataset,
    *,
    seed: int,
    role: str,
    families: Sequence[Family],
    scorer: str,
    candidates: int,
    inputs: Mapping[str, Row],
) -> Row:
    """Lay the readable finalist open, or the simplest model within the margin: a trial's function.

    Returns
    -------
    dict
        What `read_model` returns, with the `name` and `label` of the family; empty lists where the role is not taken, or
        where the simplest model is the finalist itself.
    """
    finalists = inputs["finalists"]
    name = finalists[role]
    if name is None or (role == "simplest" and name == finalists["glass"]):
        return {"name": None, "label": None, "figures": [], "tables": [], "panels": [], "parts": 0, "export": None}
    family = next(f for f in families if f.name == name)
    return {
        "name": name,
        "label": family.label,
        **read_model(dataset, seed=seed, family=family, scorer=scorer, candidates=candidates),
    }


def read_model(dataset: Dataset, *, seed: int, family: Family, scorer: str, candidates: int) -> Row:
    """Fit a glass-box family on all rows, tuned as in the folds, and lay it open.

    Returns
    -------
    dict
        `figures`, `tables` and `panels` (see `lab.protocol`), `parts`: how many parts a person reads, and `export`: the model
        as an ONNX file (`file`, bytes as uint8), its size in bytes, and the largest difference of its answers from the
        model's; None where the model cannot be written (sums of terms for more than two classes).
    """
    tuned = tune(family, dataset.features, dataset.target, scorer=scorer, candidates=candidates, seed=seed)
    kind = family.name.split("-")[0]
    read: Callable[[Any, Dataset], Row] = {
        "linear": _weights,
        "logistic": _weights,
        "tree": _rules,
        "ebm": _curves,
        "splines": _smooth,
        "scorecard": _card,
        "figs": _rule_sum,
    }[kind]
    row = read(tuned.model, dataset)
    panels: list[WhatIf] = []
    content: bytes | None = None
    states = _states(dataset, seed)
    known = family.name if family.name in ADDITIVE else kind
    if known in ADDITIVE and has_one_sum(dataset):
        opened = lay_open(known, tuned.model, dataset)
        panels = _tried(opened, tuned.model, family, scale_of(dataset), states)
        content = to_onnx(opened)
    elif kind in TREES:
        content = trees_to_onnx(tuned.model, dataset.kinds)
    export: Row | None = None
    if content is not None:
        rows = pd.concat([dataset.features.iloc[:_CHECKED], states], ignore_index=True)
        export = {
            "file": np.frombuffer(content, dtype=np.uint8),
            "bytes": len(content),
            "rows": len(rows),
            "difference": largest_difference(content, dataset.kinds, tuned.model, rows),
        }
    return {**row, "panels": panels, "parts": parts_to_read(tuned.model), "export": export}


def _tried(opened: WhatIf, model: Any, family: Family, scale: Scale, states: pd.DataFrame) -> list[WhatIf]:
    """Make the panel, and hold it against the model on random states."""
    gap = largest_gap(opened, model, states)
    shown = shortened(opened)
    hidden = len(opened.inputs) - len(shown.inputs)
    rest = f" The {hidden} features that weigh least stand at their usual values." if hidden else ""
    panel = WhatIf(
        f"Try the model: {family.label}",
        "Move a feature and see what each one adds, and what the model says. "
        f"On {_STATES} random states its answer differs from the model's own by {gap:.0e} at most.{rest}",
        shown.output,
        shown.link,
        shown.intercept,
        shown.inputs,
        shown.terms,
    )
    return [panel] if shown.inputs and gap <= 1e-6 * scale.size else []


def _states(dataset: Dataset, seed: int) -> pd.DataFrame:
    """Draw rows inside the usual ranges, with some cells missing where the table has such."""
    rng = np.random.default_rng(seed)
    inputs = inputs_of(dataset)
    return frame_of(inputs, [[_draw(item, rng) for item in inputs] for _ in range(_STATES)])


def _draw(item: Any, rng: np.random.Generator) -> float | str | None:
    if item.can_be_missing and rng.random() < 0.1:
        return None
    if item.kind == "category":
        return str(rng.choice(item.choices)) if item.choices else None
    if item.kind == "boolean":
        return float(rng.integers(2))
    return float(rng.uniform(item.low, item.high))


def _weights(model: Any, dataset: Dataset) -> Row:
    names = column_names(model.named_steps["prepare"])
    weights = np.atleast_2d(model.named_steps["model"].coef_)
    scale = scale_of(dataset)
    order = np.argsort(-np.abs(weights).max(axis=0))
    columns = ("term", *_weight_columns(dataset))
    listed = order[:_LISTED]
    rows = tuple((names[i], *(float(w) for w in weights[:, i])) for i in listed)
    doubles = "" if dataset.task == "number" else " A weight of 0.7 doubles the odds."
    table = Table(
        "The linear model, term by term",
        f"What is added to {scale.whole} per standard deviation of a number, or where a category holds; largest first."
        f"{doubles} The {min(len(names), _LISTED)} largest of {len(names)} terms.",
        columns,
        rows,
    )
    top = [(names[i], float(weights[np.abs(weights[:, i]).argmax(), i])) for i in order[:_SHOWN]]
    figure = Figure(
        "What the linear model weighs most",
        f"Weights per standard deviation; to the right {scale.upwards}.",
        charts.bars(top, axis=f"weight ({scale.unit})"),
    )
    return {"figures": [figure] if len(weights) == 1 else [], "tables": [table]}


def _weight_columns(dataset: Dataset) -> tuple[str, ...]:
    if dataset.task == "number":
        return (f"weight ({dataset.target_name})",)
    classes = dataset.classes[1:] if len(dataset.classes) == 2 else dataset.classes
    return tuple(f"weight for {label!r}" for label in classes)


def _rules(model: Any, dataset: Dataset) -> Row:
    names = column_names(model.named_steps["prepare"])
    tree = model.named_steps["model"].tree_
    sentences: list[tuple[Any, ...]] = []

    def walk(node: int, conditions: tuple[str, ...]) -> None:
        if tree.children_left[node] == -1:
            said, spread = _leaf(tree, node, dataset)
            sentences.append((" and ".join(conditions) or "always", said, spread, int(tree.n_node_samples[node])))
            return
        name, threshold = names[tree.feature[node]], float(tree.threshold[node])
        for child, left in ((tree.children_left[node], True), (tree.children_right[node], False)):
            walk(child, (*conditions, condition(name, dataset.kinds, threshold, is_left=left)))

    walk(0, ())
    what, columns = "Share: how many training rows in the rule are of that class.", ("then", "share")
    if dataset.task == "number":
        what = "Then: the mean of the training rows in the rule; spread: their standard deviation."
        columns = (f"then {dataset.target_name} is", "spread")
    table = Table(
        "The decision tree, rule by rule",
        f"Exactly one rule holds for every row, a missing number being taken for the middle of its column. {what}",
        ("if", *columns, "rows"),
        tuple(sorted(sentences, key=lambda rule: -rule[3])),
    )
    return {"figures": [], "tables": [table]}


def _leaf(tree: Any, node: int, dataset: Dataset) -> tuple[Any, float]:
    """What a leaf says, and how pure it is: a class and its share, or a mean and the standard deviation around it."""
    values = tree.value[node, 0]
    if dataset.task == "number":
        return float(values[0]), float(np.sqrt(max(tree.impurity[node], 0.0)))
    shares = values / values.sum()
    return dataset.classes[int(shares.argmax())], float(shares.max())


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
    ebm, scale = model.named_steps["model"], scale_of(dataset)
    importances = ebm.term_importances()
    order = np.argsort(-importances)
    names = list(ebm.term_names_)
    bars = Figure(
        "What the explainable boosting machine relies on",
        f"Mean absolute contribution of each term to {scale.whole}.",
        charts.bars(
            [(names[i], float(importances[i])) for i in order[:_SHOWN]], axis=f"mean contribution ({scale.unit})"
        ),
    )
    single = [i for i in order if len(ebm.term_features_[i]) == 1]
    shapes = [shape for shape in (_shape(ebm, i, dataset) for i in single) if shape is not None][:_CURVES]
    if has_one_sum(dataset):
        pairs = [names[i] for i in order if len(ebm.term_features_[i]) == 2][:_MAPS]
        opened = lay_open("ebm", model, dataset)
        shapes += [pair_map(opened, term, scale) for term in opened.terms if term.name in pairs]
    table = Table(
        "The terms of the explainable boosting machine",
        f"Each term is one curve (or one map of two features) that adds to {scale.whole}; there is nothing else in the model.",
        ("term", f"mean contribution ({scale.unit})", "bins"),
        tuple(
            (names[i], float(importances[i]), int(np.prod(ebm.term_scores_[i].shape[: _rank(ebm, i)]))) for i in order
        ),
    )
    return {"figures": [bars, *shapes], "tables": [table]}


def _smooth(model: Any, dataset: Dataset) -> Row:
    if not has_one_sum(dataset):
        return {"figures": [], "tables": [_listed(model, dataset)]}
    opened = lay_open("splines", model, dataset)
    return {"figures": shapes_of(opened, dataset, _CURVES), "tables": [_listed(model, dataset)]}


def _listed(model: Any, dataset: Dataset) -> Table:
    names = [str(name).partition("__")[2] for name in model.named_steps["prepare"].get_feature_names_out()]
    weights = np.abs(np.atleast_2d(model.named_steps["model"].coef_)).max(axis=0)
    reach: dict[str, float] = {}
    for name, weight in zip(names, weights, strict=True):
        curve = name.rpartition("~")[0] or name
        reach[curve] = max(reach.get(curve, 0.0), float(weight))
    rows = sorted(reach.items(), key=lambda item: -item[1])
    return Table(
        "The curves of the additive splines",
        "Each number has one smooth curve, each category one weight; the largest weight inside the curve, per standard deviation "
        f"of its basis function. The {min(len(rows), _LISTED)} largest of {len(rows)}.",
        ("curve", f"largest weight ({scale_of(dataset).unit})"),
        tuple(rows[:_LISTED]),
    )


def _card(model: Any, dataset: Dataset) -> Row:
    card = model.named_steps["model"]
    rows = sorted(
        (
            (_line_in_words(line, dataset.kinds), int(points))
            for line, points in zip(card.conditions_, card.points_, strict=True)
        ),
        key=lambda row: -abs(row[1]),
    )
    points = Table(
        "The scorecard",
        f"Add the points of every line that holds; the more, the likelier {dataset.classes[1]!r}. A missing number is above nothing.",
        ("if", "points"),
        tuple(rows),
    )
    totals, rows_of_total = np.unique(card.total(dataset.features), return_counts=True)
    totals = totals[rows_of_total >= MIN_ROWS]
    some = totals[np.unique(np.linspace(0, len(totals) - 1, _SHOWN).astype(int))] if len(totals) else totals
    chances = 1 / (1 + np.exp(-(card.offset_ + card.slope_ * some)))
    read_off = Table(
        "What the total means",
        f"Totals that at least {MIN_ROWS} rows have, from the lowest to the highest.",
        ("total points", f"probability of {dataset.classes[1]!r}"),
        tuple((int(total), float(chance)) for total, chance in zip(some, chances, strict=True)),
    )
    return {"figures": [], "tables": [points, read_off]}


def _line_in_words(line: tuple[str, str, Any], kinds: Mapping[str, Kind]) -> str:
    name, kind, bound = line
    if kind == "is":
        return f"{name} is {bound or 'missing'}"
    return f"{name} is missing" if kind == "missing" else condition(name, kinds, bound, is_left=False)


def _rule_sum(model: Any, dataset: Dataset) -> Row:
    names = column_names(model.named_steps["prepare"])
    trees = model.named_steps["model"].trees_
    rows: list[tuple[Any, ...]] = []

    def walk(node: Any, conditions: tuple[str, ...], tree: int) -> None:
        if node.left is None and node.right is None:
            values = [float(value) for value in np.ravel(node.value)]
            rows.append((tree, " and ".join(conditions) or "always", *values))
            return
        for child, left in ((node.left, True), (node.right, False)):
            said = condition(names[node.feature], dataset.kinds, float(node.threshold), is_left=left)
            walk(child, (*conditions, said), tree)

    for place, tree in enumerate(trees, start=1):
        walk(tree, (), place)
    n_values = len(rows[0]) - 2
    adds = ("adds",) if n_values == 1 else tuple(f"adds for {label!r}" for label in dataset.classes[-n_values:])
    leads = "the larger the sum, the likelier the class"
    if dataset.task == "number":
        leads = f"the sum is {scale_of(dataset).whole}"
    table = Table(
        "The sum of small rule trees",
        f"In every tree exactly one rule holds; what the rules add is summed over the trees, and {leads}. "
        "A missing number is taken for the median of its column.",
        ("tree", "if", *adds),
        tuple(rows),
    )
    return {"figures": [], "tables": [table]}


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
    title, axis = f"How {name!r} counts", f"contribution ({scale_of(dataset).unit})"
    says = _says(
        dataset, binary, float(scores[0]) if binary else None, int(dataset.features[name].isna().sum()) >= MIN_ROWS
    )
    if dataset.kinds[name] == "category":
        codes = sorted(ebm.bins_[feature][0].items(), key=lambda item: item[1])
        labels = list(dict.fromkeys(category or "(missing)" for category, _ in codes))
        best = scores[1:-1] if binary else scores[1:-1].max(axis=1)
        counts = dataset.features[name].replace("", "(missing)").value_counts()
        often = [place for place, label in enumerate(labels) if counts.get(label, 0) >= MIN_ROWS]
        rows = [(labels[place], float(best[place])) for place in often]
        return Figure(title, says, charts.bars(rows, axis=axis))
    low, high = (float(bound) for bound in ebm.feature_bounds_[feature])
    if not low < high:
        return None
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
        density = density_of(dataset.features[name].to_numpy())
        return Figure(title, says, charts.shape(steps, density, x=shown, y=axis))
    curves = {
        label: [(x, float(s)) for x, s in zip(edges, scores[1:-1, code], strict=True)]
        for code, label in enumerate(dataset.classes)
    }
    return Figure(title, says, charts.lines(curves, x=shown, y=axis))


def _with_end(
    rows: Sequence[tuple[float, float, float, float]], high: float
) -> list[tuple[float, float, float, float]]:
    last = rows[-1]
    return [*rows, (max(high, last[0]), *last[1:])]


def _says(dataset: Dataset, binary: bool, when_missing: float | None, has_missing: bool) -> str:
    if not binary:
        return "One curve a class; the higher, the more it speaks for the class."
    missing = f" A missing value adds {when_missing:.3g}." if has_missing else ""
    return (
        f"Above zero {scale_of(dataset).upwards}. The band is two standard deviations over the model's bags.{missing}"
    )
