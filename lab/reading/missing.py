"""Which cells say that nothing is known? Spellings of a missing value, and numbers that stand for one."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MISSING", "SPELLINGS", "sentinels"]

MISSING = ("", "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan", "NULL", "null", "None", "<NA>")
"""What any column may say, also one that comes from elsewhere than a file."""

SPELLINGS = frozenset(
    {
        *(word.casefold() for word in MISSING),
        "-", "--", "---", "–", "—", ".", "..", "...", "_", "*", "\\n", "n.a.", "n.a", "n. a.", "na.", "n.d.", "nd", "k.a.", "k. a.",
        "s/o", "missing", "missing value", "unknown", "not available", "not applicable", "not known", "unbekannt", "fehlt", "inconnu",
        "desconocido", "sconosciuto", "nil", "none", "null", "(null)", "[null]", "<null>", "(none)", "(blank)", "(empty)", "blank",
        "empty", "nat", "#n/a n/a", "#na", "#div/0!", "#ref!", "#value!", "#num!", "#name?", "#null!", "#wert!", "#bezug!", "#nv",
        "#error", "#error!", "undefined", "1.#qnan", "1.#ind", "-1.#ind",
    }
)  # fmt: skip
"""What a cell of a file may say in any letters, large or small; compare `str.casefold`."""

_SENTINELS = np.array([sign * (10.0**n - 1) for n in range(2, 8) for sign in (-1, 1)])
"""Numbers of nines: -99, 99, -999, 999 and so on."""
_FEWEST = 3
_APART = 1.0
"""A number stands for a missing one if it is as far from all others as these are from one another."""


def sentinels(numbers: "NDArray[np.float64]") -> tuple[float, ...]:
    """Find numbers of nines that stand for a missing one: at an end of the column, often, and far from all others.

    Parameters
    ----------
    numbers : array of shape (n_rows,)
        The column, NaN where missing.
    """
    known = numbers[~np.isnan(numbers)]
    found: list[float] = []
    for _ in range(2):  # one at either end
        if len(known) < 2 * _FEWEST or known.min() == known.max():
            break
        for end in (known.min(), known.max()):
            others = known[known != end]
            often = len(known) - len(others)
            reach = np.ptp(others)
            gap = min(abs(end - others.min()), abs(end - others.max()))
            if end in _SENTINELS and often >= _FEWEST and len(np.unique(others)) > 1 and gap > _APART * reach:
                found.append(float(end))
                known = others
                break
    return tuple(found)
