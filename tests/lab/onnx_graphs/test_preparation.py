"""The columns that are read off fitted steps hold, row by row, what scikit-learn's own transform gives."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from lab.learning.preparation import FillEmpty, FillMiddle, FrequentOneHot
from lab.onnx_graphs.columns import Constant, Indicator, NotLoweredError, Number, Text
from lab.onnx_graphs.preparation import RawText, columns_after, recode

NUMBERS, TEXTS = ("x", "y", "z"), ("s", "t")
PLAIN = {"add": lambda x, c: x + c, "sub": lambda x, c: x - c, "mul": lambda x, c: x * c, "div": lambda x, c: x / c}


def frame(n_rows=60, missing=True):
    rng = np.random.default_rng(4)
    made = pd.DataFrame(rng.normal(5.0, [1.0, 30.0, 0.02], (n_rows, 3)), columns=NUMBERS)
    if missing:
        made = made.mask(rng.random(made.shape) < 0.15)
    made["s"] = pd.Series(rng.choice(["", "a", "b", "1:b"], n_rows), dtype=object)
    made["t"] = pd.Series(rng.choice(["a", "z", "é", "b", "c"], n_rows), dtype=object)
    return made


def rows_of(made):
    """The rows that were learned from, then some with texts that were not."""
    new = made.iloc[:9].copy()
    new["s"] = pd.Series(["never", "a", "", "never", "b", "1:b", "x", "a", "b"], dtype=object)
    new["t"] = pd.Series(["a", "never", "z", "never", "é", "b", "c", "x", "a"], dtype=object)
    return pd.concat([made, new], ignore_index=True)


def sources(names):
    """Where each column of a frame comes from: its place among all numbers, or among all texts."""
    return [Number(NUMBERS.index(name)) if name in NUMBERS else RawText(TEXTS.index(name)) for name in names]


def seen(column, row):
    """What a model sees of a row, in plain Python."""
    if isinstance(column, Constant):
        return column.value
    if isinstance(column, Text):
        return column.values.get(row[TEXTS[column.source]], column.other)
    value = row[NUMBERS[column.source]]
    if isinstance(column, Indicator):
        return column.missing if math.isnan(value) else column.present
    if math.isnan(value):
        return column.missing
    for name, constant in column.steps:
        value = PLAIN[name](value, constant)
    return value


def check(steps, made, *, shown=None, names=None, columns=None):
    """Fit steps, and compare what they give with what the columns say that they give, to the last bit."""
    fitted = make_pipeline(*steps).fit(made)
    found = columns_after([step for _, step in fitted.steps], sources(names or made.columns))
    shown = made if shown is None else shown
    expected = fitted.transform(shown)
    expected = np.asarray(expected.toarray() if hasattr(expected, "toarray") else expected, dtype=np.float64)
    rows = [{name: row[place] for place, name in enumerate(names or made.columns)} for row in shown.to_numpy(object)]
    np.testing.assert_array_equal([[seen(column, row) for column in found] for row in rows], expected)
    return found


SCALERS = {
    "standard": StandardScaler(),
    "mean alone": StandardScaler(with_std=False),
    "deviation alone": StandardScaler(with_mean=False),
    "none": StandardScaler(with_mean=False, with_std=False),
    "range": MinMaxScaler((-3, 2)),
    "largest": MaxAbsScaler(),
    "robust": RobustScaler(),
    "middle alone": RobustScaler(with_scaling=False),
    "quartiles alone": RobustScaler(with_centering=False, unit_variance=True),
}


@pytest.mark.parametrize("name", SCALERS)
def test_a_scaler_is_its_steps_column_by_column(name):
    check([SCALERS[name]], frame()[list(NUMBERS)])


@pytest.mark.parametrize(
    "first",
    [
        SimpleImputer(),
        SimpleImputer(strategy="constant", fill_value=-2.5),
        FillMiddle(strategy="median"),
    ],
    ids=str,
)
def test_what_is_missing_is_filled_before_it_is_scaled_or_after(first):
    made = frame()[list(NUMBERS)]
    check([first], made)
    check([first, StandardScaler()], made)
    check([RobustScaler(), first, MinMaxScaler()], made)


@pytest.mark.parametrize(
    "steps",
    [
        [SimpleImputer(add_indicator=True), StandardScaler()],
        [SimpleImputer(add_indicator=True), MinMaxScaler((-2, 3)), RobustScaler()],
        [StandardScaler(), MissingIndicator()],
        [MissingIndicator(features="all", sparse=True), MaxAbsScaler()],
        [SimpleImputer(), MissingIndicator(features="all")],
    ],
    ids=str,
)
def test_flags_of_what_is_missing_are_columns_that_are_scaled_on(steps):
    made = frame()[list(NUMBERS)]
    made["y"] = made["y"].fillna(1.0)  # only those that were missing in training have a flag
    found = check(steps, made)
    assert any(isinstance(column, Indicator | Constant) for column in found)


def test_codes_of_texts_that_are_missing_have_flags_too():
    made = frame()[list(TEXTS)]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    fitted = make_pipeline(encoder, MissingIndicator(features="all")).fit(made)
    found = columns_after([step for _, step in fitted.steps], sources(made.columns))
    shown = rows_of(made)
    rows = [{name: row[place] for place, name in enumerate(made.columns)} for row in shown.to_numpy(object)]
    np.testing.assert_array_equal([[seen(column, row) for column in found] for row in rows], fitted.transform(shown))


def test_an_imputer_drops_the_column_that_was_empty_and_those_beside_it_stay():
    made = frame()[list(NUMBERS)]
    made["y"] = np.nan
    with pytest.warns(UserWarning, match="Skipping features"):
        found = check([SimpleImputer(), StandardScaler()], made)
    assert [column.source for column in found] == [0, 2]


def test_a_column_that_was_empty_is_filled_with_a_constant_that_is_scaled_on():
    made = frame()[list(NUMBERS)]
    made["y"] = np.nan
    found = check([FillEmpty(), MinMaxScaler((1, 3))], made)
    assert [type(column) for column in found] == [Number, Constant, Number]


ENCODERS = {
    "one column a text": OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    "sparse": OneHotEncoder(handle_unknown="ignore"),
    "without the first": OneHotEncoder(handle_unknown="ignore", drop="first", sparse_output=False),
    "rare ones together": OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=14, sparse_output=False),
    "whole numbers": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-7),
    "whole numbers or missing": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
    "frequent ones": FrequentOneHot(),
}


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_an_encoder_is_a_number_for_each_known_text_and_one_for_all_others(name):
    made = frame()[list(TEXTS)]
    found = check([ENCODERS[name]], made, shown=rows_of(frame())[list(TEXTS)])
    assert {column.source for column in found} == {0, 1}
    check([ENCODERS[name]], made[["t", "s"]], shown=rows_of(frame())[["t", "s"]])


@pytest.mark.parametrize("encoder", [OneHotEncoder(sparse_output=False), OrdinalEncoder()], ids=["columns", "codes"])
def test_an_encoder_that_refuses_unknown_texts_gives_zeros_for_them(encoder):
    """Scikit-learn raises there; a graph cannot."""
    found = check([encoder], frame()[list(TEXTS)])
    assert {column.other for column in found} == {0.0}


def test_codes_may_be_filled_and_scaled():
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    check([codes, SimpleImputer(), StandardScaler()], frame()[list(TEXTS)], shown=rows_of(frame())[list(TEXTS)])


def test_codes_may_be_encoded_again():
    """As the inner encoder of histogram gradient boosting: what is no category of its own is missing."""
    first = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    second = OrdinalEncoder(
        categories=[[1.0, 2.0, 3.0], [0.0, 2.0, 4.0]], handle_unknown="use_encoded_value", unknown_value=-3
    )
    check([first, second], frame()[list(TEXTS)], shown=rows_of(frame())[list(TEXTS)])


def test_texts_that_are_numbers_go_through_an_encoder_of_all_of_them():
    columns = [Text(1, {"a": 2.0, "b": 5.0, "c": 2.5}, 9.0), Text(0, {"z": 3.0}, 4.0)]
    rows = []

    def encode(given):
        rows.extend(given.tolist())
        return np.column_stack([10 * given[:, 0], -given[:, 1]])

    assert recode(encode, columns) == [Text(1, {"a": 20.0, "b": 50.0, "c": 25.0}, 90.0), Text(0, {"z": -3.0}, -4.0)]
    assert rows == [[2.0, 4.0], [5.0, 4.0], [2.5, 4.0], [9.0, 4.0], [9.0, 3.0], [9.0, 4.0]]


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        (["x", "z"], ["t"]),
        (["z", "y"], ["t", "s"]),
        ([2, 0], [3]),
        ([-5, -3], [-1]),
        (slice(0, 2), slice(3, None)),
        (slice(0, 3, 2), slice(-1, None)),
        (slice("x", "y"), slice("s", "t")),
        (slice(None, "y"), slice("t", None)),
        ([True, False, True, False, False], np.array([False, False, False, True, True])),
        (np.array([1, 2]), np.array(["s", "t"], dtype=object)),
        (lambda given: [0, 1], lambda given: ["s"]),
        (["x"], []),
        ([], ["t", "s"]),
    ],
    ids=lambda chosen: "a function" if callable(chosen) else str(chosen),
)
def test_columns_are_chosen_as_a_column_transformer_chooses_them(numbers, texts):
    made, encoder = frame(), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    chosen = ColumnTransformer([("t", encoder, texts), ("n", SimpleImputer(strategy="median"), numbers)])
    check([chosen], made, shown=rows_of(made))


def test_columns_of_an_array_are_chosen_by_their_places():
    made = frame()[list(NUMBERS)]
    fitted = ColumnTransformer([("a", StandardScaler(), [2]), ("b", SimpleImputer(), slice(0, 2))]).fit(made.to_numpy())
    found = columns_after([fitted], sources(NUMBERS))
    rows = made.to_dict("records")
    np.testing.assert_array_equal(
        [[seen(column, row) for column in found] for row in rows], fitted.transform(made.to_numpy())
    )


def test_what_is_left_over_may_pass_and_a_single_name_is_a_column_too():
    made = frame()
    left_over = ColumnTransformer(
        [("t", ENCODERS["sparse"], ["s", "t"]), ("n", SimpleImputer(), ["y"])], remainder="passthrough"
    )
    assert [each.source for each in check([left_over], made, shown=rows_of(made)) if isinstance(each, Number)] == [
        1,
        0,
        2,
    ]
    fitted = ColumnTransformer([("n", StandardScaler(), ["y"])]).fit(made)
    fitted.transformers_[0] = ("n", fitted.named_transformers_["n"], "y")  # as those that take one-dimensional columns
    (found,) = columns_after([fitted], sources(made.columns))
    assert found.source == 1


def test_a_text_may_be_dropped_and_numbers_may_pass():
    made = frame()
    chosen = ColumnTransformer(
        [("gone", "drop", ["s", "x"]), ("on", "passthrough", ["z"]), ("t", ENCODERS["sparse"], ["t"]),
         ("inner", Pipeline([("fill", SimpleImputer()), ("on", "passthrough"), ("scale", StandardScaler())]), ["y", "x"])]
    )  # fmt: skip
    found = check([chosen, FunctionTransformer(), None, "passthrough"][:2], made, shown=rows_of(made))
    assert [column.source for column in found if isinstance(column, Number)] == [2, 1, 0]
    assert columns_after([None, "passthrough", FunctionTransformer()], sources(NUMBERS)) == sources(NUMBERS)


@pytest.mark.parametrize(
    ("step", "names", "said"),
    [
        (FunctionTransformer(np.log1p), NUMBERS, "a FunctionTransformer runs code of its own"),
        (Normalizer(), NUMBERS, "there is no lowering of Normalizer"),
        (MinMaxScaler(clip=True), NUMBERS, "there is no lowering of MinMaxScaler with clip"),
        (MissingIndicator(missing_values=-1.0), NUMBERS, "a MissingIndicator of another value than NaN"),
        (SimpleImputer(missing_values=-1.0), NUMBERS, "a SimpleImputer for another value than NaN"),
        (SimpleImputer(missing_values=-1), NUMBERS, "a SimpleImputer for another value than NaN"),
        (SimpleImputer(missing_values="", strategy="most_frequent"), TEXTS,
         "a SimpleImputer for another value than NaN"),
        (SimpleImputer(strategy="most_frequent"), TEXTS, "a SimpleImputer stands in front of a text"),
        (OneHotEncoder(), NUMBERS, "OneHotEncoder stands in front of a number"),
        (OrdinalEncoder(), NUMBERS, "OrdinalEncoder stands in front of a number"),
        ("passthrough", TEXTS, "a text reaches the model without an encoder"),
    ],
)  # fmt: skip
def test_what_is_not_read_off_is_named(step, names, said):
    made = frame(missing=False)[list(names)]
    step = step if isinstance(step, str) else step.fit(made)
    with pytest.raises(NotLoweredError) as error:
        columns_after([step], sources(names))
    assert error.value.part == said


def test_a_scaler_of_texts_a_kept_empty_column_and_categories_that_are_no_texts_are_named():
    scaler = StandardScaler().fit(frame(missing=False)[list(NUMBERS)])
    empty = SimpleImputer(keep_empty_features=True, strategy="constant", fill_value=0.0).fit(np.zeros((3, 2)))
    empty.statistics_ = np.array([0.0, np.nan])
    mixed = OrdinalEncoder().fit(np.array([[1], [2]], dtype=object))
    for step, given, said in (
        (scaler, [Number(0), RawText(0), Number(1)], "StandardScaler stands in front of a text"),
        (empty, [Number(0), Number(1)], "a SimpleImputer keeps a column without any value"),
        (mixed, [RawText(0)], "OrdinalEncoder knows a category that is not a text"),
    ):
        with pytest.raises(NotLoweredError) as error:
            columns_after([step], given)
        assert error.value.part == said
