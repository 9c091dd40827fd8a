"""A plan on a Dask cluster gives what it gives on this machine, whatever happens to trials, workers and the scheduler."""

import contextlib
import os
import signal
import socket
import ssl
import sys
import threading

import numpy as np
import pytest
from samples import clusters, hanging, processes, trial_functions
from samples.trial_functions import Looked

from lab.data.load import load
from lab.errors import SettingsError
from lab.host.machine import fingerprint
from lab.protocol import Trial
from lab.work import workers
from lab.work.cluster import connecting
from lab.work.cluster.scheduler import Scheduler
from lab.work.resume import run_plan

pytest.importorskip("distributed", reason="needs the extra [cluster]")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def there():
    with clusters.in_threads(n_workers=2, resources={"timing": 1}) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def marks(tmp_path):
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def on_cluster(plan, folder, address, dataset=None, *, timing_worker="", **options):
    with clusters.reached(address, timing_worker=timing_worker) as cluster:
        return run_plan(plan, dataset, folder, workers=cluster, **options)


def calls(folder, seed):
    return len(list(folder.glob(f"{seed}-*")))


def test_the_rows_are_those_of_local_processes_to_the_bit(tmp_path, there):
    plan = [Trial(f"t{i}", trial_functions.summarise, {"count": 4}, seed=i) for i in range(6)]
    plan.append(Trial("sum", trial_functions.add_up, needs=("t0", "t5")))
    wine = load("wine")
    seen = []
    apart = on_cluster(plan, tmp_path / "apart", there, wine, watch=seen.append)
    here = run_plan(plan, wine, tmp_path / "here", workers=2)
    assert list(apart.rows) == list(here.rows)
    assert not apart.failures
    for key in here.rows:
        assert apart.rows[key].keys() == here.rows[key].keys()
        for name, value in here.rows[key].items():
            np.testing.assert_array_equal(apart.rows[key][name], value)
    stored = {path.name for path in (tmp_path / "here").iterdir()}
    assert {path.name for path in (tmp_path / "apart").iterdir()} == stored
    for name in stored:
        assert (tmp_path / "apart" / name).read_bytes() == (tmp_path / "here" / name).read_bytes(), name
    assert seen[-1].forecast is not None
    assert [progress.done for progress in seen] == list(range(8))


def test_failures_are_named_as_on_this_machine_and_the_rest_goes_on(tmp_path, there, marks):
    where = {"folder": str(marks)}
    plan = [
        Trial("killer", trial_functions.die, where, seed=99),
        Trial("once", trial_functions.die_once, where, seed=98),
        Trial("bad", trial_functions.fail),
        Trial("nan", trial_functions.give_nan),
        Trial("no", trial_functions.draw, {"count": lambda: 3}),
        Trial("half", trial_functions.take, {"value": trial_functions.NeedsItsClass()}),
        Trial("slow", hanging.sleep_for_ever, where, limit_s=1.0),
        Trial("more", trial_functions.add_up, needs=("bad",)),
    ]
    plan += [Trial(f"t{i}", trial_functions.count_calls, where, seed=i) for i in range(3)]
    apart = on_cluster(plan, tmp_path / "apart", there)
    assert set(apart.rows) == {"once", "t0", "t1", "t2"}
    assert apart.failures["killer"] == workers.DIED
    assert calls(marks, 99) == 2
    assert apart.failures["slow"] == "took longer than 1 s and was ended"
    hung = [int(path.read_text()) for path in marks.glob("call-*")]
    assert len(hung) == 1
    assert not any(map(processes.alive, hung))
    assert apart.failures["bad"] == "ArithmeticError: the sum does not add up"
    assert apart.failures["more"] == "it needs bad, which failed"
    assert apart.failures["nan"].startswith("ValueError: Out of range float")
    assert "<lambda>" in apart.failures["no"]
    assert apart.failures["half"].startswith("ValueError: invalid literal")


