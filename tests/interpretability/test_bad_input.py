"""What users hand in: one clear sentence, or a correct run. Nothing in between."""

import json

import numpy as np
import pandas as pd
import pytest
from samples.here import in_this_process
from samples.less_work import few_rounds, with_small_follow_up, without_doubts

from interpretability.models import classifiers
from lab.data.load import load
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING

RUN = ("run", "interpretability")
FAST = ("--folds", "2", "--repeats", "1", "--candidates", "1", "--depth", "verdict", "--workers", "1", "--quiet")


def refused(lab, *words, says):
    called = lab(*RUN, *words)
    assert called.code == 2, called.err
    assert len(called.err.strip().splitlines()) == 1, called.err
    for part in says:
        assert part in called.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--privacy", "0"), ["privacy is 0", "above 0"]),
        (("--privacy", "1,-2"), ["privacy is -2", "above 0"]),
        (("--privacy", "abc"), ["privacy is 'abc'", "a number"]),
        (("--privacy", "1,1"), ["privacy names 1 twice"]),
        (("--parts", "0"), ["parts is 0", "at least 1"]),
        (("--parts", "2.5"), ["parts is '2.5'", "a whole number"]),
        (("--depth", "deep"), ["depth is 'deep'", "full, verdict"]),
    ],
)
def test_an_impossible_setting_is_refused(lab, table, words, says):
    refused(lab, table(), "--target", "churn", *words, says=says)


def test_a_target_of_3000_texts_is_refused(lab, table):
    path = table(n_rows=3_000, who=[f"n{value}" for value in range(3_000)])
    refused(lab, path, "--target", "who", says=["'who'", "3,000 different values", "2 to 20 classes", "another column"])
    refused(lab, path, "--target", "who", "--task", "number", says=["'who' holds text", "needs numbers"])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["one"] * 60, ["'place'", "it is constant (one)"]),
        ([f"g{i % 30}" for i in range(60)], ["group column 'place' has 30 different values", "at most 20"]),
    ],
)
def test_a_group_column_that_cannot_tell_groups_apart_is_refused(lab, table, values, says):
    pytest.importorskip("fairlearn")
    refused(lab, table(place=values), "--target", "churn", "--groups", "place", *FAST, says=says)


def test_a_group_column_of_500_values_is_refused(lab, table):
    pytest.importorskip("fairlearn")
    path = table(n_rows=1_000, place=[f"g{i % 500}" for i in range(1_000)])
    refused(lab, path, "--target", "churn", "--groups", "place", *FAST, says=["has 500 different values", "at most 20"])


@pytest.mark.slow
def test_hostile_names_200_categories_and_a_category_of_one_row_run_through(lab, tmp_path, table, monkeypatch):
    in_this_process(monkeypatch)
    with_small_follow_up(monkeypatch)
    kept = tuple(f for f in classifiers.glass(2, 6).families if f.name in ("logistic", "ebm-pairs", "scorecard"))
    monkeypatch.setattr(classifiers, "glass", lambda n_classes, n_columns: Group("glass", "readable model", kept))
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (few_rounds(BOOSTING),)))
    rng = np.random.default_rng(1)
    rows = 480
    path = table(
        n_rows=rows,
        **{
            "<script>alert(1)</script>": rng.normal(size=rows),
            "=cmd()": rng.choice(["x", "y"], rows),
            "many": [f"c{i % 200}" for i in range(rows)],
            "rare": ["once", *["a", "b"] * 239, "a"],
        },
    )
    called = lab(*RUN, path, "--target", "churn", *FAST[:6], "--workers", "1", "--json", "--quiet")
    assert called.code == 0, called.err
    found = json.loads(called.out)
    page = (tmp_path / found["report"]).read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "=cmd()" in page
    assert "is once" not in page, "a category of one row names a person"
    assert ">once<" not in page
    record = json.loads((tmp_path / found["record"]).read_text(encoding="utf-8"))
    assert record["trials"]["failed"] == {}


@pytest.mark.slow
def test_500_columns_run_through(lab, tmp_path, table, monkeypatch):
    in_this_process(monkeypatch)
    without_doubts(monkeypatch)
    whole = classifiers.glass(2, 500)
    assert "ebm-pairs" not in [family.name for family in whole.families], "124,750 pairs are too many to look at"
    kept = tuple(f for f in whole.families if f.name in ("logistic", "splines", "scorecard"))
    monkeypatch.setattr(classifiers, "glass", lambda n_classes, n_columns: Group("glass", "readable model", kept))
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (few_rounds(BOOSTING),)))
    rng = np.random.default_rng(2)
    path = table(n_rows=60, **{f"x{i}": rng.normal(size=60).round(3) for i in range(500)})
    called = lab(*RUN, path, "--target", "churn", *FAST, "--json")
    assert called.code == 0, called.err
    record = json.loads((tmp_path / json.loads(called.out)["record"]).read_text(encoding="utf-8"))
    assert record["trials"]["failed"] == {}


@pytest.mark.filterwarnings("ignore:Missing values detected")  # of the boosting machine's own pictures
@pytest.mark.parametrize(
    "family", [*classifiers.glass(2, 7).families, *classifiers.black().families], ids=lambda f: f.name
)
def test_every_family_answers_a_category_that_training_never_saw_and_a_row_of_nothing(family):
    loans = load("loans")
    features = loans.features.iloc[:200]
    model = family.build(features, 0).fit(features, loans.target[:200])
    unseen = features.iloc[:3].assign(region="never seen", employment="never seen")
    nothing = features.iloc[:1].copy()
    for name, kind in loans.kinds.items():
        nothing[name] = "" if kind == "category" else np.nan
    said = model.predict_proba(pd.concat([unseen, nothing], ignore_index=True))
    assert np.isfinite(said).all()
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-6)
