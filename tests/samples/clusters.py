"""Dask clusters on this machine for the tests: in threads of this process (cheap), or of processes that can be killed."""

import contextlib
import importlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from lab.work.cluster import serving
from lab.work.cluster.connecting import Alike, connected
from lab.work.cluster.scheduler import Scheduler

TESTS = Path(__file__).resolve().parents[1]
PATH = os.pathsep.join([str(TESTS), str(TESTS.parent)])
QUIET = {"dashboard_address": None, "worker_dashboard_address": None, "silence_logs": 60}


def said():
    """What a machine says of itself, in place of the digests of all sources."""
    return {"version": "1"}


def said_by_threads():
    """A worker of a cluster in threads answers beside the main thread, and otherwise than this."""
    return {"version": "1" if threading.current_thread() is threading.main_thread() else "2"}


def said_later():
    """What is said until a test sets the variable, and after that."""
    return {"version": os.environ.get("CLUSTER_VERSION", "3")}


def tables_received():
    """Processes for trials that a worker has started: each gets the table when it starts."""
    return serving._idle.count()


def not_there():
    raise ModuleNotFoundError("No module named 'lab'")


def differs(here, there):
    return f"version {here['version']} here, {there['version']} there"


@contextlib.contextmanager
def in_threads(**options):
    """Start a cluster whose scheduler and workers are threads of this process; trials run in processes apart all the same."""
    distributed = importlib.import_module("distributed")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = PATH  # for the processes of trials
    try:
        with distributed.LocalCluster(
            processes=False, protocol="tcp://", threads_per_worker=1, **QUIET, **options
        ) as cluster:
            yield cluster
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


@contextlib.contextmanager
def reached(address, *, facts=said, timing_worker="", notify=lambda sentence: None):
    with connected(Scheduler(address, timing_worker), lambda: Alike(facts, differs), notify) as cluster:
        yield cluster


class OfProcesses:
    """A scheduler and workers as users start them, each a process of its own; leaving the block ends them."""

    def __init__(self, folder, **variables):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.processes = {}
        quiet = {
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"
        }  # it blocks Python 3.11: see CPython issue 106883
        self._environment = {**os.environ, **quiet, "PYTHONPATH": PATH, "PYTHONSAFEPATH": "1", **variables}
        self.address = ""

    def __enter__(self):
        self.start_scheduler()
        return self

    def __exit__(self, *raised):
        for name in list(self.processes):
            self.kill(name)

    def start_scheduler(self, port=0):
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        self._start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--scheduler-file", str(file))
        while not file.exists() or not file.read_text():
            assert self.processes["scheduler"].poll() is None, (self.folder / "scheduler.log").read_text()
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]

    def start_worker(self, name, *words, threads=1, **variables):
        """Start a worker without a nanny: whoever kills it decides when another one comes."""
        self._start(
            name, self.address, "--name", name, "--nthreads", str(threads), "--no-nanny", "--local-directory",
            str(self.folder), *words, kind="worker", **variables,
        )  # fmt: skip

    def wait_for_workers(self, n):
        """Wait until so many workers have come."""
        distributed = importlib.import_module("distributed")
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(n, timeout=120)

    def kill(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def _start(self, name, *words, kind="scheduler", **variables):
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-P", "-m", "distributed.cli.dask_" + kind, *words, "--no-dashboard"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment | variables, cwd=self.folder,
            )  # fmt: skip
