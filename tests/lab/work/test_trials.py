"""A plan is worked off whatever happens to its trials; nothing that was done is lost."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from samples import processes, trial_functions

from lab.protocol import Trial
from lab.work import workers
from lab.work.resume import run_plan, run_plan_here


def calls(folder, seed):
    return len(list(folder.glob(f"{seed}-*")))


@pytest.fixture
def marks(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))  # for what trials start
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.fixture
def interrupts():
    """Have an interrupt raise here, as in a program that was started in the foreground: in the background it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_processes_give_the_very_rows_that_this_process_gives(tmp_path):
    plan = [Trial(f"t{i}", trial_functions.draw, {"count": 5}, seed=i) for i in range(5)]
    apart = run_plan(plan, None, tmp_path, workers=2).rows
    here = run_plan_here(plan, None).rows
    assert list(apart) == list(here)
    for key in apart:
        np.testing.assert_array_equal(apart[key]["numbers"], here[key]["numbers"])


def test_stored_trials_are_not_run_again_and_keep_their_rows(tmp_path, marks):
    plan = [Trial(f"t{i}", trial_functions.count_calls, {"folder": str(marks)}, seed=i) for i in range(3)]
    run_plan(plan[:2], None, tmp_path / "rows", workers=1)
    seen = []
    results = run_plan(plan, None, tmp_path / "rows", workers=1, watch=seen.append)
    assert [calls(marks, i) for i in range(3)] == [1, 1, 1]
    assert results.rows["t0"] == {"seed": 0}
    assert (seen[0].done, seen[0].resumed, seen[-1].done, seen[-1].total) == (2, 2, 3, 3)


def test_a_damaged_row_is_run_again(tmp_path, marks):
    plan = [Trial("t", trial_functions.count_calls, {"folder": str(marks)}, seed=0)]
    run_plan(plan, None, tmp_path / "rows", workers=1)
    (tmp_path / "rows" / "t.json").write_text('{"seed": ')
    assert run_plan(plan, None, tmp_path / "rows", workers=1).rows["t"] == {"seed": 0}
    assert calls(marks, 0) == 2


def test_a_worker_that_dies_is_tried_once_more_and_takes_nothing_else_down(tmp_path, marks):
    where = {"folder": str(marks)}
    plan = [Trial("killer", trial_functions.die, where, seed=99)]
    plan += [Trial(f"t{i}", trial_functions.count_calls, where, seed=i) for i in range(12)]
    results = run_plan(plan, None, tmp_path / "rows", workers=2)
    assert list(results.failures) == ["killer"]
    assert "died twice" in results.failures["killer"]
    assert calls(marks, 99) == 2
    assert sorted(results.rows) == sorted(f"t{i}" for i in range(12))


def test_a_neighbour_of_a_dying_worker_is_not_blamed(tmp_path, marks):
    where = {"folder": str(marks)}
    plan = [
        Trial("killer", trial_functions.die, where, seed=99),
        Trial("slow", trial_functions.wait, where | {"seconds": 1.0}, seed=1),
    ]
    results = run_plan(plan, None, tmp_path / "rows", workers=2)
    assert list(results.failures) == ["killer"]
    assert results.rows["slow"] == {"seed": 1}


def test_a_worker_that_dies_once_succeeds_the_second_time(tmp_path, marks):
    results = run_plan(
        [Trial("t", trial_functions.die_once, {"folder": str(marks)}, seed=5)], None, tmp_path / "rows", workers=2
    )
    assert results.rows["t"] == {"seed": 5}
    assert not results.failures


def test_a_failed_trial_is_reported_with_its_reason_logged_and_tried_again_next_time(tmp_path, caplog):
    plan = [Trial("bad", trial_functions.fail), Trial("good", trial_functions.draw)]
    with caplog.at_level(logging.ERROR, "lab"):
        results = run_plan(plan, None, tmp_path, workers=1)
    assert results.failures == {"bad": "ArithmeticError: the sum does not add up"}
    assert "Traceback" in caplog.text
    assert list(results.rows) == ["good"]
    assert not list(tmp_path.glob("bad*"))


def test_warnings_of_a_trial_reach_the_log_and_nothing_else(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "lab"):
        results = run_plan([Trial("t", trial_functions.warn)], None, tmp_path, workers=1)
    assert results.rows["t"] == {"seed": 0}
    assert "RuntimeWarning: something is odd" in caplog.text


def test_a_row_that_json_cannot_hold_is_a_failure_of_its_trial_only(tmp_path):
    results = run_plan(
        [Trial("nan", trial_functions.give_nan), Trial("good", trial_functions.draw)], None, tmp_path, workers=1
    )
    assert list(results.failures) == ["nan"]
    assert list(results.rows) == ["good"]


def test_a_trial_is_given_the_rows_that_it_needs(tmp_path):
    plan = [
        Trial("a", trial_functions.draw, seed=3),
        Trial("b", trial_functions.draw, seed=4),
        Trial("sum", trial_functions.add_up, needs=("a", "b")),
    ]
    assert run_plan(plan, None, tmp_path, workers=2).rows["sum"] == {"sum": 7}
    assert run_plan_here(plan, None).rows["sum"] == {"sum": 7}


