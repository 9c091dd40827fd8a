"""What does a model cost that is simpler to read? Complexity against score, and the simplest model within the margin."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from interpretability.context import Context
from lab.learning.comparison import Comparison, Group, Scores
from lab.learning.outer import fold_key
from lab.protocol import Estimate, Evidence, Figure, Rows, Table, Trial
from lab.report import charts
from lab.wording import amount, difference

__all__ = [
    "STEPS",
    "Priced",
    "chosen_family",
    "evidence",
    "figure",
    "plan",
    "price_list",
    "quick_to_answer",
    "simplest_within",
    "steps_of",
    "table",
]


STEPS = "step"


def steps_of(context: Context) -> tuple[Group, ...]:
    """Give the small models as a group of their own, which stands for no side; none where there are none."""
    return (Group("steps", STEPS, context.steps, is_side=False),) if context.steps else ()


def plan(context: Context) -> list[Trial[Any]]:
    """Score the small models on the folds, as they are built."""
    return context.looks.gated(context.scored(*steps_of(context), candidates=0))


def evidence(context: Context, rows: Rows) -> Evidence:
    """Price every readable model, and name the simplest one within the margin."""
    done = any(fold_key(step, index).found(rows) for step in context.steps for index in range(context.settings.folds))
    found = context.compared(rows, *(steps_of(context) if done else ()))
    names = [family.name for family in (*context.glass.families, *context.steps)]
    priced, metric, black = price_list(found, found.best["black"], names), context.metric, found.best["black"]
    simple = simplest_within(priced, context.margin)
    axis = f"{metric.label} ({metric.unit}, of 100)" if metric.unit else metric.label
    return Evidence(
        facts={"simplest": simple.label if simple else None},
        figures=(figure(priced, found.mean(black), axis, context.margin),),
        tables=(table(priced, metric.label, context.margin),),
    )


@dataclass(frozen=True)
class Priced:
    """A readable model with its price.

    Attributes
    ----------
    name, label : str
        Short name of the family; the words for a reader.
    parts : float
        Mean number of parts to read over the folds (see `interpretability.models.complexity`).
    score : Estimate
        Mean score with its interval.
    loss : Estimate
        How much the best black box is better, on the same folds.
    on_front : bool
        Whether no simpler model scores as well.
    """

    name: str
    label: str
    parts: float
    score: Estimate
    loss: Estimate
    on_front: bool


def price_list(found: Comparison, black: Scores, names: Sequence[str]) -> tuple[Priced, ...]:
    """Price every readable family that has scores, the simplest first."""
    listed = []
    for name in names:
        scores = found.families.get(name)
        if scores is None:
            continue
        parts = float(np.mean([row.complexity for row in scores.rows if row is not None]))
        listed.append((name, scores, parts))
    listed.sort(key=lambda item: (item[2], -found.mean(item[1]).value))
    priced, best = [], -np.inf
    for name, scores, parts in listed:
        mean = found.mean(scores)
        priced.append(Priced(name, scores.label, parts, mean, found.difference(black, scores), mean.value > best))
        best = max(best, mean.value)
    return tuple(priced)


def simplest_within(priced: Sequence[Priced], margin: float) -> Priced | None:
    """Find the simplest model whose whole interval of losses lies within the margin; None where there is none.

    Many models are looked at, so this is exploratory: the verdict does not rest on it.
    """
    return next((item for item in priced if item.loss.high < margin), None)


def figure(priced: Sequence[Priced], black: Estimate, axis: str, margin: float) -> Figure:
    """Draw complexity against score, with the best black box as a line."""
    rows = [
        (
            item.label,
            "on the Pareto front: nothing simpler is as good" if item.on_front else "behind it",
            item.parts,
            item.score,
        )
        for item in priced
    ]
    caption = (
        "Each point is a type of readable model: further left, there is less to read (weights, lines, rules, curves or maps; mean "
        "over the folds); further up, the score is better. Bars are 95 % intervals of the mean. The dashed line is the "
        f"best black box ({amount(black.value, black.unit)}), the dotted one lies {amount(margin, black.unit)} below it."
    )
    spec = charts.scatter(
        rows,
        x="parts to read",
        y=axis,
        groups=["on the Pareto front: nothing simpler is as good", "behind it"],
        references=(black.value, black.value - margin),
        log_x=True,
    )
    return Figure("The price of readability", caption, spec)


def table(priced: Sequence[Priced], metric: str, margin: float) -> Table:
    """List the prices."""
    simple = simplest_within(priced, margin)
    unit = priced[0].loss.unit if priced else ""
    if simple is None:
        said = f"No model is shown to lose less than {amount(margin, unit)}."
    else:
        gain = Estimate(-simple.loss.value, -simple.loss.high, -simple.loss.low, unit, simple.loss.confidence)
        said = (
            f"The simplest model within {amount(margin, unit)} of the best black box is the {simple.label} "
            f"({simple.parts:.0f} parts): {difference(gain, 'the best black box')}."
        )
    caption = f"{said} Loss: how much better the best black box is; low and high are the ends of its 95 % interval (exploratory)."
    rows = tuple(
        (
            p.label,
            round(p.parts, 1),
            p.score.value,
            p.loss.value,
            p.loss.low,
            p.loss.high,
            "yes" if p.on_front else "no",
        )
        for p in priced
    )
    return Table(
        "The price of readability",
        caption,
        ("model", "parts to read", metric, "loss", "low", "high", "on the Pareto front"),
        rows,
    )


def quick_to_answer(group: Group) -> Group:
    """Leave out the families that answer slowly, and the averages in which these take part."""
    if not any(family.answers_slowly for family in group.families):
        return group
    return replace(group, families=tuple(each for each in group.families if not each.answers_slowly), blends=())


def chosen_family(found: Comparison, group: str, names: Mapping[str, str]) -> str:
    """Name of the family that was taken most often as the best single one of its group; `names` are the labels by name.

    Of equals it is the one that was taken first, as in the first picture and the sentences beside it.
    """
    by_label = {label: name for name, label in names.items()}
    taken = Counter(label for label in found.single[group].chosen if label in by_label)
    return by_label[taken.most_common(1)[0][0]] if taken else next(iter(names))
