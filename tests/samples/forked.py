"""A process that tries a model, as a fork of one that has loaded the libraries: a new one takes seconds to load them.

It is confined, limited and ended as a new one; how that is started is tested in `tests/lab/host` and in
`tests/edge/given/test_hostile.py`.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from edge.given import guard
from lab.host.confinement import confine

__all__ = ["with_guard_forked"]

_LOADED = ["lab.host.confinement", "edge.given.estimators", "edge.session", "pandas", "skops.io"]


def with_guard_forked(patch: pytest.MonkeyPatch) -> None:
    """Have models tried in forks."""
    patch.setattr(guard, "run_child", _run)


def _run(module: str, *arguments: str, timeout: float, confined_to: str) -> "subprocess.CompletedProcess[str]":
    """Stand for `lab.host.children.run_child`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    with TemporaryDirectory() as said:
        process = context.Process(target=_begin, args=(said, confined_to, module, *arguments))
        process.start()
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(module, timeout)
        out, err = ((Path(said) / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
        code = process.exitcode
        process.close()
    assert code is not None
    return subprocess.CompletedProcess([module, *arguments], code, out, err)


def _begin(said: str, confined_to: str, module: str, *arguments: str) -> None:
    for name, stream in (("out", 1), ("err", 2)):
        with (Path(said) / name).open("wb") as file:
            os.dup2(file.fileno(), stream)
    os.environ["TMPDIR"] = confined_to
    confine(confined_to)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
