"""What is said of explanations is worked out from what they say: shares, ranks, directions, fidelity and stability by hand."""

import numpy as np
import pytest
from samples.golden import table
from scipy.stats import rankdata

from interpretability.follow_up.explaining import explanation_of

DATA = table()
ROWS = np.arange(12)
COLUMNS = ("age", "income", "region")


@pytest.fixture(scope="module")
def explained():
    age, income = (DATA.features[name].to_numpy()[ROWS] for name in ("age", "income"))
    attributions = {
        "additive surrogate": np.column_stack([2 * age, -income, np.full(12, 0.1)]),
        "SHAP": np.column_stack([age, 0.5 * income, np.full(12, 0.4)]),
    }
    methods = {"permutation importance": np.array([0.3, 0.1, 0.0])}
    methods |= {name: np.abs(parts).mean(axis=0) for name, parts in attributions.items()}
    row = explanation_of(
        DATA, "random forest", "splines", COLUMNS, ROWS, methods, attributions, 0.87654,
        {"black": 0.61236, "glass": float("nan")}, ["a note"],
    )  # fmt: skip
    return methods, row


def ranks(a, b):
    return np.corrcoef(rankdata(a), rankdata(b))[0, 1]


def test_every_line_of_the_table_is_as_by_hand(explained):
    methods, row = explained
    lines = dict(row.tables[0].rows)
    names = list(methods)
    expected = {
        "fidelity: share of the variance of its log-odds that the additive surrogate reproduces (random forest)": 0.877,
        **{
            f"rank agreement of {a} and {b}": round(ranks(methods[a], methods[b]), 3)
            for place, a in enumerate(names)
            for b in names[place + 1 :]
        },
        # both say that age rises; one that income falls, one that it rises; a text has no direction
        "same direction in additive surrogate and SHAP, for the strongest features": 0.5,
        "stability over refits: rank agreement of the importances of the random forest": 0.612,
        "stability over refits: rank agreement of the importances of the splines": None,
    }
    assert lines.keys() == expected.keys()
    for words, value in expected.items():
        assert lines[words] == (value if value is None else pytest.approx(value)), words
    assert row.notes == ("a note",)


def test_the_bars_are_shares_of_each_way_strongest_first(explained):
    methods, row = explained
    drawn = row.figures[0].spec["data"]["values"]
    shares = {name: values / values.sum() for name, values in methods.items()}
    order = np.argsort(-sum(shares.values()))
    expected = [(COLUMNS[place], name, shares[name][place]) for place in order for name in methods]
    assert [(value["label"], value["group"]) for value in drawn] == [line[:2] for line in expected]
    assert [value["value"] for value in drawn] == pytest.approx([line[2] for line in expected])
