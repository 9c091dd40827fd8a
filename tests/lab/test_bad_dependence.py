"""A wrong --by or --time is refused in one sentence with exit code 2, and nothing is written; a right one is planned."""

import numpy as np
import pytest

from lab.data.load import load
from lab.job import job_of
from lab.learning.families import LOGISTIC
from lab.learning.folds import all_folds
from lab.learning.outer import score_fold
from lab.registry import find
from lab.settings import make

N = 120
ROWS = np.arange(N)
CLASS = np.where(ROWS % 2 == 1, "yes", "no")
WHO = np.random.default_rng(0).integers(0, 24, N)


def written(table, columns):
    return table(n_rows=N, **{name: list(values) for name, values in columns.items()})


@pytest.mark.parametrize(
    ("columns", "words", "says"),
    [
        ({"g": ["k"] * N}, "--by g", ["'g' (--by) has one value", "choose another column"]),
        ({"g": [f"k{i}" for i in ROWS]}, "--by g", ["another value in every row", "--independent"]),
        ({"g": [f"k{i}" if i % 3 else "" for i in ROWS]}, "--by g", ["another value in every row"]),
        ({"g": [""] * N}, "--by g", ["every value of the column 'g' (--by) is missing"]),
        ({"g": ROWS % 14}, "--by g", ["'g' has 14 different values", "fewer than the 15 that 5 folds", "--folds"]),
        ({"g": WHO > 11}, "--by g", ["'g' has 2 different values", "--folds"]),
        (
            {"g": [i if i % 2 else 999 for i in ROWS]},
            "--by g",
            ["class 'no'", "60 row(s) in only 1 value(s) of 'g'", "merge classes"],
        ),
        ({}, "--by churn", ["'churn' is the target", "choose another column"]),
        ({}, "--time churn", ["'churn' is the target", "in which order rows came", "choose another column"]),
        ({"g": WHO}, "--by g --drop g", ["'g' is dropped", "leave out one of the two"]),
        ({"customer": WHO}, "--by custmer", ["no column 'custmer'", "did you mean 'customer'?"]),
        ({"g": np.random.default_rng(0).normal(size=N)}, "--by g", ["another value in every row"]),
        ({"t": [f"k{i}" for i in WHO]}, "--time t", ["'t' (--time) holds text", "2026-11-30"]),
        ({"t": WHO > 11}, "--time t", ["'t' (--time) holds true and false"]),
        ({"t": [3] * N}, "--time t", ["the same value in every row"]),
        ({"t": ["" if i % 9 == 0 else i for i in ROWS]}, "--time t", ["missing in 14 of 120 rows", "leave these rows out"]),
        ({"t": [""] * N}, "--time t", ["missing in 120 of 120 rows"]),
        ({"t": ROWS % 11}, "--time t", ["'t' has 11 different values", "fewer than the 12 that 5 folds", "--folds"]),
        ({"t": [float("inf") if i == 25 else i for i in ROWS]}, "--time t", ["infinite", "data row 26"]),
        ({"t": np.argsort(np.argsort(CLASS, kind="stable"))}, "--time t", ["class 'yes' has 0 row(s) to train on in fold 1"]),
        ({"t": ROWS, "churn": np.where(ROWS < 108, CLASS, "late")}, "--time t", ["class 'late' has 0 row(s)", "fold 1 of 5"]),
        ({"g": WHO}, "--independent --by g", ["--independent says", "--by says", "leave one of them out"]),
        ({"g": WHO}, "--independent --time g", ["--independent says", "--time says", "leave one of them out"]),
    ],
)  # fmt: skip
def test_what_cannot_say_how_rows_belong_together_is_refused(lab, tmp_path, table, columns, words, says):
    path = written(table, columns)
    called = lab("run", "interpretability", path, "--target", "churn", *words.split(), "--quiet")
    assert (called.code, called.out, len(called.err.strip().splitlines())) == (2, "", 1), called.err
    for part in says:
        assert part in called.err
    assert not (tmp_path / "runs").exists(), "something was written"


@pytest.mark.parametrize("name", ["interpretability", "edge", "quantum"])
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"g": [f"k{w}" if i % 3 else "" for i, w in enumerate(WHO)]}, {"by": "g"}),
        ({"g": WHO / 7}, {"by": "g"}),
        ({"g": [f"2024-01-{1 + w:02d}" for w in WHO]}, {"by": "g"}),
        ({"g": [f"{y}{w}" for y, w in zip(CLASS, WHO, strict=True)]}, {"by": "g"}),
        ({"t": ROWS // 8}, {"time": "t"}),
        ({"t": [f"2024-01-{1 + w:02d}" for w in WHO]}, {"time": "t"}),
        ({"t": ROWS, "g": ROWS // 4}, {"time": "t", "by": "g"}),
        ({"g": WHO}, {"independent": True}),
    ],
    ids=["missing values", "floats", "dates", "a class each", "ties", "days", "both", "independent"],
)
def test_what_can_say_so_is_planned_by_every_lab_and_every_fold_can_be_scored(table, name, columns, said):
    dataset = load(str(written(table, columns)), "churn", **said)
    lab = find(name)
    settings = make(lab.settings_type, {"effort": "quick"})
    job = job_of(lab, dataset, settings, 0, [])
    assert job.plan
    if name == "interpretability":
        for fold in all_folds(settings.folds, 1, 0):
            row = score_fold(job.dataset, seed=0, family=LOGISTIC, fold=fold, scorer="roc_auc", candidates=2)
            assert np.isfinite(row.score)
