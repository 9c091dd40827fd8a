"""What is the identity of a run the digest of? The facts stand in its folder, so that two runs can be told apart in words."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.host.files import read_bytes, write_bytes
from lab.runs.folders import identity_of, is_under_way
from lab.runs.identity import digest_of

__all__ = ["PLAN", "difference", "keep_plan", "kept_plan", "of_other_versions", "planned"]

PLAN = "plan.json"
_PARTS = ("the lab", "the table", "the settings", "the files that it reads", "the versions", "the plan")
_MOST = 3


def keep_plan(folder: Path, facts: Sequence[Any]) -> None:
    """Write the facts of a run into its folder, unless they are there (see `lab.job.Job`)."""
    if kept_plan(folder, digest_of(facts)) is None:
        write_bytes(folder / PLAN, (json.dumps(facts, default=str) + "\n").encode())


def kept_plan(folder: Path, identity: str) -> list[Any] | None:
    """Read the facts of a run; None where they are not there, or are not those of its identity."""
    try:
        facts = json.loads(read_bytes(folder / PLAN))
    except (OSError, ValueError, RecursionError):
        return None
    return facts if isinstance(facts, list) and digest_of(facts) == identity else None


def planned(facts: Sequence[Any]) -> dict[str, bool]:
    """Give the keys of the trials, in their order, and whether each runs alone."""
    return {key: exclusive for key, _, _, _, exclusive, _ in facts[5]}


def of_other_versions(out: Path, facts: Sequence[Any]) -> list[str]:
    """Name the runs under way in a folder that are this one but for the versions: they share nothing with it, a sentence each."""
    mine, found = json.loads(json.dumps(facts, default=str)), []
    for place in sorted(out.glob(f"*/{PLAN}")):
        other = kept_plan(place.parent, identity_of(place.parent) or "") if is_under_way(place.parent) else None
        if other is not None and other[:4] == mine[:4] and other[4] != mine[4]:
            what = difference(other, mine)
            found.append(
                f"{place.parent} is this run with other versions, and shares no trial with it: they differ in {what}"
            )
    return found


def difference(one: Sequence[Any], other: Sequence[Any]) -> str:
    """Say in what two runs differ: in words, with the values of the first few.

    >>> difference(["edge", {"name": "a.csv", "digest": "1"}, {"seed": 0}, [], {"packages": {"numpy": "2.4"}}, []],
    ...            ["edge", {"name": "a.csv", "digest": "1"}, {"seed": 1}, [], {"packages": {"numpy": "2.5"}}, []])
    'the settings (seed: 0 and 1) and the versions (packages.numpy: 2.4 and 2.5)'
    """
    found = [
        f"{part}{_shown(_changes(before, after, ''))}"
        for part, before, after in zip(_PARTS, one, other, strict=True)
        if before != after
    ]
    if len(found) > 1 and found[-1].startswith(_PARTS[5]):
        found.pop()  # it follows from the others
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def _changes(before: Any, after: Any, name: str) -> list[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return [
            change
            for key in sorted({*before, *after})
            if before.get(key) != after.get(key)
            for change in _changes(before.get(key), after.get(key), f"{name}.{key}" if name else str(key))
        ]
    if any(isinstance(value, list | Mapping) for value in (before, after)):
        return [name] if name else []
    return [f"{name}: {_value(before)} and {_value(after)}" if name else f"{_value(before)} and {_value(after)}"]


def _value(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) < 64 else f"{text[:12]}..."


def _shown(changes: Sequence[str]) -> str:
    if not changes:
        return ""
    more = f", and {len(changes) - _MOST} more" if len(changes) > _MOST else ""
    return f" ({'; '.join(changes[:_MOST])}{more})"
