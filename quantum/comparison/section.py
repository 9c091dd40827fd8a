"""Is the quantum side better than the classical one, and by how much? All models on the same folds, and the ablations."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from lab import sections
from lab.learning import comparison, deciding, planning
from lab.learning.comparison import Comparison, Group, Scores
from lab.learning.families import CONSTANT
from lab.protocol import Dataset, Estimate, Evidence, Figure, Rows, Trial
from lab.report.deciding import Against
from lab.wording import count
from quantum.comparison import ablations, at_size
from quantum.context import Context
from quantum.models.limits import Qubits
from quantum.settings import Settings

__all__ = ["evidence", "plan"]


def plan(context: Context) -> Sequence[Trial[Any]]:
    """Score every model on every fold, and what averages of those without gates between qubits say; then more rows."""
    settings, without = context.settings, ablations.without_gates(context.groups, context.dataset)
    compared = planning.trials(
        context.groups if without is None else (*context.groups, without),
        folds=settings.folds,
        repeats=settings.repeats,
        seed=context.seed,
        metric=context.metric,
        candidates=settings.candidates,
    )
    how: dict[str, Any] = {"folds": settings.folds, "metric": context.metric, "size": at_size.size(context)}
    return [*context.looks.planned(compared, context.groups[:2], context.rule, **how), *at_size.plan(context)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Compare the best of each side, and say what carried the score of the quantum one.

    Raises
    ------
    TrialsFailedError
        If a side has a score in fewer than two folds.
    """
    dataset, settings, metric = context.dataset, context.settings, context.metric
    how: dict[str, Any] = {"folds": settings.folds, "repeats": context.looks.used(rows), "metric": metric}
    found = comparison.compare(dataset, context.groups, rows, **how)
    quantum, classical = found.best["quantum"], found.best["classical"]
    sure, margin = context.looks.confidence, context.margin
    advantage = found.difference(quantum, classical, confidence=sure)
    without = ablations.without_gates(context.groups, dataset)
    best_without = ablations.best_without_gates(without, found, dataset, rows, **how)
    carried = ablations.differences(found, best_without)
    unentangled = ablations.unentangled_folds(context.groups[0], found, dataset)
    detectable = found.detectable(quantum, classical, confidence=sure)
    regions = found.regions(quantum, classical, margin)
    nothing = found.families.get(CONSTANT.name)
    learned = {} if nothing is None else {"over_constant": found.difference(quantum, nothing, confidence=sure)}
    then = at_size.evidence(context, rows)
    compared = Evidence(
        estimates={"advantage": advantage, "quantum": found.mean(quantum), **learned, **carried},
        facts={
            "metric": metric.label,
            "margin": margin,
            "detectable": detectable,
            "rows_to_settle": found.rows_to_settle(quantum, classical, margin, confidence=sure),
            "n_rows": dataset.n_rows,
            "rows_in_table": dataset.rows_in_table,
            "probability_better": regions.better,
            "probability_equal": regions.equal,
            "probability_worse": regions.worse,
            "unentangled_folds": unentangled.count,
            "scored_folds": unentangled.all,
            "quantum_chosen": dict(Counter(quantum.chosen)),
            "classical_chosen": dict(Counter(classical.chosen)),
            **context.looks.facts(rows),
        },
        figures=(
            _what_decides(context, found, advantage, best_without, then),
            found.figure("All models", _caption(found, settings), without=_not_competing(context)),
            *ablations.figures(carried, unentangled, metric.label),
            found.calibration(dataset.target, dataset.classes),
        ),
        tables=(found.table(), found.choices()),
        caveats=(
            *found.caveats(),
            *_blends_caveat(context.groups[0], quantum),
            *_inputs_caveat(dataset, context.qubits),
        ),
    )
    return sections.merged((compared, then))


def _what_decides(
    context: Context, found: Comparison, advantage: Estimate, without: Scores | None, then: Evidence
) -> Figure:
    """Draw the advantage against the margin, beside what the best is without entanglement and the circuit that is priced."""
    settings = context.settings
    circuit = found.families.get("quantum")
    others = [
        (label, scores)
        for label, scores in (
            ("best quantum model without entanglement", without),
            ("variational circuit alone, which is priced", circuit),
        )
        if scores is not None
    ]
    return deciding.picture(
        found,
        deciding.Sides("quantum", "classical"),
        advantage,
        Against(context.margin, "would count", "above"),
        others=others,
        then=(then.facts["size"], then.estimates.get("advantage_at_size")) if then.facts else None,
        used=context.dataset.n_rows,
        caption=f"{found.repeats} x {settings.folds}-fold cross-validation, {settings.effort} effort.",
    )


def _caption(found: Comparison, settings: Settings) -> str:
    return (
        f"{found.metric.label}, {found.repeats} x {settings.folds}-fold cross-validation, all models on the same folds, "
        f"{count(settings.candidates, 'hyperparameter setting')} each. Averages need no fit of their own: their weights come from the "
        "inner folds. Bars are 95 % intervals of each mean; the verdict rests on "
        "the paired difference. The table includes the ablations and the constant baseline."
    )


def _not_competing(context: Context) -> set[str]:
    """Name what only explains the others, and would stretch their axis: ablations have a picture of their own."""
    sides = {family.name for group in context.groups if group.is_side for family in group.families}
    all_names = {family.name for group in context.groups for family in group.families}
    return {CONSTANT.name, *(all_names - sides)}


def _blends_caveat(side: Group, best: Scores) -> tuple[str, ...]:
    """Say what the rest of the report is about where the best quantum model is an average."""
    blended = sum(best.chosen.count(blend.label) for blend in side.blends)
    if not blended:
        return ()
    return (
        f"in {blended} of {count(len(best.chosen), 'fold')} the best quantum model is an average of several; what is drawn, priced "
        "and run under noise is the variational circuit alone",
    )


def _inputs_caveat(dataset: Dataset, qubits: Qubits) -> tuple[str, ...]:
    """Say what circuits do not see, where they have fewer qubits than the table has inputs."""
    if qubits.inputs <= qubits.circuit:
        return ()
    by_kernel = f" and the quantum kernel {qubits.kernel}" if qubits.circuit < qubits.kernel < qubits.inputs else ""
    return (
        f"the circuit sees {count(qubits.circuit, 'linear combination')}{by_kernel} of the {count(len(dataset.kinds), 'column')} "
        f"({qubits.inputs} inputs after encoding the categories); product kernel, single qubit and dressed circuit see all of them, "
        f"and classical models are compared on all columns and on {count(qubits.kernel, 'input')}",
    )
