"""How do the finalists bear a worse world? Missing cells, lost and shifted columns, wrong labels; and do they remember rows?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score

from interpretability.context import Context
from interpretability.sides.finalists import FINALISTS, fitted_on, folds_of, score_of
from lab import stats
from lab.learning.families import Family
from lab.learning.scoring import Metric
from lab.protocol import Dataset, Estimate, Evidence, Figure, Key, Rows, Table, Trial
from lab.report import charts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["STRESS", "Stressed", "evidence", "plan", "stress_figure", "stress_finalist", "stress_table"]

_SHARES = (0.1, 0.3)
_COLUMNS = 3
_ROWS = 1_000
_IMPORTANT_ROWS = 300


@dataclass(frozen=True)
class Stressed:
    """How a finalist did on worse data.

    Attributes
    ----------
    family : str
        Its label.
    scores : mapping of str to tuple of float
        For every scenario the scores by fold; "as it is" is the untouched one.
    attack : tuple of float
        For each fold the ROC AUC of telling training rows from test rows by how near the model is to the truth (0.5: it
        cannot).
    columns : tuple of str
        Those that cost it most when they are shuffled.
    shifted : str or None
        The number among them that was shifted.
    """

    family: str
    scores: Mapping[str, tuple[float, ...]]
    attack: tuple[float, ...]
    columns: tuple[str, ...]
    shifted: str | None


STRESS = Key("stress", Stressed)
_SIDES = {"glass": "readable model", "black": "black box"}


def plan(context: Context) -> list[Trial[Any]]:
    """Stress both finalists."""
    if not context.is_full:
        return []
    return [
        context.follow_up(
            STRESS.of(side), stress_finalist, {"side": side, "families": families, **context.splits}, needs=(FINALISTS,)
        )
        for side, families in context.both.items()
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show what worse data cost, and whether rows are remembered."""
    found = STRESS.all_found(rows)
    sides = [(label, found[side]) for side, label in _SIDES.items() if side in found]
    if not sides:
        return Evidence()
    folds = context.settings.folds
    return Evidence(figures=(stress_figure(sides, context.metric, folds),), tables=(stress_table(sides, folds),))


def stress_finalist(
    dataset: Dataset,
    *,
    seed: int,
    side: str,
    families: Sequence[Family],
    folds: int,
    repeats: int,
    scorer: str,
    fold_seed: int,
    inputs: Rows,
) -> Stressed:
    """Score a finalist on worse data, fold by fold of the first repetition: a trial's function."""
    finalists = FINALISTS.needed(inputs)
    family = next(f for f in families if f.name == finalists.name_of(side))
    rng = np.random.default_rng(seed)
    scores: dict[str, list[float]] = {}
    labels = "labels" if dataset.task == "classes" else "targets"
    attack, important = [], None
    for place, (train, test) in enumerate(folds_of(dataset, folds=folds, repeats=repeats, seed=fold_seed)):
        parameters = finalists.parameters[family.name][place]
        model = fitted_on(family, dataset, train, parameters, seed)
        attack.append(_membership(model, dataset, train, test, rng))
        if important is None:  # by the first fold's training rows, the same columns for all folds
            important = _important(model, dataset, train, scorer, seed)
        for name, worse in _worse_features(dataset.features.iloc[test], dataset, important, rng):
            scores.setdefault(name, []).append(score_of(model, scorer, dataset, test, worse))
        for share in _SHARES:
            noisy = _flipped(dataset.target[train], len(dataset.classes), share, rng)
            refitted = fitted_on(family, dataset, train, parameters, seed, target=noisy)
            scores.setdefault(f"{share:.0%} wrong {labels} in training", []).append(
                score_of(refitted, scorer, dataset, test)
            )
    leans = (important or [])[:_COLUMNS]
    return Stressed(
        family=family.label,
        scores={name: tuple(values) for name, values in scores.items()},
        attack=tuple(attack),
        columns=tuple(leans),
        shifted=next(iter(_numbers(important or [], dataset)), None),
    )


def _worse_features(
    features: pd.DataFrame, dataset: Dataset, important: Sequence[str], rng: np.random.Generator
) -> list[tuple[str, pd.DataFrame]]:
    worse = [("as it is", features)]
    for share in _SHARES:
        holed = features.copy()
        for name in map(str, holed):
            gone = rng.random(len(holed)) < share
            holed[name] = holed[name].where(~gone, "" if dataset.kinds[name] == "category" else np.nan)
        worse.append((f"{share:.0%} of the cells missing", holed))
    for place, name in zip(("strongest", "second", "third"), important, strict=False):
        empty = "" if dataset.kinds[name] == "category" else np.nan
        lost = features.assign(**{name: pd.Series(empty, index=features.index, dtype=features[name].dtype)})
        worse.append((f"its {place} column lost", lost))
    for name in _numbers(important, dataset)[:1]:
        moved = features.assign(**{name: features[name] + dataset.features[name].std()})
        worse.append(("its strongest number shifted", moved))
    return worse


