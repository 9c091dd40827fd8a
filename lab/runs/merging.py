"""How do runs of several machines become one? Trial by trial: the same row twice is one row, and what differs is refused.

Which trial a row belongs to is sealed with it: the identity of its run, which counts function, code, versions, table, settings and
seed, and the key of the trial. Timings of two machines are no contradiction: one of them is kept.
"""

import contextlib
import dataclasses
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lab.errors import RecordError, SettingsError
from lab.host.files import write_bytes
from lab.host.locks import Timeout
from lab.host.machine import fingerprint
from lab.runs.elapsed import joined
from lab.runs.folders import MARK, SESSIONS, identity_of, owner_of_sessions, using
from lab.runs.plans import difference, keep_plan, kept_plan, planned
from lab.work.sealed import DamagedError
from lab.work.storage import Stored
from lab.work.store import Store

__all__ = ["Merged", "merge"]

_TRIALS = "trials"


@dataclasses.dataclass(frozen=True)
class Merged:
    """What came of a merge.

    Attributes
    ----------
    folder : pathlib.Path
    total, stored, added : int
        Trials of the plan, those whose rows are there now, and those of them that were not there before.
    same : int
        Trials of which several folders held the same row.
    timings_elsewhere : int
        Timings that were measured on another machine than this one: a run here measures them again.
    damaged : tuple of str
        Rows that could not be read, a sentence each: they are left out.
    """

    folder: Path
    total: int
    stored: int
    added: int
    same: int
    timings_elsewhere: int
    damaged: tuple[str, ...]


class _Side:
    """A folder whose rows are joined with others."""

    def __init__(self, folder: Path) -> None:
        found = identity_of(folder)
        if found is None:
            raise SettingsError(
                f"{folder} is not the folder of a run that is known; name folders that lab run has made"
            )
        self.folder, self.identity, self.facts = folder, found, kept_plan(folder, found)
        trials = folder / _TRIALS
        self.store = Store(trials, found) if trials.is_dir() and not trials.is_symlink() else None
        self.damaged = [f"{folder}: {each}" for each in self.store.damage] if self.store else []

    def row(self, key: str) -> Stored | None:
        """Give the row of a trial; one that cannot be read is noted, and left out."""
        try:
            return None if self.store is None else self.store.stored_at_start(key)
        except DamagedError as error:
            self.damaged.append(f"{self.folder}: {error}")
            return None


def merge(
    folders: Sequence[Path], into: Path, *, notify: Callable[[str], None] = lambda sentence: None
) -> Merged:  # fmt: skip
    """Join the rows of runs; all of them are looked at before anything is written.

    Parameters
    ----------
    folders : sequence of pathlib.Path
        Folders of the same run.
    into : pathlib.Path
        The first of them, or a new folder.
    notify : callable
        Told of rows that could not be read.

    Raises
    ------
    InputError
        If a folder is no run, one is under way, they are not the same run, or two rows of a trial differ.
    """
    with contextlib.ExitStack() as held:
        for folder in folders:
            _hold(folder, held)
        sides = [_Side(folder) for folder in folders]
        facts = _facts_of(sides)
        chosen, same = _chosen(sides, planned(facts))
        damaged = tuple(dict.fromkeys(itertools.chain.from_iterable(side.damaged for side in sides)))
        for sentence in damaged:
            notify(sentence)
        before = 0
        if into == sides[0].folder:
            before = sum(side is sides[0] for side, _ in chosen.values())
        else:
            _begin(into, sides[0].identity, held)
        keep_plan(into, facts)
        _write(into, sides, chosen, planned(facts))
        joined([folder / SESSIONS for folder in folders], into / SESSIONS, owner_of_sessions(sides[0].identity))
    here = fingerprint()
    alone = planned(facts)
    elsewhere = sum(alone[key] and machine != here for key, (_, machine) in chosen.items())
    return Merged(into, len(alone), len(chosen), len(chosen) - before, same, elsewhere, damaged)


