"""What was understood of a table before anything is learned from it? The same for `lab look`, for a record and its report."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.cleaning import short
from lab.codes import code_of
from lab.doubts import Doubts
from lab.protocol import Dataset
from lab.understood import Contents

__all__ = ["Looked", "kept", "looked_at"]

_MOST_COLUMNS, _LONGEST_NAME = 500, 200
"""Of what a record keeps: about 100 kB."""


@dataclass(frozen=True)
class Looked:
    """What was understood of a table.

    Attributes
    ----------
    name : str
        What to call it on screen.
    contents : Contents
        Its rows and columns.
    uses : mapping of str to str
        What each column is used for, by its name.
    notes : tuple of str
        How it was read, and what was left out.
    suspicions : tuple of (str, str)
        The code of each (`lab explain CODE`), and its sentence with the way out.
    """

    name: str
    contents: Contents
    uses: Mapping[str, str]
    notes: tuple[str, ...] = ()
    suspicions: tuple[tuple[str, str], ...] = ()


def looked_at(dataset: Dataset, doubts: Doubts) -> Looked:
    """Put together what was understood of a whole table; raises ValueError where it was made by hand, and nobody looked at it."""
    if dataset.contents is None:
        raise ValueError(f"{dataset.name} was not made by lab.data")
    uses = {}
    for column in (each.name for each in dataset.contents.columns):
        is_used = column in dataset.kinds
        uses[column] = "feature" if is_used else f"left out: {dataset.left_out.get(column, 'as you say')}"
    uses |= {column: word for column, word in _roles(dataset).items() if column}
    suspicions = tuple((code_of(each), f"{each.sentence}; {each.way_out}") for each in doubts.all)
    return Looked(dataset.name, dataset.contents, uses, dataset.notes, suspicions)


def kept(looked: Looked) -> dict[str, Any]:
    """Give what a record keeps: 500 columns at most, and how many more there are; names and reasons of 200 signs at most."""
    columns = [
        {**dataclasses.asdict(each), "name": short(each.name, _LONGEST_NAME), "use": short(looked.uses[each.name], _LONGEST_NAME)}
        for each in looked.contents.columns[:_MOST_COLUMNS]
    ]  # fmt: skip
    return {
        "rows": looked.contents.rows,
        "columns": columns,
        "more": len(looked.contents.columns) - len(columns),
        "suspicions": [{"code": code, "sentence": sentence} for code, sentence in looked.suspicions],
    }


def _roles(dataset: Dataset) -> dict[str, str]:
    what = f"{len(dataset.classes)} classes" if dataset.classes else "a number"
    return {
        dataset.belonging.by: "says which rows belong together",
        dataset.belonging.time: "says in which order they came",
        dataset.belonging.weighted: "says for how much each row counts",
        dataset.target_name: f"target: {what}",
    }