def _numbers(names: Sequence[str], dataset: Dataset) -> list[str]:
    return [name for name in names if dataset.kinds[name] in ("number", "date")]


def _important(model: Any, dataset: Dataset, rows: "NDArray", scorer: str, seed: int) -> list[str]:
    """Sort the columns by permutation importance, the strongest first."""
    some = rows[: min(len(rows), _IMPORTANT_ROWS)]
    features, target = dataset.features.iloc[some], dataset.target[some]
    if len(np.unique(target)) < len(dataset.classes):
        return list(dataset.kinds)
    counts = dataset.belonging.weights_of(some)
    found = permutation_importance(
        model, features, target, scoring=scorer, n_repeats=1, random_state=seed, sample_weight=counts
    )
    order = np.argsort(-found.importances_mean, kind="stable")
    return [str(dataset.features.columns[place]) for place in order]


def _flipped(target: "NDArray", n_classes: int, share: float, rng: np.random.Generator) -> "NDArray":
    """Give a share of the rows another class, or the number of another row."""
    noisy = target.copy()
    chosen = rng.choice(len(target), round(share * len(target)), replace=False)
    if n_classes == 0:
        noisy[chosen] = rng.choice(target, len(chosen))
        return noisy
    noisy[chosen] = (noisy[chosen] + rng.integers(1, n_classes, len(chosen))) % n_classes
    return noisy


def _membership(model: Any, dataset: Dataset, train: "NDArray", test: "NDArray", rng: np.random.Generator) -> float:
    """Attack by the loss threshold (Yeom et al. 2018): a model that remembers its rows is nearer to their truth."""
    size = min(len(train), len(test), _ROWS)
    rows = np.concatenate([rng.choice(train, size, replace=False), rng.choice(test, size, replace=False)])
    if dataset.task == "number":
        nearness = -np.abs(model.predict(dataset.features.iloc[rows]) - dataset.target[rows])
    else:
        nearness = model.predict_proba(dataset.features.iloc[rows])[np.arange(len(rows)), dataset.target[rows]]
    return float(roc_auc_score(np.repeat([1, 0], size), nearness))


def stress_figure(rows: Sequence[tuple[str, Stressed]], metric: Metric, folds: int) -> Figure:
    """Draw what each scenario costs each side; rows are (label of the side, row of its trial)."""
    drawn = [
        (f"{scenario}: {side}", side, _drop(row, scenario, metric, folds))
        for scenario in _scenarios(rows)
        for side, row in rows
        if scenario in row.scores
    ]
    unit = f" ({metric.unit})" if metric.unit else ""
    leans = "; ".join(f"{row.family}: {', '.join(map(repr, row.columns))}" for _, row in rows)
    shifted = "; ".join(f"{row.family}: {row.shifted!r}" for _, row in rows if row.shifted) or "there is none"
    caption = (
        "Change in the score compared with the unchanged data on the same folds, with 95 % intervals; left of zero it gets worse. "
        f"The columns that cost each model most when shuffled (in {_IMPORTANT_ROWS} training rows of the first fold) are "
        f"removed one at a time ({leans}). The first numeric one of them is shifted by one standard deviation ({shifted}). Weights, "
        "and importances on test rows, measure something else and may rank columns otherwise."
    )
    spec = charts.interval_plot(
        drawn, axis=f"change in {metric.label}{unit}", groups=[side for side, _ in rows], reference=0.0
    )
    return Figure("What if the data get worse?", caption, spec)


def stress_table(rows: Sequence[tuple[str, Stressed]], folds: int) -> Table:
    """Say whether the finalists remember their training rows."""
    shown = []
    for _, row in rows:
        found = stats.mean_score(row.attack, test_fraction=1 / folds, unit="ROC AUC")
        shown.append((row.family, found.value, found.low, found.high))
    caption = (
        "Membership inference: ROC AUC of an attack that tells training rows from others by the model's loss on them. 0.5 is a "
        "guess, 1 identifies every training row. Low and high are the ends of the 95 % interval over the folds."
    )
    return Table("Does the model remember people?", caption, ("model", "attack's ROC AUC", "low", "high"), tuple(shown))


def _scenarios(rows: Sequence[tuple[str, Stressed]]) -> list[str]:
    names = [name for _, row in rows for name in row.scores if name != "as it is"]
    return list(dict.fromkeys(names))


def _drop(row: Stressed, scenario: str, metric: Metric, folds: int) -> Estimate:
    return stats.paired_difference(
        metric.factor * np.array(row.scores[scenario]),
        metric.factor * np.array(row.scores["as it is"]),
        test_fraction=1 / folds,
        unit=metric.unit,
    )
