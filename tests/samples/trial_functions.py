"""Trial functions for the tests: in a module of their own, so that worker processes can import them."""

import os
import signal
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np


def draw(dataset, *, seed, count=3):
    return {"numbers": np.random.default_rng(seed).normal(size=count), "seed": seed}


def count_calls(dataset, *, seed, folder):
    """Leave a mark on disk at every call, so that a test can count them across processes."""
    marks = Path(folder)
    (marks / f"{seed}-{len(list(marks.glob(f'{seed}-*')))}").touch()
    return {"seed": seed}


def die(dataset, *, seed, folder):
    count_calls(dataset, seed=seed, folder=folder)
    time.sleep(0.3)  # so that the neighbour is running when the pool breaks
    os.kill(os.getpid(), signal.SIGKILL)


def die_with_parents(dataset, *, seed, folder):
    """End the process that started this one too: on a cluster that is the worker."""
    count_calls(dataset, seed=seed, folder=folder)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def die_once(dataset, *, seed, folder):
    if not list(Path(folder).glob(f"{seed}-*")):
        die(dataset, seed=seed, folder=folder)
    return count_calls(dataset, seed=seed, folder=folder)


def wait(dataset, *, seed, folder, seconds):
    count_calls(dataset, seed=seed, folder=folder)
    time.sleep(seconds)
    return {"seed": seed}


def fail(dataset, *, seed):
    raise ArithmeticError("the sum does not add up")


def warn(dataset, *, seed):
    warnings.warn("something is odd", RuntimeWarning, stacklevel=1)
    return {"seed": seed}


def give_nan(dataset, *, seed):
    return {"score": float("nan")}


def add_up(dataset, *, seed, inputs):
    return {"sum": sum(row["seed"] for row in inputs.values())}


def mark_with(dataset, *, seed, folder, inputs):
    """Leave a mark at a call that needed other rows."""
    return count_calls(dataset, seed=seed, folder=folder) | {"needed": sorted(inputs)}


def wait_for_mark_of(dataset, *, seed, folder, other):
    """End as soon as the trial of another seed has left its mark; fails where it does not come."""
    end = time.monotonic() + 60
    while not list(Path(folder).glob(f"{other}-*")):
        if time.monotonic() > end:
            raise TimeoutError(f"there is no mark of {other}")
        time.sleep(0.02)
    return {"seed": seed}


def span(dataset, *, seed, seconds):
    start = time.time()
    time.sleep(seconds)
    return {"start": start, "end": time.time()}


def measure_apart(dataset, *, seed, folder, seconds):
    """Measure in a process of its own, and have the worker die over it at the first call."""
    import subprocess

    from lab.host.children import started_child

    first = not list(Path(folder).glob("began-*"))
    with started_child("samples.slow_span", folder, str(seconds), stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        if first:
            os.kill(os.getpid(), signal.SIGKILL)
    return {"seed": seed}


class NeedsItsClass:
    """A value that can be sent, but not received: its class refuses."""

    def __reduce__(self):
        return (int, ("no number",))


def take(dataset, *, seed, value):
    return {"seed": seed}


def leave_temporary_file(dataset, *, seed):
    import tempfile

    handle, name = tempfile.mkstemp()
    os.close(handle)
    return {"name": name, "of_children": os.environ["TMPDIR"]}


def surroundings(dataset, *, seed):
    """What a trial sees of the place where it runs."""
    names = ("PYTHONSAFEPATH", "PYTHONPATH", "ORT_DISABLE_TELEMETRY")
    variables = {name: os.environ.get(name) for name in names}
    return {"folder": str(Path.cwd()), "path": sys.path, "safe_path": bool(sys.flags.safe_path), "variables": variables}


def summarise(dataset, *, seed, count):
    """Draw rows of the table, and sum them in an order that decides the last bits."""
    taken = np.random.default_rng(seed).permutation(dataset.n_rows)[: 10 * count]
    numbers = dataset.features.to_numpy()[taken]
    return {"mean": float(numbers.mean()), "rows": numbers @ numbers.T, "seed": seed, "none": np.empty((0, 2))}


def parent(dataset, *, seed):
    """The command by which the process of the trial was started."""
    return {"line": Path("/proc/self/cmdline").read_bytes().decode("utf-8", "replace")}


@dataclass(frozen=True)
class Looked:
    is_settled: bool
    seen: tuple[str, ...]


def look(dataset, *, seed, folder, settles, inputs):
    """Say whether what follows is needed; leave a mark."""
    count_calls(dataset, seed=seed, folder=folder)
    return Looked(settles, tuple(sorted(inputs)))


def look_badly(dataset, *, seed, inputs):
    raise ArithmeticError("nothing was seen")


def held_back(dataset, *, seed):
    """Signals that what this trial starts would not hear."""
    return {"numbers": sorted(int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ()))}
