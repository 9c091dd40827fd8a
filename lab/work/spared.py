"""Which trials of a plan are not needed any more? Those of which an earlier one says so: the question is settled without them.

It is read off the rows alone, so that whoever works at a plan, here or elsewhere, now or after an interruption, comes to the same end.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lab.protocol import Rows, Trial

__all__ = ["inputs_of", "is_open", "is_spared", "spared"]


def spared(plan: Sequence[Trial[Any]], rows: Rows) -> frozenset[str]:
    """Keys of the trials that are not to run, and whose rows do not count: what they wait for (`Trial.unless`) is settled, or spared.

    Parameters
    ----------
    plan : sequence of Trial
        In its order: what a trial waits for comes before it.
    rows : mapping
        Rows by the key of their trial, as far as they are there.
    """
    found: set[str] = set()
    for trial in plan:
        if is_spared(trial, rows, found):
            found.add(trial.key)
    return frozenset(found)


def is_spared(trial: Trial[Any], rows: Rows, out: Collection[str]) -> bool:
    """Whether a trial is not needed, where `out` holds those before it in the plan that are not."""
    return bool(trial.unless) and (trial.unless in out or getattr(rows.get(trial.unless), "is_settled", False))


def is_open(trial: Trial[Any], rows: Rows, failures: Mapping[str, str]) -> bool:
    """Whether it is known that a trial is needed (unless it is spared); where what would have said so failed, it is."""
    return not trial.unless or trial.unless in rows or trial.unless in failures


def inputs_of(trial: Trial[Any], rows: Rows, out: Collection[str]) -> dict[str, Any]:
    """Give the rows that a trial needs, without those of trials that are spared (`out`)."""
    return {key: rows[key] for key in trial.needs if key not in out}
