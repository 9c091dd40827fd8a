"""Every size is scored on the same folds, and drawn against qubits and against depth."""

from lab.data.load import load, sample_rows
from lab.work.resume import run_plan_here
from quantum.lab import LAB
from quantum.settings import Settings
from quantum.sizes import section
from quantum.sizes.trials import size_key


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


def test_no_size_is_scored_where_the_sweep_has_no_folds():
    context = LAB.context(load("loans"), Settings(sweep=0), seed=1)
    assert section.plan(context) == ()
    assert section.evidence(context, {}).figures == ()