def test_a_trial_whose_need_failed_says_which(tmp_path):
    plan = [
        Trial("a", trial_functions.fail),
        Trial("sum", trial_functions.add_up, needs=("a",)),
        Trial("more", trial_functions.add_up, needs=("sum",)),
    ]
    for results in (run_plan(plan, None, tmp_path, workers=1), run_plan_here(plan, None)):
        assert results.failures["sum"] == "it needs a, which failed"
        assert results.failures["more"] == "it needs sum, which failed"


def test_nothing_runs_beside_an_exclusive_trial(tmp_path):
    plan = [Trial(f"e{i}", trial_functions.span, {"seconds": 0.3}, seed=i, exclusive=True) for i in range(2)]
    plan += [Trial(f"s{i}", trial_functions.span, {"seconds": 0.3}, seed=i) for i in range(4)]
    rows = run_plan(plan, None, tmp_path, workers=2).rows
    for alone in ("e0", "e1"):
        for other in rows:
            if other != alone:
                assert rows[other]["end"] <= rows[alone]["start"] or rows[other]["start"] >= rows[alone]["end"]


def test_a_plan_with_a_key_twice_or_a_need_that_comes_later_is_refused(tmp_path):
    with pytest.raises(ValueError, match="two trials have the key 't'"):
        run_plan([Trial("t", trial_functions.draw), Trial("t", trial_functions.draw)], None, tmp_path, workers=1)
    with pytest.raises(ValueError, match="does not come before it"):
        run_plan_here([Trial("t", trial_functions.add_up, needs=("u",)), Trial("u", trial_functions.draw)], None)


def test_what_is_damaged_is_said_and_computed_again_and_what_needed_it_too(tmp_path, marks, caplog):
    where = {"folder": str(marks)}
    plan = [Trial(f"t{i}", trial_functions.count_calls, where, seed=i) for i in range(4)]
    plan.append(Trial("sum", trial_functions.add_up, needs=("t0", "t1")))
    run_plan(plan, None, tmp_path / "rows", workers=1)
    for key in ("t0", "t3"):
        content = bytearray((tmp_path / "rows" / f"{key}.json").read_bytes())
        content[-20] ^= 1
        (tmp_path / "rows" / f"{key}.json").write_bytes(content)
    notes, seen = [], []
    with caplog.at_level(logging.WARNING, "lab"):
        results = run_plan(plan, None, tmp_path / "rows", workers=1, watch=seen.append, notify=notes.append)
    assert notes == ["2 stored trials are damaged and will be recomputed (t0, t3); see log.txt"]
    assert "trial t0 is computed again: t0.json is not as it was written" in caplog.text
    assert seen[0].resumed == 2, "t1 and t2: the sum goes with what it was made of"
    assert [calls(marks, i) for i in range(4)] == [2, 1, 1, 2]
    assert results.rows["sum"] == {"sum": 1}


def test_a_dependent_does_not_come_back_after_a_kill_in_between(tmp_path, marks):
    where = {"folder": str(marks)}
    plan = [Trial("t", trial_functions.count_calls, where, seed=3), Trial("sum", trial_functions.add_up, needs=("t",))]
    run_plan(plan, None, tmp_path / "rows", workers=1)
    (tmp_path / "rows" / "t.json").unlink()
    with pytest.raises(KeyboardInterrupt):
        run_plan(plan, None, tmp_path / "rows", workers=1, watch=interrupt_after(1))
    seen = []
    run_plan(plan, None, tmp_path / "rows", workers=1, watch=seen.append)
    assert seen[0].resumed == 1


def interrupt_after(done):
    def watch(progress):
        if progress.done >= done:
            raise KeyboardInterrupt

    return watch


def test_rows_of_another_run_are_not_taken(tmp_path, marks):
    plan = [Trial("t", trial_functions.count_calls, {"folder": str(marks)}, seed=0)]
    run_plan(plan, None, tmp_path / "rows", workers=1, run="one")
    run_plan(plan, None, tmp_path / "rows", workers=1, run="one")
    assert calls(marks, 0) == 1
    run_plan(plan, None, tmp_path / "rows", workers=1, run="other")
    assert calls(marks, 0) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["processor", "cores", "memory_gib", "system"])
def test_timings_of_another_machine_are_measured_again_and_other_rows_are_kept(tmp_path, marks, monkeypatch, name):
    where = {"folder": str(marks)}
    plan = [
        Trial("shared", trial_functions.count_calls, where, seed=1),
        Trial("alone", trial_functions.count_calls, where, seed=2, exclusive=True),
    ]
    plan.append(Trial("sum", trial_functions.add_up, needs=("alone",)))
    here = {"processor": "one", "cores": 2, "memory_gib": 1.5, "system": "s"}
    monkeypatch.setattr("lab.work.resume.fingerprint", lambda: here)
    first = run_plan(plan, None, tmp_path / "rows", workers=1)
    assert set(map(str, first.machines.values())) == {str(here)}
    there = here | {name: None}
    monkeypatch.setattr("lab.work.resume.fingerprint", lambda: there)
    notes, seen = [], []
    again = run_plan(plan, None, tmp_path / "rows", workers=1, watch=seen.append, notify=notes.append)
    assert [calls(marks, i) for i in (1, 2)] == [1, 2]
    assert notes == ["1 timing is from another machine and will be repeated (alone)"]
    assert again.machines == {"shared": here, "alone": there, "sum": there}
    run_plan(plan, None, tmp_path / "rows", workers=1)
    assert [calls(marks, i) for i in (1, 2)] == [1, 2]


