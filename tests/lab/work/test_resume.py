"""A run that is killed is taken up by the same command and ends with the record of an uninterrupted run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from samples import tiny_site
from samples.here import in_this_process
from samples.untimed import untimed

from interpretability.models import classifiers
from lab.cli import main
from lab.learning.comparison import Group
from lab.learning.families import LOGISTIC, MLP, SVM

FEW_FAMILIES = """
import sys
from interpretability.models import classifiers
from lab.cli import main
from lab.learning.comparison import Group
from lab.learning.families import LOGISTIC, MLP, SVM
from lab.report import pictures

readable = tuple(map(classifiers.counted, (LOGISTIC, classifiers.TREE)))
classifiers.glass = lambda *sizes: Group("glass", "readable model", readable)
classifiers.black = lambda: Group("black", "black box", (MLP, SVM))
pictures.Artist.svg = lambda *given: "<svg></svg>"  # records are compared
sys.exit(main())
"""
WORDS = "run interpretability wine --repeats 1 --depth verdict --independent"
GIVEN = [*WORDS.split(), "--folds", "3", "--candidates", "1"]
COMMAND = [sys.executable, "-c", FEW_FAMILIES, *GIVEN]


def record(out):
    (path,) = out.glob("*/record.json")
    return untimed(path.parent)


def wait_for_rows(out, count, process):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if len(list(out.glob("*/trials/*.json"))) >= count:
            return
        time.sleep(0.05)
    raise AssertionError("the run ended before it could be killed")


def parent_and_state(pid):
    """Read (parent, state) of a process from Linux; None where it is gone."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return int(parent), state


def alive(pid):
    found = parent_and_state(pid)
    return found is not None and found[1] != "Z"


def children(pid):
    every = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [child for child in every if (parent_and_state(child) or (0, ""))[0] == pid]


def run_here(out, patch):
    """Do what `COMMAND` does in this process."""
    readable = tuple(map(classifiers.counted, (LOGISTIC, classifiers.TREE)))
    patch.setattr(classifiers, "glass", lambda *sizes: Group("glass", "readable model", readable))
    patch.setattr(classifiers, "black", lambda: Group("black", "black box", (MLP, SVM)))
    in_this_process(patch)
    assert main([*GIVEN, "--workers", "1", "--out", str(out)]) == 0


@pytest.mark.slow
def test_a_killed_run_is_resumed_with_the_same_record(tmp_path, monkeypatch):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    run_here(whole, monkeypatch)
    once = [*COMMAND, "--workers", "1", "--out", str(cut)]
    with subprocess.Popen(once, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for_rows(cut, 6, process)
        workers = children(process.pid)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert workers
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(alive(pid) for pid in workers), "workers outlive the killed run"
    assert not list(cut.glob("*/record.json"))
    resumed = subprocess.run(once, check=True, capture_output=True, text=True)
    assert "from an interrupted run" in resumed.stderr
    assert len(list(cut.glob("*/record.json"))) == 1, "the run was begun anew"
    assert record(cut) == record(whole)


def test_ctrl_c_keeps_what_is_finished_and_exits_with_130(tmp_path):
    site, out = tiny_site.make_site(tmp_path / "site"), tmp_path / "runs"
    words = ["wine", "--independent", "--trials", "12", "--seconds", "0.3", "--workers", "2", "--out", str(out)]
    with subprocess.Popen(
        tiny_site.command(site, "run", "tiny", *words), env=tiny_site.environment(site), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in the background
    ) as process:  # fmt: skip
        wait_for_rows(out, 4, process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the run and to its workers
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "finished work is kept" in said
    assert "Traceback" not in said
    assert 4 <= len(list(out.glob("*/trials/*.json"))) < 13
