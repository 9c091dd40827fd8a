"""What trials return, and nothing else, becomes the record; a run is taken up only where everything is the same."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
from samples.here import in_this_process
from samples.less_work import without_doubts, without_pictures
from samples.small_lab import Settings, SmallLab

from lab import flow, record
from lab.data.frames import from_arrays
from lab.errors import TrialsFailedError
from lab.runs import identity


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    for less in (in_this_process, without_doubts, without_pictures):
        less(monkeypatch)


def table(**changes):
    columns = {"a": np.arange(60.0) % 11, "b": np.arange(60.0) % 7}
    for name, (row, value) in changes.items():
        columns[name][row] = value
    return from_arrays("table", pd.DataFrame(columns), np.where(np.arange(60) % 3 == 0, "left", "right"))


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def calls(marks):
    return len(list(marks.iterdir()))


def test_the_record_holds_what_the_run_was_given_and_found(tmp_path, marks):
    settings = Settings(threshold=0.3, marks=str(marks))
    done = flow.run(SmallLab(), table(), settings, out=tmp_path / "runs", seed=7, command="lab run small", workers=1)
    found = record.read(done.folder)
    share = 20 / 60
    assert found.evidence.estimates["share"].value == pytest.approx(share)
    assert found.verdict.answer == "yes"
    assert found.settings == {"threshold": 0.3, "marks": str(marks), "broken": False, "seed": 7}
    assert found.data["classes"] == {"left": 20, "right": 40}
    assert (found.data["n_rows"], found.data["target"], found.data["digest"]) == (60, "label", table().digest)
    assert found.data["columns"] == {"a": "number", "b": "number"}
    assert found.trials == {"total": 2, "failed": {}}
    assert list(found.evidence.facts["seeds"]) == [7, 8]
    assert found.evidence.caveats == ("a caveat",)
    assert (found.run["command"], found.question.trend) == ("lab run small", "counting")
    higher = dataclasses.replace(settings, threshold=0.4)
    assert flow.run(SmallLab(), table(), higher, out=tmp_path / "runs", workers=1).record.verdict.answer == "no"
    assert flow.answer_here(SmallLab(), table(), settings, seed=7) == "yes"
    assert flow.answer_here(SmallLab(), table(), higher, seed=7) == "no"


def test_a_failed_trial_stands_first_among_the_caveats(tmp_path, marks):
    settings = Settings(marks=str(marks), broken=True)
    found = flow.run(SmallLab(), table(), settings, out=tmp_path / "runs", workers=1).record
    assert found.trials == {"total": 2, "failed": {"count-1": "ArithmeticError: the sum does not add up"}}
    assert found.evidence.caveats == (
        "1 of 2 trials failed and are missing from the evidence (count-1: ArithmeticError: the sum does not add up)",
        "a caveat",
    )


@pytest.fixture
def begun(tmp_path, marks):
    """A run that has its rows and no record yet; gives a way to run again, which says how many trials it ran."""
    settings = Settings(marks=str(marks))
    lab = SmallLab()
    lab.unfinished = True
    with pytest.raises(TrialsFailedError):
        flow.run(lab, table(), settings, out=tmp_path / "runs", seed=1, workers=1)
    assert calls(marks) == 2

    def again(dataset=None, *, seed=1, lab=None, **changes):
        before = calls(marks)
        flow.run(
            lab or SmallLab(), dataset or table(), dataclasses.replace(settings, **changes), out=tmp_path / "runs",
            seed=seed, workers=1,
        )  # fmt: skip
        return calls(marks) - before

    return again


def test_the_same_run_is_taken_up(begun):
    assert begun() == 0


def test_a_finished_run_is_not_taken_up_again(begun):
    begun()
    assert begun() == 2


def test_another_seed_is_another_run(begun):
    assert begun(seed=2) == 2


def test_another_seed_is_another_run_even_where_no_trial_is_given_it(tmp_path, marks):
    class Still(SmallLab):
        """Its trials draw nothing; the rows of the table, say, may have been drawn."""

        def context(self, dataset, settings, *, seed):
            return super().context(dataset, settings, seed=0)

    lab, settings = Still(), Settings(marks=str(marks))
    lab.unfinished = True
    for seed, ran in ((1, 2), (1, 2), (2, 4)):
        with pytest.raises(TrialsFailedError):
            flow.run(lab, table(), settings, out=tmp_path / "runs", seed=seed, workers=1)
        assert calls(marks) == ran


def test_rows_of_another_run_are_not_taken_for_this_one(begun, tmp_path, marks):
    mine = next((tmp_path / "runs").glob("*/trials"))
    lab = SmallLab()
    lab.unfinished = True
    with pytest.raises(TrialsFailedError):
        flow.run(lab, table(), Settings(marks=str(marks)), out=tmp_path / "runs", seed=2, workers=1)
    (other,) = set((tmp_path / "runs").glob("*/trials")) - {mine}
    shutil.copytree(other, mine, dirs_exist_ok=True)
    assert begun() == 2


def test_files_of_a_lab_lie_by_the_report(tmp_path, marks):
    class Keeping(SmallLab):
        def files(self, rows):
            return {"shares.txt": " ".join(f"{rows[key].share:.2f}" for key in sorted(rows)).encode()}

    done = flow.run(Keeping(), table(), Settings(marks=str(marks)), out=tmp_path / "runs", workers=1)
    assert (done.folder / "shares.txt").read_bytes() == b"0.33 0.67"
    assert (done.folder / "report.html").is_file()


def test_files_that_depend_on_what_was_found_lie_there_too(tmp_path, marks):
    class Choosing(SmallLab):
        def files(self, rows):
            return {"all.txt": str(len(rows)).encode()}

        def chosen_files(self, evidence, rows):
            return {"chosen.txt": f"{len(evidence.estimates)} of {len(rows)}".encode()}

    done = flow.run(Choosing(), table(), Settings(marks=str(marks)), out=tmp_path / "runs", workers=1)
    assert (done.folder / "all.txt").read_bytes() == b"2"
    assert (done.folder / "chosen.txt").read_text() == f"{len(done.record.evidence.estimates)} of 2"


def test_another_setting_is_another_run(begun):
    assert begun(threshold=0.6) == 2


@pytest.mark.parametrize("cell", [("a", 3, -1.0), ("b", 59, 100.0)])
def test_another_cell_of_the_table_is_another_run(begun, cell):
    column, row, value = cell
    assert begun(table(**{column: (row, value)})) == 2


def test_another_lab_is_another_run(begun):
    other = SmallLab()
    other.name = "other"
    assert begun(lab=other) == 2


def test_another_version_of_a_package_is_another_run(begun, monkeypatch):
    code = identity.code_of([SmallLab.__module__])
    other = code | {"packages": {**code["packages"], "numpy": "0.0.1"}}
    monkeypatch.setattr(identity, "code_of", lambda modules: other)
    assert begun() == 2
