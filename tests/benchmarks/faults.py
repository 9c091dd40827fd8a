"""Which faults would no test see? Each of `faults.toml` is made in a copy of the tree, one at a time, and its tests run.

    .venv/bin/python tests/benchmarks/faults.py                  # all of them, some minutes
    .venv/bin/python tests/benchmarks/faults.py --only stream    # those whose name holds the word
    .venv/bin/python tests/benchmarks/faults.py --check          # none: only that every text stands once and every test is there

It ends with 1 where a fault survives, cannot be made, or was not tried since Ctrl-C or SIGTERM came before.
"""

import argparse
import contextlib
import functools
import importlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
PACKAGES = ("lab", "quantum", "edge", "interpretability")
COPIED = (*PACKAGES, "tests", "pyproject.toml")
LIST = HERE.with_suffix(".toml")
HEAVY = ("numpy", "pandas", "scipy.stats", "sklearn.ensemble", "sklearn.neural_network", "pyarrow.csv", "interpret.glassbox",
         "numba", "onnx", "onnxruntime", "skl2onnx", "qiskit", "vl_convert")  # fmt: skip
"""Libraries that are loaded once; every run of the tests is a fork with them, and loads our packages anew."""
LIMIT_S = 120.0
"""Seconds after which a run of tests is taken to hang."""


@dataclass(frozen=True)
class Fault:
    """A text of the packages, what it becomes, and the tests that must see it."""

    name: str
    old: str
    new: str
    tests: tuple[str, ...]


def faults(path: Path = LIST) -> list[Fault]:
    """Read the list."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["fault"]
    return [Fault(each["name"], each["old"], each["new"], tuple(each["tests"])) for each in listed]


def sources_of(tree: Path) -> dict[Path, str]:
    """Read the packages."""
    paths = (path for package in PACKAGES for path in sorted((tree / package).rglob("*.py")))
    return {path: path.read_text(encoding="utf-8") for path in paths}


def tests_of(tree: Path) -> dict[Path, str]:
    """Read the tests, by their names below the tree."""
    paths = sorted((tree / "tests").rglob("test_*.py"))
    return {path.relative_to(tree): path.read_text(encoding="utf-8") for path in paths}


def place_of(fault: Fault, sources: Mapping[Path, str]) -> Path:
    """Find the one file that holds the fault's text once, wherever it is.

    Raises
    ------
    LookupError
        If it stands nowhere, or more than once.
    """
    counts = {path: count for path, text in sources.items() if (count := text.count(fault.old))}
    if sum(counts.values()) != 1:
        where = ", ".join("/".join(path.parts[-3:]) for path in counts) or "nowhere"
        raise LookupError(f"{fault.name}: its text stands {sum(counts.values())} times ({where}); name a longer one")
    return next(iter(counts))


def nodes_of(fault: Fault, tests: Mapping[Path, str]) -> list[str]:
    """Find the tests by their names, whichever files they are in.

    Raises
    ------
    LookupError
        If a test is not there.
    """
    nodes = []
    for name in fault.tests:
        found = [path for path, text in tests.items() if f"\ndef {name}(" in text]
        if not found:
            raise LookupError(f"{fault.name}: there is no test {name}")
        nodes += [f"{path}::{name}" for path in found]
    return nodes


def copy_tree(target: Path) -> Path:
    """Copy what the tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    return target


def passes(nodes: list[str], tree: Path, limit_s: float = LIMIT_S) -> bool:
    """Run some tests on a tree, in a fork of this process; its packages come before the installed ones.

    A run that takes longer than `limit_s` is ended with all that it started: what hangs does not pass.

    Raises
    ------
    RuntimeError
        If they could not be run.
    """
    words = ["-x", "-q", "-m", "", "-n", "0", "-p", "no:cacheprovider", "--basetemp", str(tree / "temporary"), *nodes]
    log = tree / "pytest.txt"
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.setpgid(0, 0)
            os.chdir(tree)
            sys.path.insert(0, str(tree))
            sys.dont_write_bytecode = True
            with log.open("w") as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                code = int(pytest.main(words))
        finally:
            os._exit(code)
    code = _ended(child, limit_s)
    if code not in (0, 1, None):
        raise RuntimeError(f"pytest ended with {code} on {' '.join(nodes)}:\n{log.read_text()[-2_000:]}")
    return code == 0


