"""Do rows belong together though nobody said so? Identifiers, groups and windows that no column names, an order that matters.

Each is measured by what a plain model loses when the rows in question are kept out of its training (`lab.learning.recognition`),
so that only what can turn a verdict is suspected; rows that were made of others are none that a verdict may rest on.
"""

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd

from lab.learning.between import between
from lab.learning.chains import Chains, chains
from lab.learning.identifiers import Identifier, identifiers
from lab.learning.neighbourhoods import neighbourhood
from lab.learning.profiles import profiles
from lab.learning.recognition import Recognition, recognition
from lab.protocol import ALONE, Dataset
from lab.wording import capital

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Suspicion", "suspicions"]

_FEWEST_ROWS = 60
_LOST, _SURE, _SURE_OF_FEW = 0.1, 4.0, 1.5
"""Suspected is what costs a plain model a tenth of what there is to explain, beyond four standard errors; of few units, which are
only asked about, no difference is that sure."""
_NOTHING = 0.02
"""Who explains less of a target than that knows nothing of it."""
_LOST_IN_ORDER, _LOST_IN_A_STRETCH, _SURE_OF_ORDER = 0.2, 0.04, 3.0
"""Of order a fifth, beyond three: a third of the rows at once is missed more than single groups, and some stretches far more."""
_PLAINLY_LOST, _SURE_OF_PLAIN, _PLAINLY_LOST_IN_A_STRETCH, _SURE_OF_STRETCHES = 1.0, 2.0, 0.5, 1.4
"""Where a model without the neighbours in time is worse than nothing, or half of all is lost, a few stretches with most of the loss
make it look unsure: less will do."""
_GAP, _GAP_OF_ONE_ROW, _GAP_OF_FEW_ROWS, _STEP = 0.08, 3.5, 20.0, 0.15
"""A gap among independent rows is an accident, the larger the fewer they are."""
_MOST_COLUMNS, _PART = 4, 0.99
_STRETCHES, _PARTS = 30, 3
_OTHERS, _NEIGHBOURS, _BESIDE = "others of a row's group", "a row's neighbours", "the windows beside a row"


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
        "groups" or "order"; "leak", where columns give the target away; "late", where they may have been recorded after the outcome;
        "text", where some is not used.
    is_firm : bool
        Whether it holds the verdict. What independent rows may look like as well is only asked.
    """

    sentence: str
    way_out: str
    found: Recognition | None = None
    what: Literal["groups", "order", "leak", "late", "text"] = "groups"
    is_firm: bool = True
    in_short: ClassVar[str] = "rows of this table seem to belong together"

    @property
    def step(self) -> str:
        """What to do about it: the way out as a whole sentence."""
        return f"{capital(self.way_out)}."

    @property
    def seen(self) -> str:
        """What was seen, without how: the sentence up to its colon."""
        before, _, after = self.sentence.rpartition(": ")
        return before or after


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
        found += list(_by_columns(dataset, seed))
        if not _firm(found):
            found += list(_by_mixtures(dataset, seed))
        if not _firm(found):
            found += list(_by_neighbours(dataset, seed))
        if not _firm(found):
            found += list(_by_profiles(dataset, seed))
        if not _firm(found):
            found += list(_by_chains(dataset, seed))
        if not _firm(found) and not belonging.time:
            found += list(_by_order(dataset, seed))
    return tuple(_firm(found) or found)


def _firm(found: list[Suspicion]) -> list[Suspicion]:
    return [each for each in found if each.is_firm]


def _by_columns(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    """Look for identifiers; give what is sure, or else what has to be asked.

    What other columns say of a column of many values is sure: models recognise its units by them. What the column itself says is
    sure if it is called like an identifier; otherwise it may be a category whose levels have effects, and nobody can
    tell the streets of a town from its customers. Nor can anybody tell eight hospitals from eight levels.
    """
    asked = []
    for candidate in identifiers(dataset)[:_MOST_COLUMNS]:
        others = _besides(dataset, candidate)
        found = None if others.empty else recognition(dataset, candidate.units, seed=seed, features=others)
        sure = _SURE if candidate.is_fine else _SURE_OF_FEW
        told = found is not None and _is_lost(found, sure)
        if not told:
            found = recognition(dataset, candidate.units, seed=seed)
        if found is None or not _is_lost(found, sure):
            continue
        is_all = candidate.is_of_one and found.new < _NOTHING and found.known > _LOST
        if is_all or (candidate.is_fine and (told or candidate.is_named)):
            yield _of_column(candidate.name, found, is_firm=True)
        else:
            asked.append(_of_column(candidate.name, found, is_firm=False))
    yield from asked[:1]


def _besides(dataset: Dataset, candidate: Identifier) -> pd.DataFrame:
    """Leave out a column, and those that are parts of it: who knows the street knows the city."""
    parts = []
    for name, kind in dataset.kinds.items():
        column = dataset.features[name]
        if kind == "category" or (kind == "number" and (column.dropna() % 1 == 0).all()):
            codes, values = pd.factorize(column, use_na_sentinel=False)
            if len(values) < dataset.n_rows / 2:
                first = pd.Series(candidate.units).groupby(codes).transform("first").to_numpy()
                parts += [name] if np.mean(first == candidate.units) > _PART else []
    return dataset.features.drop(columns=[*dict.fromkeys([candidate.name, *parts])])


def _is_lost(found: Recognition, sure: float) -> bool:
    return found.share > _LOST and found.sureness > sure


def _of_column(name: str, found: Recognition, *, is_firm: bool) -> Suspicion:
    rows = f"rows with the same value of {name!r} {'seem to' if is_firm else 'may'}"
    sentence = (
        f"{rows} belong together: a plain model explains {_percent(found.known)} of the variation in the target for values that it "
        f"has seen, but only {_percent(found.new)} for new ones"
    )
    by = f"--by {_word(name)}"
    way_out = f"use {by} if new values of it will occur"
    if is_firm:
        way_out = (
            f"use {by} if the model must work for new values of it, or --independent if rows do not belong together"
        )
    return Suspicion(sentence, way_out, found, is_firm=is_firm)


def _by_neighbours(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    found = neighbourhood(dataset, seed=seed)
    units = dataset.belonging.units
    n_rows = dataset.n_rows if units is None else len(np.unique(units))
    wide = found.gap > 1 + _GAP + _GAP_OF_ONE_ROW / np.sqrt(n_rows) + _GAP_OF_FEW_ROWS / n_rows
    if wide and found.step > _STEP and found.sureness > _SURE:
        yield Suspicion(
            f"rows seem to come in groups of about {found.size} that no column names: they have similar values, and their targets "
            "are far more alike than those of the next most similar rows",
            "add the column that says which rows belong together and name it with --by, or use --independent if they do not",
        )


def _by_profiles(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    groups = profiles(dataset, seed=seed)
    if groups is None:
        return
    features = dataset.features.iloc[groups.rows].reset_index(drop=True)
    some = dataclasses.replace(
        dataset, features=features, target=dataset.target[groups.rows], belonging=ALONE, whole=None
    )
    found = recognition(some, groups.units, seed=seed)
    if _is_lost(found, _SURE):
        yield Suspicion(
            f"rows seem to come in groups of about {groups.size} that no column names: they have the same values in nearly all "
            f"columns, and {_with_and_without(found, _OTHERS)}",
            "add the column that says which rows belong together and name it with --by, or use --independent if they do not",
            found,
        )


def _by_chains(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    """Look for windows of one series, which are sure to be such, and rows that are others mirrored.

    Whether their order can turn a verdict is measured; where it does not, later rows are asked about.
    """
    linked = chains(dataset, seed=seed)
    if linked is None or (linked.is_ordered and dataset.belonging.time):
        return
    found = recognition(dataset, linked.units, seed=seed)
    if linked.side_by_side is not None and not _is_lost(found, _SURE_OF_PLAIN):
        found = recognition(dataset, linked.side_by_side, seed=seed)
    seen = f"the value of {linked.one!r} is that of {linked.other!r} in another row"
    if linked.is_ordered:
        yield _of_windows(linked, seen, found)
    elif _is_lost(found, _SURE):
        yield Suspicion(
            f"rows seem to be others mirrored, or with columns exchanged: {seen}, and {_with_and_without(found, 'such rows')}",
            "add the column that says which rows belong together and name it with --by, or use --independent if they do not",
            found,
        )


def _of_windows(linked: Chains, seen: str, found: Recognition) -> Suspicion:
    """Word what was found of windows of a series: that they are such is sure, so that less will do to show that it matters."""
    share = f"in {_percent(linked.linked)} of the rows, {seen}"
    if not _is_lost(found, _SURE_OF_PLAIN):
        return Suspicion(
            f"rows may be windows of one series: {share}",
            "use --time COLUMN if later rows are to be predicted",
            what="order",
            is_firm=False,
        )
    return Suspicion(
        f"rows seem to be windows of one series: {share}, and {_with_and_without(found, _BESIDE)}",
        "use --time COLUMN if later rows are to be predicted (add the column if there is none), or --independent if their order "
        "does not matter",
        found,
        "order",
    )


def _by_mixtures(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    """Look for rows that were made of others: that they were is sure, and testing on them tests on the rows that they are made of."""
    share = between(dataset, seed=seed)
    if share:
        yield Suspicion(
            f"rows seem to be mixtures of others, as they are made to balance classes (SMOTE): {_percent(share)} of the rows lie "
            "exactly between two others of their class",
            "leave out the rows that were made, and balance classes in training data alone, or use --independent if all rows were "
            "observed",
        )


def _with_and_without(found: Recognition, kin: str) -> str:
    return (
        f"a plain model explains {_percent(found.known)} of the variation in the target with {kin} in its training data, but only "
        f"{_percent(found.new)} without them"
    )


def _by_order(dataset: Dataset, seed: int) -> Iterator[Suspicion]:
    """Look for an order that matters. What a date alone says, in a file in another order, may be what any column says."""
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
        if not _is_lost_in_order(found):
            continue
        others = dataset.features.drop(columns=dates)
        yield _of_order(name, found, is_firm=name is None or _tell_the_time(dataset, stretches, others, seed))
        return


def _tell_the_time(dataset: Dataset, stretches: "NDArray[np.int64]", others: pd.DataFrame, seed: int) -> bool:
    """Whether other columns recognise the neighbours of a row in time, by what is lost if a single stretch of them is left out.

    Where a date or what goes with it only tells of the target, the stretches beside it tell the same.
    """
    if others.empty:
        return False
    found = recognition(dataset, stretches, seed=seed, features=others)
    plainly = found.share > _PLAINLY_LOST_IN_A_STRETCH and found.sureness > _SURE_OF_STRETCHES
    return plainly or (found.share > _LOST_IN_A_STRETCH and found.sureness > _SURE_OF_ORDER)


def _is_lost_in_order(found: Recognition) -> bool:
    plainly = found.share > _PLAINLY_LOST and found.sureness > _SURE_OF_PLAIN
    return plainly or (found.share > _LOST_IN_ORDER and found.sureness > _SURE_OF_ORDER)


def _of_order(name: str | None, found: Recognition, *, is_firm: bool) -> Suspicion:
    of = "rows in the file" if name is None else f"rows in the order of {name!r}"
    sentence = (
        f"neighbouring {of} {'seem to' if is_firm else 'may'} belong together: {_with_and_without(found, _NEIGHBOURS)}"
    )
    if not is_firm:
        return Suspicion(
            sentence, f"use --time {_word(name or '')} if later rows are to be predicted", found, "order", is_firm=False
        )
    way_out = (
        f"use --time {_word(name) if name else 'COLUMN'} if later rows are to be predicted, --by COLUMN if rows with the same "
        "value belong together, or --independent if their order does not matter"
    )
    return Suspicion(sentence, way_out, found, "order")


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


def _percent(share: float) -> str:
    """Say a share; worse than a constant is nothing."""
    return f"{100 * max(share, 0.0):.0f} %"


def _word(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else repr(name)
