"""What must be known of the rows from which a model comes, so that others can be compared with them? Counts by place, and no row.

The rows are parted at random: one part fixes the places, the other is the history, counted by place. A profile travels in the
metadata of an ONNX file as one entry of JSON; what is read back is checked in full.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from edge.watch.places import Places
from lab.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ENTRY", "FINE", "Answered", "Column", "Profile", "read_profile", "written"]

ENTRY = "watch_profile"
"""Name of the entry in the metadata."""
FINE = 50
"""Steps in which a confidence is counted."""
_VERSION = 1


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes
    ----------
    places : Places
    rarity : tuple of int
        Rank of each place by how rare it was among the rows that fixed the places, 0 the rarest.
    history : tuple of tuples of int
        Rows of the history by season and place; without seasons there is one.
    mean, deviation : float or None
        Of the numbers of all rows; None for texts and dates, and where fewer than 5 rows have a number.
    """

    name: str
    kind: Literal["number", "boolean", "category", "date"]
    places: Places
    rarity: tuple[int, ...]
    history: tuple[tuple[int, ...], ...]
    mean: float | None = None
    deviation: float | None = None


@dataclass(frozen=True)
class Answered:
    """What was predicted for rows that a model had not learned from, and how often it was right.

    Attributes
    ----------
    predicted : tuple of int
        Rows by the class that was predicted.
    asked, right : tuple of int
        Rows by confidence, in steps of 1 / 50, and how many of them were right.
    is_own : bool
        Whether the very model answered, and not others that learned like it.
    """

    predicted: tuple[int, ...]
    asked: tuple[int, ...]
    right: tuple[int, ...]
    is_own: bool = False


@dataclass(frozen=True)
class Profile:
    """What is known of the reference.

    Attributes
    ----------
    columns : tuple of Column
    classes : tuple of str
    target : str
    rows : int
        Rows of the reference.
    answered : Answered or None
        None where nothing is known of the model's answers.
    version : int
    """

    columns: tuple[Column, ...]
    classes: tuple[str, ...]
    target: str
    rows: int
    answered: Answered | None = None
    version: int = _VERSION


def written(profile: Profile) -> str:
    """Write a profile as JSON."""
    return msgspec.json.encode(profile).decode()


def read_profile(text: str, name: str) -> Profile:
    """Read a profile back; `name` is that of its file, for messages.

    Raises
    ------
    InputError
        If it is not what `written` gives.
    """
    wrong = f"{name} has no sound training profile"
    mend = "run lab run edge again, or give the table that it is compared with by --reference"
    try:
        found = msgspec.json.decode(text, type=Profile)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"{wrong}; {mend}") from error
    if found.version != _VERSION:
        raise InputError(
            f"{name} has a training profile of version {found.version}, and this program reads {_VERSION}; {mend}"
        )
    if not _is_sound(found):
        raise InputError(f"{wrong}; {mend}")
    return found


def _is_sound(profile: Profile) -> bool:
    names = [column.name for column in profile.columns]
    if not names or len(set(names)) != len(names) or profile.rows < 0 or len(set(profile.classes)) < 2:
        return False
    if not all(map(_is_sound_column, profile.columns)) or len({len(c.history) for c in profile.columns}) != 1:
        return False
    said = profile.answered
    if said is None:
        return True
    if len(said.predicted) != len(profile.classes) or not len(said.asked) == len(said.right) == FINE:
        return False
    asked, right = np.array(said.asked), np.array(said.right)
    return min(said.predicted) >= 0 and bool(np.all((right >= 0) & (right <= asked)))


def _is_sound_column(column: Column) -> bool:
    places, points = column.places, np.array(column.places.points)
    steps = np.diff(np.array(places.cells))
    fits = places.is_text == (column.kind == "category") and len(places.cells) == 2 * len(points) + 1
    rises = bool(np.isfinite(points).all() and np.all(np.diff(points) > 0))
    if not fits or not rises or places.cells[0] != 0 or not np.isin(steps, (0, 1)).all():
        return False
    n_codes = places.n_codes
    if len(set(places.categories)) != len(places.categories) or sorted(column.rarity) != list(range(n_codes)):
        return False
    numbers = [number for number in (column.mean, column.deviation) if number is not None]
    counted = all(len(each) == n_codes and min(each) >= 0 for each in column.history) and column.history != ()
    return counted and bool(np.isfinite(numbers).all()) and (column.deviation is None or column.deviation >= 0)


def rarity_of(counts: "NDArray[np.int64]") -> tuple[int, ...]:
    """Rank places by how many rows they have, the fewest first."""
    found = np.empty(len(counts), dtype=np.int64)
    found[np.argsort(counts, kind="stable")] = np.arange(len(counts))
    return tuple(found.tolist())
