"""A machine that is kept busy: loops of equal priority, each in a process of its own, for as long as a block takes.

`python -m edge.controls.busy` is one of them.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from lab.host.children import started_child
from lab.host.machine import n_cores

__all__ = ["busy"]


@contextlib.contextmanager
def busy(loops: int | None = None) -> Iterator[None]:
    """Run so many busy loops meanwhile; one for every core unless said otherwise."""
    with contextlib.ExitStack() as running:
        started = []
        for _ in range(n_cores() if loops is None else loops):
            looping = started_child(__name__, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            process = running.enter_context(looping)
            running.callback(process.kill)
            started.append(process)
        for process in started:
            assert process.stdout is not None  # asked for above
            process.stdout.readline()
        yield


if __name__ == "__main__":
    sys.stdout.write("busy\n")
    sys.stdout.flush()
    while True:
        pass
