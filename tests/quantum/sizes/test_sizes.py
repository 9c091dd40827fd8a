"""Every size is scored on the same folds, and drawn against qubits and against depth."""

import pytest
from oracles import intervals
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.work.resume import run_plan_here
from quantum.lab import LAB
from quantum.models.families import variational
from quantum.settings import Settings
from quantum.sizes import section
from quantum.sizes.trials import score_size, size_key


def test_a_sweep_scores_every_size_on_the_same_folds():
    context = LAB.context(sample_rows(load("loans"), 100, 0), Settings(qubits=3, folds=2, sweep=2, steps=10), seed=1)
    plan = section.plan(context)
    assert len({trial.seed for trial in plan}) == 1
    rows = run_plan_here(plan, context.dataset).rows
    assert sorted((row.qubits, row.layers) for row in rows.values()) == [
        (1, 2), (3, 1), (3, 2), (3, 3), (3, 4), (3, 6),
    ]  # fmt: skip
    assert size_key(3, 6).found(rows).layers == 6
    found = section.evidence(context, rows)
    assert [figure.title for figure in found.figures] == ["Score against qubits", "Score against depth"]
    drawn = [[value["label"] for value in figure.spec["data"]["values"]] for figure in found.figures]
    assert [set(names) for names in drawn] == [{"1", "3"}, {"1", "2", "3", "4", "6"}]
    assert all(0 <= score <= 1 for row in rows.values() for score in row.scores)


def test_a_size_is_scored_by_the_metric_of_the_run_on_the_folds_of_its_seed():
    dataset = sample_rows(load("loans"), 60, 0)
    row = score_size(dataset, seed=3, qubits=2, layers=1, folds=2, steps=5, scorer="roc_auc")
    model = variational(2, 5, (2,), "quantum").build(dataset.features, 3).set_params(model__n_layers=1)
    expected = []
    for train, test in StratifiedKFold(2, shuffle=True, random_state=3).split(dataset.features, dataset.target):
        fitted = clone(model).fit(dataset.features.iloc[train], dataset.target[train])
        chances = fitted.predict_proba(dataset.features.iloc[test])[:, 1]
        expected.append(intervals.auc(chances, dataset.target[test] == 1))
    assert row.scores == pytest.approx(expected)
    assert (row.qubits, row.layers) == (2, 1)


def test_no_size_is_scored_where_the_sweep_has_no_folds():
    context = LAB.context(load("loans"), Settings(sweep=0), seed=1)
    assert section.plan(context) == ()
    assert section.evidence(context, {}).figures == ()
