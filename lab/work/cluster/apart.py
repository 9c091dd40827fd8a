"""How does a Dask worker run a trial in a process apart? The very loop of a local process, behind a pipe.

`multiprocessing` cannot start it there: Dask's workers are daemons, which may have no children of that kind. So it is a child of
`lab.host.children` whose standard input is the pipe. `python -m lab.work.cluster.apart FOLDER` reads the table, then trials,
and keeps temporary files in the folder. Neither is unpickled by the worker itself, which imports no learning library.
"""

import contextlib
import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

from lab import environment
from lab.host.children import started_child
from lab.host.killing import kill_tree
from lab.host.scratch import scratch_folder
from lab.protocol import Trial
from lab.work.workers import ONE_THREAD, Outcome, Work, serve

__all__ = ["PACKED", "Apart"]

PACKED = "packed"
"""The argument of a trial that holds the real one, pickled with the rows that it needs."""


class Apart:
    """A child of a Dask worker that runs trials (see `lab.work.workers.Server`); rows stay pickled here.

    Parameters
    ----------
    table : bytes
        The pickled table of the run.
    """

    def __init__(self, table: bytes) -> None:
        self.spent_s = 0.0
        self._held = contextlib.ExitStack()
        environment.make_cache_folder()
        self.connection, theirs = multiprocessing.Pipe()
        try:
            folder = self._held.enter_context(scratch_folder())
            variables = {**os.environ, **environment.for_processes(), **ONE_THREAD}
            self._process = self._held.enter_context(
                started_child(__name__, str(folder), stdin=theirs.fileno(), env=variables)
            )
        except BaseException:
            self.connection.close()
            self._held.close()
            raise
        finally:
            theirs.close()  # so that the death of the process is the end of the pipe
        with contextlib.suppress(ConnectionError):  # killed at once: seen when it is used
            self.connection.send_bytes(table)

    def send(self, work: Work) -> None:
        """Hand over what the trial carries; raises ConnectionError where the process has died."""
        self.connection.send_bytes(work[0].arguments[PACKED])

    def outcome(self) -> Outcome | None:
        """Receive the pickled outcome of the trial, as the row of another; None where the process died over it."""
        try:
            return Outcome(Trial("", dict), self.connection.recv_bytes())
        except (EOFError, OSError):
            self.kill()
            return None

    def end(self) -> None:
        """Have the process leave: the end of the pipe tells it."""
        self.connection.close()
        self._held.close()

    def kill(self) -> None:
        """End the process at once; what it started ends with it."""
        self.connection.close()
        if self._process.returncode is None:
            kill_tree(self._process.pid)
        self._held.close()


def _main(folder: Path) -> None:
    pipe = Connection(os.dup(0))
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    with contextlib.suppress(EOFError, ConnectionError):  # the worker is gone before it has sent the table
        serve(pipe, ForkingPickler.loads(pipe.recv_bytes()), folder)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
