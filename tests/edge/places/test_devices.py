"""A model is measured on chosen cores and on other machines; a device that vanishes takes only its own rows with it."""

import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest

from edge.building.trials import BuiltRow
from edge.exporting.device import identity_model
from edge.load.sweep import USES
from edge.places import device_client, devices
from edge.places import trials as place_trials
from edge.places.device_rows import Placed
from edge.places.devices import connect, measure_on_devices
from edge.places.process import Request, Served, measure_in_process, require_cores
from lab.data.load import load
from lab.errors import SettingsError
from lab.learning.folds import Fold

ROWS = {"numbers": np.arange(12.0, dtype=np.float32).reshape(4, 3)}
IDENTITY = Served(identity_model(3), ROWS)
QUICK = Request(seconds=0.01, deadline_ms=100.0, rate=2_000.0)  # half a second at this rate; at 200, a second


def test_a_fresh_process_runs_on_the_chosen_core_only():
    core = max(os.sched_getaffinity(0))
    row = measure_in_process(IDENTITY, Request(cores=(core,), threads=1, seconds=0.01, deadline_ms=100.0))
    assert (row.cores, row.threads) == ((core,), 1)
    assert row.device.cores == 1
    assert row.peak_mib > 20
    views = [run.view for run in row.runs]
    assert views == ["hot"] + ["sweep"] * len(USES)


def test_a_model_that_cannot_be_measured_says_why():
    with pytest.raises(RuntimeError, match=r"exit code 1.*said: .*(ModelProto|[Pp]rotobuf|INVALID)"):
        measure_in_process(Served(b"no model", ROWS), QUICK)


def test_cores_that_are_not_there_are_an_error():
    with pytest.raises(
        SettingsError, match=r"cores are 4096; each must be .* one of those that this process may use: "
    ):
        require_cores((4096,))
    core = max(os.sched_getaffinity(0))
    with pytest.raises(SettingsError, match="named once"):
        require_cores((core, core))
    require_cores((core,))


def vanish_when_asked():
    from edge.places import process

    process.measure_as_json = lambda served, request: os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_two_workers_stand_for_devices_and_one_that_vanishes_loses_only_its_rows():
    distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        resources={"device": 1},
        dashboard_address=None,
        worker_dashboard_address=None,
    )
    with cluster:
        there = connect(cluster.scheduler_address)
        models = {"a": IDENTITY}
        found = measure_on_devices(there, models, QUICK, patience_s=60)
        assert set(found) == {"0", "1"}
        for rows in found.values():
            assert set(rows) == {"a"}
            assert rows["a"].found.device.cores >= 1
            assert rows["a"].found.runs

        with distributed.Client(cluster, set_as_default=False) as client:
            client.run(vanish_when_asked, workers=[cluster.workers[1].worker_address])
        found = measure_on_devices(there, models, QUICK, patience_s=60)
        assert found["1"] == {"a": Placed(lost="the device disappeared before it answered")}
        assert found["0"]["a"].found.runs


class Cut:
    """A client whose connection to the scheduler breaks after the first look."""

    def __init__(self, broken):
        self.looks, self.broken = 0, broken

    def scheduler_info(self, n_workers):
        self.looks += 1
        if self.looks > 1:
            if isinstance(self.broken, Exception):
                raise self.broken
            return self.broken
        return {"workers": {f"tcp://{n}": {"name": n, "resources": {"device": 1}} for n in "ab"}}

    def submit(self, *arguments, workers, **options):
        return SimpleNamespace(done=lambda: False, cancel=lambda: None)


@pytest.mark.parametrize("broken", [{}, OSError("closed"), RuntimeError("not running")], ids=repr)
def test_a_scheduler_that_vanishes_marks_its_devices_lost(broken):
    said = []
    device_client.measure(Cut(broken), {"m": IDENTITY}, QUICK, patience_s=60, tell=said.append)
    lost = {"model": "m", "lost": "the Dask scheduler disappeared before the device answered"}
    assert said == [{"device": "a", **lost}, {"device": "b", **lost}]


def test_devices_that_vanished_after_the_plan_leave_the_rows_of_this_machine(monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra [cluster]")
    dataset = load("wine")
    made = np.frombuffer(identity_model(13), np.uint8)
    monkeypatch.setattr(place_trials, "measure_in_process", lambda served, request: len(served.rows["numbers"]))
    row = place_trials.elsewhere(
        dataset, seed=0, names=("m",), fold=Fold(2, 1, 0, 0), cores=(), threads=1, devices="nowhere", deadline_ms=1.0,
        rate=None, seconds=0.01, inputs={"build-m": BuiltRow(made, len(made), 1, "exact", "", False, {}, {})},
    )  # fmt: skip
    here, there = row.places.values()
    assert here["m"] == Placed(89)
    assert "no Dask scheduler answers at 'nowhere'" in there["m"].lost


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_without_devices_is_an_error():
    distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
    with (
        distributed.LocalCluster(n_workers=1, processes=False, protocol="tcp://", dashboard_address=None) as cluster,
        pytest.raises(SettingsError, match="has no worker with the resource 'device'; start one on each device with"),
    ):
        connect(cluster.scheduler_address)


def test_without_dask_the_way_out_is_said(monkeypatch):
    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install 'future-tech-lab\[cluster\]'"):
        connect("tcp://127.0.0.1:1")
