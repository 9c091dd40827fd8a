"""What was found? The rows of the trials become estimates, pictures and tables; no judgement here."""

from collections.abc import Mapping
from typing import Any

from interpretability.follow_up import editing, price, privacy, speed, stress
from interpretability.groups import classes as fairness
from interpretability.groups import numbers as number_fairness
from interpretability.plan import groups_of, steps_of
from interpretability.settings import MODEL_FILE
from lab import stats
from lab.decisions import rows_to_settle
from lab.learning import comparison, scoring
from lab.learning.comparison import Comparison, Group, Scores
from lab.protocol import Dataset, Evidence, Figure, Row, Table, WhatIf
from lab.record import figures_of, panels_of, tables_of
from lab.wording import count

__all__ = ["gather"]


def gather(dataset: Dataset, settings: Any, rows: Mapping[str, Row]) -> Evidence:
    """Lay out everything that the rows say; what a failed trial would have said is left out."""
    metric = scoring.primary_metric(settings.metric, dataset)
    sides = groups_of(dataset)
    steps = steps_of(dataset, settings)
    shared = {"folds": settings.folds, "repeats": settings.repeats, "metric": metric}
    found = comparison.compare(dataset, sides, rows, **shared)
    glass, black = found.best["glass"], found.best["black"]
    margin = settings.margin * metric.factor
    loss, detectable, parts = (
        found.difference(black, glass),
        found.detectable(black, glass),
        found.regions(black, glass, margin),
    )
    names = {family.name: family.label for family in sides[0].families}
    priced = _priced(dataset, settings, rows, found, sides, steps, metric)
    figures, tables, panels, notes = _follow_up(rows)
    figures.insert(0, price.figure(priced, found.mean(black), _axis(metric), margin))
    tables.insert(0, price.table(priced, metric.label, margin))
    if settings.groups is not None:
        chosen = [glass, black]
        by_group = number_fairness if dataset.task == "number" else fairness
        figures.append(by_group.group_figure(settings.groups, dataset, chosen, settings.folds, 0))
        tables.append(by_group.group_table(settings.groups, dataset, chosen, settings.folds))
    stressed = _stressed(rows)
    if stressed:
        figures.append(stress.stress_figure(stressed, metric, settings.folds))
        tables.append(stress.stress_table(stressed, settings.folds))
    if private := _private(settings, rows, glass, metric):
        figures.append(private)
    if "edit" in rows:
        tables.append(editing.edit_table(rows["edit"], metric, settings.folds))
    if "speed" in rows:
        tables.append(speed.speed_table(rows["speed"]))
    if rows.get("read", {}).get("export") is not None:
        tables.append(speed.file_table(rows["read"], dataset, MODEL_FILE))
    return Evidence(
        estimates={"loss": loss, "glass": found.mean(glass), "black": found.mean(black)},
        facts={
            "metric": metric.label,
            "margin": margin,
            "n_rows": dataset.n_rows,
            "readable": names[price.chosen_family(found, "glass", names)],
            "simplest": _simplest(priced, margin),
            "detectable": detectable,
            "rows_to_settle": rows_to_settle(loss, margin, dataset.n_rows, detectable=detectable),
            "probability_costs": parts.better,
            "probability_equal": parts.equal,
            "probability_gains": parts.worse,
        },
        figures=(_headline(found, settings), *figures, found.calibration(dataset.target, dataset.classes)),
        tables=(*tables, found.table(dataset.target), found.choices()),
        caveats=(*found.caveats(), *notes, *_caveats(dataset, settings)),
        panels=tuple(panels),
    )


def _priced(
    dataset: Dataset,
    settings: Any,
    rows: Mapping[str, Row],
    found: Comparison,
    sides: tuple[Group, Group],
    steps: Any,
    metric: Any,
) -> tuple[price.Priced, ...]:
    names = [family.name for family in (*sides[0].families, *steps)]
    everyone = found
    if steps and any(key.startswith(f"{step.name}-fold") for step in steps for key in rows):
        groups = (*sides, Group("steps", "step", steps, is_side=False))
        everyone = comparison.compare(
            dataset, groups, rows, folds=settings.folds, repeats=settings.repeats, metric=metric
        )
    return price.price_list(everyone, found.best["black"], names)


def _simplest(priced: tuple[price.Priced, ...], margin: float) -> str | None:
    simple = price.simplest_within(priced, margin)
    return simple.label if simple else None


def _follow_up(rows: Mapping[str, Row]) -> tuple[list[Figure], list[Table], list[WhatIf], list[str]]:
    figures: list[Figure] = []
    tables: list[Table] = []
    panels: list[WhatIf] = []
    for key in ("read", "read-simplest", "explain", "known-truth"):
        row = rows.get(key, {})
        figures += figures_of(row.get("figures", []))
        tables += tables_of(row.get("tables", []))
        panels += panels_of(row.get("panels", []))
    return figures, tables, panels, list(rows.get("explain", {}).get("notes", []))


def _stressed(rows: Mapping[str, Row]) -> list[tuple[str, Row]]:
    sides = (("readable model", "stress-glass"), ("black box", "stress-black"))
    return [(label, rows[key]) for label, key in sides if key in rows]


def _private(settings: Any, rows: Mapping[str, Row], glass: Scores, metric: Any) -> Figure | None:
    done = {
        epsilon: rows[f"private-{place:02d}"]
        for place, epsilon in enumerate(settings.privacy)
        if f"private-{place:02d}" in rows
    }
    plain = [row["score"] for row in glass.rows[: settings.folds] if row is not None]
    if not done or len(plain) < 2:
        return None
    attack = None
    if "stress-glass" in rows:
        attack = stats.mean_score(rows["stress-glass"]["attack"], test_fraction=1 / settings.folds, unit="ROC AUC")
    return privacy.privacy_figure(done, plain, attack, metric, settings.folds)


def _headline(found: Comparison, settings: Any) -> Figure:
    caption = (
        f"{found.metric.label}, {settings.repeats} x {settings.folds}-fold cross-validation, all models on the same folds, "
        f"{count(settings.candidates, 'candidate')} each. Bars are 95 % intervals of each mean; the verdict rests on the paired "
        "difference."
    )
    return found.figure("All models", caption)


def _axis(metric: Any) -> str:
    return f"{metric.label} ({metric.unit}, of 100)" if metric.unit else str(metric.label)


def _caveats(dataset: Dataset, settings: Any) -> tuple[str, ...]:
    read = "the readable model shown was fitted on all rows, tuned in the same way as inside the folds"
    spread = (
        "the interval of the verdict comes from the out-of-fold prediction of every row and from the repetitions, widened for "
        "shared training rows; with one repetition, or a metric that is no mean over rows, AUC or R², from the folds (corrected t)"
    )
    found = (read, spread) if settings.depth == "full" else (spread,)
    if dataset.task == "classes":
        return found
    return (
        *found,
        "a points scorecard is for two classes and was not tried; predictions are single numbers without a range",
    )
