"""What an earlier trial says is not needed does not run, whoever works at the plan, and whatever was interrupted."""

import threading

import pytest
from samples import trial_functions
from samples.trial_functions import Looked

from lab.protocol import Trial
from lab.work.drivers import Drivers
from lab.work.resume import run_plan, run_plan_here


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def steps(marks, settles_at, *, rounds=3, breaks=False):
    """Three rounds of two trials, a look between them, and one trial that follows on all."""
    where, plan = {"folder": str(marks)}, []
    for n in range(rounds):
        gate = f"look-{n}" if n else ""
        plan += [
            Trial(f"fit-{n}{part}", trial_functions.count_calls, where, seed=10 * n + place, unless=gate)
            for place, part in enumerate("ab")
        ]
        if n + 1 < rounds:
            needs = tuple(trial.key for trial in plan if trial.key.startswith("fit"))
            look = {**where, "settles": n + 1 == settles_at}
            function, given = (trial_functions.look_badly, {}) if breaks else (trial_functions.look, look)
            plan.append(
                Trial(f"look-{n + 1}", function, given, seed=100 + n, needs=needs, row_type=Looked, unless=gate)
            )
    needs = tuple(trial.key for trial in plan if trial.key.startswith("fit"))
    return [*plan, Trial("all", trial_functions.look, {**where, "settles": False}, 200, needs=needs, row_type=Looked)]


def made(marks):
    """Seeds of the trials that were run, each as often as it was."""
    return sorted(int(path.name.partition("-")[0]) for path in marks.iterdir())


UP_TO = {1: [0, 1, 100, 200], 2: [0, 1, 10, 11, 100, 101, 200], None: [0, 1, 10, 11, 20, 21, 100, 101, 200]}


@pytest.mark.parametrize("at", UP_TO)
def test_what_follows_a_settled_look_does_not_run_and_whoever_needs_it_does_without(tmp_path, marks, at):
    plan, seen = steps(marks, at), []
    found = run_plan(plan, None, tmp_path / "rows", workers=2, watch=seen.append)
    assert made(marks) == UP_TO[at]
    kept = [f"fit-{n}{part}" for n in range(at or 3) for part in "ab"]
    assert found.rows["all"].seen == tuple(kept)
    assert [key for key in found.rows if key.startswith("fit")] == kept
    assert found.spared == {trial.key for trial in plan} - found.rows.keys()
    assert not found.failures
    last = seen[-1]
    assert (last.done, last.total, last.failed, last.is_most) == (len(UP_TO[at]), len(UP_TO[at]), 0, False)
    assert (seen[0].total, seen[0].is_most) == (len(plan), True)
    here = run_plan_here(plan, None)
    assert (here.rows, here.spared, here.failures) == (found.rows, found.spared, {})


@pytest.mark.parametrize("after", range(1, 6))
def test_an_interrupted_plan_comes_to_the_same_stop_and_does_nothing_twice(tmp_path, marks, after):
    plan, stored = steps(marks, 2), []

    def require():
        if len(stored) == after:
            raise KeyboardInterrupt
        stored.append(1)

    with pytest.raises(KeyboardInterrupt):
        run_plan(plan, None, tmp_path / "rows", workers=1, require=require)
    seen = []
    found = run_plan(plan, None, tmp_path / "rows", workers=1, watch=seen.append)
    assert list(found.rows) == [trial.key for trial in plan if not trial.key.startswith("fit-2")]
    assert seen[0].resumed == after
    assert len(made(marks)) == len(UP_TO[2]) + 1, "but for the one whose row was not stored any more"
    again = run_plan(plan, None, tmp_path / "rows", workers=1)
    assert again.rows == found.rows
    assert len(made(marks)) == len(UP_TO[2]) + 1, "what follows on a stop is taken up as it is"


def test_a_damaged_look_is_looked_at_again_and_the_rest_stays(tmp_path, marks):
    plan = steps(marks, 2)
    before = run_plan(plan, None, tmp_path / "rows", workers=1).rows
    (tmp_path / "rows" / "look-1.json").write_bytes(b"{")
    assert run_plan(plan, None, tmp_path / "rows", workers=1).rows == before
    assert made(marks).count(100) == 2
    assert [made(marks).count(seed) for seed in (0, 10, 11, 101)] == [1, 1, 1, 1]


def test_rows_beyond_the_stop_count_for_nothing(tmp_path, marks):
    """They may be there where a look had failed, and all went on."""
    run_plan(steps(marks, None), None, tmp_path / "rows", workers=1)
    (tmp_path / "rows" / "look-1.json").unlink()
    found = run_plan(steps(marks, 1), None, tmp_path / "rows", workers=1)
    assert list(found.rows) == ["fit-0a", "fit-0b", "look-1", "all"]


def test_after_a_look_that_failed_all_goes_on(tmp_path, marks):
    plan = steps(marks, None, breaks=True)
    for found in (run_plan(plan, None, tmp_path / "rows", workers=1), run_plan_here(plan, None)):
        assert [key for key in found.rows if key.startswith("fit")] == [
            f"fit-{n}{part}" for n in range(3) for part in "ab"
        ]
        assert found.failures.keys() == {"look-1", "look-2"}
        assert not found.spared


def test_several_processes_at_one_plan_come_to_the_same_stop(tmp_path, marks):
    """Two drivers as two machines would be, each with a worker of its own, told of each other's trials by files alone."""
    plan, found, over = steps(marks, 2), {}, threading.Event()

    def drive(name):
        with Drivers(tmp_path / "drivers") as drivers:
            found[name] = run_plan(
                plan, None, tmp_path / "rows", workers=1, run="r", drivers=drivers, ended=over.is_set
            )
            if drivers.leads():
                found["leader"] = found[name]
                over.set()

    threads = [threading.Thread(target=drive, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert over.is_set()
    assert made(marks) == UP_TO[2], "each trial once, and none beyond the stop"
    assert found["leader"].rows.keys() == {trial.key for trial in plan} - {"fit-2a", "fit-2b"}
    assert found["one"].spared == found["other"].spared == {"fit-2a", "fit-2b"}


def test_what_a_trial_waits_for_must_come_before_it():
    late = [Trial("a", trial_functions.draw, unless="b"), Trial("b", trial_functions.draw)]
    with pytest.raises(ValueError, match="'a' waits for 'b', which does not come before it"):
        run_plan_here(late, None)
