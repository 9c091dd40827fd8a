"""Which columns may say which rows belong together? Values that repeat, and rows of one value whose targets agree."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.protocol import Dataset, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Identifier", "identifiers"]

_MANY_VALUES, _SMALL_SHARE = 20, 0.05
_FEWEST_VALUES, _FEWEST_IF_NAMED, _SMALLEST_UNITS = 8, 5, 1.5
_AGREE = 0.03
"""Nobody recognises a unit whose targets agree less than that."""
_NAMED = re.compile(
    # words of their own
    r"(^|[^a-z])(id|ids|nr|no|num|number|numero|key|code|ref|uid|uuid|guid|vin|imei|ssn|mrn|email|mail|phone|plate|customer|client|"
    r"patient|person|user|member|subject|participant|respondent|household|family|account|policy|contract|machine|device|"
    r"engine|sensor|station|session|visit|employee|driver|student|pupil|teacher|school|animal|batch|lot|site|store|shop|"
    r"branch|plant|supplier|vehicle|hospital|clinic|ward|centre|center|lab|operator|doctor|dossier)([^a-z]|$)"
    # in the words of other languages, and run together
    r"|kunde|patient|proband|haushalt|mitglied|maschine|anlage|ger(ae|ä)t|fahrzeug|filial|klinik|krankenhaus|sch(ue|ü)ler|vertrag|"
    r"client|usager|usuario|paciente|hogar|m(a|á)quina|m(e|é)nage|foyer|kdnr|knr$|nummer$|[a-z]nr$|(user|cust|subj|pat|emp)[a-z]*id$"
)
_OF_ONE = re.compile(
    r"(^|[^a-z])(id|ids|uid|uuid|guid|vin|imei|ssn|mrn|email|mail|customer|client|patient|person|user|member|subject|participant|"
    r"respondent|household|family|account|policy|contract|employee|student|pupil)([^a-z]|$)"
    r"|kunde|patient|proband|haushalt|mitglied|sch(ue|ü)ler|vertrag|client|usager|usuario|paciente|hogar|m(e|é)nage|foyer|kdnr|"
    r"(user|cust|subj|pat|emp)[a-z]*id$"
)
"""Among these the names of which there are always new ones: people and what they sign, not their hospitals, machines and shops."""


@dataclass(frozen=True, eq=False)
class Identifier:
    """A column that may name units of rows.

    Attributes
    ----------
    name : str
    units : numpy.ndarray of shape (n_rows,), int64
        Codes of its values.
    is_named : bool
        Whether it is called like one.
    is_of_one : bool
        Whether it is called like the identifier of a person, or of something that one person has.
    is_fine : bool
        Whether it has many values, each in a few rows. Of few values nobody can tell whether they are units, of which there will
        be new ones, or the levels of a category.
    agreement : float
        How much the targets of two rows of a value agree: 0 as by chance, 1 if they are the same.
    """

    name: str
    units: "NDArray[np.int64]"
    is_named: bool
    is_of_one: bool
    is_fine: bool
    agreement: float


def identifiers(dataset: Dataset) -> list[Identifier]:
    """List the columns that may say which rows belong together, the likeliest first: those called so, those of many values.

    A number of few values is a measurement or a grade unless it is called otherwise.
    """
    found = []
    for name, kind in dataset.kinds.items():
        if kind not in ("category", "number"):
            continue
        units, n_values = _coded(dataset.features[name], kind)
        counts = np.bincount(units)[:n_values]
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
        named, of_one = (pattern.search(words) is not None for pattern in (_NAMED, _OF_ONE))
        if n_values < (_FEWEST_IF_NAMED if named else _FEWEST_VALUES) or counts.sum() < _SMALLEST_UNITS * n_values:
            continue
        fine = n_values >= _MANY_VALUES and counts.max() <= max(_SMALL_SHARE * dataset.n_rows, 2)
        agreement = _agreement(units, dataset)
        if agreement > _AGREE and (fine or named or kind == "category"):
            found.append(Identifier(name, units, named, of_one, fine, agreement))
    return sorted(found, key=lambda each: (not each.is_named, not each.is_fine, -each.agreement, each.name))


def _coded(column: pd.Series, kind: Kind) -> "tuple[NDArray[np.int64], int]":
    """Code the values from 0, and count them; rows without one stand alone, with codes beyond."""
    codes, values = pd.factorize(column.replace("", None) if kind == "category" else column)
    missing = codes < 0
    codes = codes.astype(np.int64)
    codes[missing] = len(values) + np.arange(int(missing.sum()))
    return codes, len(values)


def _agreement(units: "NDArray[np.int64]", dataset: Dataset) -> float:
    """Correlate the targets of pairs of rows of one unit; numbers by their ranks, classes by their indicators."""
    ranks = pd.Series(dataset.target).rank().to_numpy()[:, None]
    scores = np.eye(len(dataset.classes))[dataset.target] if dataset.classes else ranks
    scores = scores - scores.mean(axis=0)
    sizes = np.bincount(units).astype(np.float64)
    pairs, spread = float(np.sum(sizes * (sizes - 1))), float(np.sum(scores**2))
    if pairs == 0 or spread == 0:
        return 0.0
    of_sums = sum(float(np.sum(np.bincount(units, column) ** 2)) for column in scores.T)
    return (of_sums - spread) / pairs / (spread / len(units))
