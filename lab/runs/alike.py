"""Would trials give the same rows on another machine? Who works a plan off, and on which machines was it done."""

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.errors import SettingsError
from lab.host import machine
from lab.protocol import Trial
from lab.runs.identity import code_of, digests_of
from lab.work.cluster.connecting import Alike, Cluster, connected
from lab.work.cluster.scheduler import Scheduler

__all__ = ["difference", "facts", "measured", "reached"]

_MISSING = "none"
_MOST = 3


@contextlib.contextmanager
def reached(
    workers: int | Scheduler | None,
    plan: Sequence[Trial[Any]],
    *,
    modules: Iterable[str] = (),
    files: Iterable[Path] = (),
    notify: Callable[[str], None] = lambda sentence: None,
) -> Iterator[int | Cluster]:
    """Give what works a plan off: so many processes (the cores, unless it is said), or a cluster that is like this machine.

    Parameters
    ----------
    workers : int, Scheduler or None
    plan : sequence of Trial
    modules : iterable of str
        Modules whose code the trials run, beside those of their functions.
    files : iterable of pathlib.Path
        Files that the trials read: each worker must find them at the same paths.

    Raises
    ------
    SettingsError
        If the cluster cannot be reached, or is unlike this machine.
    """
    if not isinstance(workers, Scheduler):
        yield workers or machine.n_cores()
        return
    used = tuple(sorted({*modules, *(trial.function.__module__ for trial in plan)}))
    asked = functools.partial(facts, used, tuple(sorted(str(file.absolute()) for file in files)))
    with connected(workers, lambda: Alike(asked, difference), notify) as cluster:
        timings = sum(trial.exclusive for trial in plan)
        if timings and not workers.timing_worker:
            notify(
                f"{timings} of {len(plan)} trials are timings: they run on this machine, after the others (--timing-worker names "
                "another)"
            )
        yield cluster


def facts(modules: tuple[str, ...], files: tuple[str, ...]) -> dict[str, Any]:
    """Say of this machine what rows depend on: code and packages (see `lab.runs.identity.code_of`), and digests of files.

    A file that cannot be read has the digest "none".
    """
    return {**code_of(modules), "files": {file: _digest(file) for file in files}}


def difference(here: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """Name in a few words what differs between two answers of `facts`.

    >>> one = {"lab": "1", "python": "CPython 3.12.1", "packages": {"numpy": "2.3", "scipy": "1.17"}, "sources": {}, "files": {}}
    >>> difference(one, one | {"python": "CPython 3.13.0", "packages": {"numpy": "2.2"}})
    'CPython 3.12.1 here, CPython 3.13.0 there; numpy 2.3 here, 2.2 there; scipy 1.17 here, none there'
    >>> difference(one, one | {"sources": {"edge": "b"}})
    'the code of edge is another there'
    """
    found = []
    if here["python"] != there["python"]:
        found.append(f"{here['python']} here, {there['python']} there")
    if here["lab"] != there["lab"]:
        found.append(f"future-tech-lab {here['lab']} here, {there['lab']} there")
    found += [
        f"{name} {ours} here, {theirs} there" for name, ours, theirs in _unequal(here["packages"], there["packages"])
    ]
    found += [f"the code of {name} is another there" for name, _, _ in _unequal(here["sources"], there["sources"])]
    found += [
        f"the file {name} is {'missing' if theirs == _MISSING else 'another'} there"
        for name, _, theirs in _unequal(here["files"], there["files"])
    ]
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return "; ".join(found[:_MOST]) + more


def measured(plan: Sequence[Trial[Any]], machines: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Say how many rows were measured on which machine, and how many of them alone on it (timings)."""
    counted: list[dict[str, Any]] = []
    for trial in plan:
        if trial.key not in machines:
            continue
        found = next((one for one in counted if one["machine"] == machines[trial.key]), None)
        if found is None:
            found = {"machine": machines[trial.key], "trials": 0, "alone": 0}
            counted.append(found)
        found["trials"] += 1
        found["alone"] += trial.exclusive
    return counted


def _unequal(here: Mapping[str, str], there: Mapping[str, str]) -> list[tuple[str, str, str]]:
    pairs = [(name, here.get(name, _MISSING), there.get(name, _MISSING)) for name in sorted({*here, *there})]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _digest(file: str) -> str:
    try:
        return next(iter(digests_of([Path(file)]).values()))
    except SettingsError:
        return _MISSING
