"""Which picture shows what decides between two sides? The paired difference of their best, and few named models beside it.

Every row is held against the same thing, the best of the other side on the same folds, so that one axis with zero and the margin
says it all. Scores of all models belong further down.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lab.learning.comparison import Comparison, Scores
from lab.learning.families import CONSTANT
from lab.protocol import Estimate, Figure
from lab.report.deciding import Against, Difference, difference_plot
from lab.wording import amount, percent

__all__ = ["Sides", "picture"]

_MOST_NAMED = 5


@dataclass(frozen=True)
class Sides:
    """The two sides of a question by the names of their groups: one is asked about, the other is what it is held against."""

    asked: str
    other: str


def picture(
    found: Comparison,
    sides: Sides,
    advantage: Estimate,
    against: Against,
    *,
    others: Sequence[tuple[str, Scores]] = (),
    then: tuple[int, Estimate | None] | None = None,
    used: int,
    caption: str,
) -> Figure:
    """Draw how much better the best of the side that is asked about is than the best of the other one.

    Parameters
    ----------
    advantage : Estimate
        Of the best of the one over the best of the other, as the verdict reads it.
    others : sequence of (label, scores)
        Models that tell most beside them, the first ones first; those for which there is room are drawn.
    then : (int, Estimate or None), optional
        The size that the verdict is about where that is not the rows that were used, and the advantage to expect there: it
        decides, and stands below what was found; None where nothing can be said of it, so that no row decides.
    used : int
        Number of rows that were used.
    caption : str
        What the reader must know of the folds; the sentence on what is drawn is put before it.
    """
    best, other, sure = found.best[sides.asked], found.best[sides.other], float(advantage.confidence)
    rows = [Difference(_named(best), best.group, advantage, decides=then is None)]
    said = "The row with the band decides"
    if then is not None:
        size, expected = then
        rows = [Difference(f"{best.label}, found with {used:,} rows", best.group, advantage)]
        if expected is None:
            said = f"None of the rows decides, since nothing can be said of {size:,} rows"
        else:
            rows.append(Difference(f"{best.label}, expected with {size:,} rows", best.group, expected, decides=True))
    beside = [*_singles(found, sides), *_nothing(found, best), *others]
    groups, nothing = (best.group, other.group), found.families.get(CONSTANT.name)
    rows += [
        Difference(
            label,
            groups[scores.group == other.group or scores is nothing],
            found.difference(scores, other, confidence=sure),
        )
        for label, scores in beside[: _MOST_NAMED - 1]
        if scores is not other
    ]
    unit = f" ({advantage.unit}, of 100)" if advantage.unit else ""
    spec = difference_plot(rows, against, axis=f"{found.metric.label} above the {other.label}{unit}", groups=groups)
    margin = amount(abs(against.margin), advantage.unit)
    zone = f"the grey zone is {'an advantage' if against.side == 'above' else 'a loss'} of more than {margin}"
    says = f"Difference to the {other.label} on the same folds, with its {percent(sure)} interval. {said}; {zone}. {caption}"
    says += found.floor(row.found for row in rows)
    return Figure("What decides", says, spec)


def _named(best: Scores) -> str:
    """Say which model the best of a side most often was; of several, the one that came first."""
    (name, often), *others = Counter(best.chosen).most_common(2) or [("", 0)]
    if not name or name == best.label:
        return best.label
    if not others:
        return f"{best.label}: {name}"
    if often == others[0][1]:
        return f"{best.label}: {name}, as often as any other"
    return f"{best.label}, {'mostly' if 2 * often > len(best.chosen) else 'most often'} {name}"


def _singles(found: Comparison, sides: Sides) -> list[tuple[str, Scores]]:
    """Give the best single model of each side of which the best is an average in some fold."""
    there = []
    for side in (sides.asked, sides.other):
        best, single = found.best[side], found.single[side]
        if best.chosen != single.chosen:
            (name, _), *_ = Counter(single.chosen).most_common(1)
            there.append((f"best single {single.group}: {name}", single))
    return there


def _nothing(found: Comparison, best: Scores) -> list[tuple[str, Scores]]:
    """Give the constant prediction where the best is not shown to be better."""
    nothing = found.families.get(CONSTANT.name)
    if nothing is None or found.difference(best, nothing).low > 0:
        return []
    return [(nothing.label, nothing)]
