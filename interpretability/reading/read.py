"""How does a person read the model? Weights as a table, a tree as sentences, an additive model as curves and maps.

Every reading is made of plain tables, figures and panels, computed from the fitted model alone.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from interpretability.export.additive import largest_difference, to_onnx
from interpretability.export.trees import TREES, trees_to_onnx
from interpretability.models.complexity import parts_to_read
from interpretability.reading.additive import ADDITIVE, frame_of, inputs_of, largest_gap, lay_open, shortened
from interpretability.reading.boosting import boosting_curves, smooth_curves
from interpretability.reading.linear import linear_weights
from interpretability.reading.rule_sum import read_rule_sum
from interpretability.reading.scorecard import lines_of_card
from interpretability.reading.tree import tree_rules
from interpretability.scale import Scale, has_one_sum, scale_of
from lab.learning.families import Family
from lab.learning.tuning import tune
from lab.protocol import Dataset, Row, WhatIf

__all__ = ["read_finalist", "read_model"]

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
        "linear": linear_weights,
        "logistic": linear_weights,
        "tree": tree_rules,
        "ebm": boosting_curves,
        "splines": smooth_curves,
        "scorecard": lines_of_card,
        "figs": read_rule_sum,
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
