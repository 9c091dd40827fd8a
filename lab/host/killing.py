"""How is a process ended with all that it started? The tree below it is looked up first, and nothing in it is asked."""

import contextlib

__all__ = ["kill_tree"]


def kill_tree(pid: int) -> None:
    """Kill a process and all that came of it, at once: what ignores SIGTERM ends too.

    A process that left the tree (its parent has ended and the system adopted it) is not found.

    Parameters
    ----------
    pid : int
        A child of ours that was not waited for, so that the number is still its own.
    """
    import psutil  # here, since a process that is started for a trial needs none of it

    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        below = top.children(recursive=True)
        top.kill()  # first, so that it starts nothing more
        for process in below:
            with contextlib.suppress(psutil.Error):
                process.kill()
