"""Which side is better on the folds? The scores of all families, and the paired difference that carries the verdict."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from interpretability.context import Context
from interpretability.models.classifiers import untried
from interpretability.sides import at_size
from interpretability.sides.price import chosen_family, quick_to_answer
from lab import sections
from lab.learning import deciding
from lab.learning.comparison import Comparison
from lab.learning.families import CONSTANT
from lab.learning.fitting import unweighted
from lab.protocol import Estimate, Evidence, Figure, Rows, Trial
from lab.report.deciding import Against
from lab.wording import count

__all__ = ["evidence", "plan"]

_BESIDE = 2
"""Readable models that are named in the first picture beside the best of them."""


def plan(context: Context) -> list[Trial[Any]]:
    """Score every family of both sides on every fold, and a constant prediction; then on more rows."""
    sides = (context.glass, context.black)
    scored = [
        *context.scored(*sides, candidates=context.settings.candidates),
        *context.scored(context.nothing, candidates=0),
    ]
    how: dict[str, Any] = {"folds": context.settings.folds, "metric": context.metric, "size": at_size.size(context)}
    return [*context.looks.planned(scored, (*sides, context.nothing), context.rule, **how), *at_size.plan(context)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Compare the best readable model with the best black box."""
    found, dataset, margin = context.compared(rows, context.nothing), context.dataset, context.margin
    glass, black = found.best["glass"], found.best["black"]
    sure = context.looks.confidence
    loss = found.difference(black, glass, confidence=sure)
    detectable = found.detectable(black, glass, confidence=sure)
    parts = found.regions(black, glass, margin)
    names = {family.name: family.label for family in context.glass.families}
    nothing = found.families.get(CONSTANT.name)
    learned = (
        {}
        if nothing is None
        else {
            "over_constant": found.difference(glass, nothing, confidence=sure),
            "black_over_constant": found.difference(black, nothing, confidence=sure),
        }
    )
    then = at_size.evidence(context, rows)
    compared = Evidence(
        estimates={"loss": loss, "glass": found.mean(glass), "black": found.mean(black)} | learned,
        facts={
            "metric": context.metric.label,
            "margin": margin,
            "n_rows": dataset.n_rows,
            "readable": names[chosen_family(found, "glass", names)],
            "black_box": Counter(black.chosen).most_common(1)[0][0],
            "detectable": detectable,
            "rows_to_settle": found.rows_to_settle(black, glass, margin, confidence=sure),
            "rows_in_table": dataset.rows_in_table,
            **{f"untried_{side}": " or ".join(names) or None for side, names in untried().items()},
            "probability_costs": parts.better,
            "probability_equal": parts.equal,
            "probability_gains": parts.worse,
            **context.looks.facts(rows),
        },
        figures=(
            _what_decides(found, context, loss, then),
            _all_models(found, context),
            found.calibration(dataset.target, dataset.classes),
        ),
        tables=(found.table(), found.choices()),
        caveats=(*found.caveats(), *_of_stand_in(found, context, rows), *_caveats(context), *_of_weights(context)),
    )
    return sections.merged((compared, then))


def _what_decides(found: Comparison, context: Context, loss: Estimate, then: Evidence) -> Figure:
    """Draw what the best readable model loses against the margin, beside the best of the others that can be read."""
    taken = set(found.best["glass"].chosen)
    others = sorted(
        (found.families[family.name] for family in context.glass.families if family.name in found.families),
        key=lambda scores: -found.mean(scores).value,
    )
    expected = then.estimates.get("loss_at_size")
    settings = context.settings
    return deciding.picture(
        found,
        deciding.Sides("glass", "black"),
        loss.negated(),
        Against(-context.margin, "would matter", "below"),
        others=[(scores.label, scores) for scores in others if {scores.label} != taken][:_BESIDE],
        then=(then.facts["size"], expected and expected.negated()) if then.facts else None,
        used=context.dataset.n_rows,
        caption=f"{found.repeats} x {settings.folds}-fold cross-validation, {settings.effort} effort.",
    )


def _all_models(found: Comparison, context: Context) -> Figure:
    settings = context.settings
    caption = (
        f"{found.metric.label}, {found.repeats} x {settings.folds}-fold cross-validation, all models on the same folds, "
        f"{count(settings.candidates, 'hyperparameter setting')} each ({settings.effort} effort). Bars are 95 % intervals of each "
        "mean; the verdict rests on the paired difference."
    )
    return found.figure("All models", caption, without=(CONSTANT.name,))


def _of_stand_in(found: Comparison, context: Context, rows: Rows) -> tuple[str, ...]:
    """Say which model stands in where the best black box is an average of several, or answers slowly."""
    quick, chosen = quick_to_answer(context.black), found.best["black"].chosen
    names = {family.name: family.label for family in quick.families}
    replaced = sum(label not in names.values() for label in chosen)
    if not replaced or not context.is_full:
        return ()
    others = found if quick == context.black else dataclasses.replace(context, black=quick).compared(rows)
    single = names[chosen_family(others, "black", names)]
    why, whom = ("", "") if quick == context.black else (", or answers slowly", " of the others")
    return (
        f"in {replaced} of {count(len(chosen), 'fold')} the best black box is an average of several{why}; what is explained, timed "
        f"and stress-tested in its place is the best single one{whom}, the {single}",
    )


def _of_weights(context: Context) -> tuple[str, ...]:
    """Say which models learned without the weights of the rows, where rows have some."""
    said = unweighted((*context.glass.families, *context.black.families), context.dataset, seed=context.seed)
    return (said,) if said else ()


def _caveats(context: Context) -> tuple[str, ...]:
    spread = (
        "the interval of the verdict comes from the out-of-fold prediction of every row and from the repetitions (from the folds, "
        "where there is one repetition), widened for shared training rows; with a metric other than AUC, R² or a mean over rows, "
        "or where trials failed, from the folds alone (corrected t)"
    )
    small = () if context.settings.parts is None else (_limit(context.settings.parts, context.too_large),)
    if context.dataset.task == "classes":
        return (spread, *small)
    return (
        spread,
        *small,
        "a points scorecard needs two classes and was not tried; predictions are single numbers without prediction intervals",
    )


def _limit(parts: int, too_large: Sequence[str]) -> str:
    """Say what the limit on parts means, and who could not keep to it."""
    left_out = f"; never so small, and not tried: {', '.join(too_large)}" if too_large else ""
    return (
        f"readable models have at most {count(parts, 'part')} (weights, curves, maps, lines or leaves): trees and cards grow no "
        f"further, all others keep the parts that move their answers most and learn again with these{left_out}"
    )
