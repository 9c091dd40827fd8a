"""Which runs does a file ask for? Each is what `lab run` would take, under the same names; all are checked before one begins."""

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab import registry
from lab.commands.run import checked
from lab.errors import LabError, SettingsError, nearest
from lab.settings import flag, read_toml

__all__ = ["Asked", "asked_in", "tables_in"]

_OURS, _OF_ONE = ("out", "workers", "json", "quiet", "debug", "again"), ("gate", "live", "help")
_ENDINGS = (".csv", ".tsv", ".parquet", ".xlsx", ".xls", ".ods", ".feather", ".sqlite", ".db")
_MOST_RUNS = 10_000


@dataclasses.dataclass(frozen=True)
class Asked:
    """A run that is asked for: its lab, its table as it was named, and the words that `lab run` would take."""

    lab: str
    data: str
    words: list[str]


def asked_in(file: Path, given: argparse.Namespace) -> list[Asked]:
    """Read the runs of a TOML file.

    Raises
    ------
    LabError
        If it is not TOML, or holds something else than runs; says which run is at fault.
    """
    found = read_toml(file)
    runs = found.pop("run", None)
    if not isinstance(runs, list) or not runs or not all(isinstance(run, dict) for run in runs):
        raise SettingsError(
            f"{file} holds no run; write [[run]] and below it lab = 'edge', data = 'churn.csv', target = 'churn'"
        )
    if len(runs) > _MOST_RUNS:
        raise SettingsError(f"{file} holds {len(runs):,} runs; at most {_MOST_RUNS:,} are allowed, so split the file")
    asked = []
    for at, run in enumerate(runs, 1):
        try:
            asked.append(_asked({**_of_all(given), **found, **run}, file.parent, given))
        except LabError as error:
            raise SettingsError(f"{file}, run {at}: {error}") from error
    return asked


def tables_in(folder: Path, given: argparse.Namespace) -> list[Asked]:
    """Ask for a run on each table of a folder, in the order of their names.

    Raises
    ------
    LabError
        If no lab is named, or there is no table.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS and path.is_file())
    except OSError as error:
        raise SettingsError(f"cannot read the folder {folder}: {error.strerror}; name a folder of tables") from error
    if not files:
        raise SettingsError(f"no table in {folder}; the names of tables end in {', '.join(_ENDINGS)}")
    return [_asked({**_of_all(given), "data": str(file)}, Path(), given) for file in files]


def _of_all(given: argparse.Namespace) -> dict[str, Any]:
    """Give what the command line says of all runs."""
    return {name: getattr(given, name) for name in ("lab", "target") if getattr(given, name) is not None}


def _asked(run: Mapping[str, Any], beside: Path, given: argparse.Namespace) -> Asked:
    lab, data = run.get("lab"), run.get("data")
    if not isinstance(lab, str):
        raise SettingsError(f"it names no lab; {nearest('', registry.names(), label='labs')}")
    if not isinstance(data, str):
        raise SettingsError("it names no table; write data = 'churn.csv'")
    path = data if Path(data).is_absolute() or not (beside / data).exists() else str(beside / data)
    words = [lab, path]
    for name, value in run.items():
        if name not in ("lab", "data"):
            words += _words(name, value)
    common = ["--out", str(given.out), *(["--workers", str(given.workers)] if given.workers else [])]
    switches = [f"--{name}" for name in ("quiet", "again") if getattr(given, name)]
    words = [*words, *common, *switches]
    checked(words)
    return Asked(lab, data, words)


def _words(name: str, value: Any) -> list[str]:
    """Write a key and its value as options.

    >>> _words("max_rows", 500), _words("drop", ["a", "b"]), _words("independent", True), _words("curves", False)
    (['--max-rows=500'], ['--drop=a', '--drop=b'], ['--independent'], ['--no-curves'])
    """
    option = flag(name)
    if name in _OURS:
        raise SettingsError(f"{name} applies to all runs; give it on the command line: lab batch FILE {option}")
    if name in _OF_ONE:
        raise SettingsError(f"{name} works for a single run only; leave it out, or use lab run")
    if isinstance(value, bool):
        return [option if value else flag(f"no_{name}")]
    if isinstance(value, list) and name in ("drop", "as", "missing"):
        return [f"{option}={each}" for each in value]
    if isinstance(value, Mapping):
        raise SettingsError(f"{name} is a table; write settings as keys of the run, under the names of lab run --help")
    return [f"{option}={','.join(map(str, value)) if isinstance(value, list) else value}"]
