"""A plan is worked off whatever happens to its trials; nothing that was done is lost."""

import logging

import numpy as np
import pytest
from samples import trial_functions as work

from lab.protocol import Trial
from lab.work.trials import run_plan, run_plan_here


def calls(folder, seed):
    return len(list(folder.glob(f"{seed}-*")))


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def test_processes_give_the_very_rows_that_this_process_gives(tmp_path):
    plan = [Trial(f"t{i}", work.draw, {"count": 5}, seed=i) for i in range(5)]
    apart = run_plan(plan, None, tmp_path, workers=2).rows
    here = run_plan_here(plan, None).rows
    assert list(apart) == list(here)
    for key in apart:
        np.testing.assert_array_equal(apart[key]["numbers"], here[key]["numbers"])


def test_stored_trials_are_not_run_again_and_keep_their_rows(tmp_path, marks):
    plan = [Trial(f"t{i}", work.count_calls, {"folder": str(marks)}, seed=i) for i in range(3)]
    run_plan(plan[:2], None, tmp_path / "rows", workers=1)
    seen = []
    results = run_plan(plan, None, tmp_path / "rows", workers=1, watch=seen.append)
    assert [calls(marks, i) for i in range(3)] == [1, 1, 1]
    assert results.rows["t0"] == {"seed": 0}
    assert (seen[0].done, seen[0].resumed, seen[-1].done, seen[-1].total) == (2, 2, 3, 3)


def test_a_damaged_row_is_run_again(tmp_path, marks):
    plan = [Trial("t", work.count_calls, {"folder": str(marks)}, seed=0)]
    run_plan(plan, None, tmp_path / "rows", workers=1)
    (tmp_path / "rows" / "t.json").write_text('{"seed": ')
    assert run_plan(plan, None, tmp_path / "rows", workers=1).rows["t"] == {"seed": 0}
    assert calls(marks, 0) == 2


def test_a_worker_that_dies_is_tried_once_more_and_takes_nothing_else_down(tmp_path, marks):
    where = {"folder": str(marks)}
    plan = [Trial("killer", work.die, where, seed=99)]
    plan += [Trial(f"t{i}", work.count_calls, where, seed=i) for i in range(12)]
    results = run_plan(plan, None, tmp_path / "rows", workers=2)
    assert list(results.failures) == ["killer"]
    assert "died twice" in results.failures["killer"]
    assert calls(marks, 99) == 2
    assert sorted(results.rows) == sorted(f"t{i}" for i in range(12))


def test_a_neighbour_of_a_dying_worker_is_not_blamed(tmp_path, marks):
    where = {"folder": str(marks)}
    plan = [Trial("killer", work.die, where, seed=99), Trial("slow", work.wait, where | {"seconds": 1.0}, seed=1)]
    results = run_plan(plan, None, tmp_path / "rows", workers=2)
    assert list(results.failures) == ["killer"]
    assert results.rows["slow"] == {"seed": 1}


def test_a_worker_that_dies_once_succeeds_the_second_time(tmp_path, marks):
    results = run_plan([Trial("t", work.die_once, {"folder": str(marks)}, seed=5)], None, tmp_path / "rows", workers=2)
    assert results.rows["t"] == {"seed": 5}
    assert not results.failures


def test_a_failed_trial_is_reported_with_its_reason_logged_and_tried_again_next_time(tmp_path, caplog):
    plan = [Trial("bad", work.fail), Trial("good", work.draw)]
    with caplog.at_level(logging.ERROR, "lab"):
        results = run_plan(plan, None, tmp_path, workers=1)
    assert results.failures == {"bad": "ArithmeticError: the sum does not add up"}
    assert "Traceback" in caplog.text
    assert list(results.rows) == ["good"]
    assert not list(tmp_path.glob("bad*"))


def test_warnings_of_a_trial_reach_the_log_and_nothing_else(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "lab"):
        results = run_plan([Trial("t", work.warn)], None, tmp_path, workers=1)
    assert results.rows["t"] == {"seed": 0}
    assert "RuntimeWarning: something is odd" in caplog.text


def test_a_row_that_json_cannot_hold_is_a_failure_of_its_trial_only(tmp_path):
    results = run_plan([Trial("nan", work.give_nan), Trial("good", work.draw)], None, tmp_path, workers=1)
    assert list(results.failures) == ["nan"]
    assert list(results.rows) == ["good"]


def test_a_trial_is_given_the_rows_that_it_needs(tmp_path):
    plan = [Trial("a", work.draw, seed=3), Trial("b", work.draw, seed=4), Trial("sum", work.add_up, needs=("a", "b"))]
    assert run_plan(plan, None, tmp_path, workers=2).rows["sum"] == {"sum": 7}
    assert run_plan_here(plan, None).rows["sum"] == {"sum": 7}


def test_a_trial_whose_need_failed_says_which(tmp_path):
    plan = [Trial("a", work.fail), Trial("sum", work.add_up, needs=("a",)), Trial("more", work.add_up, needs=("sum",))]
    for results in (run_plan(plan, None, tmp_path, workers=1), run_plan_here(plan, None)):
        assert results.failures["sum"] == "it needs a, which failed"
        assert results.failures["more"] == "it needs sum, which failed"


def test_nothing_runs_beside_an_exclusive_trial(tmp_path):
    plan = [Trial(f"e{i}", work.span, {"seconds": 0.3}, seed=i, exclusive=True) for i in range(2)]
    plan += [Trial(f"s{i}", work.span, {"seconds": 0.3}, seed=i) for i in range(4)]
    rows = run_plan(plan, None, tmp_path, workers=2).rows
    for alone in ("e0", "e1"):
        for other in rows:
            if other != alone:
                assert rows[other]["end"] <= rows[alone]["start"] or rows[other]["start"] >= rows[alone]["end"]


def test_a_plan_with_a_key_twice_or_a_need_that_comes_later_is_refused(tmp_path):
    with pytest.raises(ValueError, match="two trials have the key 't'"):
        run_plan([Trial("t", work.draw), Trial("t", work.draw)], None, tmp_path, workers=1)
    with pytest.raises(ValueError, match="does not stand before it"):
        run_plan_here([Trial("t", work.add_up, needs=("u",)), Trial("u", work.draw)], None)