def test_after_the_death_of_a_worker_no_two_measurements_run_at_once(tmp_path, marks):
    plan = [Trial("t", trial_functions.measure_apart, {"folder": str(marks), "seconds": 1.0}, seed=7, exclusive=True)]
    results = run_plan(plan, None, tmp_path / "rows", workers=2)
    assert results.rows["t"] == {"seed": 7}
    began = sorted(marks.glob("began-*"), key=lambda path: float(path.read_text()))
    assert len(began) == 2
    alive = marks / began[0].name.replace("began", "alive")  # not there where it died before it could write
    last = float((alive if alive.exists() else began[0]).read_text())
    assert last < float(began[1].read_text()), "the first measurement is over before the second begins"


def test_what_cannot_be_sent_to_a_worker_is_a_failure_of_its_trial_only(tmp_path):
    plan = [
        Trial("no", trial_functions.draw, {"count": lambda: 3}),
        Trial("half", trial_functions.take, {"value": trial_functions.NeedsItsClass()}),
    ]
    plan += [Trial(f"good-{i}", trial_functions.draw, seed=i) for i in range(3)]
    results = run_plan(plan, None, tmp_path, workers=2)
    assert set(results.failures) == {"no", "half"}
    assert "ValueError" in results.failures["half"]
    assert list(results.rows) == ["good-0", "good-1", "good-2"]


def test_what_killed_processes_left_in_the_folder_for_temporary_files_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "future-tech-lab-1-a").mkdir()
    (tmp_path / "future-tech-lab-1-a" / "rows.npz").touch()
    (tmp_path / "future-tech-lab-1-a.lock").touch()
    run_plan([Trial("t", trial_functions.draw)], None, tmp_path / "rows", workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


def test_temporary_files_of_trials_go_with_the_plan(tmp_path):
    row = run_plan([Trial("t", trial_functions.leave_temporary_file)], None, tmp_path / "rows", workers=1).rows["t"]
    assert row["name"].startswith(str(tmp_path / "rows"))
    assert row["name"].startswith(row["of_children"])
    assert sorted(path.name for path in (tmp_path / "rows").iterdir()) == ["t.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interrupt_leaves_no_worker_and_no_process_that_a_worker_started(tmp_path, marks, interrupts):
    plan = [
        Trial(f"t{i}", trial_functions.measure_apart, {"folder": str(marks), "seconds": 60.0}, seed=i) for i in range(2)
    ]
    (marks / "began-before").write_text("0")  # so that no worker dies over it
    before = set(processes.children(os.getpid()))

    def interrupt():
        processes.wait_until(lambda: len(list(marks.glob("alive-*"))) == 2)
        os.kill(os.getpid(), signal.SIGINT)

    waiting = threading.Thread(target=interrupt)
    waiting.start()
    with pytest.raises(KeyboardInterrupt):
        run_plan(plan, None, tmp_path / "rows", workers=2)
    waiting.join()
    measuring = [int(path.name.partition("-")[2]) for path in marks.glob("alive-*")]
    assert len(measuring) == 2
    assert processes.gone(measuring, 5)
    assert {child for child in set(processes.children(os.getpid())) - before if b"spawn_main" in _line(child)} == set()
    assert list((tmp_path / "rows").iterdir()) == []


def _line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_what_waited_begins_while_others_of_the_first_are_still_at_work(tmp_path, marks):
    where = {"folder": str(marks)}
    plan = [
        Trial("a", trial_functions.count_calls, where, seed=0),
        Trial("long", trial_functions.wait_for_mark_of, where | {"other": 2}, seed=1),
        Trial("b", trial_functions.mark_with, where, seed=2, needs=("a",)),
    ]
    results = run_plan(plan, None, tmp_path / "rows", workers=2)
    assert results.failures == {}
    assert results.rows["b"] == {"seed": 2, "needed": ["a"]}
    assert list(results.rows) == ["a", "long", "b"]


def test_ctrl_c_does_not_reach_a_process_that_is_starting():
    worker = workers._Worker(None, None)
    os.kill(worker._process.pid, signal.SIGINT)
    worker.send((Trial("t", trial_functions.draw, {"count": 4}, seed=1), {}))
    found = worker.outcome()
    worker.end()
    assert found is not None
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_what_a_trial_starts_may_be_interrupted(tmp_path):
    found = run_plan([Trial("t", trial_functions.held_back)], None, tmp_path, workers=1)
    assert found.rows["t"] == {"numbers": []}
