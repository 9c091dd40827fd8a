"""What is remembered of a past without an end in bounded room? The youngest blocks one by one, older ones in ever larger pieces.

Each rung holds pieces of twice as many blocks as the one below it (the exponential histogram of Datar, Gionis, Indyk and
Motwani 2002): the number of pieces grows with the logarithm of the number of blocks.
"""

from collections.abc import Sequence

__all__ = ["joined_rungs"]


def joined_rungs(rungs: Sequence[int], at_most: int) -> list[int]:
    """List the rungs, from 0 upwards, whose two oldest pieces are to be joined, so that none holds more than `at_most` pieces.

    `rungs` are those of the pieces, the oldest piece first, so that they never rise; a new one has just come. What is joined
    goes up one rung.

    >>> joined_rungs([1, 1, 0, 0, 0], 3), joined_rungs([1, 1, 0, 0, 0, 0], 3), joined_rungs([1, 1, 1, 0, 0, 0, 0], 3)
    ([], [0], [0, 1])
    """
    found: list[int] = []
    while rungs.count(len(found)) + bool(found) > at_most:
        found.append(len(found))
    return found
