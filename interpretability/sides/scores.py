"""Which side is better on the folds? The scores of all families, and the paired difference that carries the verdict."""

from collections import Counter
from typing import Any

from interpretability.context import Context
from interpretability.models.classifiers import untried
from interpretability.sides.price import chosen_family
from lab.learning.comparison import Comparison
from lab.learning.families import CONSTANT
from lab.protocol import Evidence, Figure, Rows, Trial
from lab.wording import count

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[Any]]:
    """Score every family of both sides on every fold, and a constant prediction."""
    return [
        *context.scored(context.glass, context.black, candidates=context.settings.candidates),
        *context.scored(context.nothing, candidates=0),
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Compare the best readable model with the best black box."""
    found, dataset, margin = context.compared(rows, context.nothing), context.dataset, context.margin
    glass, black = found.best["glass"], found.best["black"]
    loss, detectable = found.difference(black, glass), found.detectable(black, glass)
    parts = found.regions(black, glass, margin)
    names = {family.name: family.label for family in context.glass.families}
    nothing = found.families.get(CONSTANT.name)
    learned = (
        {}
        if nothing is None
        else {
            "over_constant": found.difference(glass, nothing),
            "black_over_constant": found.difference(black, nothing),
        }
    )
    return Evidence(
        estimates={"loss": loss, "glass": found.mean(glass), "black": found.mean(black)} | learned,
        facts={
            "metric": context.metric.label,
            "margin": margin,
            "n_rows": dataset.n_rows,
            "readable": names[chosen_family(found, "glass", names)],
            "black_box": Counter(black.chosen).most_common(1)[0][0],
            "detectable": detectable,
            "rows_to_settle": found.rows_to_settle(black, glass, margin),
            "rows_in_table": dataset.rows_in_table,
            **{f"untried_{side}": " or ".join(names) or None for side, names in untried().items()},
            "probability_costs": parts.better,
            "probability_equal": parts.equal,
            "probability_gains": parts.worse,
        },
        figures=(_headline(found, context), found.calibration(dataset.target, dataset.classes)),
        tables=(found.table(), found.choices()),
        caveats=(*found.caveats(), *_of_blends(found, context), *_caveats(context)),
    )


def _headline(found: Comparison, context: Context) -> Figure:
    settings = context.settings
    caption = (
        f"{found.metric.label}, {settings.repeats} x {settings.folds}-fold cross-validation, all models on the same folds, "
        f"{count(settings.candidates, 'hyperparameter setting')} each ({settings.effort} effort). Bars are 95 % intervals of each "
        "mean; the verdict rests on the paired difference."
    )
    return found.figure("All models", caption, without=(CONSTANT.name,))


def _of_blends(found: Comparison, context: Context) -> tuple[str, ...]:
    """Say which single model stands in where the best black box is an average of them."""
    names, chosen = {family.name: family.label for family in context.black.families}, found.best["black"].chosen
    blended = sum(label not in names.values() for label in chosen)
    if not blended or not context.is_full:
        return ()
    single = names[chosen_family(found, "black", names)]
    return (
        f"in {blended} of {count(len(chosen), 'fold')} the best black box is an average of several; what is explained, timed and "
        f"stress-tested in its place is the best single one, the {single}",
    )


def _caveats(context: Context) -> tuple[str, ...]:
    spread = (
        "the interval of the verdict comes from the out-of-fold prediction of every row and from the repetitions (from the folds, "
        "where there is one repetition), widened for shared training rows; with a metric other than AUC, R² or a mean over rows, "
        "or where trials failed, from the folds alone (corrected t)"
    )
    if context.dataset.task == "classes":
        return (spread,)
    return (
        spread,
        "a points scorecard needs two classes and was not tried; predictions are single numbers without prediction intervals",
    )
