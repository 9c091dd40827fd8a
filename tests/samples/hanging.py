"""Trial functions that never end, in the ways in which a trial can hang."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def _say(folder, name, pid):
    Path(folder, name).write_text(str(pid))


def sleep_for_ever(dataset, *, seed, folder):
    Path(folder, f"call-{time.time_ns()}").write_text(str(os.getpid()))
    while True:
        time.sleep(1)


def ignore_the_end(dataset, *, seed, folder):
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    _say(folder, "pid-deaf", os.getpid())
    sleep_for_ever(dataset, seed=seed, folder=folder)


_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"


def hang_in_a_child(dataset, *, seed, folder):
    """Wait for a program that never ends, in a session of its own, and that has started another one."""
    inner = (
        f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {_DEAF!r}]).pid, flush=True); {_DEAF}"
    )
    child = subprocess.Popen([sys.executable, "-c", inner], stdout=subprocess.PIPE, text=True, start_new_session=True)
    _say(folder, "pid-inner", child.stdout.readline().strip())
    _say(folder, "pid-child", child.pid)
    child.wait()


def hang_in_a_fork(dataset, *, seed, folder):
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(300,))
    child.start()
    _say(folder, "pid-fork", child.pid)
    child.join()


def take(dataset, *, seed, seconds):
    time.sleep(seconds)
    return {"seed": seed}
