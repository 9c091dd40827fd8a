"""Columns that give the target away are asked about, with what is left without them; others are not."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lab.data.load import check
from lab.doubts import doubts_about
from lab.learning.giveaways import giveaways

N = 400


def dataset(target=None, **columns):
    rng = np.random.default_rng(1)
    made = {"a": rng.normal(size=N), "b": rng.normal(size=N), **columns}
    y = (made["a"] + rng.normal(size=N) > 0) if target is None else target
    return check(
        pa.table({**made, "y": pa.array(np.where(y, "yes", "no") if y.dtype == bool else y)}),
        "y",
        name="t",
        content=b"",
    )


def label():
    rng = np.random.default_rng(1)
    a, _ = rng.normal(size=N), rng.normal(size=N)
    return a + rng.normal(size=N) > 0


def amounts(where):
    return pa.array([float(i % 83) if there else None for i, there in enumerate(where)])


def flipped(y, n):
    other = y.copy()
    other[np.random.default_rng(5).choice(N, n, replace=False)] ^= True
    return other


@pytest.mark.parametrize("wrong", [0, 12])
@pytest.mark.parametrize("kind", ["number", "date", "text"])
def test_a_column_that_is_filled_for_one_class_is_asked_about(wrong, kind):
    where = flipped(label(), wrong)
    values = amounts(where)
    if kind == "date":
        values = values.cast(pa.int32()).cast(pa.date32())
    if kind == "text":
        values = pa.array([f"reason {i % 7}" if there else None for i, there in enumerate(where)])
    (asked,) = giveaways(dataset(refund=values), seed=0)
    said = f"has values {'almost ' if wrong else ''}only in rows of one class"
    if kind == "text" and not wrong:
        said = "alone gives the target away in every row"
    assert asked.seen == f"column 'refund' {said}"
    assert not asked.is_firm
    assert "--drop refund" in asked.way_out
    assert "make sure that it is known when a prediction is made" in asked.way_out


def test_what_is_left_without_the_column_is_said():
    (asked,) = giveaways(dataset(refund=amounts(label())), seed=0)
    with_, without = (int(word) for word in asked.sentence.split() if word.isdigit())
    assert with_ > 60
    assert without < 45, "the other column alone says a third"


def test_a_category_that_names_a_class_is_asked_about():
    y = label()
    places = np.where(y, "closed", np.array(["north", "south", "east"])[np.arange(N) % 3])
    (asked,) = giveaways(dataset(status=places), seed=0)
    assert asked.seen == "column 'status' alone gives the target away in every row"
    some = np.where(flipped(y, 12), "closed", np.array(["north", "south", "east"])[np.arange(N) % 3])
    (asked,) = giveaways(dataset(status=some), seed=0)
    assert asked.seen == "column 'status' has a value that names one of the classes"


def test_a_number_that_is_the_sum_of_columns_is_told():
    rng = np.random.default_rng(2)
    parts = {name: rng.normal(size=N) for name in ("reading", "maths")}
    found = dataset(target=parts["reading"] + 2 * parts["maths"] + 5, **parts)
    (asked,) = giveaways(found, seed=0)
    assert asked.seen == "the target is exactly a weighted sum of the columns 'reading' and 'maths'"
    near = dataset(target=parts["reading"] + 2 * parts["maths"] + 0.2 * rng.normal(size=N), **parts)
    assert all("exactly" not in each.sentence for each in giveaways(near, seed=0))


def test_several_are_named_together():
    (asked,) = giveaways(dataset(refund=amounts(label()), fee=amounts(flipped(label(), 5))), seed=0)
    assert "the columns 'refund' and 'fee' each give the target away" in asked.sentence
    assert "--drop refund --drop fee" in asked.way_out


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_asked_of_honest_columns(seed):
    rng = np.random.default_rng(100 + seed)
    y = label()
    holes = pa.array([None if rng.random() < 0.4 else float(x) for x in rng.normal(size=N)])
    levels = rng.choice(["u", "v", "w"], N, p=[0.5, 0.3, 0.2])
    more = np.where(
        y & (rng.random(N) < 0.6), "often", levels
    )  # a level that goes with a class, and with the other one too
    assert giveaways(dataset(holes=holes, levels=levels, more=more), seed=seed) == ()


def test_a_score_that_is_too_good_asks_how_the_strongest_column_was_known():
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=N), rng.normal(size=N)
    found = dataset(target=np.sign(one) * 5 + np.sign(other) + 0.01 * one, one=one, other=other)
    (asked,) = giveaways(found, seed=0)
    assert "most of it by column 'one'" in asked.sentence


def test_the_first_screen_asks(tmp_path):
    found = dataset(
        refund=amounts(label()), remark=pd.Series([f"word{i} and four more words{i}" for i in range(N)]).to_numpy()
    )
    questions = doubts_about(found, found, seed=0).questions
    assert any("refund" in question for question in questions)
    assert any("column 'remark' holds free text, which is not used" in question for question in questions)
    assert doubts_about(found, found, seed=0).reasons == ()
