"""What does a column hold? Turns the values of one into a feature of a kind, or says why they teach nothing."""

import contextlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lab.errors import DataError
from lab.privacy.aggregates import MIN_ROWS
from lab.protocol import Kind
from lab.reading.missing import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MAX_TEXT",
    "feature",
    "floats",
    "holds_prose",
    "holds_texts",
    "length_fault",
    "plain_values",
    "refuse_infinite",
    "texts_of",
    "why_useless",
]

MAX_TEXT = 500
_FIRST_ROWS = 10_000
_MANY = 20  # different texts in a column that may still be no identifier
_FEWEST_NAMED, _WORDS_OF_PROSE = 20, 4
_FIRST_YEAR, _LAST_YEAR = 1500, 2100
_SURE = 20
"""By chance rows have all different numbers in one of exp(20) tables, be there no identifier."""
_IDENTIFIER = re.compile(
    r"(^|[^a-z])(ids?|pid|identifier|nr|no|num|number|key|code|ref|uid|uuid|guid|ssn|mrn|vin|imei|ean|isbn|iban|index|idx|rowid|phone|telephone|mobile|"
    r"tel|fax|telefon|handy|barcode|serial|account|invoice|ticket|order)[^a-z]*$|nummer$|kdnr$|knr$|unnamed: \d+$|"
    r"(customer|client|patient|user|member|person|account|order|invoice|product|employee|student|subject|device|machine|transaction|case|"
    r"record|row|item|session|visit|loan|policy|contract|household|store|shop|kunden|patienten|vertrags|artikel|auftrags|rechnungs)"
    r"(id|nr|no|num|number|code|key)$"
)
"""The last word of a name that is no measurement, if all its numbers differ."""
_DAY_US = 86_400 * 10**6


def feature(values: pa.ChunkedArray, column: str, name: str) -> "tuple[NDArray, Kind]":
    """Turn a column into the values of a feature, of shape (n_rows,), and their kind (see `lab.protocol.Dataset`).

    Raises
    ------
    DataError
        If it holds what is no feature, or an infinite number.
    """
    plain = plain_values(values)
    kind = plain.type
    if pa.types.is_null(kind):
        return np.full(len(plain), np.nan), "number"
    if pa.types.is_boolean(kind):
        return floats(plain.cast(pa.int8())), "boolean"
    if pa.types.is_temporal(kind) and not (pa.types.is_duration(kind) or pa.types.is_time(kind)):
        stamps = plain.cast(pa.timestamp("us"), safe=False).cast(pa.int64())  # nanoseconds end in the year 2262
        return floats(stamps) / _DAY_US, "date"
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return floats(plain.cast(pa.int32() if "32" in str(kind) else pa.int64())), "number"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = floats(plain)
        refuse_infinite(numbers, column, name)
        return numbers, "number"
    if holds_texts(kind):
        texts = texts_of(plain)
        texts[pd.isna(texts)] = ""
        return texts, "category"
    raise DataError(
        f"{name}: column {column!r} holds {kind}; use numbers, booleans, dates or text, or --drop {column!r}"
    )


def why_useless(values: "NDArray", kind: Kind, name: str = "") -> str | None:
    """Say why nothing can be learned from a feature, of shape (n_rows,); None where something can. `name` is that of its column."""
    if kind == "number" and len(values) > 1 and _counts_up(values) and not _are_years(values):
        return "it looks like a row number"
    if kind == "number" and _rises_with_gaps(values):
        return "it looks like a row number with gaps"
    if kind == "number" and _names_rows(values, name):
        return f"it looks like an identifier ({len(values):,} different values in {len(values):,} rows)"
    if kind != "category" and _differing(values[:_FIRST_ROWS]) >= MIN_ROWS:
        return None  # so many rows at least differ in the whole column
    present = values[values != ""] if kind == "category" else values[~np.isnan(values)]
    if len(present) == 0:
        return "every value is missing"
    counts = pd.Series(present).value_counts(sort=False)
    unique = counts.index
    if len(unique) == 1 and len(present) == len(values):
        only = np.datetime64(int(unique[0]), "D") if kind == "date" else unique[0]
        return f"it is constant ({only})" if len(present) >= MIN_ROWS else "it is constant"
    differ = len(values) - max(int(counts.max()), len(values) - len(present))
    if len(values) >= 2 * MIN_ROWS and differ < MIN_ROWS:
        return f"fewer than {MIN_ROWS} rows differ from all the others"  # what is learned of it would tell of them
    if kind == "category" and len(unique) > _MANY and len(unique) > 0.5 * len(present):
        return f"it looks like an identifier ({len(unique):,} different values in {len(values):,} rows)"
    return None


def _counts_up(values: "NDArray[np.float64]") -> bool:
    """Whether a number grows by one from row to row; one that is missing is none."""
    return bool(values[0] % 1 == 0 and np.all(np.diff(values) == 1))


def _rises_with_gaps(values: "NDArray[np.float64]") -> bool:
    """Whether whole numbers rise from row to row in unequal steps, so densely that no measurement would have none of them twice.

    The chance of that is at most exp(-n² / 2 range) for n rows that are drawn, and highest where all numbers are as likely. A sorted
    column of few numbers in a wide range may be a measurement all the same, and equal steps may be those of time.
    """
    steps = np.diff(values)
    if len(values) < _FEWEST_NAMED or not np.all(steps > 0) or np.any(values % 1 != 0) or np.ptp(steps) == 0:
        return False
    return bool(len(values) ** 2 > 2 * _SURE * np.ptp(values)) and not _are_years(values)


