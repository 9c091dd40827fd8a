"""Train again now? What waiting has cost so far is held against what training costs.

With prices the rule is that of renting or buying (Karlin, Manasse, Rudolph and Sleator 1988): train again once the wrong answers
that came on top since the change have cost as much as training does. Whatever comes, that costs at most twice as much as
the best that could have been done by one who knew the future. Without prices a loss of more than a point of accuracy is a reason.
"""

import math
from dataclasses import dataclass

from lab.protocol import Estimate
from lab.watching.protocol import Advice
from lab.wording import amount, capital

__all__ = ["Costs", "Situation", "advise", "lost"]

_MARGIN = 0.01
_FEWEST_TO_LEARN = 100


@dataclass(frozen=True)
class Costs:
    """Prices in any unit, above 0: of an answer that is wrong and need not be, and of training again."""

    wrong_answer: float
    retraining: float


@dataclass(frozen=True)
class Situation:
    """What is known when it is asked.

    Attributes
    ----------
    changed : bool
        Whether an alarm was raised.
    rows_since : int
        Rows since the change.
    before, since, expected : Estimate or None
        Accuracy before, and since the change: where labels came, and by confidence alone.
    against : str
        What `before` is where it is not that of the stream before the change, as a sentence goes on after "than".
    from_first_row : bool
        Whether `since` and `rows_since` count from the first row on, and not from a change on.
    is_unseen : bool
        Whether no row has been looked at yet.
    """

    changed: bool
    rows_since: int = 0
    before: Estimate | None = None
    since: Estimate | None = None
    expected: Estimate | None = None
    against: str = ""
    from_first_row: bool = False
    is_unseen: bool = False


def lost(before: Estimate, after: Estimate) -> Estimate:
    """Give the loss of accuracy, in points, with the interval of a difference of shares (Newcombe 1998, method 10)."""
    value = before.value - after.value
    low = value - math.hypot(before.value - before.low, after.high - after.value)
    high = value + math.hypot(before.high - before.value, after.value - after.low)
    return Estimate(100 * value, 100 * low, 100 * high, "points")


def advise(found: Situation, costs: Costs | None) -> Advice:
    """Say whether to train again now, and why."""
    if found.is_unseen:
        return Advice("undecided", "No row has been looked at yet.")
    if not found.changed:
        return Advice("no", "Nothing has changed that could be told from chance.")
    if found.before is None:
        return Advice(
            "undecided", "Something changed, and nothing tells how accurate the model was before: give a reference."
        )
    if found.since is None:
        return _by_confidence(found, found.before)
    loss = lost(found.before, found.since)
    said = _held(loss, found)
    if loss.high <= 0 or (costs is None and loss.high < 100 * _MARGIN):
        costless = (
            "No accuracy is lost that counts" if found.from_first_row else "The change costs no accuracy that counts"
        )
        return Advice("no", f"{costless}: {said}.")
    if found.rows_since < _FEWEST_TO_LEARN:
        return Advice(
            "undecided", f"{capital(said)}, but only {found.rows_since} rows came since: too few to learn from."
        )
    if costs is not None:
        return _by_price(loss, found, costs)
    if loss.low > 100 * _MARGIN:
        return Advice("yes", f"{capital(said)}.")
    return Advice("undecided", f"The loss may or may not count: {said}. More labels may tell.")


def _held(loss: Estimate, found: Situation) -> str:
    """Say a loss or a gain, since when, and what it is held against.

    >>> loss = Estimate(5.0, 2.0, 8.0, "points")
    >>> _held(loss, Situation(True))
    'the model loses 5.0 points of accuracy (95 % interval 2.0 to 8.0) since the change'
    >>> _held(loss, Situation(True, against="in training", from_first_row=True))
    'from the first row on the model is 5.0 points less accurate than in training (95 % interval 2.0 to 8.0)'
    """
    if not found.against:
        return f"the model {_size(loss, found, 'loses', 'gains')} since the change"
    since = "from the first row on" if found.from_first_row else "since the change"
    return f"{since} the model is {_size(loss, found, 'loses', 'gains')}"


def _size(loss: Estimate, found: Situation, loses: str, gains: str) -> str:
    """Go on after the model with how much it loses or gains, or, where it is held against training, is less accurate or more."""
    is_gain = loss.value < 0
    size = amount(abs(loss.value), "points")
    interval = _interval(-loss.high, -loss.low) if is_gain else _interval(loss.low, loss.high)
    if found.against:
        return f"{size} {'more' if is_gain else 'less'} accurate than {found.against} ({interval})"
    return f"{gains if is_gain else loses} {size} of accuracy ({interval})"


def _by_price(loss: Estimate, found: Situation, costs: Costs) -> Advice:
    """Hold the price of the wrong answers that came on top against that of training."""
    each = found.rows_since * costs.wrong_answer / 100
    paid, low, high = (max(share, 0.0) * each for share in (loss.value, loss.low, loss.high))
    what = "the model" if found.from_first_row else "the change"
    beyond = f"beyond those {found.against} " if found.against else ""
    said = f"{beyond}{what} has cost about {amount(paid, '')} so far (95 % interval {amount(low, '')} to {amount(high, '')})"
    price = amount(costs.retraining, "")
    if low >= costs.retraining:
        return Advice("yes", f"In wrong answers {said}, no less than the {price} of training again.")
    if high < costs.retraining:
        return Advice("no", f"In wrong answers {said}, less than the {price} of training again.")
    return Advice(
        "undecided", f"In wrong answers {said}; whether that is the {price} of training again, more labels will tell."
    )


def _interval(low: float, high: float) -> str:
    """Write the ends of an interval in points, without a minus before nothing.

    >>> _interval(-1.94, 3.9), _interval(-0.04, 2.0)
    ('95 % interval -1.9 to 3.9', '95 % interval 0.0 to 2.0')
    """
    first, last = (round(end, 1) + 0.0 for end in (low, high))
    return f"95 % interval {first:.1f} to {last:.1f}"


def _by_confidence(found: Situation, before: Estimate) -> Advice:
    """Say what can be said without labels."""
    if found.expected is None:
        return Advice(
            "undecided", "Something changed, and no labels tell what it costs: get labels for the rows since."
        )
    loss = lost(before, found.expected)
    assumed = "if the columns still say of the labels what they said before"
    if loss.low > 100 * _MARGIN:
        be = "be " if found.against else ""
        said = f"{be}{_size(loss, found, 'lose', 'gain')}, {assumed}"
        return Advice(
            "undecided", f"The model is expected to {said}: get labels for the rows since, and train on them."
        )
    are = "is " if found.against else ""
    said = f"{are}{_size(loss, found, 'loses', 'gains')}"
    return Advice("undecided", f"By its confidence the model {said}, {assumed}; only labels can tell.")
