"""May a given model have learned from the rows that it is judged on? A file does not say; a score far above ours makes it suspect.

The lab's own models are scored on rows that they have not learned from. One that somebody brings and that leaves less than half
of what the best of ours leaves to be better in, beyond chance, either knows more than the table says, or it knows the rows.
"""

from dataclasses import dataclass

import numpy as np

from edge.context import Context
from edge.given.family import is_given
from lab.learning.comparison import Comparison, Scores
from lab.learning.families import CONSTANT
from lab.learning.scoring import Metric
from lab.protocol import Estimate
from lab.wording import amount

__all__ = ["WAY_OUT", "Learned", "is_far_above", "of_given"]

WAY_OUT = "give rows that it has not learned from, and say --unseen"
_OF_WHAT_IS_LEFT = 0.5


@dataclass(frozen=True)
class Learned:
    """What can be said of it.

    Attributes
    ----------
    is_suspect : bool
        Whether its score is far above those of the lab's own models.
    sentence : str
        For a reader, without a capital and without a full stop.
    """

    is_suspect: bool
    sentence: str


def of_given(context: Context, found: Comparison) -> Learned | None:
    """Say what is known of a given model and the rows; None where no model was given, or none of its scores is there."""
    family = next((each for each in context.families if is_given(each)), None)
    if family is None or family.name not in found.families:
        return None
    given = found.families[family.name]
    ours = [scores for name, scores in found.families.items() if name not in (family.name, CONSTANT.name)]
    ours = [scores for scores in ours if not np.isnan(scores.values).all()]
    suspicion = _suspicion(found, given, max(ours, key=_mean)) if ours else ""
    if context.settings.unseen:
        return Learned(is_suspect=False, sentence=_said_unseen(suspicion))
    if suspicion:
        return Learned(
            is_suspect=True, sentence=f"the given model may have learned from these rows: {suspicion}; {WAY_OUT}"
        )
    return Learned(
        is_suspect=False,
        sentence="whether the given model has learned from these rows is not known; if it has, its accuracy is flattered "
        f"({WAY_OUT})",
    )


def _said_unseen(suspicion: str) -> str:
    stated = "--unseen says that the given model has learned from none of these rows"
    return f"{stated}, though {suspicion}" if suspicion else stated


def _suspicion(found: Comparison, given: Scores, best: Scores) -> str:
    difference = found.difference(given, best)
    if not is_far_above(difference, _mean(best), found.metric):
        return ""
    theirs, ours = (amount(_mean(scores), found.metric.unit) for scores in (given, best))
    return (
        f"its {found.metric.label} is {theirs}, and the best of the lab's own models, tested on rows that they had not learned "
        f"from, reaches {ours}"
    )


def is_far_above(difference: Estimate, best: float, metric: Metric) -> bool:
    """Whether a score leaves less than half of what the best of the lab's own leaves, and is surely above it.

    Parameters
    ----------
    difference : Estimate
        How much higher the score is than that of the best of ours, as shown.
    best : float
        The latter, as shown.
    metric : Metric
        Whose highest value is 1 as a score, or 0 for what scikit-learn turns round (`neg_log_loss`).
    """
    left = (0.0 if metric.scorer.startswith("neg_") else metric.factor) - best
    return difference.low > 0 and difference.value >= _OF_WHAT_IS_LEFT * left


def _mean(scores: Scores) -> float:
    return float(np.nanmean(scores.values))