def _are_years(values: "NDArray[np.float64]") -> bool:
    """Whether whole numbers are years of our time, of which a table may well have one after the other."""
    return bool(values[0] >= _FIRST_YEAR and values[-1] <= _LAST_YEAR)


def _names_rows(values: "NDArray[np.float64]", name: str) -> bool:
    """Whether whole numbers that differ in all rows are called like what names a thing: an identifier, a phone number."""
    if len(values) < _FEWEST_NAMED or not _IDENTIFIER.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()):
        return False
    if np.isnan(values).any() or np.any(values % 1 != 0):
        return False
    return len(np.unique(values)) == len(values)


def _differing(values: "NDArray[np.float64]") -> int:
    """How many rows do not have the most frequent value, which may be that it is missing."""
    present = values[~np.isnan(values)]
    _, counts = np.unique(present, return_counts=True)
    return len(values) - max([len(values) - len(present), *counts.tolist()])


def holds_prose(values: "NDArray", kind: Kind) -> bool:
    """Whether a column, of shape (n_rows,), holds sentences: texts of several words, nearly all of them different."""
    if kind != "category":
        return False
    texts = [text for text in values[:_FIRST_ROWS] if text]
    if len(texts) < _FEWEST_NAMED or len(set(texts)) < 0.5 * len(texts):
        return False
    return float(np.mean([len(text.split()) for text in texts])) >= _WORDS_OF_PROSE


def length_fault(plain: pa.ChunkedArray) -> str | None:
    """Say that a column holds a text that is too long to be a category; None where it holds none."""
    if not holds_texts(plain.type):
        return None
    entries = plain.combine_chunks().dictionary if pa.types.is_dictionary(plain.type) else plain
    longest = pc.max(pc.utf8_length(entries)).as_py() or 0
    return f"a text of {longest:,} characters (a category has at most {MAX_TEXT})" if longest > MAX_TEXT else None


def plain_values(values: pa.ChunkedArray, missing: Sequence[str] = MISSING) -> pa.ChunkedArray:
    """Trim texts, make their missing spellings null, and read texts that are numbers after that.

    A dictionary is what its owner declares as categories, whatever they look like: it stays one, with one clean entry for each.
    """
    if pa.types.is_dictionary(values.type):
        return _plain_dictionary(values, missing)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        if pa.types.is_floating(values.type):
            return pc.if_else(pc.is_nan(values), None, values)
        return values
    trimmed = pc.utf8_trim_whitespace(values)
    plain = pc.if_else(pc.is_in(trimmed, pa.array(missing, trimmed.type)), None, trimmed)
    if plain.null_count == len(plain) or plain.null_count == values.null_count:
        return plain
    for kind in (pa.float64(), pa.bool_(), pa.timestamp("us")):  # what the padding had kept from being recognised
        with contextlib.suppress(pa.ArrowInvalid):
            return plain.cast(kind)
    return plain


def _plain_dictionary(values: pa.ChunkedArray, missing: Sequence[str]) -> pa.ChunkedArray:
    """Work on the entries, not on the rows: one long text that stands in every row is there once."""
    whole = values.unify_dictionaries().combine_chunks()
    codes = whole.indices.cast(pa.int64())
    used = pc.unique(codes).drop_null()
    entries = pa.chunked_array([whole.dictionary.take(used)], whole.dictionary.type)
    if holds_texts(entries.type):
        trimmed = pc.utf8_trim_whitespace(entries)
        entries = pc.if_else(pc.is_in(trimmed, pa.array(missing, trimmed.type)), None, trimmed)
        entries = entries.dictionary_encode().combine_chunks()  # two entries may be one after trimming
    else:
        entries = entries.combine_chunks()
    place = np.zeros(len(whole.dictionary) + 1, dtype=np.int64)  # one at least: where all is missing, no entry stands
    place[used.to_numpy()] = np.arange(len(used))
    rows = pa.array(place[codes.fill_null(0).to_numpy()], mask=pc.is_null(codes).to_numpy(zero_copy_only=False))
    if not pa.types.is_dictionary(entries.type):
        return pa.chunked_array([entries.take(rows)])
    return pa.chunked_array([pa.DictionaryArray.from_arrays(entries.indices.take(rows), entries.dictionary)])


def holds_texts(kind: pa.DataType) -> bool:
    """Whether a type is that of texts, written out or as a dictionary."""
    if pa.types.is_dictionary(kind):
        return holds_texts(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def texts_of(plain: pa.ChunkedArray) -> "NDArray":
    """Give the texts of the rows, shape (n_rows,), None where missing: objects that rows of the same text share."""
    if not pa.types.is_dictionary(plain.type):
        return plain.to_numpy(zero_copy_only=False).astype(object)
    whole = plain.combine_chunks()
    known = np.full(len(whole.dictionary) + 1, None, dtype=object)  # the last one is for what is missing
    known[:-1] = whole.dictionary.to_numpy(zero_copy_only=False)
    return known[whole.indices.fill_null(-1).to_numpy()]


def floats(values: pa.ChunkedArray) -> "NDArray[np.float64]":
    """Give the numbers of the rows, of shape (n_rows,), NaN where missing."""
    return values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)


def refuse_infinite(numbers: "NDArray[np.float64]", column: str, name: str) -> None:
    """Raise DataError where one of the numbers, shape (n_rows,), is infinite, with the first row in which one is."""
    places = np.flatnonzero(np.isinf(numbers))
    if len(places):
        raise DataError(
            f"{name}: column {column!r} is infinite in {len(places):,} row(s), first in data row {places[0] + 1}; "
            "put a finite number there, or leave it empty"
        )
