"""How does a person read the model? Weights as a table, a tree as sentences, an additive model as curves and maps.

Every reading is made of plain tables, figures and panels, computed from the fitted model alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from interpretability.context import Context
from interpretability.export.additive import largest_difference, to_onnx
from interpretability.export.trees import TREES, trees_to_onnx
from interpretability.models.complexity import parts_to_read
from interpretability.reading.additive import ADDITIVE, frame_of, inputs_of, largest_gap, lay_open, shortened
from interpretability.reading.boosting import boosting_curves, smooth_curves
from interpretability.reading.delivered import Delivered, estimate, on_unseen_rows
from interpretability.reading.limits import Opened
from interpretability.reading.linear import linear_weights
from interpretability.reading.rule_sum import read_rule_sum
from interpretability.reading.scorecard import lines_of_card
from interpretability.reading.tree import tree_rules
from interpretability.scale import Scale, has_one_sum, scale_of
from interpretability.settings import MODEL_FILE
from interpretability.sides.finalists import FINALISTS
from lab.learning.families import Family
from lab.learning.tuning import tune_on_all
from lab.numbers import bound
from lab.protocol import Dataset, Evidence, Figure, Key, Rows, Table, Trial, WhatIf
from lab.wording import amount, count

__all__ = ["READ", "READ_SIMPLEST", "ModelFile", "Reading", "evidence", "plan", "read_finalist", "read_model"]

_STATES, _CHECKED = 200, 1_000


@dataclass(frozen=True)
class ModelFile:
    """A model as an ONNX file.

    Attributes
    ----------
    file : numpy.ndarray of uint8
        Its bytes.
    rows : int
        Rows on which it was held against the model.
    difference : float
        Largest difference of an answer there.
    """

    file: np.ndarray
    rows: int
    difference: float


@dataclass(frozen=True)
class Reading:
    """A readable model laid open.

    Attributes
    ----------
    name, label : str or None
        The family; None where the role is not taken, or where the simplest model is the finalist itself.
    parts : int
        How many parts a person reads.
    export : ModelFile or None
        None where the model cannot be written (sums of terms for more than two classes).
    delivered : Delivered or None
        How it does on rows that it never saw; None where there are none.
    """

    name: str | None = None
    label: str | None = None
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    panels: tuple[WhatIf, ...] = ()
    parts: int = 0
    export: ModelFile | None = None
    delivered: Delivered | None = None


READ = Key("read", Reading)
READ_SIMPLEST = Key("read-simplest", Reading)


def plan(context: Context) -> list[Trial[Any]]:
    """Read the readable finalist, and the simplest model within the margin."""
    if not context.is_full:
        return []
    search = {"scorer": context.metric.scorer, "candidates": context.settings.candidates}
    families = (*context.glass.families, *context.steps)
    return [
        context.follow_up(key, read_finalist, {"role": role, "families": families, **search}, needs=(FINALISTS,))
        for key, role in ((READ, "glass"), (READ_SIMPLEST, "simplest"))
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show the models, and say how good the delivered one is."""
    found = [row for key in (READ, READ_SIMPLEST) if (row := key.found(rows)) is not None]
    model = READ.found(rows)
    own = None if model is None else model.delivered
    return Evidence(
        estimates={} if own is None else {"delivered": estimate(own, context.metric)},
        facts={
            **({} if own is None else {"delivered_rows": own.rows}),
            **({} if model is None or model.export is None else {"readable_file": MODEL_FILE}),
        },
        caveats=() if model is None else (_said_of(own, context),),
        figures=tuple(figure for row in found for figure in row.figures),
        tables=tuple(table for row in found for table in row.tables),
        panels=tuple(panel for row in found for panel in row.panels),
    )


def _said_of(own: Delivered | None, context: Context) -> str:
    """Say which question the verdict answers, and what is known of the model itself."""
    start = "the verdict is about two ways of learning, on tables like this one, not about two fitted models; the readable model shown"
    if own is not None:
        found = estimate(own, context.metric)
        value, low, high = (amount(number, found.unit) for number in (found.value, found.low, found.high))
        rows = count(own.rows, "row")
        return f"{start} scores {value} in {context.metric.label} (95 % interval {low} to {high}) on {rows} that it never saw"
    if context.dataset.whole is None:
        return f"{start} learned from all rows, tuned as inside the folds, so that none is left to test it"
    return f"{start} could not be tested on the rows that it never saw"


def read_finalist(
    dataset: Dataset,
    *,
    seed: int,
    role: str,
    families: Sequence[Family],
    scorer: str,
    candidates: int,
    inputs: Rows,
) -> Reading:
    """Lay the readable finalist open ("glass"), or the simplest model within the margin: a trial's function."""
    finalists = FINALISTS.needed(inputs)
    name = finalists.glass if role == "glass" else finalists.simplest
    if name is None or (role == "simplest" and name == finalists.glass):
        return Reading()
    family = next(f for f in families if f.name == name)
    return read_model(dataset, seed=seed, family=family, scorer=scorer, candidates=candidates)


def read_model(dataset: Dataset, *, seed: int, family: Family, scorer: str, candidates: int) -> Reading:
    """Fit a glass-box family on all rows, tuned as in the folds, and lay it open."""
    tuned = tune_on_all(family, dataset, scorer=scorer, candidates=candidates, seed=seed)
    kind = family.name.split("-")[0]
    read: Callable[[Any, Dataset], Opened] = {
        "linear": linear_weights,
        "logistic": linear_weights,
        "tree": tree_rules,
        "ebm": boosting_curves,
        "splines": smooth_curves,
        "scorecard": lines_of_card,
        "figs": read_rule_sum,
    }[kind]
    laid_open = read(tuned.model, dataset)
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
    export = None
    if content is not None:
        rows = pd.concat([dataset.features.iloc[:_CHECKED], states], ignore_index=True)
        difference = largest_difference(content, dataset.kinds, tuned.model, rows)
        export = ModelFile(np.frombuffer(content, dtype=np.uint8), len(rows), difference)
    return Reading(
        family.name,
        family.label,
        laid_open.figures,
        laid_open.tables,
        tuple(panels),
        parts_to_read(tuned.model),
        export,
        on_unseen_rows(tuned.model, dataset, scorer=scorer, seed=seed),
    )


def _tried(opened: WhatIf, model: Any, family: Family, scale: Scale, states: pd.DataFrame) -> list[WhatIf]:
    """Make the panel, and hold it against the model on random states."""
    gap = largest_gap(opened, model, states)
    shown = shortened(opened)
    hidden = len(opened.inputs) - len(shown.inputs)
    rest = f" The {hidden} features with the least weight are fixed at typical values." if hidden else ""
    panel = WhatIf(
        f"Try the model: {family.label}",
        "Change a feature to see what each one adds, and what the model predicts. "
        f"On {_STATES} random inputs this panel differs from the model by {bound(gap)}.{rest}",
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
