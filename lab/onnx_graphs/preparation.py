"""What do the steps in front of a model do? Reads fitted scalers, imputers and encoders off, column by column."""

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from lab.learning.preparation import FillEmpty, FillMiddle, FrequentOneHot
from lab.onnx_graphs.columns import Column, Constant, Indicator, NotLoweredError, Number, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RawText", "Source", "columns_after", "recode"]

_NEVER_SEEN = "\x00 a text that no table holds"


class RawText:
    """A raw text that no encoder has met yet; `source` is its place in the matrix of texts."""

    def __init__(self, source: int) -> None:
        self.source = source


Source = Column | RawText


def columns_after(steps: Sequence[Any], sources: Sequence[Source]) -> list[Column]:
    """Follow the columns of a table through fitted steps, to what a model sees.

    Raises
    ------
    NotLoweredError
        If a step, or an option of it, is none that is known here, or a text is left that no step has encoded.
    """
    for step in steps:
        sources = _after(step, sources)
    columns = [source for source in sources if not isinstance(source, RawText)]
    if len(columns) != len(sources):
        raise NotLoweredError("a text reaches the model without an encoder")
    return columns


def _after(step: Any, columns: Sequence[Source]) -> list[Source]:
    if step in (None, "passthrough") or type(step) is FunctionTransformer:
        if step not in (None, "passthrough") and step.func is not None:
            raise NotLoweredError("a FunctionTransformer runs code of its own")
        return list(columns)
    for kind, follow in _FOLLOW:
        if type(step) is kind:
            return follow(step, columns)
    raise NotLoweredError(f"there is no lowering of {type(step).__name__}")


def recode(encode: Callable[["NDArray"], "NDArray"], columns: Sequence[Text]) -> list[Text]:
    """Send the values of texts that are numbers already through an encoder of all of them, column by column.

    `encode` takes rows of shape (n_rows, n_columns), and gives codes of the same shape.
    """
    found = []
    for place, column in enumerate(columns):
        texts = list(column.values)
        rows = np.array([[c.other for c in columns]] * (len(texts) + 1), dtype=np.float64)
        rows[:-1, place] = [column.values[text] for text in texts]
        codes = _quietly(encode, rows)[:, place]
        found.append(Text(column.source, dict(zip(texts, codes[:-1].tolist(), strict=True)), float(codes[-1])))
    return found


def _pipeline(step: Pipeline, columns: Sequence[Source]) -> list[Source]:
    found = list(columns)
    for _, inner in step.steps:
        found = _after(inner, found)
    return found


def _by_column(step: ColumnTransformer, columns: Sequence[Source]) -> list[Source]:
    found: list[Source] = []
    names = list(getattr(step, "feature_names_in_", ()))
    for _, inner, places in step.transformers_:
        if isinstance(inner, str) and inner == "drop":
            continue
        chosen = [columns[place] for place in _places(places, names, len(columns))]
        if chosen:
            found += _after(inner, chosen)
    return found


def _places(given: Any, names: Sequence[str], count: int) -> list[int]:
    if isinstance(given, slice):
        start = names.index(given.start) if isinstance(given.start, str) else given.start
        stop = names.index(given.stop) + 1 if isinstance(given.stop, str) else given.stop  # a name counts itself in
        return list(range(count))[start : stop : given.step]
    listed = np.atleast_1d(np.asarray(given, dtype=object)).tolist()
    if listed and all(isinstance(item, bool | np.bool_) for item in listed):
        return [place for place, wanted in enumerate(listed) if wanted]
    return [names.index(item) if isinstance(item, str) else int(item) % count for item in listed]


def _affine(constants: Callable[[Any], Sequence[tuple[str, Any]]]) -> Callable[[Any, Sequence[Source]], list[Source]]:
    def follow(step: Any, columns: Sequence[Source]) -> list[Source]:
        if getattr(step, "clip", False):
            raise NotLoweredError(f"there is no lowering of {type(step).__name__} with clip")
        found: list[Source] = []
        for place, column in enumerate(columns):
            if isinstance(column, RawText):
                raise NotLoweredError(f"{type(step).__name__} stands in front of a text")
            for name, values in constants(step):
                if values is not None:
                    column = column.then(name, float(values[place]))
            found.append(column)
        return found

    return follow


