"""What tests ask about processes: who is there, who started whom. Read from Linux's /proc."""

import os
import time
from pathlib import Path


def parent_and_state(pid):
    """Read (parent, state) of a process; None where it is gone."""
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


def descendants(pid):
    found = children(pid)
    return found + [below for child in found for below in descendants(child)]


def wait_until(condition, seconds=60):
    """Wait until a condition holds; gives its value, false where it never did."""
    last = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < last:
        time.sleep(0.02)
    return found


def gone(pids, seconds=20):
    return bool(wait_until(lambda: not any(alive(pid) for pid in pids), seconds))


def marked(mark):
    """Processes whose environment holds a mark: those that a test started, and all that came of them."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal() and int(path.name) != os.getpid():
            try:
                environment = (path / "environ").read_bytes()
            except OSError:
                continue
            if mark.encode() in environment and alive(int(path.name)):
                found.append(int(path.name))
    return found