def test_a_plan_that_settles_ends_at_the_same_look_as_on_this_machine(tmp_path, there, marks):
    where, fits = {"folder": str(marks)}, ("first", "second", "third")
    plan = [Trial("first", trial_functions.count_calls, where, seed=0)]
    for place, name in enumerate(fits[1:], 1):
        look = {**where, "settles": place == 2}
        gate = plan[-2].key if place > 1 else ""
        plan.append(
            Trial(
                f"look-{place}",
                trial_functions.look,
                look,
                100 + place,
                False,
                fits[:place],
                row_type=Looked,
                unless=gate,
            )
        )
        plan.append(Trial(name, trial_functions.count_calls, where, seed=place, unless=f"look-{place}"))
    plan.append(Trial("all", trial_functions.look, {**where, "settles": False}, 200, needs=fits, row_type=Looked))
    apart = on_cluster(plan, tmp_path / "apart", there)
    assert list(apart.rows) == ["first", "look-1", "second", "look-2", "all"]
    assert apart.rows["all"].seen == ("first", "second")
    assert apart.rows == run_plan(plan, None, tmp_path / "here", workers=1).rows
    assert [calls(marks, seed) for seed in (0, 1, 2)] == [2, 2, 0]


def test_stored_rows_are_not_computed_again_wherever_they_came_from(tmp_path, there, marks):
    plan = [Trial(f"t{i}", trial_functions.count_calls, {"folder": str(marks)}, seed=i) for i in range(4)]
    on_cluster(plan[:2], tmp_path / "rows", there)
    run_plan(plan[:3], None, tmp_path / "rows", workers=1)
    results = on_cluster(plan, tmp_path / "rows", there)
    assert [calls(marks, i) for i in range(4)] == [1, 1, 1, 1]
    assert results.machines["t0"] == fingerprint()


def test_timings_run_here_after_the_others_or_on_the_worker_that_is_named(tmp_path, there):
    plan = [Trial(f"e{i}", trial_functions.span, {"seconds": 0.2}, seed=i, exclusive=True) for i in range(2)]
    plan += [Trial(f"s{i}", trial_functions.span, {"seconds": 0.2}, seed=i) for i in range(3)]
    plan.append(Trial("home", trial_functions.parent, at_home=True))
    plan.append(Trial("alone", trial_functions.parent, exclusive=True))
    for name, timing_worker in (("default", ""), ("named", "1")):
        rows = on_cluster(plan, tmp_path / name, there, timing_worker=timing_worker).rows
        for alone in ("e0", "e1"):
            for other in ("e0", "e1", "s0", "s1", "s2"):
                if other != alone:
                    assert rows[other]["end"] <= rows[alone]["start"] or rows[other]["start"] >= rows[alone]["end"]
        assert "spawn_main" in rows["home"]["line"], "a process of multiprocessing, as local ones are"
        assert ("spawn_main" in rows["alone"]["line"]) == (timing_worker == "")


def test_a_worker_that_is_unlike_this_machine_is_refused_before_any_work(there):
    with (
        pytest.raises(
            SettingsError, match=r"worker '[01]' differs from this machine: version 1 here, 2 there; rows could"
        ),
        clusters.reached(there, facts=clusters.said_by_threads),
    ):
        pass


def test_a_worker_that_comes_later_and_is_unlike_this_machine_ends_the_run(tmp_path, there, marks, monkeypatch):
    plan = [Trial("t", trial_functions.count_calls, {"folder": str(marks)}, seed=1)]
    with clusters.reached(there, facts=clusters.said_later) as cluster:
        monkeypatch.setenv("CLUSTER_VERSION", "4")
        with pytest.raises(SettingsError, match=r"worker '[01]' differs from this machine: version 3 here, 4 there"):
            run_plan(plan, None, tmp_path / "rows", workers=cluster)
    assert not list(marks.iterdir())


def test_a_worker_that_cannot_say_what_it_has_is_refused(there):
    def facts():
        return {"version": "1"} if threading.current_thread() is threading.main_thread() else clusters.not_there()

    with (
        pytest.raises(
            SettingsError, match=r"cannot run trials \(ModuleNotFoundError: No module named 'lab'\); install"
        ),
        clusters.reached(there, facts=facts),
    ):
        pass