def _hold(folder: Path, held: contextlib.ExitStack) -> None:
    try:
        held.enter_context(using(folder))
    except Timeout as error:
        raise SettingsError(
            f"the run in {folder} is still under way; wait until it ends, or stop it, and merge again"
        ) from error
    except OSError as error:
        raise SettingsError(f"cannot use {folder}: {error.strerror}; name folders that lab run has made") from error


def _facts_of(sides: Sequence[_Side]) -> list[Any]:
    """Give what the runs are about, which is the same of all of them."""
    for side in sides[1:]:
        if side.identity != sides[0].identity:
            known = sides[0].facts is not None and side.facts is not None
            what = f": they differ in {difference(sides[0].facts or (), side.facts or ())}" if known else ""
            raise SettingsError(
                f"{sides[0].folder} and {side.folder} are not the same run{what}; only runs of the same command, table and versions "
                "can be merged"
            )
    facts = next((side.facts for side in sides if side.facts is not None), None)
    if facts is None:
        raise RecordError(
            f"{sides[0].folder} does not say which trials its run has; repeat the command of the run, and merge again"
        )
    return facts


def _chosen(
    sides: Sequence[_Side], alone: Mapping[str, bool]
) -> tuple[dict[str, tuple[_Side, dict[str, Any]]], int]:  # fmt: skip
    """Choose whose row of each trial is kept, with its machine; counts the trials that several have, with the same row."""
    chosen: dict[str, tuple[_Side, dict[str, Any]]] = {}
    same, here = 0, fingerprint()
    for key, is_alone in alone.items():
        found = [(side, row) for side in sides if (row := side.row(key)) is not None]
        if not found:
            continue
        side, row = found[0]
        if is_alone:  # timings of this machine count, where there are any
            side, row = next(((each, timed) for each, timed in found if timed.machine == here), found[0])
        else:
            for other, again in found[1:]:
                _require_same(key, (side, row), (other, again))
            same += len(found) > 1
        chosen[key] = side, row.machine
    return chosen, same


def _require_same(key: str, one: tuple[_Side, Stored], other: tuple[_Side, Stored]) -> None:
    found = next(_differences(one[1].row, other[1].row, ""), None)
    if found is None:
        return
    machines = [stored.machine.get("processor", "an unknown machine") for _, stored in (one, other)]
    where = (
        "on the same kind of machine" if machines[0] == machines[1] else f"computed on {machines[0]} and {machines[1]}"
    )
    raise RecordError(
        f"trial {key} differs between {one[0].folder} and {other[0].folder} ({where}): {found}; nothing was merged; find out which is "
        "right, and leave the other folder out"
    )


def _differences(one: Any, other: Any, name: str) -> Iterator[str]:
    """Say in which parts two rows differ, bit by bit."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _differences(one[key], other[key], f"{name}.{key}" if name else str(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for at, (first, second) in enumerate(zip(one, other, strict=True)):
            yield from _differences(first, second, f"{name}[{at}]")
    elif isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if (one.dtype, one.shape, one.tobytes()) != (other.dtype, other.shape, other.tobytes()):
            yield f"other numbers in {name}"
    elif repr(one) != repr(other):
        plain = all(isinstance(value, int | float | bool) for value in (one, other))
        yield f"{name} is {one!r} and {other!r}" if plain else f"another {name}"


def _begin(into: Path, identity: str, held: contextlib.ExitStack) -> None:
    """Make the new folder with its mark: from then on it is an unfinished run."""
    if os.path.lexists(into):
        raise SettingsError(f"{into} exists; name a new folder with --out, or leave it out to merge into the first one")
    (into / _TRIALS).mkdir(parents=True)
    held.enter_context(using(into))
    write_bytes(into / MARK, f"{identity}\n".encode())


def _write(
    into: Path, sides: Sequence[_Side], chosen: Mapping[str, tuple[_Side, dict[str, Any]]], alone: Mapping[str, bool]
) -> None:  # fmt: skip
    (into / _TRIALS).mkdir(exist_ok=True)
    with contextlib.closing(Store(into / _TRIALS, sides[0].identity)) as store:
        for key, (side, machine) in chosen.items():
            if side.folder == into:
                continue
            stored = side.row(key)
            if stored is not None:
                store.write(key, stored.row, machine, is_packed=not alone[key])
