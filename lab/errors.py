"""What can go wrong, and whose turn it is to mend it.

LabError                 the base of all: its message says where, what was found, and what to do
├── InputError           the user can mend it (exit code 2)
│   ├── DataError        something about the table
│   ├── SettingsError    something about an option, a key of a configuration file, or a name
│   └── MachineError     a disk, a folder's permissions or a limit of the machine stands in the way
├── RecordError          a stored record cannot be read (exit code 2)
├── CutOffError          the machines that worked for us are gone; repeating the command resumes (exit code 130)
└── TrialsFailedError    too much of the work failed to say anything (exit code 1)
"""

import difflib
from collections.abc import Iterable

__all__ = [
    "CutOffError",
    "DataError",
    "InputError",
    "LabError",
    "MachineError",
    "RecordError",
    "SettingsError",
    "TrialsFailedError",
    "nearest",
]


class LabError(Exception):
    """Base of every error that a user is shown as one sentence, without a traceback."""

    exit_code = 1


class InputError(LabError):
    """The input is at fault and the user can mend it."""

    exit_code = 2


class DataError(InputError):
    """The table cannot be used as it is."""


class SettingsError(InputError):
    """An option, a configuration key or a name is not possible."""


class MachineError(InputError):
    """A full disk, a folder that may not be written, or a limit on files, memory or processes stands in the way."""


class RecordError(InputError):
    """A stored record cannot be read."""


class CutOffError(LabError):
    """The machines that ran trials for us cannot be reached any more: as an interrupted run, this one can be taken up."""

    exit_code = 130


class TrialsFailedError(LabError):
    """So many trials failed that no verdict can be given."""


def nearest(word: str, names: Iterable[str], *, label: str = "known") -> str:
    """Say which name was probably meant, or list what there is.

    >>> nearest("chrun", ["age", "churn"])
    "did you mean 'churn'?"
    >>> nearest("x", ["age", "churn"], label="columns")
    'columns: age, churn'
    """
    known = list(names)
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    shown = ", ".join(known[:12]) + (f", ... ({len(known)} in all)" if len(known) > 12 else "")
    return f"{label}: {shown}"
