"""How right are explanations where the truth is known? The finalists' families on a made table, explained in every way.

On the user's own table nobody knows what each feature adds. On this one everybody does: six numbers, of which four add known
amounts to the log-odds and two say nothing.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import spearmanr

from interpretability.context import Context
from interpretability.follow_up.explaining import TREES, importances, shap_values, surrogate, surrogate_parts
from interpretability.reading.additive import is_additive, lay_open
from interpretability.sides.finalists import FINALISTS
from lab.data.frames import from_arrays
from lab.learning.families import Family
from lab.protocol import Dataset, Evidence, Key, Rows, Table, Trial
from lab.report import additive

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KNOWN_TRUTH", "Held", "evidence", "explain_known", "made_table", "plan", "rightness"]

_TRAIN, _EXPLAINED, _ADDS = 1_000, 200, 4
_SURROGATE, _TERMS = "additive surrogate", "terms"


@dataclass(frozen=True)
class Held:
    """Explanations held against the truth."""

    table: Table


KNOWN_TRUTH = Key("known-truth", Held)


def plan(context: Context) -> list[Trial[Any]]:
    """Explain the made table, whose target has two classes, as the user's must have."""
    if not context.is_full or len(context.dataset.classes) != 2:
        return []
    return [context.follow_up(KNOWN_TRUTH, explain_known, {"groups": context.both}, needs=(FINALISTS,))]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show how right the explanations were."""
    del context
    row = KNOWN_TRUTH.found(rows)
    return Evidence(tables=(row.table,)) if row else Evidence()


def explain_known(dataset: Dataset, *, seed: int, groups: Mapping[str, Sequence[Family]], inputs: Rows) -> Held:
    """Fit the finalists' families to the made table and hold their explanations against the truth: a trial's function."""
    del dataset  # another table, on purpose
    finalists = FINALISTS.needed(inputs)
    black, glass = (next(f for f in groups[side] if f.name == finalists.name_of(side)) for side in ("black", "glass"))
    table, truth = made_table(seed)
    train, rows = np.arange(_TRAIN), np.arange(_TRAIN, _TRAIN + _EXPLAINED)
    names = list(table.kinds)
    rest = table.features.iloc[rows]
    opaque = black.build(table.features, seed).fit(table.features.iloc[train], table.target[train])
    said = opaque.predict_proba(table.features)[:, 1].clip(1e-3, 1 - 1e-3)
    stand_in = surrogate(table, train, np.log(said / (1 - said)), seed)
    parts = {f"{_SURROGATE} of the {black.label}": surrogate_parts(stand_in, table, rows, names)}
    if black.name in TREES and importlib.util.find_spec("shap"):
        found = shap_values(opaque, rest, names)
        if found is not None:
            parts[f"SHAP of the {black.label}"] = found
    readable = glass.build(table.features, seed).fit(table.features.iloc[train], table.target[train])
    if is_additive(glass.name):
        parts[f"{_TERMS} of the {glass.label}"] = _own_terms(glass.name, readable, table, rows)
    lines: list[tuple[str, float | None, float | None, float | None]]
    lines = [(name, *rightness(values, truth[rows])) for name, values in parts.items()]
    for family, model in ((black, opaque), (glass, readable)):
        permuted = importances(model, table, rows, names, "roc_auc", seed)
        rank = float(spearmanr(permuted, np.abs(truth).mean(axis=0)).statistic) if np.ptp(permuted) else None
        lines.append((f"permutation importance of the {family.label}", rank, None, None))
    return Held(_laid_out(lines))


def made_table(seed: int) -> "tuple[Dataset, NDArray[np.float64]]":
    """Draw the table and what each feature truly adds to the log-odds in each row, shape (n_rows, 6), centred."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(_TRAIN + _EXPLAINED, 6))
    nothing = np.zeros(len(x))
    truth = np.column_stack([1.5 * x[:, 0], -x[:, 1], 1.2 * np.sin(2 * x[:, 2]), 0.5 * x[:, 3] ** 2, nothing, nothing])
    truth -= truth.mean(axis=0)
    labels = rng.random(len(x)) < expit(truth.sum(axis=1))
    frame = pd.DataFrame(x, columns=["rises", "falls", "waves", "bends", "nothing", "nothing too"])
    return from_arrays("made table", frame, labels), truth


def rightness(parts: "NDArray", truth: "NDArray") -> tuple[float | None, float, float]:
    """Compare what an explanation says of each row and feature with the truth, both of shape (n_rows, n_features).

    Returns
    -------
    tuple
        Rank agreement of the features' mean absolute parts (None where all are alike); share of cells with the true sign,
        each weighted by how much it truly adds; and the mean over the features that add of the correlation with the truth.
    """
    centred = parts - parts.mean(axis=0)
    sizes = np.abs(centred).mean(axis=0)
    rank = float(spearmanr(sizes, np.abs(truth).mean(axis=0)).statistic) if np.ptp(sizes) else None
    weight = np.abs(truth)
    same = float((weight * (np.sign(centred) == np.sign(truth))).sum() / weight.sum())
    adding = np.flatnonzero(weight.max(axis=0) > 0)
    alike = [float(np.corrcoef(centred[:, i], truth[:, i])[0, 1]) if np.ptp(centred[:, i]) else 0.0 for i in adding]
    return rank, same, float(np.mean(alike))


def _own_terms(name: str, model: Any, table: Dataset, rows: "NDArray") -> "NDArray[np.float64]":
    """Add up what the terms of an additive model say of each feature; a pair counts half for each of its two."""
    opened = lay_open(name, model, table)
    found = np.zeros((len(rows), len(opened.inputs)))
    for place, row in enumerate(table.features.iloc[rows].to_numpy(dtype=np.float64).tolist()):
        for term, adds in zip(opened.terms, additive.contributions(opened, row), strict=True):
            for where in term.inputs:
                found[place, where] += adds / len(term.inputs)
    return found


def _said_of_both(lines: Sequence[tuple[str, float | None, float | None, float | None]]) -> str:
    """Say what it means where the black box's stand-in is nearer to the truth than the readable model's own terms."""
    alike = {name.partition(" of the ")[0]: value for name, _, _, value in lines if value is not None}
    stand_in, own = alike.get(_SURROGATE), alike.get(_TERMS)
    if stand_in is None or own is None or stand_in <= own:
        return ""
    return (
        " Here the surrogate is nearer to the truth than the readable model's own terms, because the black box behind it learned this "
        "table better. The terms still say exactly what their model does; the surrogate says so only of itself."
    )


def _laid_out(lines: Sequence[tuple[str, float | None, float | None, float | None]]) -> Table:
    caption = (
        f"The finalists' model families, fitted to a synthetic table of {_TRAIN:,} rows in which four numbers add known amounts to "
        f"the log-odds and two add nothing; {_EXPLAINED} other rows are explained. Rank: are the features in the true order? "
        "Direction: how often does a contribution have the true sign, weighted by its true size? Correlation: do a feature's "
        "contributions follow the true ones, row by row? 1 is perfect. On your own table the truth is unknown."
    )
    caption += _said_of_both(lines)
    columns = ("explanation", "rank", "direction", "correlation")
    shown = tuple((name, *(None if value is None else round(value, 3) for value in values)) for name, *values in lines)
    return Table("Are explanations right where the truth is known?", caption, columns, shown)
