"""Workers and the scheduler of a cluster are killed: the rest goes on, what was finished is kept, and rows stay the same."""

import threading
import time

import numpy as np
import pytest
from samples import clusters, trial_functions

from lab.data.load import load
from lab.errors import CutOffError, SettingsError
from lab.protocol import Trial
from lab.work.cluster.sending import Remote
from lab.work.resume import run_plan
from lab.work.workers import DIED

pytest.importorskip("distributed", reason="needs the extra [cluster]")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def started(tmp_path):
    with clusters.OfProcesses(tmp_path / "cluster") as cluster:
        yield cluster


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def calls(folder, seed):
    return len(list(folder.glob(f"{seed}-*")))


def waits(marks, n, seconds=0.4):
    return [Trial(f"t{i}", trial_functions.wait, {"folder": str(marks), "seconds": seconds}, seed=i) for i in range(n)]


def once(number, act):
    """Act in another thread, so that the loop goes on, when so many trials are done."""
    done = []

    def watch(progress):
        if progress.done >= number and not done:
            done.append(threading.Thread(target=act))
            done[0].start()

    return watch


def test_a_worker_that_is_killed_loses_no_row_and_one_that_comes_later_takes_part(tmp_path, started, marks):
    started.start_worker("a")
    started.start_worker("b")
    started.wait_for_workers(2)
    plan = waits(marks, 14)
    plan.append(Trial("sum", trial_functions.add_up, needs=("t0", "t13")))

    stored = []

    def exchange():
        stored.extend(path.stem for path in (tmp_path / "rows").glob("t*.json"))
        started.kill("a")
        started.start_worker("c")

    with clusters.reached(started.address) as cluster:
        results = run_plan(plan, None, tmp_path / "rows", workers=cluster, watch=once(3, exchange))
    assert not results.failures
    assert results.rows["sum"] == {"sum": 13}
    assert sorted(results.rows) == sorted(trial.key for trial in plan)
    assert len(stored) >= 3
    assert {calls(marks, int(key[1:])) for key in stored} == {1}, "what was stored does not run again"
    assert max(calls(marks, i) for i in range(14)) <= 2, "what the dead worker had not handed over runs once more"


def test_the_table_is_sent_again_when_all_that_had_it_are_gone(tmp_path, started, marks):
    started.start_worker("a")
    started.wait_for_workers(1)
    said = []

    def exchange():
        started.kill("a")
        time.sleep(3)
        started.start_worker("b")

    with clusters.reached(started.address, notify=said.append) as cluster:
        results = run_plan(waits(marks, 5), None, tmp_path / "rows", workers=cluster, watch=once(2, exchange))
    assert not results.failures
    assert len(results.rows) == 5
    assert said == [
        "the cluster has no worker for the next trials at the moment; waiting for one (Ctrl-C: finished work is kept)"
    ]


def test_a_scheduler_that_is_killed_leaves_what_came_and_the_same_plan_resumes(tmp_path, started, marks):
    started.start_worker("a")
    started.wait_for_workers(1)
    plan = waits(marks, 8, seconds=0.3)
    with (
        clusters.reached(started.address) as cluster,
        pytest.raises(
            CutOffError,
            match="no longer answers; finished work is kept; start it again and repeat the command to resume",
        ),
    ):
        run_plan(plan, None, tmp_path / "rows", workers=cluster, watch=once(3, lambda: started.kill("scheduler")))
    kept = len(list((tmp_path / "rows").glob("t*.json")))
    assert 3 <= kept < 8
    assert CutOffError.exit_code == 130
    started.kill("a")
    started.start_scheduler()
    started.start_worker("a")
    started.wait_for_workers(1)
    seen = []
    with clusters.reached(started.address) as cluster:
        results = run_plan(plan, None, tmp_path / "rows", workers=cluster, watch=seen.append)
    assert seen[0].resumed == kept
    assert {key: row["seed"] for key, row in results.rows.items()} == {f"t{i}": i for i in range(8)}
    here = run_plan(plan, None, tmp_path / "here", workers=2)
    assert here.rows == results.rows


def test_a_trial_that_kills_worker_after_worker_is_named_and_the_others_are_finished(tmp_path, marks, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    with clusters.OfProcesses(tmp_path / "cluster") as started:
        for name in "abc":
            started.start_worker(name)
        started.wait_for_workers(3)
        plan = [Trial("killer", trial_functions.die_with_parents, {"folder": str(marks)}, seed=99), *waits(marks, 4)]
        with clusters.reached(started.address) as cluster:
            results = run_plan(plan, None, tmp_path / "rows", workers=cluster)
    assert results.failures == {"killer": DIED}
    assert calls(marks, 99) == 2
    assert sorted(results.rows) == ["t0", "t1", "t2", "t3"]


def test_the_table_goes_to_a_worker_once(tmp_path, started, marks):
    started.start_worker("a")
    started.start_worker("b")
    started.wait_for_workers(2)
    with clusters.reached(started.address) as cluster:
        remote = Remote(cluster, load("wine"))
        plan = [Trial(f"t{i}", trial_functions.summarise, {"count": 2}, seed=i) for i in range(8)]
        outcomes = list(remote.run([(trial, {}) for trial in plan], alone=False))
        assert all(outcome.row is not None for outcome in outcomes), outcomes
        counts = cluster.client.run(clusters.tables_received)
        remote.close()
    assert sorted(counts.values()) == [1, 1]


def test_a_worker_with_other_versions_is_refused_by_name(started):
    started.start_worker("old", CLUSTER_VERSION="0.9")
    started.wait_for_workers(1)
    with (
        pytest.raises(
            SettingsError, match=r"the Dask worker 'old' differs from this machine: version 3 here, 0\.9 there"
        ),
        clusters.reached(started.address, facts=clusters.said_later),
    ):
        pass


def test_arrays_come_back_as_they_are_stored(tmp_path, started):
    started.start_worker("a")
    started.wait_for_workers(1)
    with clusters.reached(started.address) as cluster:
        row = run_plan([Trial("t", trial_functions.draw, seed=4)], None, tmp_path, workers=cluster).rows["t"]
    np.testing.assert_array_equal(row["numbers"], np.random.default_rng(4).normal(size=3))
    assert row["numbers"].flags.writeable


def test_a_worker_for_timings_that_is_started_again_goes_on_with_them(tmp_path, started, marks):
    words = ("--resources", "timing=1")
    started.start_worker("clock", *words)
    started.wait_for_workers(1)
    plan = [
        Trial(f"t{i}", trial_functions.wait, {"folder": str(marks), "seconds": 0.5}, seed=i, exclusive=True)
        for i in range(4)
    ]

    def exchange():
        started.kill("clock")
        started.start_worker("clock", *words)

    with clusters.reached(started.address, timing_worker="clock") as cluster:
        results = run_plan(plan, None, tmp_path / "rows", workers=cluster, watch=once(2, exchange))
    assert not results.failures
    assert len(results.rows) == 4
