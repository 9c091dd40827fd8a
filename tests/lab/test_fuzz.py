"""A slice of the fuzzing (`tests/benchmarks/fuzz.py` runs all of it), and that the harness sees what it is there for."""

import dataclasses
import json
import random
import sys

import pytest
from benchmarks import fuzz
from benchmarks.fuzzing import csv_table, mutate, stored_rows

from lab.errors import DataError
from lab.work import resume, store

# the command tries 100,000 of each, and models too
SLICES = {"csv": 200, "parquet": 200, "packed": 200, "toml": 200, "record": 60, "rows": 400}


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
@pytest.mark.parametrize("kind", SLICES)
def test_every_spoilt_file_is_read_or_refused_in_a_sentence(kind, tmp_path):
    tally = fuzz.run_kind(kind, SLICES[kind], 1, tmp_path, processes=1, seconds=60)
    assert not tally.findings, dict(tally.sorts)
    assert tally.counts["read"] + tally.counts["refused"] == SLICES[kind]
    assert tally.counts["read"], "nothing that was tried was still a file of its kind"


def test_the_same_seed_spoils_in_the_same_way(tmp_path):
    originals = csv_table.seeds(tmp_path)
    made = [[fuzz.make_input(csv_table, originals, seed, number) for number in range(50)] for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    assert len(set(made[0])) > 40


def test_what_was_spoilt_before_does_not_change_what_is_spoilt_next():
    original = json.dumps({"a": [1, {"b": [2.5, "x"]}], "c": {"d": []}}).encode()
    first = [mutate.spoil_json(original, random.Random(seed)) for seed in range(2_000)]
    assert [mutate.spoil_json(original, random.Random(seed)) for seed in range(2_000)] == first


BROKEN = """
import os, time
NAME, COUNT = "broken", 5
def seeds(folder): return [b"1"]
def attempt(path):
    global tried
    tried = globals().get("tried", 0) + 1
    if tried > 1: {body}
    return "read"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("raise KeyError('x')", "outside"),
        ("os.abort()", "crashed"),
        ("os._exit(0)", "crashed"),
        ("time.sleep(100)", "hung"),
        ("bytearray(10 << 30)", "outside"),
        ("len(b'x' * (600 << 20))", "memory"),
    ],
)
def test_the_harness_counts_each_kind_of_finding_and_keeps_its_input(body, what, tmp_path):
    folder = fuzz.HERE / "fuzzing"
    module = tmp_path / "broken.py"
    module.write_text(BROKEN.format(body=body))
    assert folder.is_dir()
    tally = fuzz.run_kind("broken", 2, 0, tmp_path / "kept", processes=1, seconds=2, memory_gb=0.5, extra=module)
    assert tally.counts[what] >= 1, tally.counts
    assert tally.findings == sum(tally.sorts.values())
    assert list((tmp_path / "kept").glob("broken-0-*.input"))


def test_an_attempt_gives_the_name_of_the_refusal(tmp_path):
    (tmp_path / "t").write_bytes(b"a,b\n1\n")
    assert csv_table.attempt(tmp_path / "t") == DataError.__name__


def spoilt_rows(tmp_path, change):
    """Write the first original of stored rows with one of its files changed."""
    parts = stored_rows.seeds(tmp_path)[0].split(stored_rows._BETWEEN)
    changed = [
        change(part) if name == "fit-00.json" else part
        for name, part in zip(("", *stored_rows.FILES), parts, strict=True)
    ]
    (tmp_path / "one.input").write_bytes(stored_rows._BETWEEN.join(changed))
    return tmp_path / "one.input"


def test_rows_as_they_were_stored_are_taken_and_others_computed_again(tmp_path):
    assert stored_rows.attempt(spoilt_rows(tmp_path, bytes)).startswith("read")
    assert stored_rows.attempt(spoilt_rows(tmp_path, lambda part: part[:-3])).startswith("recomputed")


def test_a_storage_that_takes_a_spoilt_row_is_found_out(tmp_path, monkeypatch):
    path = spoilt_rows(tmp_path, lambda part: part.replace(b'"seed": 1', b'"seed": 2'))
    real = store.read_row

    def careless(folder, key, *, run):
        content = (folder / f"{key}.json").read_bytes()
        (folder / f"{key}.json").write_bytes(content.replace(b'"seed": 2', b'"seed": 1'))
        stored = real(folder, key, run=run)
        return dataclasses.replace(stored, row={**stored.row, "seed": 2}) if key == "fit-00" else stored

    monkeypatch.setattr(store, "read_row", careless)
    with pytest.raises(AssertionError, match="digest does not fit"):
        stored_rows.attempt(path)


def test_a_row_that_is_dropped_without_a_word_is_found_out(tmp_path, monkeypatch):
    path = spoilt_rows(tmp_path, lambda part: part[:-3])
    kept = resume._kept
    silent = lambda plan, rows, notify, *more, **named: kept(plan, rows, lambda sentence: None, *more, **named)  # noqa: E731
    monkeypatch.setattr(resume, "_kept", silent)
    with pytest.raises(AssertionError, match="without a word"):
        stored_rows.attempt(path)