@pytest.mark.parametrize(("n_gone", "said"), [(1, ""), (2, "has no worker; start one")])
def test_a_worker_that_dies_while_it_is_asked_is_passed_over(there, marks, n_gone, said):
    from distributed.comm import CommClosedError

    def facts():
        for number in range(n_gone if threading.current_thread() is not threading.main_thread() else 0):
            with contextlib.suppress(FileExistsError):
                (marks / str(number)).mkdir()
                raise CommClosedError("Stream is closed")
        return {"version": "1"}

    refused = pytest.raises(SettingsError, match=said) if said else contextlib.nullcontext()
    with refused, clusters.reached(there, facts=facts):
        pass
    assert len(list(marks.iterdir())) == n_gone


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:1", r"no Dask scheduler answers at 'tcp://127.0.0.1:1'; start one with  dask scheduler"),
        ("nowhere", "no Dask scheduler answers at 'nowhere'"),
        ("tls://127.0.0.1:1", r"no Dask scheduler answers at .*\(tls:// needs the keys"),
        ("ftp://127.0.0.1:1", "no Dask scheduler answers at 'ftp"),
        ("", "no Dask scheduler answers at ''"),
    ],
)
def test_an_address_where_nobody_answers_is_said(address, said):
    with pytest.raises(SettingsError, match=said), clusters.reached(address):
        pass


@pytest.mark.parametrize("named", ["nothing", "keys of nobody else"])
def test_keys_are_tried_before_a_client_is_made_that_could_not_end(named, monkeypatch):
    """What listens there speaks no TLS, or we have no keys: a client would complain at its end, below our sentence."""
    monkeypatch.setattr(connecting.dask(), "Client", None)
    context = None if named == "nothing" else ssl.create_default_context()
    monkeypatch.setattr(
        "distributed.security.Security.get_connection_args", lambda self, role: {"ssl_context": context}
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        address = f"tls://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(SettingsError, match=r"\(tls:// needs the keys") as refused, clusters.reached(address):
            pass
    assert isinstance(refused.value.__cause__, ValueError if named == "nothing" else OSError)


def test_a_worker_for_timings_that_is_not_there_is_said(there):
    with (
        pytest.raises(
            SettingsError, match=r"no worker 'x' with the resource 'timing' \(it has: 0, 1\); start it with  dask"
        ),
        clusters.reached(there, timing_worker="x"),
    ):
        pass


def test_without_dask_the_way_out_is_said(monkeypatch):
    def missing():
        raise ImportError

    monkeypatch.setattr(connecting, "dask", missing)
    with pytest.raises(SettingsError, match=r"pip install 'future-tech-lab\[cluster\]'"), clusters.reached("tcp://x:1"):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_an_interrupt_ends_the_trials_on_the_workers(tmp_path, there, marks):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    plan = [Trial(f"t{i}", hanging.sleep_for_ever, {"folder": str(marks)}, seed=i) for i in range(2)]

    def interrupt():
        processes.wait_until(lambda: len(list(marks.glob("call-*"))) == 2)
        os.kill(os.getpid(), signal.SIGINT)

    waiting = threading.Thread(target=interrupt)
    waiting.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            on_cluster(plan, tmp_path / "rows", there)
    finally:
        waiting.join()
        signal.signal(signal.SIGINT, before)
    assert processes.gone([int(path.read_text()) for path in marks.glob("call-*")], 15)


def test_a_cluster_without_a_worker_is_said_before_the_run():
    with (
        clusters.in_threads(n_workers=0) as cluster,
        pytest.raises(SettingsError, match=r"has no worker; start one with  dask worker tcp://"),
        clusters.reached(cluster.scheduler_address),
    ):
        pass


def test_the_description_of_a_cluster_connects_to_nothing():
    assert Scheduler("tcp://127.0.0.1:1").timing_worker == ""
