"""What a device or a scheduler sends cannot run code here, and what is no row of a measurement is lost, not stored."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import asdict

import numpy as np
import pytest
from samples.less_work import with_short_timings

from edge.exporting.device import identity_model
from edge.places import process
from edge.places.device_rows import LARGEST, Placed, checked
from edge.places.devices import Devices, measure_on_devices
from edge.places.process import Request, Served, measure_as_json

IDENTITY = Served(identity_model(3), {"numbers": np.arange(12.0, dtype=np.float32).reshape(4, 3)})
QUICK = Request(seconds=0.01, deadline_ms=100.0)


WAYS = ("returned", "raised", "in a list", "as bytes", "no row", "too large")


def become_hostile(marks):
    """Run in a worker: from now on it answers with what runs code wherever it is unpickled, each model in its own way."""
    from edge.places import process

    code = f"import os, pathlib; pathlib.Path({marks!r}, str(os.getpid())).touch()"

    class HostileError(Exception):
        def __reduce__(self):
            return exec, (code,)

    class HostileBytes(bytes):
        def __reduce__(self):
            return exec, (code,)

    def answer(served, request):
        way = served.model.decode()
        if way == "raised":
            raise HostileError
        return {
            "returned": HostileError(), "in a list": [b"", HostileError()], "as bytes": HostileBytes(b"{}"),
            "no row": b'{"runs": "<script>"}', "too large": bytes(LARGEST + 1),
        }[way]  # fmt: skip

    process.measure_as_json = answer


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_hostile_answer_of_a_real_worker_runs_nothing_here_and_is_lost(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
    cluster = distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        resources={"device": 1},
        dashboard_address=None,
        worker_dashboard_address=None,
    )
    with cluster:
        with distributed.Client(cluster, set_as_default=False) as client:
            workers = set(client.run(os.getpid).values())
            client.run(become_hostile, str(tmp_path))
        models = {way: Served(way.encode(), IDENTITY.rows) for way in WAYS}
        found = measure_on_devices(Devices(cluster.scheduler_address, ("0",)), models, QUICK, patience_s=60)
    (rows,) = found.values()
    assert sorted(rows) == sorted(WAYS)
    assert all(row.found is None for row in rows.values()), rows
    assert all(row.lost.startswith("the device's answer is") for row in rows.values()), rows
    assert {int(mark.name) for mark in tmp_path.iterdir()} <= workers, "unpickled outside the device"


CODE = """
    from edge.places.plain_unpickling import UnreadableError, refuse_names, refuse_objects
    refuse_objects()
    import pickle, _pickle, io
    from distributed import core, protocol
    from distributed.core import Status
    from distributed.protocol import Serialize, ToPickle
    from distributed.protocol.pickle import dumps, loads
    refuse_names()

    class HostileError(Exception):
        def __reduce__(self):
            return exec, ("print('RAN', flush=True)",)

    def message(value):
        return protocol.loads(list(protocol.dumps({"a": value})))["a"]

    hostile = pickle.dumps(HostileError())
    for found in (pickle.loads(hostile), _pickle.loads(hostile), pickle.load(io.BytesIO(hostile)), loads(hostile),
                  message(ToPickle(HostileError())), message(Serialize(HostileError())), core.clean_exception(hostile, hostile)[1],
                  pickle.loads(b"cos\\nsystem\\n(S'echo RAN'\\ntR."), pickle.loads(b"garbage")):
        assert isinstance(found, UnreadableError), found
    for reader in (pickle.Unpickler, _pickle.Unpickler):
        try:
            reader(io.BytesIO(hostile)).load()
        except pickle.UnpicklingError:
            continue
        raise AssertionError(reader)
    assert pickle.loads(pickle.dumps([1, "a", b"b", None, {"c": 2.0}])) == [1, "a", b"b", None, {"c": 2.0}]
    assert bytes(message(Serialize(b"plain"))) == b"plain"
    assert message(Status.running) is Status.running
    import msgpack
    for module, kind in (("distributed.utils", "os"), ("distributed.core", "os"), ("os", "system")):
        sent = msgpack.packb({"__Enum__": True, "__module__": module, "__name__": kind, "name": "system"})
        try:
            print("TAKEN", protocol.loads([sent]))
        except (RuntimeError, AttributeError):
            pass
    print("done")
"""


def test_the_process_that_speaks_with_a_scheduler_reads_no_object_by_any_way(tmp_path):
    pytest.importorskip("distributed", reason="needs the extra [cluster]")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(CODE)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["done"], done.stdout + done.stderr[-2_000:]


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """A row as the process that measures makes it, made in this one."""
    folder = tmp_path_factory.mktemp("measured")
    IDENTITY.write(folder)
    asked = Request(seconds=0.01, deadline_ms=100.0, rate=2_000.0)
    (folder / "request.json").write_text(json.dumps(asdict(asked)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        with_short_timings(patch)
        return json.loads(json.dumps(asdict(process._measure(folder))))


def test_an_honest_row_is_kept_as_it_is(honest):
    kept = checked(json.dumps(honest).encode())
    assert json.loads(json.dumps(asdict(kept.found))) == honest
    assert {run["view"] for run in honest["runs"]} == {"hot", "sweep", "rate"}


def test_a_model_that_does_not_run_there_is_lost_with_the_reason(monkeypatch):
    def fail(served, request):
        raise RuntimeError("the process that measures failed (exit code 1);\nit said: nothing")

    monkeypatch.setattr(process, "measure_in_process", fail)
    assert (
        checked(measure_as_json(IDENTITY, QUICK)).lost
        == "the process that measures failed (exit code 1); it said: nothing"
    )


def changed(row, path, value):
    made = json.loads(json.dumps(row))
    *inner, last = path
    part = made
    for step in inner:
        part = part[step]
    if value is None and isinstance(part, dict):
        del part[last]
    else:
        part[last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["runs"], None), (["runs"], []), (["runs"], "all"), (["runs", 0, "view"], "sweep"), (["runs", 0, "p50", "value"], "fast"),
        (["runs", 0, "p50", "value"], -1), (["runs", 0, "p50", "value"], float("nan")), (["runs", 0, "rate"], 1e300),
        (["runs", 0, "calls"], 2.5), (["runs", 0, "misses"], None), (["runs", 0, "curve", 0], [1]), (["device"], "a machine"),
        (["device", "processor"], "x" * 10_000), (["device", "more"], 1), (["more"], "<script>"), (["cores"], ["0"]),
        (["threads"], True), (["runs", 0, "curve"], [[0.0, 0.5]] * 1_000),
    ],
    ids=str,
)  # fmt: skip
def test_a_row_with_a_part_that_does_not_fit_is_refused(path, value, honest):
    with pytest.raises(ValueError, match="is not"):
        checked(json.dumps(changed(honest, path, value)).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'{"lost": 5}',
        b'{"lost": "a", "runs": []}',
        b'{"lost": "' + b"x" * 5_000 + b'"}',
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_is_no_row_at_all_is_refused(content):
    with pytest.raises(ValueError, match="is not"):
        checked(content)


def test_a_text_of_a_row_steers_no_terminal():
    assert checked(json.dumps({"lost": "a\x1b[2J\u202eb"}).encode()) == Placed(lost="a\\x1b[2J\\u202eb")
