"""How long is each screen shown, so that all of them take an hour?"""

from collections.abc import Sequence

__all__ = ["MINUTES", "shares"]

MINUTES = 60
_WEIGHTS = {"cover": 2.0, "verdict": 3.0, "picture": 3.0, "sure": 2.0, "change": 2.0, "do": 3.0, "end": 8.0}
_OF_A_PANEL = 4.0


def shares(kinds: Sequence[str]) -> list[int]:
    """Share an hour among screens of these kinds, in whole minutes; each has one at least, even where the hour is too short.

    >>> shares(["cover", "verdict", "picture", "end"]), sum(shares(["cover", *["verdict"] * 7, "limits", "end"]))
    ([8, 12, 11, 29], 60)
    """
    weights = [_WEIGHTS.get(kind, _OF_A_PANEL) for kind in kinds]
    left = max(MINUTES - len(kinds), 0)
    exact = [left * weight / sum(weights) for weight in weights]
    given = [int(each) for each in exact]
    by_rest = sorted(range(len(exact)), key=lambda place: given[place] - exact[place])
    for place in by_rest[: left - sum(given)]:
        given[place] += 1
    return [1 + each for each in given]
