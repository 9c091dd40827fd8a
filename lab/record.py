"""What is kept of a run? One JSON file with a written schema; the report and any audit read nothing else.

Schema history
--------------
1   first version (`record_schema.json` beside this file)
2   figures may have frames, the evidence may have what-if panels; records of version 1 are read as before
3   the classes of the data are empty where the target is a number; records of versions 1 and 2 are read as before
4   the data may say which rows belong together; older records are read as before
5   the verdict may have details, next steps and chances; older records are read as before
6   the data may say what was understood of each column, and by which weights rows count; older records are read as before
"""

import dataclasses
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from lab.cleaning import without_surrogates
from lab.errors import RecordError
from lab.host.files import write_json
from lab.protocol import Evidence, Question, Verdict
from lab.schema import record_fault

__all__ = ["SCHEMA_VERSION", "Head", "Record", "is_readable", "read", "read_head", "write"]

SCHEMA_VERSION = 6
_LARGEST_FILE = 256 << 20


@dataclasses.dataclass(frozen=True)
class Record:
    """All that a run says.

    Attributes
    ----------
    lab : str
        Name of the lab.
    question, evidence, verdict
        See `lab.protocol`.
    data : dict
        name, digest (SHA-256), n_rows, target, classes (label and count; none where the target is a number), columns (name
        and kind), belonging (by, time, copies, independent, and weights where there are some), seen (what was understood of the
        whole table: rows, columns, more, suspicions; see `lab.looked.kept`); never a row.
    settings : dict
        Every setting of the lab, and the seed.
    controls : dict or None
        How often this lab was wrong where the truth is known (see `lab.controls`); None if never measured.
    trials : dict
        total, failed (reasons by key).
    environment : dict
        See `lab.host.machine.describe`; `imported`: versions of all packages on which the rows may depend; `measured`: which
        machines (see `lab.host.machine.fingerprint`) ran how many trials, and how many of them alone; `spent`: seconds of the
        trials of this session by their kind, the most first. Missing in old records.
    run : dict
        command (to repeat it), started (ISO 8601, UTC), seconds.
    """

    lab: str
    question: Question
    data: dict[str, Any]
    settings: dict[str, Any]
    evidence: Evidence
    verdict: Verdict
    controls: dict[str, Any] | None
    trials: dict[str, Any]
    environment: dict[str, Any]
    run: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class _Table:
    name: str
    n_rows: int


@dataclasses.dataclass(frozen=True)
class _Time:
    started: datetime
    seconds: float


@dataclasses.dataclass(frozen=True)
class Head:
    """What a list of runs says of each: some parts of a `Record`, under the same names."""

    schema_version: int
    lab: str
    question: Question
    verdict: Verdict
    data: _Table
    run: _Time


def write(record: Record, path: Path) -> None:
    """Write a record as JSON, atomically."""
    write_json(path, without_surrogates({"schema_version": SCHEMA_VERSION, **dataclasses.asdict(record)}))


def read(path: Path) -> Record:
    """Read a record back from a run folder or its `record.json`.

    Raises
    ------
    RecordError
        If there is none, it does not keep to the schema in every part, or it is of a newer one.
    """
    path = path / "record.json" if os.path.isdir(path) else path  # noqa: PTH112 - unlike Path.is_dir, it takes any name
    plain = _read_json(path)
    version = plain.pop("schema_version", None) if isinstance(plain, dict) else None
    if isinstance(version, int):
        _require_known(version, path)
    fault = "it has no schema_version" if version is None else record_fault({"schema_version": version, **plain})
    if fault:
        raise RecordError(f"{path} is not a record of a run ({fault}); run the lab again")
    try:
        return msgspec.convert(plain, Record)
    except msgspec.ValidationError as error:  # what the schema lets pass and no type holds: a number of 40 digits
        raise RecordError(f"{path} is not a record of a run ({error}); run the lab again") from error


def is_readable(folder: Path) -> bool:
    """Whether a folder holds a record that `read` gives."""
    try:
        read(folder)
    except RecordError:
        return False
    return True


def read_head(folder: Path) -> Head:
    """Read the parts of a run's record that a list needs, and nothing else: it takes a hundredth of the time of `read`.

    Raises
    ------
    RecordError
        If there is none, it is no JSON, one of these parts is not what it should be, or it is of a newer schema.
    """
    path = folder / "record.json"
    try:
        head = msgspec.json.decode(_read_bytes(path), type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"{path} is not a record of a run ({error}); run the lab again") from error
    _require_known(head.schema_version, path)
    if head.run.started.tzinfo is None:
        raise RecordError(f"{path} is not a record of a run (its start has no time zone); run the lab again")
    return head


def _require_known(version: int, path: Path) -> None:
    if version > SCHEMA_VERSION:
        raise RecordError(
            f"{path} has schema version {version!r}, this program reads up to {SCHEMA_VERSION}; update the program"
        )


def _read_json(path: Path) -> Any:
    try:
        return json.loads(_read_bytes(path).decode())
    except (ValueError, RecursionError) as error:
        raise RecordError(
            f"{path} is not a record of a run ({' '.join(str(error).split())}); run the lab again"
        ) from error


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)  # whatever it is: a device has no end
        if len(content) > _LARGEST_FILE:
            raise RecordError(
                f"{path} is not a record of a run (it has more than {_LARGEST_FILE:,} bytes); run the lab again"
            )
        return content
    except FileNotFoundError as error:
        unfinished = (path.parent / "trials").is_dir()
        hint = "repeat its command to resume it" if unfinished else "give the folder of a finished run"
        raise RecordError(f"no record at {path}; {hint}") from error
    except OSError as error:
        raise RecordError(f"cannot read {path}: {error.strerror}; give the folder of a finished run") from error
