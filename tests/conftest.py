"""Shared ground of the tests: a way to call the command line, and tables on disk."""

import functools
import gc
import json
import os
import sys
import sysconfig
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

# As in trials: the threads of small fits only wait for one another. This is for libraries that are still to be loaded.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np
import pytest
from samples import stand_in
from threadpoolctl import threadpool_limits

from lab.cli import main
from lab.report import pictures
from lab.runs import identity

_MEMORY = 8 * 2**30
_TESTS, _OTHER_TESTS = Path(__file__).parent, Path(sysconfig.get_path("purelib"), "tests")


threadpool_limits(1)  # and this for those that are loaded


def pytest_configure(config):
    """Keep the bytecode of our sources, and have a test that fills the memory fail by its name.

    Tests start some hundred processes that load our sources, and each would compile them; where pytest itself is to leave nothing
    in the tree (`-p no:cacheprovider`), nor do they. Without the limit the kernel would kill the process of a test that fills
    the memory, and nobody knew of which.
    """
    if config.pluginmanager.hasplugin("cacheprovider"):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@pytest.fixture(scope="session", autouse=True)
def _sources_are_parsed_once():
    """Parse the same file once in all tests, and list what is installed once: a run's identity would take half a second.

    The files are read each time, so that what is changed in one is seen. The tests themselves are not parsed: to a lab that stands
    in one of them belong all the others, and the hundreds of a library that installs its own under the same name.
    """
    parsing, known = identity._imports, {}
    listing, owners = metadata.packages_distributions, {}

    def imports(files):
        for name, path in files.items():
            if path.is_relative_to(_OTHER_TESTS) or (path.is_relative_to(_TESTS) and path.name.startswith("test_")):
                continue
            source = (path.suffix, path.read_bytes())
            if source not in known:
                known[source] = list(parsing({name: path}))
            yield from known[source]

    def packages_distributions():
        where = tuple(sys.path)  # a test that installs something does so in a folder of its own
        if where not in owners:
            owners[where] = listing()
        return owners[where]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "_imports", imports)
        patch.setattr(metadata, "packages_distributions", packages_distributions)
        yield


@pytest.fixture(scope="session", autouse=True)
def _pictures_are_drawn_once():
    """Draw the same picture once in all tests, and all of them in one child, which takes two seconds to load the drawing library.

    Only what was drawn is kept, by all that the library is told. Tests of the drawing itself take `__wrapped__`.
    """
    known, draw = {}, pictures.Artist._ask

    @functools.wraps(draw)
    def once(artist, text):
        del artist
        if text not in known:
            shared._deaths = 0  # it draws for many reports
            known[text] = draw(shared, text)
        return known[text]

    with pictures.Artist() as shared, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures.Artist, "_ask", once)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Spare the garbage collector what stays to the end: all libraries and all tests, close to a million objects.

    It would look through them again and again while they come together, and later wherever a lab asks for a collection before it
    measures a time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _what_is_spared_stays_spared():
    """Let no lab take this back as it ends its measurement."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "unfreeze", lambda: None)
        yield


def pytest_collectstart():
    """Have what is fitted while a file is read, and in a test (below), draw the same each time where it was given no seed.

    The rule against this generator is set aside: it is the one from which scikit-learn draws then.
    """
    np.random.seed(0)  # noqa: NPY002


def pytest_runtest_setup():
    """See `pytest_collectstart`."""
    np.random.seed(0)  # noqa: NPY002


def pytest_collection_modifyitems(items):
    """Begin with the run that is traced: it is the longest."""
    items.sort(key=lambda item: item.path.name != "test_surroundings.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Have a process keep to its files as long as others have work: the tests of a file share what they make once."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None


@dataclass(frozen=True)
class Called:
    code: int
    out: str
    err: str


@pytest.fixture
def lab(capfd, tmp_path, monkeypatch):
    """Call `lab ...` in an empty folder; gives exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Called:
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Called(code, out, err)

    return call


@pytest.fixture
def table(tmp_path):
    """Write a small CSV with two informative numbers and a target; columns can be replaced or added."""

    def write(name: str = "table.csv", n_rows: int = 60, **columns) -> Path:
        rng = np.random.default_rng(0)
        target = np.arange(n_rows) % 2
        made = {"a": target + rng.normal(size=n_rows), "b": rng.normal(size=n_rows), **columns}
        made.setdefault("churn", np.where(target == 1, "yes", "no"))
        lines = [",".join(json.dumps(key) if "," in key else key for key in made)]
        lines += [",".join(str(value) for value in row) for row in zip(*made.values(), strict=True)]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def libraries(tmp_path, monkeypatch):
    """Small packages that stand for TabICL and what it needs, here and in processes that are started."""
    with stand_in.found(tmp_path / "libraries", monkeypatch):
        yield
