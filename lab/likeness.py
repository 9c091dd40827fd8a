"""Which of the made tables are like the one at hand, and how often was the lab wrong on those?

A table is described by plain properties. A made one is like it if both have the same kind of target (two classes, more, a
number) and the same dependence among their rows, and they differ in at most one of four further ones: the balance of the classes
by more than a factor of 4, the number of rows by more than a factor of 5, whether most columns are categories, and whether a
twentieth of the cells is missing. Of those that are like it, the ones that differ in nothing are taken; where there are none,
the ones that differ in one. All answers to the controls on them are counted together.
"""

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.protocol import Dataset
from lab.stats import rate

__all__ = ["DEPENDENCE", "Traits", "differences", "traits_of", "with_likeness"]

DEPENDENCE: Mapping[str, str] = {
    "copies": "copies of rows",
    "groups": "groups of rows that the user named",
    "order": "an order of rows that the user named",
    "suspected groups": "groups of rows that nobody named",
    "suspected order": "an order of rows that nobody named",
}
"""What may hold rows together, and the words for a reader."""
_COPIED = 0.05
"""Share of rows that are copies of others from which a table is one of copies."""
_BALANCE, _ROWS = 4.0, 5.0
"""Largest factor between two tables that are alike in the balance of their classes, and in their rows."""
_CATEGORIES, _MISSING = 0.5, 0.05
_MOST_DIFFERENCES = 1
_RARE = 1 / _BALANCE
_WORDS = {
    "balance": "the balance of their classes",
    "rows": "their number of rows",
    "categories": "their share of categories",
    "missing": "their share of missing cells",
}


@dataclass(frozen=True)
class Traits:
    """The plain properties of a table.

    Attributes
    ----------
    rows : int
        Rows that a lab uses.
    classes : int
        0 where the target is a number.
    balance : float
        Rows of the rarest class for each of the largest, above 0 to 1; 1 where the target is a number.
    dependence : tuple of str
        Keys of `DEPENDENCE`, in its order.
    categories, missing : float
        Share of the columns that are categories, and of the cells that are missing, 0 to 1, to the percent.
    """

    rows: int
    classes: int
    balance: float
    dependence: tuple[str, ...]
    categories: float
    missing: float


def traits_of(used: Dataset, suspected: Collection[str]) -> Traits:
    """Describe a table; `suspected` names what seems to hold its rows together ("groups", "order")."""
    belonging, counts = used.belonging, np.bincount(used.target) if used.classes else np.ones(1)
    kinds = list(used.kinds.values())
    there = {
        "copies": belonging.copies >= _COPIED * used.rows_in_table,
        "groups": bool(belonging.by),
        "order": bool(belonging.time),
        **{f"suspected {what}": what in suspected for what in ("groups", "order")},
    }
    return Traits(
        rows=used.n_rows,
        classes=len(used.classes),
        balance=float(counts.min() / counts.max()),
        dependence=tuple(what for what in DEPENDENCE if there[what]),
        categories=round(kinds.count("category") / len(kinds), 2),
        missing=round(float(used.features.isna().to_numpy().mean()), 2),
    )


def differences(one: Traits, other: Traits) -> tuple[str, ...] | None:
    """Name the properties in which two tables differ that may be alike; None where they are not."""
    if _target(one) != _target(other) or one.dependence != other.dependence:
        return None
    differ = {
        "balance": _apart(one.balance, other.balance, _BALANCE),
        "rows": _apart(one.rows, other.rows, _ROWS),
        "categories": (one.categories >= _CATEGORIES) != (other.categories >= _CATEGORIES),
        "missing": (one.missing >= _MISSING) != (other.missing >= _MISSING),
    }
    found = tuple(name for name, is_so in differ.items() if is_so)
    return found if len(found) <= _MOST_DIFFERENCES else None


