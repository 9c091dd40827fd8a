"""Which candidate meets every budget? The numbers that the verdict reads, and the picture of the first screen.

This section plans nothing: it reads what the others measure. A candidate of which anything is missing is left out and named.
"""

from typing import Any

from edge.accuracy.at_size import foretold
from edge.accuracy.section import compared
from edge.budget.decision import decide
from edge.budget.figure import budget_table, figure, of_all
from edge.budget.limits import limits
from edge.building.evidence import size_and_parity
from edge.building.trials import BUILD
from edge.candidates import Candidate
from edge.context import Context
from edge.delivery.evidence import delivered
from edge.footprint.evidence import cold_start, memory
from edge.footprint.trials import SERVE
from edge.load.evidence import misses_of
from edge.load.trials import LOAD
from edge.naming import model_named
from edge.stream.evidence import sentence
from edge.stream.rows import STREAM
from edge.timing.quantiles import over_rounds
from edge.timing.trials import TIME, TimedRow, exported
from lab.learning.comparison import Comparison
from lab.learning.families import CONSTANT
from lab.protocol import Estimate, Evidence, Key, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[Any]]:
    """Plan nothing."""
    del context
    return []


def evidence(context: Context, rows: Rows) -> Evidence:
    """Give what is limited of every candidate, and show it beside what is allowed."""
    found = compared(context, rows)
    there = [family for family in context.families if _is_measured(family, context, rows, found)]
    estimates: dict[str, Estimate] = {}
    for family in there:
        estimates |= _deciding(family, context, rows, found)
    unmeasured = [family for family in context.families if family not in there]
    then = foretold(context, rows)
    estimates |= then.estimates
    settings, factor = context.settings, context.metric.factor
    known = estimates | misses_of(LOAD.all_found(rows))  # the load's section gives these
    stream = STREAM.found(rows)
    names = [family.name for family in there]
    decision = decide(names, known, settings, factor=factor, facts=then.facts) if names else None
    decided = None if decision is None else decision.name
    left = delivered(decided, context.labels.get(decided or "", ""), rows, settings)
    figures = () if decision is None else (figure(decision, context.labels[decision.name]),)
    every = of_all(there, known, settings, factor=factor, facts=then.facts)
    figures = figures if every is None else (*figures, every)
    told = (sentence(stream, settings.false_alarms),) if stream is not None else ()  # before all other caveats
    return Evidence(
        estimates=estimates,
        facts={
            "candidates": names,
            "unmeasured": [family.name for family in unmeasured],
            "labels": dict(context.labels),
            "limits": limits(settings, factor=factor, facts=then.facts),
            **then.facts,
            **left.facts,
        },
        figures=figures,
        tables=(budget_table(there, known, settings, factor=factor, facts=then.facts), *then.tables, *left.tables),
        caveats=(
            *told,
            *(f"{model_named(family.label)} could not be exported and measured" for family in unmeasured),
            *left.caveats,
        ),
    )


def _is_measured(family: Candidate, context: Context, rows: Rows, found: Comparison) -> bool:
    """Whether everything is there of which a candidate has a budget."""
    needed: list[Key[Any]] = [BUILD.of(family.name)]
    if context.settings.memory_mb is not None:
        needed.append(SERVE.of(family.name))
    if context.settings.rate is not None:
        needed.append(LOAD.of(family.name))
    there = all(key.found(rows) is not None for key in needed)
    compared = {family.name, CONSTANT.name} <= found.families.keys()
    return there and compared and exported(family.name) in _timed(rows).times


def _deciding(family: Candidate, context: Context, rows: Rows, found: Comparison) -> dict[str, Estimate]:
    """Give the numbers of a candidate that is measured."""
    name, scores, timed = family.name, found.families[family.name], _timed(rows)
    # the best of several candidates is chosen by the interval of its loss (Bonferroni)
    confidence = 1 - 0.05 / len(context.families)
    estimates = {
        f"{name}.p99_ms": over_rounds(timed.times[exported(name)], 0.99),
        f"{name}.least_p99_ms": over_rounds(timed.least(exported(name)), 0.99),
        f"{name}.drop": found.difference(found.best[context.group.name], scores, confidence=confidence),
        f"{name}.gain": found.difference(scores, found.families[CONSTANT.name], confidence=confidence),
        f"{name}.score": found.mean(scores),
        **size_and_parity(name, BUILD.of(name).needed(rows)),
    }
    served = SERVE.of(name).found(rows)
    peak, start = memory(served), cold_start(served)
    if peak is not None and start is not None:
        estimates |= {f"{name}.memory_mb": peak, f"{name}.cold_start_s": start}
    return estimates


def _timed(rows: Rows) -> TimedRow:
    return TIME.found(rows) or TimedRow({})