def _indicate(step: MissingIndicator, columns: Sequence[Source]) -> list[Source]:
    """Say of the columns that were missing in training, or of all, whether they are."""
    if not (isinstance(step.missing_values, float) and np.isnan(step.missing_values)):
        raise NotLoweredError("a MissingIndicator of another value than NaN")
    found: list[Source] = []
    for place in np.asarray(step.features_).tolist():
        column = columns[place]
        if isinstance(column, RawText):
            raise NotLoweredError("a MissingIndicator stands in front of a text")
        if isinstance(column, Number):
            found.append(Indicator(column.source) if np.isnan(column.missing) else Constant(0.0))
        elif isinstance(column, Text):
            codes = {text: float(np.isnan(value)) for text, value in column.values.items()}
            found.append(Text(column.source, codes, float(np.isnan(column.other))))
        else:
            found.append(Constant(float(isinstance(column, Constant) and np.isnan(column.value))))
    return found


def _impute(step: SimpleImputer, columns: Sequence[Source]) -> list[Source]:
    if not (isinstance(step.missing_values, float) and np.isnan(step.missing_values)):
        raise NotLoweredError("a SimpleImputer for another value than NaN")
    found: list[Source] = []
    indicators = _indicate(step.indicator_, columns) if step.add_indicator else []
    for column, value in zip(columns, step.statistics_, strict=True):
        if isinstance(column, RawText):
            raise NotLoweredError("a SimpleImputer stands in front of a text")
        if isinstance(value, float | np.floating) and np.isnan(value):
            if step.keep_empty_features:
                raise NotLoweredError("a SimpleImputer keeps a column without any value")
            continue  # it drops columns that were empty in training
        found.append(column.fill(float(value)))
    return [*found, *indicators]


def _encode(step: Any, columns: Sequence[Source]) -> list[Source]:
    """Read an encoder off by showing it each of its categories, and one that it has never seen."""
    if all(isinstance(column, Text) for column in columns) and type(step) is OrdinalEncoder:
        return list(recode(step.transform, [column for column in columns if isinstance(column, Text)]))
    found: list[Source] = []
    first = [known[0] for known in step.categories_]
    at = 0
    for place, (column, known) in enumerate(zip(columns, step.categories_, strict=True)):
        if not isinstance(column, RawText):
            raise NotLoweredError(f"{type(step).__name__} stands in front of a number")
        if not all(isinstance(text, str) for text in known):
            raise NotLoweredError(f"{type(step).__name__} knows a category that is not a text")
        width = int(step._n_features_outs[place]) if type(step) is OneHotEncoder else 1
        shown = np.array([first] * (len(known) + 1), dtype=object)
        shown[:-1, place] = known
        shown[-1, place] = _NEVER_SEEN
        codes = _quietly(step.transform, shown[:-1])[:, at : at + width]
        unknown = np.zeros(width) if step.handle_unknown == "error" else _quietly(step.transform, shown[-1:])[0, at:]
        for output in range(width):
            values = dict(zip(known.tolist(), codes[:, output].tolist(), strict=True))
            found.append(Text(column.source, values, float(unknown[output])))
        at += width
    return found


def _quietly(encode: Callable[["NDArray"], Any], rows: "NDArray") -> "NDArray[np.float64]":
    """Encode without the warnings that columns have no names here, and that a category is unknown: both are meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = encode(rows)
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float64)


def _fill_empty(step: FillEmpty, columns: Sequence[Source]) -> list[Source]:
    return [
        Constant(0.0) if empty else column
        for column, empty in zip(columns, np.atleast_1d(step.empty_).tolist(), strict=True)
    ]


_FOLLOW: tuple[tuple[type, Callable[[Any, Sequence[Source]], list[Source]]], ...] = (
    (Pipeline, _pipeline),
    (ColumnTransformer, _by_column),
    (SimpleImputer, _impute),
    (FillMiddle, _impute),
    (MissingIndicator, _indicate),
    (StandardScaler, _affine(lambda s: [("sub", s.mean_ if s.with_mean else None), ("div", s.scale_)])),
    (MinMaxScaler, _affine(lambda s: [("mul", s.scale_), ("add", s.min_)])),
    (MaxAbsScaler, _affine(lambda s: [("div", s.scale_)])),
    (RobustScaler, _affine(lambda s: [("sub", s.center_), ("div", s.scale_)])),
    (OneHotEncoder, _encode),
    (OrdinalEncoder, _encode),
    (FrequentOneHot, lambda step, columns: _encode(step.encoder_, columns)),
    (FillEmpty, _fill_empty),
)
