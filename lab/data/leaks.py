"""Does one column give the target away? Copies of it are left out of a table, near copies are warned of."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.protocol import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KNOWN", "exact_sum", "giveaway_of", "leak_of", "near_leak_of"]

_MAX_LEVELS = 50
_FIRST = 10_000
_SURE = 0.98
"""Where some thousand rows are ordered no better than this, all of them are not ordered almost perfectly."""
KNOWN = "make sure that it is known when a prediction is made"
_WARNING = f"{KNOWN} (possible leakage)"
_FEWEST_FILLED, _PURE, _OF_ALL = 10, 0.9, 0.9
"""Cells are filled by class where 9 of 10 are of one, of 10 rows or more; a level names a class if it has 9 of 10 of its rows, too."""
_MOST_NUMBERS, _EXACT = 100, 1e-9


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
    found = giveaway_of(values, kind, target, n_classes)
    return None if found is None else f"{found}: {_WARNING}"


def giveaway_of(values: "NDArray", kind: Kind, target: "NDArray", n_classes: int) -> str | None:
    """Say how a column gives the target away, or a part of it: what it alone does. None where it does not."""
    if n_classes == 0:
        return _near_order(values, kind, target)
    return (
        _near_classes(values, kind, target, n_classes)
        or _filled_by_class(values, kind, target, n_classes)
        or _level_of_a_class(values, kind, target, n_classes)
    )


def exact_sum(numbers: "NDArray[np.float64]", target: "NDArray[np.float64]") -> list[int]:
    """Find the columns of which a number is a weighted sum, to the last digits; empty where it is none of them.

    `numbers` has shape (n_rows, n_columns), `target` shape (n_rows,); columns with missing values cannot be among them.
    """
    usable = [
        place
        for place in range(numbers.shape[1])
        if np.isfinite(numbers[:, place]).all() and np.ptp(numbers[:, place]) > 0
    ]
    if not 0 < len(usable) <= _MOST_NUMBERS or len(target) < 2 * len(usable) + 10:
        return []
    some = slice(None, None, 1 + len(target) // _FIRST)
    columns = numbers[some][:, usable]
    scaled = np.column_stack(
        [(columns - columns.mean(axis=0)) / np.maximum(columns.std(axis=0), 1e-300), np.ones(len(columns))]
    )
    wanted = target[some] / max(float(np.abs(target).max()), 1e-300)
    weights, _, rank, _ = np.linalg.lstsq(scaled, wanted, rcond=None)
    off = wanted - scaled @ weights
    if rank < scaled.shape[1] or np.abs(off).max() > _EXACT * max(np.ptp(wanted), 1e-300):
        return []
    spread = np.abs(weights[:-1])
    return [usable[place] for place in np.flatnonzero(spread > 1e-6 * spread.max())]


def _filled_by_class(values: "NDArray", kind: Kind, codes: "NDArray[np.int64]", n_classes: int) -> str | None:
    """Whether a column has values (almost) only in rows of one class, which is not that of nearly all rows."""
    filled = values != "" if kind == "category" else ~np.isnan(values)
    n_filled = int(filled.sum())
    if n_filled < _FEWEST_FILLED or n_filled == len(values):
        return None
    inside = np.bincount(codes[filled], minlength=n_classes)
    most = int(inside.argmax())
    outside = float(np.mean(codes[~filled] == most))
    if inside[most] < _PURE * n_filled or outside > 0.5:
        return None
    return f"has values {'only' if inside[most] == n_filled else 'almost only'} in rows of one class"


def _level_of_a_class(values: "NDArray", kind: Kind, codes: "NDArray[np.int64]", n_classes: int) -> str | None:
    """Whether one level of a category stands in nearly all rows of one class, and in hardly any other."""
    if kind != "category":
        return None
    places, levels = pd.factorize(values)
    if not 1 < len(levels) <= _MAX_LEVELS:
        return None
    table = np.zeros((len(levels), n_classes), dtype=np.int64)
    np.add.at(table, (places, codes), 1)
    shares = np.bincount(codes, minlength=n_classes)
    named = (
        (table >= _PURE * table.sum(axis=1, keepdims=True)) & (table >= _OF_ALL * shares) & (table >= _FEWEST_FILLED)
    )
    return "has a value that names one of the classes" if named.any() else None


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
    return f"alone puts the rows almost in the order of the target (rank correlation {correlation:.4f})"


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
        return f"alone gives the target away in {f'all but {wrong} row(s)' if wrong else 'every row'}"
    if n_classes != 2 or kind == "category":
        return None
    step = 1 + len(values) // _FIRST
    rough = _order(values[::step], codes[::step], fewest=100)
    if step > 1 and rough is not None and rough < _SURE:
        return None
    auc = _order(values, codes, fewest=10)
    if auc is None or auc < 0.999:
        return None
    return f"alone tells the two classes apart almost perfectly (ROC AUC {auc:.4f})"


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
