"""What kind of column do texts make? Numbers, dates, times, booleans, or texts; what was understood beyond plain spelling is said.

A column of which 95 of 100 values are numbers in one spelling is a number, and the rest of it is missing; dates likewise. Digits that
begin with a zero are codes, and so are whole numbers too long for a number of the computer to tell them apart.
"""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lab.privacy.aggregates import MIN_ROWS
from lab.reading.dates import Dated, are_short_days, dates_of, dates_spelled
from lab.reading.missing import MISSING, SPELLINGS, sentinels
from lab.reading.numbers import Sign, Spelled, spelled_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KINDS", "Told", "typed"]

KINDS = ("number", "category", "date", "boolean")
"""What a user can say that a column is."""
_ENOUGH = 0.95
"""The share of the values of a column that must be numbers, or dates, in one spelling."""
_FIRST_DAY, _LAST_DAY, _MOST_SHORT = 1900_01_01, 2100_12_31, 99_12_32
_LARGEST_EXACT = 2**53
_HALF = 0.5
_SOME, _FEW, _FIRST = 1_000, 20, 100
_DURATION = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d)")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_LONE_THOUSANDS = r"^-?\d{1,3}\.\d{3}$"
_MOST_NAMED = 3
Kind = Literal["number", "category", "date", "boolean"]


@dataclass
class Told:
    """What is known of a table, and what was understood of its columns.

    Attributes
    ----------
    kinds : mapping of str to (kind, format)
        What the user says that columns are; the format is that of dates, or empty.
    target : str
        The column that is to be predicted: only what is empty is missing in it, unless it holds numbers. Empty where none is known.
    as_they_are : frozenset of str
        Columns in which no number stands for a missing one: the target, and what says which rows belong together.
    missing : frozenset of str
        What else the user says is missing, as `str.casefold` writes it.
    usual : {".", ",", None}
        The decimal sign of the file, where its columns prove one.
    by_separator : {".", ",", None}
        The decimal sign that goes with the separator of the file, where none of its columns proves one.
    notes : list of str
        What was understood, in sentences without a capital.
    """

    kinds: Mapping[str, tuple[Kind, str]] = field(default_factory=dict)
    target: str = ""
    as_they_are: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    usual: Sign | None = None
    by_separator: Sign | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Column:
    """A column of texts: its rows as codes of its different texts, -1 where missing."""

    name: str
    codes: "NDArray[np.int64]"
    texts: list[str]
    marks: tuple[str, ...]

    @property
    def counts(self) -> "NDArray[np.int64]":
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts))


def typed(table: pa.Table, told: Told) -> pa.Table:
    """Turn the columns of texts of a table into what they are; all others stay, but for what the user says.

    What was understood is added to `told.notes`. Columns that are plain (numbers with a decimal point, ISO dates, true and false)
    cost no look at each value.
    """
    columns = {name: _as_text(values) for name, values in zip(table.column_names, table.columns, strict=True)}
    hard: dict[str, _Column] = {}
    for name, values in columns.items():
        said = told.kinds.get(name)
        if not _is_text(values.type):
            columns[name] = _exact(name, values, told) if said is None else _cast(values, said[0])
            continue
        plain = None if said is not None or told.missing else _plain(name, values, told)
        if plain is not None:
            columns[name] = plain
        else:
            hard[name] = _column(name, values, told)
    if told.usual is None:
        plain_points = any(pa.types.is_floating(values.type) for name, values in columns.items() if name not in hard)
        told.usual = _proven(hard) or ("." if plain_points else told.by_separator)
    for name, column in hard.items():
        columns[name] = _typed(column, told)
    return pa.table(columns)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind))


