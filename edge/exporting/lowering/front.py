"""What do the steps in front of somebody's model do to a table? Selections, unions, and texts on the way through imputers or encoders.

A text column is followed by showing the fitted steps each text that they know, a missing one, and one that nobody knows. What a step
does to numbers is read off by `lab.onnx_graphs.preparation`. Where neither knows a step, the columns up to
there are given, and the steps behind stay to be converted.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from edge.exporting.seen import text_of
from lab.onnx_graphs.columns import Column, NotLoweredError, Text
from lab.onnx_graphs.preparation import RawText, Source, columns_after

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Followed", "columns_in_front"]

_NEVER_SEEN = "\x00 a text that no table holds"
_ENCODERS = (OneHotEncoder, OrdinalEncoder, TargetEncoder)


@dataclass(frozen=True)
class _Imputed:
    """A raw text some of whose values an imputer has replaced: what each of these texts, the missing one among them, stands for."""

    source: int
    replaced: tuple[tuple[str, Any], ...]


_Source = Source | _Imputed


@dataclass(frozen=True)
class Followed:
    """What comes out of the first `n_steps` steps, and which part of the next one is not known; empty where all are followed."""

    columns: list[Column]
    n_steps: int
    unknown: str = ""


def columns_in_front(steps: Sequence[Any], sources: Sequence[Source]) -> Followed:
    """Follow the columns of a table through fitted steps, as far as these are known.

    Raises
    ------
    NotLoweredError
        If a text is left there that no step has encoded.
    """
    found: list[_Source] = list(sources)
    n_steps, unknown = 0, ""
    for step in steps:
        try:
            found = _after(step, found)
        except NotLoweredError as error:
            unknown = error.part
            break
        n_steps += 1
    columns = [source for source in found if not isinstance(source, RawText | _Imputed)]
    if len(columns) != len(found):
        raise NotLoweredError(unknown or "a text reaches the model without an encoder")
    return Followed(columns, n_steps, unknown)


def _after(step: Any, columns: Sequence[_Source]) -> list[_Source]:
    if type(step) is Pipeline:
        found = list(columns)
        for _, inner in step.steps:
            found = _after(inner, found)
        return found
    if type(step) is ColumnTransformer:
        return _by_column(step, columns)
    if type(step) is FeatureUnion:
        return [each for _, inner in step.transformer_list if inner != "drop" for each in _after(inner, columns)]
    if hasattr(step, "get_support") and hasattr(step, "fit"):
        return [column for column, kept in zip(columns, step.get_support(), strict=True) if kept]
    texts = [column for column in columns if isinstance(column, RawText | _Imputed)]
    if texts and len(texts) == len(columns):
        return _texts_after(step, texts)
    plain = [column for column in columns if not isinstance(column, _Imputed)]
    if len(plain) != len(columns):
        raise NotLoweredError(f"{type(step).__name__} stands behind a SimpleImputer of texts")
    return list(columns_after([step], plain)) if plain else []


def _texts_after(step: Any, texts: Sequence[RawText | _Imputed]) -> list[_Source]:
    if type(step) is SimpleImputer:
        return list(_impute(step, texts))
    if type(step) in _ENCODERS:
        return list(_encode(step, texts))
    if step in (None, "passthrough"):
        return list(texts)
    raise NotLoweredError(f"there is no lowering of {type(step).__name__} for texts")


def _by_column(step: ColumnTransformer, columns: Sequence[_Source]) -> list[_Source]:
    found: list[_Source] = []
    for name, inner, _ in step.transformers_:
        if isinstance(inner, str) and inner == "drop":
            continue
        chosen = [columns[place] for place in step._transformer_to_input_indices[name]]
        if chosen:
            found += _after(inner, chosen)
    return found


def _impute(step: SimpleImputer, columns: Sequence[RawText | _Imputed]) -> list[_Imputed]:
    if step.add_indicator:
        raise NotLoweredError("a SimpleImputer with an indicator stands in front of a text")
    if len(step.statistics_) != len(columns):
        raise NotLoweredError("a SimpleImputer of other columns")
    found = []
    for column, value in zip(columns, step.statistics_, strict=True):
        known = _Imputed(column.source, ()) if isinstance(column, RawText) else column
        is_empty = value is None or (isinstance(value, float) and np.isnan(value))
        if is_empty:
            raise NotLoweredError("a SimpleImputer met a column of texts without any value")
        marker = text_of(step.missing_values)
        moved = tuple((text, value if text_of(old) == marker else old) for text, old in known.replaced)
        missing = () if any(text == marker for text, _ in moved) else ((marker, value),)
        found.append(replace(known, replaced=(*moved, *missing)))
    return found


def _encode(step: Any, columns: Sequence[RawText | _Imputed]) -> list[Text]:
    """Read an encoder off by showing it each of its categories, a missing value, and one that it has never seen."""
    widths = _widths(step, len(columns))
    base = [known[0] for known in step.categories_]
    found: list[Text] = []
    for place, (column, known) in enumerate(zip(columns, step.categories_, strict=True)):
        at = sum(widths[:place])
        replaced = dict(column.replaced) if isinstance(column, _Imputed) else {}
        shown = {text_of(value): value for value in np.asarray(known).tolist()}
        shown |= {text: shown[text_of(value)] for text, value in replaced.items() if text_of(value) in shown}
        codes = {text: _code(step, base, place, value)[at : at + widths[place]] for text, value in shown.items()}
        other = _unknown(step, base, place, known)[at : at + widths[place]]
        codes |= {text: other for text in replaced if text not in codes}
        for output in range(widths[place]):
            values = {text: float(code[output]) for text, code in codes.items()}
            found.append(Text(column.source, values, float(other[output])))
    return found


def _widths(step: Any, count: int) -> list[int]:
    if isinstance(step, OneHotEncoder):
        return [int(width) for width in step._n_features_outs]
    if isinstance(step, TargetEncoder) and len(getattr(step, "classes_", ())) > 2:
        return [len(step.classes_)] * count
    return [1] * count


def _code(step: Any, base: Sequence[Any], place: int, value: Any) -> "NDArray[np.float64]":
    plain = all(np.asarray(known).dtype.kind in "biuf" for known in step.categories_)
    row = np.empty((1, len(base)), dtype=np.float64 if plain else object)
    row[0] = base
    row[0, place] = value
    return _quietly(step, row)


def _unknown(step: Any, base: Sequence[Any], place: int, known: "NDArray") -> "NDArray[np.float64]":
    """Give the code of what an encoder has not learned: where it refuses that, of nothing; of "not true" where it knows truth only."""
    values = [value for value in np.asarray(known).tolist() if text_of(value)]
    if values and all(isinstance(value, bool) for value in values):
        return _code(step, base, place, False if False in values else values[0])
    if getattr(step, "handle_unknown", "") == "error":
        return np.zeros(sum(_widths(step, len(base))))
    is_text = any(isinstance(value, str) for value in values)
    return _code(step, base, place, _NEVER_SEEN if is_text or not values else max(values) + 12_345)


def _quietly(step: Any, row: "NDArray") -> "NDArray[np.float64]":
    """Encode one row without the warnings that columns have no names here, and that a category is unknown: both are meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = step.transform(row)
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float64)[0]
