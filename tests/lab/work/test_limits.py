"""A trial that hangs is ended with all that it started, named with its limit, and the run goes on."""

import math
import time

import pytest
from samples import hanging, processes

from lab.protocol import Key, Trial
from lab.work import workers
from lab.work.forecast import Forecast
from lab.work.limits import Limits
from lab.work.resume import run_plan


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def others(n=3):
    return [Trial(f"good-{i}", hanging.take, {"seconds": 0.1}, seed=i) for i in range(n)]


def pids(marks):
    return {path.name.removeprefix("pid-"): int(path.read_text()) for path in marks.glob("pid-*")}


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_trial_that_sleeps_for_ever_is_ended_once_and_the_others_finish(tmp_path, marks, exclusive, workers):
    bad = Trial("bad", hanging.sleep_for_ever, {"folder": str(marks)}, limit_s=1.0, exclusive=exclusive)
    results = run_plan([bad, *others()], None, tmp_path / "rows", workers=workers)
    assert results.failures == {"bad": "took longer than 1 s and was ended"}
    assert sorted(results.rows) == ["good-0", "good-1", "good-2"]
    calls = [int(path.read_text()) for path in marks.glob("call-*")]
    assert len(calls) <= 1, "it is not tried again"
    assert not any(map(processes.alive, calls))


@pytest.mark.parametrize(
    ("function", "started"),
    [
        (hanging.ignore_the_end, {"deaf"}),
        (hanging.hang_in_a_child, {"child", "inner"}),
        (hanging.hang_in_a_fork, {"fork"}),
    ],
)
def test_what_is_deaf_to_signals_or_waits_for_another_program_is_ended_with_all_of_it(
    tmp_path, marks, function, started
):
    bad = Trial("bad", function, {"folder": str(marks)}, limit_s=2.5)
    results = run_plan([bad, *others()], None, tmp_path / "rows", workers=2)
    assert results.failures == {"bad": "took longer than 2.5 s and was ended"}
    assert len(results.rows) == 3
    assert pids(marks).keys() == started
    assert processes.gone(pids(marks).values(), seconds=5)


def test_a_trial_that_needs_one_that_hung_says_so(tmp_path, marks):
    bad = Trial("bad", hanging.sleep_for_ever, {"folder": str(marks)}, limit_s=0.5)
    results = run_plan([bad, Trial("sum", hanging.take, needs=("bad",))], None, tmp_path / "rows", workers=1)
    assert results.failures["sum"] == "it needs bad, which failed"


def test_one_limit_is_written_as_a_person_would_write_it(tmp_path, marks):
    for limit, words in ((0.25, "0.25 s"), (1e-9, "1e-09 s")):
        bad = Trial("bad", hanging.sleep_for_ever, {"folder": str(marks)}, limit_s=limit)
        results = run_plan([bad], None, tmp_path / str(limit), workers=1)
        assert results.failures["bad"] == f"took longer than {words} and was ended"


def test_within_its_limit_a_trial_is_left_alone(tmp_path):
    results = run_plan([Trial("t", hanging.take, {"seconds": 0.5}, limit_s=120.0)], None, tmp_path, workers=1)
    assert results.rows["t"] == {"seed": 0}


def test_the_time_in_which_we_were_stopped_ourselves_is_no_trials_time(tmp_path, monkeypatch):
    """Ctrl-Z for an hour, and `fg`: the clock has gone on, and the trials have not."""
    hour_later, real = [0.0], time.monotonic
    monkeypatch.setattr(workers.time, "monotonic", lambda: real() + hour_later[0])
    wait = workers.connection.wait

    def stopped_meanwhile(connections, timeout):
        found = wait(connections, timeout)
        hour_later[0] += 3_600.0
        return found

    monkeypatch.setattr(workers.connection, "wait", stopped_meanwhile)
    monkeypatch.setattr(workers, "_LOOK_S", 0.05)
    results = run_plan([Trial("t", hanging.take, {"seconds": 0.3}, limit_s=600.0)], None, tmp_path, workers=1)
    assert results.rows["t"] == {"seed": 0}


def test_limits_follow_the_slowest_of_a_kind_in_proportion_to_the_costs():
    limits, fit = Limits(), Trial("fit-0", len, kind="fit", cost=3.0)
    assert limits.of(fit) == 3_600.0
    assert limits.of(Trial("long", len, cost=1_000.0)) == 20_000.0
    limits.add(fit, 60.0)
    limits.add(fit, 45.0)
    assert math.isclose(limits.of(Trial("fit-1", len, kind="fit", cost=6.0)), 20 * 60.0 * 2)
    assert limits.of(Trial("fit-1", len, kind="fit", cost=6.0, limit_s=7.5)) == 7.5
    assert limits.of(Trial("fit-2", len, kind="fit", cost=0.1)) == 600.0
    assert limits.of(Trial("other", len, kind="other")) == 3_600.0


def test_a_kind_is_known_from_what_finished_and_not_from_what_failed(tmp_path, marks, monkeypatch):
    known = []
    monkeypatch.setattr(Limits, "add", lambda self, trial, seconds: known.append((trial.key, seconds > 0)))
    bad = Trial("bad", hanging.sleep_for_ever, {"folder": str(marks)}, limit_s=0.3)
    broken = Trial("broken", hanging.take, {"seconds": "no number"})
    run_plan([bad, broken, *others(1)], None, tmp_path / "rows", workers=1)
    assert known == [("good-0", True)]


def test_a_key_hands_the_limit_on():
    assert Key("build", dict).of("mlp").trial(hanging.take, limit_s=7.5).limit_s == 7.5
    assert Key("build", dict).trial(hanging.take).limit_s is None


def test_a_trial_that_failed_tells_the_forecast_nothing_and_does_not_hold_it_up():
    plan = [Trial(f"fit-{i}", len, kind="fit") for i in range(3)] + [Trial("odd", len, kind="odd")]
    forecast = Forecast(plan, workers=1)
    forecast.leave_out(plan[0])
    forecast.leave_out(plan[3])
    assert not forecast.is_ready
    forecast.add(plan[1], seconds=4.0)
    assert forecast.is_ready
    assert forecast.seconds_left() == 4.0