def _as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take texts of all layouts for the usual one."""
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        with contextlib.suppress(pa.ArrowException):  # more text than the usual layout holds
            return pc.cast(values, pa.string())
    return values


def _exact(name: str, values: pa.ChunkedArray, told: Told) -> pa.ChunkedArray:
    """Take whole numbers that are too long to be told apart as numbers for texts."""
    if not pa.types.is_integer(values.type) or values.null_count == len(values):
        return values
    low, high = (pc.min_max(values)[end].as_py() for end in ("min", "max"))
    if max(-low, high) <= _LARGEST_EXACT:
        return values
    told.notes.append(
        f"column {name!r} has whole numbers of more than 15 digits: they are read as texts, so that none are confused"
    )
    return pc.cast(values, pa.string()).dictionary_encode()


def _cast(values: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    """Take a column that is no text for what the user says, where it can be."""
    if kind == "category":
        texts = pc.cast(values, pa.string())
        return texts.dictionary_encode()
    with contextlib.suppress(pa.ArrowException):
        if kind == "number" and not pa.types.is_temporal(values.type):
            return pc.cast(values, pa.float64())
        if kind == "boolean":
            return pc.cast(values, pa.bool_())
        if kind == "date" and not pa.types.is_temporal(values.type):
            column = _column("", pc.cast(values, pa.string()), Told())
            return _rows_of(column, _dated_column(column, dates_spelled(column.texts, fewest=_ENOUGH)))
    return values


def _plain(name: str, values: pa.ChunkedArray, told: Told) -> pa.ChunkedArray | None:
    """Convert a column that computers wrote: None where a closer look is needed."""
    missing = [""] if name == told.target else list(MISSING)
    as_it_is = name in told.as_they_are
    known = pc.if_else(pc.is_in(values, pa.array(missing, values.type)), None, values)
    if known.null_count == len(known):
        return pc.cast(pc.if_else(pc.is_valid(known), None, known), pa.float64())
    if (whole := _cast_all(known, pa.int64())) is not None:
        return _whole(known, whole, as_it_is=as_it_is)
    if (numbers := _cast_all(known, pa.float64())) is not None:
        return None if _may_have_thousands(known) or (not as_it_is and _has_sentinels(numbers)) else numbers
    for kind in (pa.bool_(), pa.timestamp("us")):
        if (found := _cast_all(known, kind)) is not None:
            return found
    return None


def _cast_all(known: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    """Convert all values, or none: the first ones are tried alone, since Arrow words an error for each that does not fit."""
    with contextlib.suppress(pa.ArrowInvalid):
        pc.cast(known.slice(0, _FIRST), kind)
        return pc.cast(known, kind)
    return None


def _whole(known: pa.ChunkedArray, whole: pa.ChunkedArray, *, as_it_is: bool) -> pa.ChunkedArray | None:
    """Take whole numbers as such unless they are written otherwise (codes with zeros before them), are dates, or too long."""
    if not pc.all(pc.equal(pc.cast(whole, known.type), known)).as_py():
        return None
    low, high = (pc.min_max(whole)[end].as_py() for end in ("min", "max"))
    if max(-low, high) > _LARGEST_EXACT or (low >= _FIRST_DAY and high <= _LAST_DAY):
        return None
    if high < _MOST_SHORT and are_short_days([str(day) for day in pc.unique(whole).slice(0, _FIRST).to_pylist()]):
        return None
    return whole if as_it_is or not _has_sentinels(pc.cast(whole, pa.float64())) else None


def _has_sentinels(numbers: pa.ChunkedArray) -> bool:
    low, high = (pc.min_max(numbers)[end].as_py() for end in ("min", "max"))
    if not any(abs(end) >= 99 and str(abs(int(end))).strip("9") == "" for end in (low, high) if np.isfinite(end)):
        return False
    return bool(sentinels(numbers.to_numpy().astype(np.float64)))


def _may_have_thousands(known: pa.ChunkedArray) -> bool:
    """Whether every number with a point has three digits behind it, and so may be a whole one with its thousands parted."""
    if not pc.any(pc.match_substring(known, ".")).as_py():
        return False
    for some in (known.slice(0, _SOME), known):
        fits = pc.or_(pc.match_substring_regex(some, _LONE_THOUSANDS), pc.invert(pc.match_substring(some, ".")))
        if not pc.all(fits).as_py():
            return False
    return True


def _column(name: str, values: pa.ChunkedArray, told: Told) -> _Column:
    """Trim the texts of a column, and leave out what is missing."""
    encoded = pa.chunked_array([pc.utf8_trim_whitespace(values).combine_chunks()]).dictionary_encode().chunk(0)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    trimmed = [str(text) for text in encoded.dictionary.to_pylist()]
    empty = SPELLINGS if name != told.target or _is_measured(trimmed, told) else frozenset({""})
    gone = [text for text in trimmed if text.casefold() in empty or text.casefold() in told.missing]
    marks = tuple(sorted({text for text in gone if text not in MISSING}))
    left = [text for text in trimmed if text not in set(gone)]
    place = {text: code for code, text in enumerate(left)}
    again = np.array([*(place.get(text, -1) for text in trimmed), -1], dtype=np.int64)
    return _Column(name, again[codes], left, marks)


def _is_measured(texts: list[str], told: Told) -> bool:
    """Whether a target says numbers, too many to be classes, but for words such as NA: these are missing then, and no class."""
    said = [text for text in texts if text.casefold() not in SPELLINGS]
    if len(said) == len(texts) or len(said) <= _FEW:
        return False
    found = spelled_numbers(said, np.ones(len(said), dtype=np.int64), usual=told.usual)
    numbers = found.values[~np.isnan(found.values)]
    return len(numbers) >= _ENOUGH * len(said) and len(np.unique(numbers)) > _FEW


def _proven(columns: Mapping[str, _Column]) -> Sign | None:
    """Find the decimal sign that most columns of numbers prove."""
    votes = {".": 0, ",": 0}
    for column in columns.values():
        found = spelled_numbers(column.texts[:_SOME], column.counts[:_SOME], usual=None)
        if found.decimal is not None and np.mean(~np.isnan(found.values)) >= _ENOUGH:
            votes[found.decimal] += 1
    return cast("Sign", max(votes, key=votes.__getitem__)) if votes["."] != votes[","] else None


def _typed(column: _Column, told: Told) -> pa.ChunkedArray:
    """Decide what a column is, as the user says or as most of its values have it."""
    kind, form = told.kinds.get(column.name, (None, ""))
    values = None
    if kind in ("number", None):
        values = _numbers(column, told, is_asked=kind == "number")
    if values is None and kind in ("date", None):
        dated = dates_of(column.texts, form) if form else dates_spelled(column.texts, fewest=_ENOUGH)
        values = None if dated is None else _dates(column, dated, told, is_asked=kind == "date")
    if values is None and kind != "category":
        values = _times(column.texts) or _durations(column, told)
        with contextlib.suppress(pa.ArrowInvalid):
            values = values or pc.cast(pa.array(column.texts, pa.string()), pa.bool_())
    if values is None:
        values = pa.array(column.texts, pa.string())
    _note_missing(column, told)
    if kind == "category" or pa.types.is_string(values.type):
        codes = pa.array(column.codes, pa.int64(), mask=column.codes < 0)
        return pa.chunked_array([pa.DictionaryArray.from_arrays(codes, values)])
    return _rows_of(column, values)


def _rows_of(column: _Column, values: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([values.take(pa.array(column.codes, pa.int64(), mask=column.codes < 0))])


def _numbers(column: _Column, told: Told, *, is_asked: bool) -> pa.Array | None:
    """Read a column as numbers where enough of it is; None where it is something else."""
    if not column.texts:
        return None
    found = spelled_numbers(column.texts, column.counts, usual=told.usual)
    enough = _share(column, found) >= _enough(column, found, told) or _is_marked(column, found, told)
    if not is_asked and (not enough or _are_codes(column, found) or _are_days(column)):
        return None
    numbers = found.values.copy()
    words = [*found.how]
    if column.name not in told.as_they_are and (stand := sentinels(numbers[column.codes[column.codes >= 0]])):
        numbers[np.isin(numbers, stand)] = np.nan
        said = " and ".join(f"{value:,.0f}".replace(",", "") for value in stand)
        told.notes.append(f"column {column.name!r}: {said} stands apart from all other values and is taken for missing")
    if words:
        told.notes.append(f"column {column.name!r} is read as numbers with {', '.join(words)}")
    _note_rest(column, np.isnan(found.values), "numbers", told)
    return pa.array(numbers, from_pandas=True)


def _enough(column: _Column, found: Spelled, told: Told) -> float:
    """How much of a column must be numbers: all of a target of few values, which are classes then."""
    return 1.0 if column.name == told.target and len(np.unique(found.values)) <= _FEW else _ENOUGH


def _share(column: _Column, found: Spelled) -> float:
    counts = column.counts
    return float(counts[~np.isnan(found.values)].sum() / max(counts.sum(), 1))


def _is_marked(column: _Column, found: Spelled, told: Told) -> bool:
    """Whether all that is no number is one word without digits, in half of the rows at most: it says that nothing is known.

    In a target it may be a class.
    """
    odd = np.flatnonzero(np.isnan(found.values))
    if len(odd) != 1 or column.name == told.target or any(sign.isdigit() for sign in column.texts[odd[0]]):
        return False
    return len(np.unique(found.values)) > _FEW and _share(column, found) >= _HALF


def _are_codes(column: _Column, found: Spelled) -> bool:
    """Whether digits begin with a zero, or are too many for a number: then they are names."""
    digits = [text for text in column.texts if text.isdecimal() and text.isascii()]
    long = np.abs(found.values[~np.isnan(found.values)]).max(initial=0.0) > _LARGEST_EXACT
    exact = long and len(digits) > _ENOUGH * len(column.texts)
    return exact or any(len(text) > 1 and text.startswith("0") for text in digits)


def _are_days(column: _Column) -> bool:
    """Whether numbers of eight digits are all days of the calendar."""
    if are_short_days(column.texts):
        return True
    if any(len(text) != len("20261130") or not text.isdecimal() for text in column.texts) or len(column.texts) < 2:
        return False
    found = dates_spelled(column.texts, fewest=1.0)
    return found is not None and all(_FIRST_DAY <= int(text) <= _LAST_DAY for text in column.texts)


def _dates(column: _Column, dated: Dated, told: Told, *, is_asked: bool) -> pa.Array | None:
    known = ~np.isnat(dated.values)
    counts = column.counts
    if not is_asked and counts[known].sum() < _ENOUGH * counts.sum():
        return None
    form = dated.form.replace("%%", "%")
    if dated.is_ambiguous:
        first, second = ("day", "month") if dated.form.find("%d") < dated.form.find("%m") else ("month", "day")
        other = dated.form.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
        told.notes.append(
            f"column {column.name!r} is read as dates with the {first} before the {second}, and may as well be written the other way "
            f"round: then say --as {column.name}=date:{other}"
        )
    elif form != "ISO 8601":
        told.notes.append(f"column {column.name!r} is read as dates, written as {form}")
    _note_rest(column, ~known, "dates", told)
    return _dated_column(column, dated)


def _dated_column(column: _Column, dated: Dated | None) -> pa.Array:
    values = np.full(len(column.texts), "NaT", "datetime64[us]") if dated is None else dated.values
    return pa.array(values, pa.timestamp("us"), from_pandas=True)


def _times(texts: list[str]) -> pa.Array | None:
    """Read times of a day, all of a column, as seconds since midnight."""
    found = [_TIME.fullmatch(text) for text in texts]
    if not texts or not all(found):
        return None
    parts = [[int(part or 0) for part in match.groups()] for match in found if match is not None]
    return pa.array([3_600 * hours + 60 * minutes + seconds for hours, minutes, seconds in parts], pa.int64())


def _durations(column: _Column, told: Told) -> pa.Array | None:
    """Read times that passed, all of a column and some of a day or more, as seconds."""
    found = [_DURATION.fullmatch(text) for text in column.texts]
    if not column.texts or not all(found):
        return None
    parts = [[int(part) for part in match.groups()] for match in found if match is not None]
    told.notes.append(f"column {column.name!r} is read as durations (hours, minutes and seconds), in seconds")
    return pa.array([3_600 * hours + 60 * minutes + seconds for hours, minutes, seconds in parts], pa.int64())


def _note_rest(column: _Column, odd: "NDArray[np.bool_]", what: str, told: Told) -> None:
    """Say how many values were none of what the column is; which, is nobody's business where they are rare."""
    rows = int(column.counts[odd].sum())
    if odd.sum() == 1 and rows >= MIN_ROWS:
        told.notes.append(
            f"column {column.name!r} is read as {what}: {column.texts[int(odd.argmax())][:40]!r} is taken for missing"
        )
    elif rows:
        values = "value that is none is" if rows == 1 else "values that are none are"
        told.notes.append(f"column {column.name!r} is read as {what}: {rows:,} {values} taken for missing")


def _note_missing(column: _Column, told: Told) -> None:
    if column.marks:
        words = ", ".join(repr(mark) for mark in column.marks[:_MOST_NAMED])
        more = " and others" if len(column.marks) > _MOST_NAMED else ""
        told.notes.append(
            f"column {column.name!r}: {words}{more} {'is' if len(column.marks) == 1 else 'are'} taken for missing"
        )
