"""A checkpoint of the user's takes part among the black boxes, and another content is another run."""

import dataclasses

import pytest
from samples.here import with_rows_once
from samples.less_work import few_trees, with_suspicions_once
from samples.safetensors_files import checkpoint

from interpretability.context import context_of
from interpretability.lab import LAB
from interpretability.models import classifiers
from interpretability.models.complexity import parts_to_read
from interpretability.settings import Settings
from interpretability.sides import finalists, price
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.job import job_of
from lab.learning.comparison import Group
from lab.learning.families import FOREST, LOGISTIC
from lab.learning.foundation.family import LABEL, family_of
from lab.settings import at_effort
from lab.testing import check_lab

FAST = Settings(folds=2, repeats=1, candidates=1, curve_rows=0, depth="verdict")


@pytest.fixture
def few_families(monkeypatch):
    with_rows_once(monkeypatch)
    with_suspicions_once(monkeypatch)
    readable = (dataclasses.replace(LOGISTIC, complexity=parts_to_read),)
    monkeypatch.setattr(classifiers, "glass", lambda n_classes, n_columns: Group("glass", "readable model", readable))
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (few_trees(FOREST),)))


def test_a_run_with_a_checkpoint_keeps_to_the_protocol_and_names_the_file(tmp_path, libraries, few_families):
    path = checkpoint(tmp_path / "mine.safetensors", licence="my own")
    settings = dataclasses.replace(FAST, checkpoint=str(path))
    data = sample_rows(load("loans"), 150, 0)
    record = check_lab(LAB, data, settings, tmp_path / "runs")
    tables = {table.title: {row[0]: row[1] for row in table.rows} for table in record.evidence.tables}
    assert LABEL in tables["All models"]
    about = tables["The checkpoint that was given"]
    assert (about["file"], about["licence of the file"]) == ("mine.safetensors", "my own")
    jobs = [job_of(LAB, data, settings, 0, ())]
    assert about["SHA-256"] in str(jobs[0].inputs.contents())
    checkpoint(path, value=2.0, licence="my own")
    jobs.append(job_of(LAB, data, settings, 0, ()))
    assert jobs[0].identity != jobs[1].identity, "another content is another run"
    assert at_effort(settings, "quick").checkpoint == str(path)


def test_what_answers_slowly_is_scored_and_averaged_but_not_asked_thousands_of_times(tmp_path, libraries):
    path = checkpoint(tmp_path / "mine.safetensors")
    context = context_of(
        sample_rows(load("loans"), 150, 0), dataclasses.replace(FAST, depth="full", checkpoint=str(path)), seed=0
    )
    slow = family_of(context.checkpoint)
    assert slow.answers_slowly
    assert slow.name in [family.name for family in context.black.families]
    (planned,) = finalists.plan(context)
    assert {"tabicl-fold00", "tabicl-fold01"} <= set(planned.needs)
    quick = price.quick_to_answer(context.black)
    assert [family.name for family in quick.families] == [
        family.name for family in context.black.families if family.name != "tabicl"
    ]
    assert quick.blends == (), "an average of it answers as slowly"
    assert price.quick_to_answer(context.glass) is context.glass
