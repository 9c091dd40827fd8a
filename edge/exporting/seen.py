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

__all__ = [
    "AS_CODE",
    "AS_TEXT",
    "AS_UNDERSTOOD",
    "all_columns",
    "columns_of",
    "give",
    "plain_name",
    "seen",
    "selected",
    "text_of",
    "usual_columns",
]

_KEY = "columns of the given model"
AS_TEXT = " (as text)"
"""Added to the name of a column of digits, some of which begin with a zero, where it is handed over as text, as it is written."""
AS_CODE = " (as code)"
"""Added to the name of a column of numbers, or of true and false, whose values are names to the model: it gets `text_of` them."""


AS_UNDERSTOOD = " (as understood)"
"""Added to the name of a column whose values are those of the lab's models: numbers and dates that pandas does not read."""


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
    return name.removesuffix(AS_TEXT).removesuffix(AS_CODE).removesuffix(AS_UNDERSTOOD)


def usual_columns(dataset: Dataset) -> tuple[str, ...]:
    """Name the columns of the lab's models: texts as they stand in the table, all else as understood. Without a plain table none."""
    plain = _plain_of(dataset)
    return () if plain is None else tuple(_usual(name, kind, plain) for name, kind in dataset.kinds.items())


def all_columns(dataset: Dataset) -> tuple[str, ...]:
    """Name all columns of the table in its order: those of `usual_columns`, and as pandas reads them those that the lab leaves out."""
    plain = _plain_of(dataset)
    if plain is None:
        return ()
    usual = {plain_name(name).strip(): name for name in usual_columns(dataset)}
    found = [usual.pop(str(name).strip(), str(name)) for name in plain.frame]
    return (*found, *usual.values())


def _usual(name: str, kind: Kind, plain: PlainTable) -> str:
    if kind != "category" or name not in plain.frame:
        return f"{name}{AS_UNDERSTOOD}"
    if not pd.api.types.is_numeric_dtype(plain.frame[name].dtype):
        return name
    return f"{name}{AS_TEXT}" if name in plain.texts else f"{name}{AS_UNDERSTOOD}"


def seen(dataset: Dataset) -> Dataset:
    """Give a table as the device gets it: float64 numbers, NaN where missing; texts, None where missing."""
    names = dataset.features.attrs.get(_KEY)
    return dataset if names is None else selected(dataset, names)


def give(dataset: Dataset, names: tuple[str, ...]) -> None:
    """Let the device get these columns of the plain table from now on; without any, those of the lab's models."""
    if _plain_of(dataset) is None or not names:
        dataset.features.attrs.pop(_KEY, None)
    else:
        dataset.features.attrs[_KEY] = names


def selected(dataset: Dataset, names: tuple[str, ...] | None = None) -> Dataset:
    """Give columns of the plain table as features, in the order of their names: all of them unless told.

    A table without a plain one is given as it is.
    """
    plain = _plain_of(dataset)
    if plain is None:
        return dataset
    features, kinds = _columns(plain, names)
    return dataclasses.replace(dataset, features=features, kinds=kinds)


def _plain_of(dataset: Dataset) -> PlainTable | None:
    """Give the plain table of the very rows; one that came along from the table of which they are a sample is cut to them, once."""
    plain = plain_of(dataset.features)
    if plain is not None and dataset.taken is not None and len(plain.frame) != dataset.n_rows:
        attached(dataset.features, plain.of(dataset.taken))
        plain = plain_of(dataset.features)
    return plain


def columns_of(plain: PlainTable, names: tuple[str, ...]) -> pd.DataFrame:
    """Give columns of a plain table as the device gets them."""
    return _columns(plain, names)[0]


@functools.lru_cache(maxsize=4)
def _columns(plain: PlainTable, names: tuple[str, ...] | None) -> tuple[pd.DataFrame, Mapping[str, Kind]]:
    every = [str(name) for name in plain.frame] + [f"{name}{AS_TEXT}" for name in plain.texts]
    made = {
        name if names is None else plain_name(name): _values(plain, name)
        for name in (every if names is None else names)
    }
    features = pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in made.items()})
    return features, {name: "category" if values.dtype == object else "number" for name, values in made.items()}


def _values(plain: PlainTable, name: str) -> "NDArray[Any]":
    if name.endswith(AS_TEXT) and name not in plain.frame:
        column = plain.texts[plain_name(name)]
    elif name.endswith(AS_CODE) and name not in plain.frame:
        column = plain.frame[plain_name(name)].map(text_of, na_action="ignore")
    elif name.endswith(AS_UNDERSTOOD) and name not in plain.frame:
        return plain.understood[plain_name(name)].to_numpy()
    else:
        column = plain.frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype):  # true and false among them
            return column.to_numpy(dtype=np.float64, na_value=np.nan)
    texts = zip(column, column.isna(), strict=True)
    return np.array([None if is_missing else str(value) for value, is_missing in texts], dtype=object)
