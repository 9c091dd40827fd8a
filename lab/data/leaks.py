"""Does one column give the target away? Copies of it are left out of a table, near copies are warned of."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.protocol import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["leak_of", "near_leak_of"]

_MAX_LEVELS = 50
_FIRST = 10_000
_SURE = 0.98
"""Where some thousand rows are ordered no better than this, all of them are not ordered almost perfectly."""
_WARNING = "make sure that it is known when a prediction is made (possible leakage)"


def leak_of(values: "NDArray", kind: Kind, target: "NDArray", n_classes: int) -> str | None:
    """Say why a column is the target in other words; None where it is not.

    Parameters
    ----------
    values : array of shape (n_rows,)
        The column, as in `Dataset.features`.
    kind : Kind
        Its kind.
    target : array of shape (n_rows,)
        Codes of classes, or (`n_classes` is 0) numbers.
    """
    if n_classes == 0:
        return (
            "it is a copy of the target, or the target in another unit (leakage)"
            if _is_line(values, kind, target)
            else None
        )
    return _why_copy(values, target, n_classes)


def near_leak_of(values: "NDArray", kind: Kind, target: "NDArray", n_classes: int) -> str | None:
    """Warn where one column alone all but gives the target away; None where it does not. Both have shape (n_rows,)."""
    if n_classes == 0:
        return _near_order(values, kind, target)
    return _near_classes(values, kind, target, n_classes)


def _is_line(values: "NDArray", kind: Kind, target: "NDArray[np.float64]") -> bool:
    """Whether the target is a straight line of the column, to the last digits."""
    if kind == "category" or np.isnan(values).any():
        return False
    small = [numbers / np.abs(numbers).max() for numbers in (values, target)]  # squares of large ones overflow
    return abs(float(np.corrcoef(small[0], small[1])[0, 1])) > 1 - 1e-12


def _near_order(values: "NDArray", kind: Kind, target: "NDArray[np.float64]") -> str | None:
    """Warn where one column alone puts the rows into the order of the target."""
    if kind == "category":
        return None
    present = ~np.isnan(values)
    if present.sum() < 10 or min(len(np.unique(values[present])), len(np.unique(target[present]))) < 2:
        return None
    ranks = [pd.Series(numbers[present]).rank().to_numpy() for numbers in (values, target)]
    correlation = float(np.corrcoef(ranks[0], ranks[1])[0, 1])
    if abs(correlation) < 0.999:
        return None
    return f"alone puts the rows almost in the order of the target (rank correlation {correlation:.4f}): {_WARNING}"


def _why_copy(values: "NDArray", codes: "NDArray[np.int64]", n_classes: int) -> str | None:
    if len(set(zip(pd.factorize(values[:_FIRST])[0].tolist(), codes[:_FIRST].tolist(), strict=True))) > n_classes:
        return None
    value_codes, unique = pd.factorize(values, use_na_sentinel=False)
    if len(unique) != n_classes:
        return None
    pairs = set(zip(value_codes.tolist(), codes.tolist(), strict=True))
    return "it is a copy of the target (leakage)" if len(pairs) == n_classes else None


def _near_classes(values: "NDArray", kind: Kind, codes: "NDArray[np.int64]", n_classes: int) -> str | None:
    """Warn where one column alone tells the classes apart almost perfectly: by its levels, or by its order."""
    most = min(_MAX_LEVELS, len(values) // 10)
    if (
        len(pd.unique(values[:_FIRST])) <= most
        and (wrong := _wrong_by_level(values, codes, n_classes, most)) is not None
    ):
        return f"alone gives the target away in all but {wrong} row(s): {_WARNING}"
    if n_classes != 2 or kind == "category":
        return None
    step = 1 + len(values) // _FIRST
    rough = _order(values[::step], codes[::step], fewest=100)
    if step > 1 and rough is not None and rough < _SURE:
        return None
    auc = _order(values, codes, fewest=10)
    if auc is None or auc < 0.999:
        return None
    return f"alone tells the two classes apart almost perfectly (ROC AUC {auc:.4f}): {_WARNING}"


def _wrong_by_level(values: "NDArray", codes: "NDArray[np.int64]", n_classes: int, most: int) -> int | None:
    """Count the rows whose class is not that of most rows of their level; None where these are many, or the levels."""
    level_codes, levels = pd.factorize(values, use_na_sentinel=False)
    if len(levels) > most:
        return None
    table = np.zeros((len(levels), n_classes), dtype=np.int64)
    np.add.at(table, (level_codes, codes), 1)
    wrong = len(values) - int(table.max(axis=1).sum())
    guessed = int(np.bincount(codes).max())
    return wrong if wrong <= max(2, len(values) // 1000) and guessed < len(values) - wrong - 10 else None


def _order(values: "NDArray", codes: "NDArray[np.int64]", *, fewest: int) -> float | None:
    """How well the order of a number tells two classes apart, whichever way: ROC AUC from 0.5; None of too few rows."""
    present = ~np.isnan(values)
    positives = codes[present] == 1
    n_positive, n_negative = positives.sum(), (~positives).sum()
    if min(n_positive, n_negative) < fewest:
        return None
    ranks = pd.Series(values[present]).rank().to_numpy()
    auc = float((ranks[positives].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))
    return max(auc, 1 - auc)
