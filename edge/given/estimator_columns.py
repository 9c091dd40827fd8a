"""Which columns of a table does an estimator want, and how is it handed them? By the names of its training, as pandas read them."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.exporting.seen import AS_CODE, AS_TEXT, plain_name
from lab.errors import SettingsError, nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_asked", "columns_asked", "inner_of", "refuses_unknown"]

_NO_NUMBER = 2.0**60
"""Stands for a text that is no number, where an encoder has learned numbers."""
_FITTED = ("best_estimator_", "estimator_")
"""Where a search, or a model that sets a threshold, keeps the model that answers."""


def inner_of(estimator: Any) -> Any:
    """Give the model that answers for a search of settings (`GridSearchCV`), or the estimator itself."""
    while hasattr(estimator, "best_estimator_"):
        estimator = estimator.best_estimator_
    return estimator


def columns_asked(
    estimator: Any, every: Sequence[str], usual: Sequence[str], *, numbers: Collection[str], name: str
) -> tuple[str, ...]:
    """Choose the columns of a table, in the order of the estimator.

    Parameters
    ----------
    every : sequence of str
        All columns, as `edge.exporting.seen.selected` names them.
    usual : sequence of str
        Those of the lab's models.
    numbers : collection of str
        Those that hold numbers, or true and false.
    name : str
        The file, for messages.

    Raises
    ------
    SettingsError
        If the table lacks a column, or has another number of them and the estimator knows no names.
    """
    plain = [column for column in every if not column.endswith(AS_TEXT)]
    known = getattr(estimator, "feature_names_in_", None)
    if known is None:
        return _by_place(estimator, plain, usual, name)
    found = []
    kinds = _encoded(inner_of(estimator), [str(column) for column in known])
    as_texts = {column for column, kind in kinds.items() if kind is str}
    as_codes = {column for column, kind in kinds.items() if kind is not str}
    for column in map(str, known):
        told = column if column in every else next((each for each in plain if each.strip() == column.strip()), None)
        if told is None:
            raise SettingsError(
                f"{name} wants a column {column!r}, which the table does not have; {nearest(column, plain, label='columns')}"
            )
        if column in as_texts and f"{told}{AS_TEXT}" in every:
            told = f"{told}{AS_TEXT}"
        elif column in as_codes and told in numbers:
            told = f"{told}{AS_CODE}"
        found.append(told)
    return tuple(found)


def _by_place(estimator: Any, plain: Sequence[str], usual: Sequence[str], name: str) -> tuple[str, ...]:
    width = getattr(inner_of(estimator), "n_features_in_", None)
    for columns in (usual, plain):
        if width in (None, len(columns)) and set(columns) <= set(plain):
            return tuple(columns)
    raise SettingsError(
        f"{name} takes {width} columns and knows no names of them; the table has {len(plain)} beside the target: train it on a data "
        "frame, so that it keeps their names"
    )


def as_asked(estimator: Any, table: "pd.DataFrame") -> Any:
    """Give rows of a table as the estimator was trained on them: by name, or as a matrix in the order of the table.

    `table` has the columns of `columns_asked` in their order, or those of the lab's models.
    """
    import pandas as pd

    known = getattr(estimator, "feature_names_in_", None)
    if known is None:
        return table.to_numpy()
    if len(known) != len(table.columns) or not _same(known, table.columns):
        table = table[list(known)]
    kinds = _encoded(inner_of(estimator), [str(column) for column in known])
    made = {}
    for wanted, column in zip(map(str, known), table.columns, strict=True):
        values = table[column]
        if not pd.api.types.is_numeric_dtype(values.dtype):
            values = values.astype(object)
            values = _as_learned(values.where(values.notna(), np.nan), kinds.get(wanted, str))
        made[wanted] = values
    return pd.DataFrame(made)


def _as_learned(texts: "pd.Series", kind: type) -> "pd.Series":
    """Turn texts back into what an encoder has learned: numbers, or true and false; what it cannot know gets a number of its own."""
    if kind is str:
        return texts
    if kind is bool:
        told = texts == "True"
        return told.astype(object).where(texts.notna(), np.nan) if texts.isna().any() else told
    numbers = texts.map(_number, na_action="ignore")
    return numbers.astype(np.float64)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return _NO_NUMBER


def _same(known: Any, columns: Any) -> bool:
    told = (plain_name(str(column)).strip() for column in columns)
    return all(str(name).strip() == column for name, column in zip(known, told, strict=True))


def refuses_unknown(estimator: Any) -> bool:
    """Whether an encoder in it refuses a category that it has not learned, as they do unless told otherwise."""
    return any(getattr(step, "handle_unknown", "") == "error" for step, _ in _encoders(inner_of(estimator), None))


def _encoded(estimator: Any, names: Sequence[str]) -> dict[str, type]:
    """Name the columns that an encoder takes, and what it knows of each: texts, true and false, or numbers."""
    found: dict[str, type] = {}
    for name, known in _categories(estimator, names):
        told = [value for value in known if not (value is None or value != value)]
        if any(isinstance(value, str) for value in told):
            found[name] = str
        elif told:
            found[name] = bool if all(isinstance(value, bool) for value in told) else float
    return found


def _categories(estimator: Any, names: Sequence[str]) -> Iterator[tuple[str, list[Any]]]:
    for step, columns in _encoders(estimator, list(names)):
        if columns is not None and len(columns) == len(step.categories_):
            for name, known in zip(columns, step.categories_, strict=True):
                yield name, np.asarray(known).tolist()


def _encoders(step: Any, names: list[str] | None) -> Iterator[tuple[Any, list[str] | None]]:
    """List the fitted encoders, each with the names of its columns as far as they are known."""
    if hasattr(step, "categories_"):
        yield step, names
    elif hasattr(step, "transformers_"):
        for _, inner, places in step.transformers_:
            if not isinstance(inner, str):
                yield from _encoders(inner, _named(places, names))
    elif hasattr(step, "steps"):
        for _, inner in step.steps:
            yield from _encoders(inner, names)
            names = names if _keeps_columns(inner) else None
    for held in ("estimators_", "transformer_list", *_FITTED):
        inner = getattr(step, held, None)
        for each in inner if isinstance(inner, list) else [] if inner is None else [inner]:
            yield from _encoders(each[-1] if isinstance(each, tuple) else each, names)


def _named(places: Any, names: list[str] | None) -> list[str] | None:
    if isinstance(places, slice):
        return None if names is None else names[places] if not isinstance(places.start, str) else None
    listed = np.atleast_1d(np.asarray(places, dtype=object)).tolist()
    if all(isinstance(place, str) for place in listed):
        return listed
    if names is None or not all(isinstance(place, int) for place in listed):
        return None
    if listed and all(isinstance(place, bool) for place in listed):
        return [name for name, wanted in zip(names, listed, strict=True) if wanted]
    return [names[place] for place in listed]


def _keeps_columns(step: Any) -> bool:
    """Whether what comes out of a step stands in the columns that went in, as behind an imputer without indicators."""
    kept = getattr(step, "statistics_", None)
    return isinstance(step, str) or (kept is not None and not getattr(step, "add_indicator", False))
