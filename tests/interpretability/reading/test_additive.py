"""An additive model as plain data, and as an ONNX file, is the model itself: to the last digits, on bins' edges too."""

import dataclasses
import json

import msgspec
import numpy as np
import pandas as pd
import pytest

from interpretability.export.additive import largest_difference, to_onnx
from interpretability.export.file import answers_of
from interpretability.models.classifiers import EBM, EBM_PAIRS, SCORECARD, SPLINES
from interpretability.reading.additive import frame_of, largest_gap, lay_open, shortened
from lab.data.load import load
from lab.learning.families import LOGISTIC
from lab.protocol import WhatIf
from lab.report import additive

pytestmark = pytest.mark.filterwarnings("ignore:Missing values detected")  # of the library's own pictures
FAMILIES = (LOGISTIC, SPLINES, EBM, EBM_PAIRS, SCORECARD)


@pytest.fixture(scope="module")
def loans():
    table = load("loans")
    return dataclasses.replace(
        table, features=table.features.iloc[:500].reset_index(drop=True), target=table.target[:500]
    )


@pytest.fixture(scope="module")
def fitted(loans):
    return {f.name: f.build(loans.features, 0).fit(loans.features, loans.target) for f in FAMILIES}


def hard_rows(opened, loans):
    """Rows of the table, and rows on, just under and just over every cut, beyond the range, missing, and never seen."""
    states = []
    usual = [item.start for item in opened.inputs]
    for term in opened.terms:
        for where, bins in zip(term.inputs, term.bins, strict=True):
            item = opened.inputs[where]
            values = [None, "never seen", *bins] if item.kind == "category" else [None, -1e6, 1e6]
            if item.kind != "category":
                for cut in bins:
                    values += [cut, np.nextafter(cut, -np.inf), np.nextafter(cut, np.inf)]
            states += [[*usual[:where], value, *usual[where + 1 :]] for value in values]
    return pd.concat([loans.features.iloc[:100], frame_of(opened.inputs, states)], ignore_index=True)


@pytest.mark.parametrize("name", [family.name for family in FAMILIES])
def test_the_plain_data_and_the_exported_file_say_what_the_model_says(name, loans, fitted):
    opened = lay_open(name, fitted[name], loans)
    rows = hard_rows(opened, loans)
    assert len(rows) > 110
    assert largest_gap(opened, fitted[name], rows) < 1e-9
    assert largest_difference(to_onnx(opened), loans.kinds, fitted[name], rows) < 1e-9


def test_what_goes_through_a_record_is_the_same_panel(loans, fitted):
    opened = lay_open("ebm-pairs", fitted["ebm-pairs"], loans)
    stored = json.loads(json.dumps([dataclasses.asdict(opened)]))
    assert msgspec.convert(stored, tuple[WhatIf, ...]) == (opened,)


def test_a_shortened_panel_says_the_same_where_it_starts_and_as_its_features_move(loans, fitted):
    opened = lay_open("splines", fitted["splines"], loans)
    shown = shortened(dataclasses.replace(opened))
    first, last = shown.inputs[0], opened.inputs
    whole = [item.start for item in last]
    part = [item.start for item in shown.inputs]
    assert additive.answer(shown, part) == pytest.approx(additive.answer(opened, whole), abs=1e-12)
    place = [item.name for item in last].index(first.name)
    whole[place] = part[0] = first.high
    assert additive.answer(shown, part) == pytest.approx(additive.answer(opened, whole), abs=1e-12)


def test_an_exported_file_tells_its_features_and_sums_to_one(loans, fitted):
    import onnx

    opened = lay_open("logistic", fitted["logistic"], loans)
    content = to_onnx(opened)
    known = {entry.key: entry.value for entry in onnx.load_from_string(content).metadata_props}
    numbers = [name for name, kind in loans.kinds.items() if kind != "category"]
    texts = [name for name, kind in loans.kinds.items() if kind == "category"]
    assert [known[f"numbers_{place}"] for place in range(len(numbers))] == numbers
    assert [known[f"texts_{place}"] for place in range(len(texts))] == texts
    np.testing.assert_allclose(answers_of(content, loans.kinds, loans.features).sum(axis=1), 1, atol=1e-12)


def test_no_category_of_fewer_than_five_rows_is_named(loans):
    region = pd.Series(["rare"] * 4 + ["often"] * (loans.n_rows - 4), dtype=object)
    features = loans.features.assign(region=region)
    table = dataclasses.replace(loans, features=features)
    model = EBM.build(features, 0).fit(features, table.target)
    assert "rare" not in json.dumps(dataclasses.asdict(lay_open("ebm", model, table)))


def test_a_model_that_is_no_sum_is_refused(loans):
    with pytest.raises(ValueError, match="not one sum"):
        lay_open("tree", None, loans)
