"""The machine is described on every system, and what is said of this one is what the system itself says."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lab.host import machine


def test_memory_is_that_of_the_kernels_own_table():
    table = Path("/proc/meminfo").read_text().splitlines()
    kib = next(int(line.split()[1]) for line in table if line.startswith("MemTotal"))
    assert machine.describe()["memory_gib"] == machine.fingerprint()["memory_gib"] == round(kib / 2**20, 1)


def test_cores_are_those_that_this_process_may_use():
    code = "import os; os.sched_setaffinity(0, {max(os.sched_getaffinity(0))}); from lab.host import machine; print(machine.n_cores())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"


@pytest.mark.parametrize("cores", [8, None])
def test_a_system_without_proc_and_affinity_is_described_too(monkeypatch, cores):
    """As on macOS: no file below /proc, no choice of cores."""
    monkeypatch.setattr(machine, "_read", lambda path: "")
    monkeypatch.delattr(psutil.Process, "cpu_affinity")
    monkeypatch.setattr(psutil, "cpu_count", lambda: cores)
    found = machine.describe()
    assert found["memory_gib"] > 0
    assert found["cores"] == (cores or 1)
    assert list(found) == ["python", "packages", "system", "processor", "cores", "memory_gib", "governor"]
    assert list(machine.fingerprint()) == ["processor", "cores", "memory_gib", "system"]
    assert machine.fingerprint()["memory_gib"] == found["memory_gib"]
