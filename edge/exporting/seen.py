"""Which columns does a device hand over? Those of the lab's models; or those that a model of the user's knows, as pandas reads them.

A model that somebody trained elsewhere wants the columns of its own training: also those that teach nothing, and texts with their
blanks. They travel with the features of the table, so that whoever asks the device's model asks it alike.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lab.protocol import Dataset, Kind
from lab.reading.plain import PlainTable, attached, plain_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AS_CODE", "AS_TEXT", "columns_of", "give", "plain_name", "seen", "selected", "text_of"]

_KEY = "columns of the given model"
AS_TEXT = " (as text)"
"""Added to the name of a column of digits, some of which begin with a zero, where it is handed over as text, as it is written."""
AS_CODE = " (as code)"
"""Added to the name of a column of numbers, or of true and false, whose values are names to the model: it gets `text_of` them."""


def text_of(value: Any) -> str:
    """Write a category as a device hands it over; missing is the empty text.

    >>> text_of("A"), text_of(True), text_of(3.0), text_of(2.5), text_of(float("nan"))
    ('A', 'True', '3', '2.5', '')
    """
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_ | str):
        return str(value)
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def plain_name(name: str) -> str:
    """Give the name that a column has in the file."""
    return name.removesuffix(AS_TEXT).removesuffix(AS_CODE)


def seen(dataset: Dataset) -> Dataset:
    """Give a table as the device gets it: float64 numbers, NaN where missing; texts, None where missing."""
    names = dataset.features.attrs.get(_KEY)
    return dataset if names is None else selected(dataset, names)


def give(dataset: Dataset, names: tuple[str, ...]) -> None:
    """Let the device get these columns of the plain table from now on; without any, those of the lab's models."""
    plain = plain_of(dataset.features)
    if plain is None or not names:
        return
    dataset.features.attrs[_KEY] = names
    if dataset.taken is not None and len(plain.frame) != dataset.n_rows:
        attached(dataset.features, plain.of(dataset.taken))


def selected(dataset: Dataset, names: tuple[str, ...] | None = None) -> Dataset:
    """Give columns of the plain table as features, in the order of their names: all of them unless told.

    A table without a plain one is given as it is.
    """
    plain = plain_of(dataset.features)
    if plain is None:
        return dataset
    if dataset.taken is not None and len(plain.frame) != dataset.n_rows:
        plain = plain.of(dataset.taken)
    features, kinds = _columns(plain, names)
    return dataclasses.replace(dataset, features=features, kinds=kinds)


def columns_of(plain: PlainTable, names: tuple[str, ...]) -> pd.DataFrame:
    """Give columns of a plain table as the device gets them."""
    return _columns(plain, names)[0]


@functools.lru_cache(maxsize=4)
def _columns(plain: PlainTable, names: tuple[str, ...] | None) -> tuple[pd.DataFrame, Mapping[str, Kind]]:
    every = [str(name) for name in plain.frame] + [f"{name}{AS_TEXT}" for name in plain.texts]
    made = {name: _values(plain, name) for name in (every if names is None else names)}
    features = pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in made.items()})
    return features, {name: "category" if values.dtype == object else "number" for name, values in made.items()}


def _values(plain: PlainTable, name: str) -> "NDArray[Any]":
    if name.endswith(AS_TEXT) and name not in plain.frame:
        column = plain.texts[plain_name(name)]
    elif name.endswith(AS_CODE) and name not in plain.frame:
        column = plain.frame[plain_name(name)].map(text_of, na_action="ignore")
    else:
        column = plain.frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype):  # true and false among them
            return column.to_numpy(dtype=np.float64, na_value=np.nan)
    texts = zip(column, column.isna(), strict=True)
    return np.array([None if is_missing else str(value) for value, is_missing in texts], dtype=object)