def _ended(child: int, limit_s: float) -> int | None:
    """Wait for a fork; gives how it ended, or None where it took too long. Nothing of its group is left."""
    last = time.monotonic() + limit_s
    try:
        while time.monotonic() < last:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)


@contextmanager
def rewritten(path: Path, text: str) -> Iterator[None]:
    """Have a file hold another text meanwhile."""
    before = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


@contextmanager
def made(fault: Fault, tree: Path) -> Iterator[None]:
    """Make the fault, and take it back."""
    path = place_of(fault, sources_of(tree))
    with rewritten(path, path.read_text(encoding="utf-8").replace(fault.old, fault.new)):
        yield


_tree: Path  # of this process


def _take(trees: "multiprocessing.Queue[str]") -> None:
    global _tree
    _tree = Path(trees.get())


def _in_tree(task: Callable[[Any, Path], Any], thing: Any) -> Any:
    return task(thing, _tree)


def in_copies(task: Callable[[Any, Path], Any], things: Sequence[Any], jobs: int, first: list[str]) -> Iterator[Any]:
    """Do `task(thing, tree)` for all things, each process in its copy of the tree, where the tests `first` pass before any.

    Raises
    ------
    SystemExit
        If they do not.
    """
    for name in HEAVY:
        importlib.import_module(name)
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        trees = context.Queue()
        for job in range(jobs):
            trees.put(str(copy_tree(Path(folder) / str(job))))
        tree = Path(folder) / "0"
        if not passes(first, tree, 10 * LIMIT_S):
            raise SystemExit(f"the tests fail on the tree as it is:\n{(tree / 'pytest.txt').read_text()[-2_000:]}")
        with ProcessPoolExecutor(jobs, context, _take, (trees,)) as pool:
            yield from pool.map(functools.partial(_in_tree, task), things)


def tried(fault: Fault, tree: Path) -> tuple[str, str]:
    """Say what came of a fault: killed, SURVIVED, or why it could not be made."""
    try:
        with made(fault, tree):
            return fault.name, "SURVIVED" if passes(nodes_of(fault, tests_of(tree)), tree) else "killed"
    except (LookupError, RuntimeError) as error:
        return fault.name, f"NOT MADE: {error}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="only faults whose name holds this; may be given several times")
    parser.add_argument("--jobs", type=int, default=1, help="copies of the tree that are worked on side by side")
    parser.add_argument("--check", action="store_true", help="make none: only find every text and every test")
    options = parser.parse_args()
    chosen = [fault for fault in faults() if any(words in fault.name for words in options.only or [""])]
    tests, sources = tests_of(ROOT), sources_of(ROOT)
    every = sorted({node for fault in chosen for node in nodes_of(fault, tests)})
    if options.check:
        lost = []
        for fault in chosen:
            try:
                place_of(fault, sources)
            except LookupError as error:
                lost.append(error)
        print(*lost, f"{len(chosen) - len(lost)} of {len(chosen)} faults can be made", sep="\n")
        return int(bool(lost))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results = []
    with contextlib.suppress(KeyboardInterrupt):
        for name, result in in_copies(tried, chosen, options.jobs, every):
            print(f"{result:10}  {name}", flush=True)
            results.append(result)
    if len(results) < len(chosen):
        print(f"ended before its time, at or after: {chosen[len(results)].name}")
    print(f"{results.count('killed')} of {len(chosen)} killed")
    return int(results.count("killed") < len(chosen))


if __name__ == "__main__":
    sys.exit(main())
