"""Which answers stay when many tables are asked at once? Those that Holm's rule keeps, by the chances in their records.

One answer that is wrong in 1 of 40 cases is rare; among 40 tables one of them is to be expected. Holm (1979) orders the answers by
how likely each is wrong, and keeps them as long as the next one is surer than 2.5 % shared among those that are left: then the
chance that any answer that is kept is wrong on that side is 2.5 % for all tables together, however they hang together.
"""

from collections.abc import Mapping, Sequence

from lab.protocol import Verdict

__all__ = ["LEVEL", "chance_wrong", "kept_by_holm"]

LEVEL = 0.025
"""An answer is given where the whole two-sided 95 % interval lies on one side: it is wrong on the other one in 2.5 %."""


def chance_wrong(verdict: Verdict) -> float | None:
    """How likely a yes or no is wrong, by the chances that its record gives; None where there is no answer, or no chances.

    The states of the world stand in the order of the words, and an answer is about those on one side of a limit. Which limit that is
    the record does not say: of those by which it may have been decided the one counts that leaves most doubt.

    Examples
    --------
    >>> states = {"worse": 0.001, "level": 0.009, "better": 0.99}
    >>> round(chance_wrong(Verdict("yes", "", "", chances=states)), 4)
    0.01
    >>> chance_wrong(Verdict("undecided", "", "", chances=states)) is None
    True
    """
    if verdict.answer == "undecided" or not verdict.chances:
        return None
    sides = _sides(verdict.chances)
    decided = [side for side in sides if side >= 1 - LEVEL]
    return 1 - (min(decided) if decided else max(sides))


def _sides(chances: Mapping[str, float]) -> list[float]:
    """Add up the chances from either end, up to each limit between two states."""
    values = [float(chance) for chance in chances.values()]
    return [sum(part) for at in range(1, len(values)) for part in (values[:at], values[at:])] or values


def kept_by_holm(doubts: Sequence[float | None], level: float = LEVEL) -> list[bool]:
    """Say of each answer whether it stays with all others together; those without a number do not, but they count.

    >>> kept_by_holm([0.02, 0.001, None, 0.009])
    [False, True, False, False]
    >>> kept_by_holm([0.02])
    [True]
    """
    kept = [False] * len(doubts)
    known = sorted((doubt, at) for at, doubt in enumerate(doubts) if doubt is not None)
    for passed, (doubt, at) in enumerate(known):
        if doubt > level / (len(doubts) - passed):
            break
        kept[at] = True
    return kept
