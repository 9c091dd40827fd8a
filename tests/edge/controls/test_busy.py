"""Busy loops run while the block does, and leave nothing behind."""

import os
import time

import psutil

from edge.controls.busy import busy
from edge.controls.latency import CONTROLS


def loops():
    return [child for child in psutil.Process().children() if "edge.controls.busy" in child.cmdline()]


def test_as_many_loops_as_asked_for_are_busy_at_equal_priority_and_end_with_the_block():
    with busy(2):
        there = loops()
        assert len(there) == 2
        before = [sum(child.cpu_times()[:2]) for child in there]
        deadline = time.monotonic() + 30
        while any(sum(child.cpu_times()[:2]) < used + 0.05 for child, used in zip(there, before, strict=True)):
            assert time.monotonic() < deadline, "a loop does nothing"
            time.sleep(0.05)
        assert {child.nice() for child in there} == {os.nice(0)}
    assert loops() == []


def test_loops_end_when_the_block_fails():
    try:
        with busy(1):
            raise KeyError
    except KeyError:
        pass
    assert loops() == []


def test_beside_loops_a_false_verdict_is_wrong_and_undecided_is_not():
    wrong = {control.name: control.wrong for control in CONTROLS if control.name.endswith("beside-loops")}
    assert wrong == {"fast-beside-loops": ("no",), "slow-beside-loops": ("yes",)}
    assert all(control.exclusive and control.right is None for control in CONTROLS if control.name in wrong)
