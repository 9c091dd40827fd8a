"""Do rows belong together though nobody said so? Identifiers that repeat, groups that no column names, an order that matters.

Each is measured by what a plain model loses when the rows in question are kept out of its training (`lab.learning.recognition`),
so that only what can turn a verdict is suspected.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from lab.learning.neighbourhoods import neighbourhood
from lab.learning.recognition import Recognition, recognition
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Suspicion", "identifiers", "suspicions"]

_FEWEST_ROWS = 60
_LOST, _SURE = 0.1, 4.0
"""Suspected is what costs a plain model a tenth of what there is to explain, beyond four standard errors."""
_LOST_IN_ORDER, _SURE_OF_ORDER = 0.2, 3.0
"""Of order a fifth, beyond three: a third of the rows at once is missed more than single groups, and some stretches far more."""
_GAP, _STEP, _FEWEST_GROUPS = 1.35, 0.06, 15
"""Fewer groups than that are what a mixture of a few clouds looks like, whose rows are independent."""
_LEVELS, _LARGEST_SHARE, _MOST_COLUMNS = 20, 0.05, 4
_NAMED = re.compile(
    r"(^|[^a-z])(id|ids|nr|no|number|key|code|customer|client|patient|person|user|member|subject|household|account|machine|device|"
    r"sensor|session|employee|driver|student|animal|batch|lot|site|store|supplier|vehicle)([^a-z]|$)"
)
_STRETCHES, _PARTS = 30, 3


@dataclass(frozen=True)
class Suspicion:
    """What seems to hold rows together.

    Attributes
    ----------
    sentence : str
        What was seen.
    way_out : str
        What a user can say to it.
    found : Recognition or None
        What a plain model explains with and without the kin of a row; None where no column names them.
    what : str
        "groups" or "order".
    """

    sentence: str
    way_out: str
    found: Recognition | None = None
    what: Literal["groups", "order"] = "groups"


def suspicions(dataset: Dataset, *, seed: int) -> tuple[Suspicion, ...]:
    """List what makes it doubtful that the rows are independent; nothing where the user has answered.

    Parameters
    ----------
    dataset : Dataset
        The whole table: in a sample of it, groups are torn apart.
    seed : int
    """
    belonging = dataset.belonging
    if belonging.is_independent or dataset.n_rows < _FEWEST_ROWS:
        return ()
    found = []
    if not belonging.by:
        found += list(_by_columns(dataset, seed)) or list(_by_neighbours(dataset, seed))
    if not found and not belonging.by and not belonging.time:
        found += list(_by_order(dataset, seed))
    return tuple(found)


def identifiers(dataset: Dataset) -> list[str]:
    """Name the columns that may say which rows belong together: many values, each in a few rows; the likeliest first."""
    found = []
    for name, kind in dataset.kinds.items():
        column = dataset.features[name]
        if kind not in ("category", "number"):
            continue
        if kind == "number" and not (column.dropna() % 1 == 0).all():
            continue
        counts = column.value_counts()
        if kind == "category":
            counts = counts.drop("", errors="ignore")
        if (
            len(counts) < _LEVELS
            or counts.max() > max(_LARGEST_SHARE * dataset.n_rows, 2)
            or counts.sum() < 1.5 * len(counts)
        ):
            continue
        found.append((not _is_named(name), kind != "category", -len(counts), name))
    return [name for *_, name in sorted(found)[:_MOST_COLUMNS]]


def _by_columns(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    """Look for identifiers. A column that is not called like one may be a category: only what others say of it counts."""
    for name in identifiers(dataset):
        units = pd.factorize(dataset.features[name], use_na_sentinel=False)[0]
        seen = dataset.features if _is_named(name) else dataset.features.drop(columns=name)
        if seen.empty:
            continue
        found = recognition(dataset, units, seed=seed, features=seen)
        if found.share > _LOST and found.sureness > _SURE:
            yield Suspicion(
                f"rows with the same value of {name!r} seem to belong together: a plain model explains {found.known:.0%} of the "
                f"target for values that it has seen, {max(found.new, 0.0):.0%} for new ones",
                f"say --by {_word(name)} if the question is about new values of it, or --independent if rows do not belong "
                "together",
                found,
            )


def _is_named(name: str) -> bool:
    return _NAMED.search(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()) is not None


def _by_neighbours(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    found = neighbourhood(dataset, seed=seed)
    if found.size * _FEWEST_GROUPS > dataset.n_rows:
        return
    if found.gap > _GAP and found.step > _STEP and found.sureness > _SURE:
        yield Suspicion(
            f"rows seem to come in groups of about {found.size} that no column names: they lie close together, and their targets "
            "agree far more often than those of the next rows beyond",
            "add the column that says which rows belong together and name it with --by, or say --independent if they do not",
        )


def _by_order(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    dates = [name for name, kind in dataset.kinds.items() if kind == "date"]
    for name in (None, *dates[:1]):
        order = (
            np.arange(dataset.n_rows) if name is None else np.argsort(dataset.features[name].to_numpy(), kind="stable")
        )
        stretches = _stretches(dataset, order)
        if stretches is None:
            continue
        parts = None if _is_sorted(dataset, order) else stretches * _PARTS // _STRETCHES
        found = recognition(dataset, stretches, seed=seed, parts=parts)
        if found.share > _LOST_IN_ORDER and found.sureness > _SURE_OF_ORDER:
            of = "rows of the file" if name is None else f"rows in the order of {name!r}"
            yield Suspicion(
                f"neighbouring {of} seem to belong together: a plain model explains {found.known:.0%} of the target with "
                f"them in its training, {max(found.new, 0.0):.0%} without",
                f"say --time {_word(name) if name else 'COLUMN'} if later rows are to be predicted, --by COLUMN if rows of one value "
                "belong together, or --independent if their order does not matter",
                found,
                "order",
            )
            return


def _stretches(dataset: Dataset, order: "NDArray[np.int64]") -> "NDArray[np.int64] | None":
    """Cut the rows into stretches of their order, classes one by one: a table sorted by its target is no reason for suspicion.

    None where the rows are sorted by a number that is the target.
    """
    target = dataset.target[order]
    alike = target if dataset.classes else np.zeros(dataset.n_rows, dtype=np.int64)
    if not dataset.classes and _rises(target):
        return None
    places = pd.Series(alike).groupby(alike).cumcount().to_numpy()
    counts = np.bincount(alike)[alike]
    stretches = np.empty(dataset.n_rows, dtype=np.int64)
    stretches[order] = places * _STRETCHES // counts
    return stretches


def _is_sorted(dataset: Dataset, order: "NDArray[np.int64]") -> bool:
    """Whether the order is that of a column: a third of the rows then lies beyond what a model of the others has seen."""
    for name, kind in dataset.kinds.items():
        values = dataset.features[name].to_numpy()[order]
        if kind == "category":
            codes, levels = pd.factorize(values)
            if np.count_nonzero(np.diff(codes)) < len(levels):
                return True
        elif kind != "date" and _rises(values[~np.isnan(values)]):
            return True
    return False


def _rises(values: "NDArray[np.float64]") -> bool:
    steps = np.diff(values)
    return bool(np.all(steps >= 0) or np.all(steps <= 0))


def _word(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else repr(name)
