"""What does a candidate lose with the whole table, or with the rows that will come? Learning curves of all models.

Each candidate is compared with the other models: against a best that is the candidate itself nothing would ever be lost,
whichever model is about to overtake it. It is compared with each of them alone too, for the curve of the best of several has a
bend where another one becomes the best, and no law of a curve foretells it. So a model that learns fast is compared with others
of its kind on all rows of the table. Averages of models are candidates and rivals as single models are; on all rows
they hold those that learn slowly as these learned from fewer.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edge.candidates import Candidate
from edge.context import Context
from lab.learning import at_size
from lab.learning.at_size import Side, SizePlan
from lab.learning.blending import Blend
from lab.learning.comparison import Group
from lab.learning.families import CONSTANT, Family
from lab.learning.more_rows import Carried, Question, carried, figure, seen_table
from lab.protocol import Estimate, Evidence, Rows, Table, Trial
from lab.wording import count

__all__ = ["Foretold", "evidence", "foretold", "plan"]

_OTHERS = "best of the other models"
_TESTED_ROWS, _TESTED_VALUES = 20_000, 200_000
"""What each model says of the test rows is kept, for the averages: at most so many values of it, of so many rows at least."""


@dataclass(frozen=True)
class Foretold:
    """What the verdict reads of the learning curves, and the table of it; nothing where it is about the rows that were used."""

    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class _Rivals:
    """A candidate against the best of the other models, and against each of those whose curve can be carried on.

    The best counts where one of the others is missing, and where nothing can be said of it.
    """

    best: Carried
    alone: tuple[Carried, ...]
    is_complete: bool

    def expected(self, unit: str, confidence: float) -> list[tuple[Carried, Estimate]]:
        """Give what is lost against each rival; nothing where it cannot be said."""
        if self.best.fault is not None:
            return []
        found = [*self.alone] if self.is_complete else [self.best, *self.alone]
        return [(each, then) for each in found if (then := each.estimate(unit, confidence=confidence)) is not None]

    def loss(self, unit: str, confidence: float) -> Estimate | None:
        """Give what is lost against the rival that is expected to be the best, or any other at its upper end."""
        found = [then for _, then in self.expected(unit, confidence)]
        if not found:
            return None
        first = max(found, key=lambda each: each.value)
        return dataclasses.replace(first, high=max(each.high for each in found))

    def settles(self, most: float, unit: str, confidence: float) -> int | None:
        """How far all those curves would have to go that leave it open; None where one would leave it open all the same."""
        crossing = [each for each, then in self.expected(unit, confidence) if then.low <= most < then.high]
        found = [each.settles(most) for each in crossing]
        known = [rows for rows in found if rows is not None]
        return max(known) if known and len(known) == len(found) else None


def plan(context: Context) -> list[Trial[Any]]:
    """Let every model learn from more and more rows; nothing where the rows that are used are what the verdict is about."""
    return [*_question(context).trials((context.group,))]


def foretold(context: Context, rows: Rows) -> Foretold:
    """Carry the loss of every candidate on to the size that the verdict is about."""
    found = _rivals(context, rows)
    if not found:
        return Foretold()
    most, unit = context.settings.max_drop * context.metric.factor, context.metric.unit
    sure = 1 - 0.05 / len(context.families)  # as for the sample: one of several candidates is chosen by it (Bonferroni)
    losses = {name: each.loss(unit, sure) for name, each in found.items()}
    every = [each.best for each in found.values()]
    one = next((each for each in every if each.sizes), every[0])
    facts = {
        "size": one.size,
        "curve_rows": one.sizes[-1] if one.sizes else 0,
        "curve_reach": _question(context).reach,
        "curve_fault": {name: each.best.fault for name, each in found.items()},
        "curve_settles": {name: each.settles(most, unit, sure) for name, each in found.items()},
    }
    estimates = {f"{name}.drop_at_size": loss for name, loss in losses.items() if loss is not None}
    return Foretold(estimates, facts, (_table(context, found, losses),) if one.sizes else ())


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show what more rows change for every model, and from how many it learned."""
    question = _question(context)
    if question.size is None:
        return Evidence()
    grow = (
        f"file size, memory and latency are those of models that learned from {count(context.dataset.n_rows, 'row')} at most: "
        "forests and boosted trees grow with more"
    )
    if question.plan is None:
        return Evidence(caveats=(grow,))
    factor, group = question.metric.factor, context.group
    sides = [(member, _side(member, question.plan, rows)) for member in group.members]
    curves = {
        member.label: list(
            zip(question.plan.common([member]), (factor * side.scores.mean(axis=0)).tolist(), strict=True)
        )
        for member, side in sides
        if not np.isnan(side.scores).any() and member.name != CONSTANT.name
    }
    what = f"every model in {len(question.plan.folds)} repetitions"
    seen = {label: n for _, side in sides for label, n in side.seen.items()}
    return Evidence(
        figures=(figure(question.metric, curves, what, most_tested=question.tested_rows),) if curves else (),
        tables=(seen_table({group.label: seen}),) if seen else (),
        caveats=(grow,),
    )


def _question(context: Context) -> Question:
    dataset = context.dataset
    tested = max(_TESTED_ROWS, _TESTED_VALUES // len(dataset.classes))
    return Question(dataset, context.settings, context.metric, context.seed, tested_rows=tested, cheap_go_on=True)


def _rivals(context: Context, rows: Rows) -> dict[str, _Rivals]:
    """Compare each candidate with the other models, by its name."""
    found = {}
    for candidate in context.families:
        others = [each for each in context.group.members if each.name != candidate.name]
        best = _against(others, candidate, context, rows)
        if best is None:
            return {}
        against = [_against([each], candidate, context, rows) for each in others if each.name != CONSTANT.name]
        alone = tuple(each for each in against if each is not None and each.fault is None)
        found[candidate.name] = _Rivals(best, alone, is_complete=0 < len(alone) == len(against))
    return found


def _against(others: Sequence[Candidate], candidate: Candidate, context: Context, rows: Rows) -> Carried | None:
    sides = {_OTHERS: _group(*others), candidate.label: _group(candidate)}
    return carried(_question(context), sides, rows)


def _side(member: Candidate, plan: SizePlan, rows: Rows) -> Side:
    return at_size.side_at_sizes(_group(member), plan, rows, plan.common([member]))


def _group(*members: Candidate) -> Group:
    families = tuple(each for each in members if isinstance(each, Family))
    blends = tuple(each for each in members if isinstance(each, Blend))
    return Group("some", "model", families, blends=blends)


def _table(context: Context, found: Mapping[str, _Rivals], losses: Mapping[str, Estimate | None]) -> Table:
    size = next(iter(found.values())).best.size
    lines = []
    for name, each in found.items():
        ends = [float(values[:, -1].mean()) for values in each.best.sides.values()]
        loss = losses[name]
        expected = (None, None, None) if loss is None else (loss.value, loss.low, loss.high)
        lines.append((context.labels[name], ends[0] - ends[1] if ends else None, *expected, each.best.fault or ""))
    caption = (
        f"{context.metric.label}: how much better the {_OTHERS} is, at the largest size that was tried and as learning curves "
        f"lead to {count(size, 'row')}, with its interval (95 % for all candidates together). It comes from four families of "
        "learning curves, weighed by how well each explains the scores; its upper end is that of any rival."
    )
    columns = ("model", "loss at the largest size tried", f"loss with {size:,} rows", "low", "high", "cannot be said")
    return Table("The loss with more rows", caption, columns, tuple(lines))