def with_likeness(rates: Mapping[str, Any] | None, table: Traits) -> dict[str, Any] | None:
    """Add to rates (see `lab.rates`) how often the lab was wrong on made tables like this one, and the sentence that says it.

    Returns
    -------
    dict or None
        The rates with `like`: `table` (its properties), `kinds` (names of the controls), `differ` (in what), `events` and `of`
        (wrong answers, answers), `at_most` (upper end of the exact 95 % interval of their share; None where no made
        table is like it), `at_most_over_all`, and `sentence`. None where there are no rates.
    """
    if rates is None:
        return None
    known = [(row, _read(row["table"])) for row in rates["controls"] if row.get("table") is not None]
    alike = [(row, made, found) for row, made in known if (found := differences(table, made)) is not None]
    fewest = min((len(found) for _, _, found in alike), default=0)
    nearest = [(row, made, found) for row, made, found in alike if len(found) == fewest]
    events, of = (sum(row["wrong"][what] for row, _, _ in nearest) for what in ("events", "of"))
    differ = tuple(name for name in _WORDS if any(name in found for _, _, found in nearest))
    bound = rate(events, of).high if of else None
    over_all = rate(rates["wrong"]["events"], rates["wrong"]["of"]).high
    rest = f"over all kinds {_counted(rates['wrong'], 'wrong' if bound is None else '')}, at most {_percent(over_all)}"
    if bound is not None:
        which = f"{_described([made for _, made, _ in nearest])}{_differing(differ)}"
        first = f"On made tables most like this one ({which}): {events:,} of {of:,} wrong, at most {_percent(bound)}"
    elif known:
        first = f"None of the made tables is like this one ({_described([table])})"
    else:
        first = "Which of the made tables are like this one is not known: their properties were not kept with the rates"
    like = {
        "table": dataclasses.asdict(table) | {"dependence": list(table.dependence)},
        "kinds": [row["name"] for row, _, _ in nearest],
        "differ": list(differ),
        "events": events,
        "of": of,
        "at_most": bound,
        "at_most_over_all": over_all,
        "sentence": f"{first}; {rest}.",
    }
    return {**rates, "like": like}


def _read(plain: Mapping[str, Any]) -> Traits:
    return Traits(**{**plain, "dependence": tuple(plain["dependence"])})


def _target(table: Traits) -> int:
    """Tell numbers, two classes and more of them apart."""
    return min(table.classes, 3)


def _apart(one: float, other: float, factor: float) -> bool:
    return max(one, other) > factor * min(one, other)


def _counted(rate: Mapping[str, Any], word: str) -> str:
    return f"{rate['events']:,} of {rate['of']:,}{word and ' '}{word}"


def _described(tables: Collection[Traits]) -> str:
    """Say what tables have in common that are alike, and how many rows they have.

    >>> _described([Traits(400, 2, 0.03, (), 0.0, 0.0), Traits(1500, 2, 0.01, (), 0.0, 0.0)])
    'two classes, a rare one, 400 to 1,500 rows'
    """
    parts = [("a number to predict", "", "two classes", "three or more classes")[_target(next(iter(tables)))]]
    if all(table.balance < _RARE for table in tables):
        parts.append("a rare one")
    parts += [words for what, words in DEPENDENCE.items() if all(what in table.dependence for table in tables)]
    if all(table.categories >= _CATEGORIES for table in tables):
        parts.append("mostly categories")
    if all(table.missing >= _MISSING for table in tables):
        parts.append("missing values")
    rows = sorted(table.rows for table in tables)
    parts.append(f"{rows[0]:,} rows" if rows[0] == rows[-1] else f"{rows[0]:,} to {rows[-1]:,} rows")
    return ", ".join(parts)


def _differing(names: Collection[str]) -> str:
    return f"; other than this one in {' or '.join(_WORDS[name] for name in names)}" if names else ""


def _percent(share: float) -> str:
    """Say an upper bound: never less than it is.

    >>> _percent(0.1391), _percent(0.0124), _percent(1.0)
    ('14 %', '1.3 %', '100 %')
    """
    return f"{math.ceil(round(100 * share, 9))} %" if share >= 0.1 else f"{math.ceil(round(1000 * share, 9)) / 10:g} %"
