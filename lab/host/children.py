"""How is a program run in a process of its own, so that it ends when we end, whatever ends us?

A process that is killed cannot tell its children. So each child holds one end of a pipe whose other end is ours
alone: when we are gone, it reads the end of the file and leaves. On Linux the kernel is asked to kill it too, at once,
which also reaches a child that is inside compiled code and cannot run a thread.

`python -m lab.host.children PARENT PIPE FOLDER MODULE [...]` is the child: it arranges that, and then runs the module as a script;
where FOLDER is not empty, confined to it (see `lab.host.confinement`).
"""

import contextlib
import ctypes
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from lab.host.confinement import confine

__all__ = ["end_with_parent", "limit_self", "run_child", "started_child"]

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@contextlib.contextmanager
def started_child(
    module: str, *arguments: str, confined_to: str = "", **streams: Any
) -> Iterator["subprocess.Popen[str]"]:
    """Start a module as a script in a fresh process of Python; leaving the block waits for its end.

    Parameters
    ----------
    module : str
        What `python -m` would run; it sees `arguments` as `sys.argv[1:]`, and no module of the current folder.
    confined_to : str
        The one folder that it may write to, if it is to be confined; its temporary files go there.
    **streams
        `stdin`, `stdout`, `stderr`, `env`, `cwd`, as `subprocess.Popen` takes them; what is read and written is text.

    Yields
    ------
    subprocess.Popen
        The process. If the block raises, an interrupt included, the process is killed, with all that it started
        and left in its process group.
    """
    watched, ours = os.pipe()  # neither is inherited, but for what `pass_fds` names
    command = [sys.executable, "-P", "-m", __name__, str(os.getpid()), str(watched), confined_to, module, *arguments]
    try:
        try:
            process = subprocess.Popen(
                command, text=True, errors="replace", process_group=0, pass_fds=(watched,), **streams
            )
        finally:
            os.close(watched)
        with process:
            try:
                yield process
            except BaseException:
                _kill(process)
                raise
    finally:
        os.close(ours)


def run_child(
    module: str, *arguments: str, timeout: float, confined_to: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a module as a script in a fresh process (see `started_child`), and gather what it prints.

    Raises
    ------
    subprocess.TimeoutExpired
        If it takes longer than `timeout` seconds; it is killed then.
    """
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started_child(module, *arguments, confined_to=confined_to, **streams) as process:
        out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def end_with_parent(parent: int, watched: int) -> None:
    """Have this process end when its parent does.

    Parameters
    ----------
    parent : int
        Number of the process that started this one.
    watched : int
        A file descriptor that comes to its end when the parent is gone.
    """
    threading.Thread(target=_leave_at_the_end_of, args=(watched,), daemon=True).start()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before we asked
            os._exit(1)


def limit_self(memory: int, seconds: int) -> None:
    """Keep this process to so many bytes of memory and seconds of computing, where the system does."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _leave_at_the_end_of(watched: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(watched, 1):
            pass
    os._exit(1)


def _kill(process: "subprocess.Popen[str]") -> None:
    if process.returncode is None:  # not waited for, so that the number is still its own
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()


if __name__ == "__main__":
    if sys.argv[3]:
        os.environ["TMPDIR"] = sys.argv[3]
        confine(sys.argv[3])  # before there is a second thread
    end_with_parent(int(sys.argv[1]), int(sys.argv[2]))
    sys.argv = sys.argv[4:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
