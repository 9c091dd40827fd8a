"""A run that is finished is not computed a second time, unless that is asked for or it would be another one."""

import json

import pytest
from samples.here import in_this_process
from samples.small_lab import SmallLab

from lab import registry, report


@pytest.fixture
def call(lab, table, tmp_path, monkeypatch):
    """Run the small lab, which leaves a mark for each of its two trials; gives what was said and how many were computed."""
    in_this_process(monkeypatch)
    monkeypatch.setattr(
        report, "write", lambda record, path: path.write_text("a report") and ()
    )  # drawing takes seconds
    monkeypatch.setattr(registry, "find", lambda name: SmallLab())
    path, marks = table(), tmp_path / "marks"
    marks.mkdir()

    def run(*words):
        before = len(list(marks.iterdir()))
        called = lab("run", "small", path, "--target", "churn", "--independent", "--marks", marks, *words)
        assert called.code == 0, called.err
        return called, len(list(marks.iterdir())) - before

    return run


def test_a_finished_run_is_shown_and_not_computed_again(call, tmp_path):
    first, computed = call()
    assert computed == 2
    assert "already" not in first.err
    second, computed = call()
    assert (second.out, computed) == (first.out, 0)
    assert second.err.splitlines()[-1].startswith("this run is there already, from 20")
    assert "--again" in second.err
    assert len([path for path in (tmp_path / "runs").iterdir() if path.is_dir()]) == 1


def test_again_computes_it_anew_in_a_folder_of_its_own(call, tmp_path):
    first, _ = call()
    third, computed = call("--again", "--json")
    assert computed == 2
    assert json.loads(third.out)["record"] not in first.out
    newest, computed = call("--json", "--quiet")
    assert (json.loads(newest.out)["record"], newest.err, computed) == (json.loads(third.out)["record"], "", 0)


@pytest.mark.parametrize("words", [("--seed", "1"), ("--threshold", "0.7"), ("--drop", "b")])
def test_another_run_is_computed(call, words):
    call()
    assert call(*words)[1] == 2


def test_a_damaged_record_is_computed_anew(call, tmp_path):
    call()
    (stored,) = (tmp_path / "runs").glob("*/record.json")
    stored.write_text("{")
    assert call()[1] == 2
