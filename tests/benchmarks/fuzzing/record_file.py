"""Record: it is read, checked and rendered, or refused in one sentence; one in ten of those read is drawn too."""

import dataclasses
from unittest import mock

from benchmarks.fuzzing import sampled
from benchmarks.fuzzing.mutate import spoil_json
from samples.records import hostile_record, moving_record

from lab import record, report
from lab.errors import LabError
from lab.report.pictures import Artist

NAME, COUNT = "record", 100_000
WHOLE = 10
"""Of the others everything is done but the drawing itself, which takes a second and runs in a child with limits."""
spoil = spoil_json


def seeds(folder):
    made = []
    rates = {"events": 1, "of": 20, "rate": 0.05, "low": 0.0, "high": 0.2}
    row = {"name": "c", "truth": "t", "yes": 1, "no": 19, "undecided": 0, "wrong": rates}
    controls = {"lab": "quantum", "version": "1", "date": "2026-01-01", "seeds": 20, "controls": [row], "wrong": rates}
    plain = hostile_record("a")
    for one in (plain, moving_record("a"), dataclasses.replace(plain, controls=controls)):
        record.write(one, folder / "record.json")
        made.append((folder / "record.json").read_bytes())
    return made


def attempt(path):
    try:
        found = record.read(path)
        if sampled(path.read_bytes(), WHOLE):
            report.html(found).encode()
            return "read whole"
        with mock.patch.object(Artist, "_ask", return_value="<svg/>"):
            report.html(found).encode()
    except LabError as error:
        str(error).encode(errors="surrogateescape")
        return type(error).__name__
    return "read"
