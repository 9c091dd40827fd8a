"""Rows that lie together come back as they were given; damage costs what it hits, and a kill nothing."""

import dataclasses
import signal
import subprocess
import sys

import numpy as np
import pytest

from lab.work.packs import Entry, Journal, entries_in, entry_of, packs_in, write_pack
from lab.work.sealed import DamagedError
from lab.work.storage import owner_of, read_row, split, write_row
from lab.work.store import Store

HERE = {"processor": "p", "cores": 2}
ROWS = {
    "t0": {"score": 0.1 + 0.2, "tiny": 5e-324, "zero": -0.0, "none": None, "big": 10**25},
    "t1": {"nested": [{"array": np.arange(6.0).reshape(2, 3)}], "labels": np.array(["ä", "bb"])},
    "t2": {"text": "row 00 1\nrow ", "empty": np.zeros((0, 3)), "flags": np.array([True, False]), "one": np.array(7)},
    "t3": {"half": "\ud800", "days": np.array(["2026-01-02"], dtype="datetime64[D]")},
}


def entry(key, row=None, run="r"):
    return entry_of(key, owner_of(run, key), *split(ROWS[key] if row is None else row), HERE)


def text(value):
    """Text in which every bit of a row shows."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {value.tobytes()!r}"
    if isinstance(value, dict):
        return str({key: text(item) for key, item in value.items()})
    return str([text(item) for item in value]) if isinstance(value, list) else repr(value)


def given(folder, keys=ROWS):
    """What a new store finds, by key; damage is what may be said, and nothing else."""
    store = Store(folder, "r")
    return {key: text(stored.row) for key in keys if (stored := store.stored_at_start(key)) is not None}, store.damage


def test_rows_come_back_bit_by_bit_with_their_machine(tmp_path):
    write_pack(tmp_path, [entry(key) for key in ROWS])
    found, damage = given(tmp_path)
    assert found == {key: text(row) for key, row in ROWS.items()}
    assert damage == []
    assert Store(tmp_path, "r").stored_at_start("t1").machine == HERE
    found = Store(tmp_path, "r").stored_at_start("t1").row["nested"][0]["array"]
    found[0, 0] = 3.0  # an array is the reader's own, as it is from a file of its own


@pytest.mark.slow
def test_no_flipped_bit_changes_a_row_and_each_costs_one_row(tmp_path, caplog):
    caplog.set_level("ERROR", "lab")
    keys = ["t0", "t1"]
    path = write_pack(tmp_path, [entry(key) for key in keys])
    content, wanted = path.read_bytes(), {key: text(ROWS[key]) for key in keys}
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        found, damage = given(tmp_path)
        assert found.items() < wanted.items(), bit
        assert len(found) == 1, bit
        assert damage, bit


def test_a_flipped_bit_costs_one_row_and_is_said(tmp_path):
    path = write_pack(tmp_path, [entry(key) for key in ROWS])
    content = path.read_bytes()
    for place in (0, 5, 68, 75, content.index(b"row", 10) + 90, len(content) - 1):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        found, damage = given(tmp_path)
        assert len(found) == 3, place
        assert len(damage) == 1
        assert "is not as it was written from byte" in damage[0]


def test_half_a_pack_keeps_the_rows_that_are_whole(tmp_path):
    first, second = entry("t0"), entry("t1")
    path = tmp_path / "rows-1.pack"
    for length in range(len(first) + len(second)):
        path.write_bytes((first + second)[:length])
        found, damage = given(tmp_path)
        assert len(found) == (length >= len(first)), length
        assert bool(damage) == (length not in (0, len(first))), length


def test_rows_of_another_run_and_whatever_else_lies_there_are_not_taken(tmp_path):
    write_pack(tmp_path, [entry("t0", run="another")])
    (tmp_path / "rows-x.pack").mkdir()
    (tmp_path / "rows-y.pack").symlink_to("/dev/zero")
    (tmp_path / "rows-z.pack").write_bytes(b"\xff" * 1000 + entry("t1"))
    found, damage = given(tmp_path)
    assert found == {"t1": text(ROWS["t1"])}
    assert len(damage) == 3


def test_an_entry_that_fits_its_digest_and_holds_no_row_is_damage(tmp_path):
    write_pack(tmp_path, [entry("t0", {"x": {"__array__": "a0"}} | {"y": np.zeros(2)})])
    path = packs_in(tmp_path)[0]
    (found,) = entries_in(path)
    assert isinstance(found, Entry)
    assert given(tmp_path)[0].keys() == {"t0"}
    body = b"\x02\x00\x00\x00[]"
    import hashlib

    path.write_bytes(
        b"row %s %d\n" % (hashlib.blake2b(body, digest_size=32).hexdigest().encode(), len(body)) + body
    )  # fmt: skip
    assert given(tmp_path)[0] == {}
    assert given(tmp_path)[1]


def test_arrays_with_fields_stay_in_files_of_their_own(tmp_path):
    odd = np.zeros(2, dtype=[("a", "f8"), ("b", "i4")])
    store = Store(tmp_path, "r", at_once=1)
    store.write("odd", {"x": odd}, HERE)
    store.write("t0", ROWS["t0"], HERE)
    assert {path.name.split(".")[-1] for path in tmp_path.iterdir()} == {"json", "npz", "pack"}
    assert Store(tmp_path, "r").stored_at_start("odd").row["x"].dtype == odd.dtype


def test_so_many_rows_go_together_and_their_files_go(tmp_path):
    store = Store(tmp_path, "r", at_once=3)
    for key in ROWS:
        store.write(key, ROWS[key], HERE)
    store.write("alone", {"x": 1}, HERE, is_packed=False)
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["alone.json", "t3.json"]
    assert len(packs_in(tmp_path)) == 1
    assert given(tmp_path)[0] == {key: text(row) for key, row in ROWS.items()}


@dataclasses.dataclass
class Clock:
    now: float = 0.0

    def monotonic(self):
        return self.now


def test_rows_that_come_fast_go_into_one_growing_pack_and_slow_ones_do_not(tmp_path, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("lab.work.store.time", clock)
    store = Store(tmp_path, "r")
    for number in range(150):
        clock.now += 0.005
        store.write(f"t{number}", {"number": number}, HERE)
    assert len(list(tmp_path.glob("*.json"))) == 99
    (pack,) = packs_in(tmp_path)
    clock.now += 2.0
    store.write("slow", {"number": -1}, HERE)
    assert (tmp_path / "slow.json").exists()
    store.close()
    assert packs_in(tmp_path) == [pack]
    keys = [f"t{number}" for number in range(150)]
    assert given(tmp_path, keys)[0] == {key: text({"number": number}) for number, key in enumerate(keys)}


def test_a_slow_disk_does_not_make_rows_look_slow(tmp_path, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("lab.work.store.time", clock)

    def slow(folder, key, *row, **rest):
        clock.now += 0.05
        write_row(folder, key, *row, **rest)

    monkeypatch.setattr("lab.work.store.write_row", slow)
    store = Store(tmp_path, "r")
    for number in range(150):
        clock.now += 0.005
        store.write(f"t{number}", {"number": number}, HERE)
    store.close()
    assert len(list(tmp_path.glob("*.json"))) == 99
    assert len(packs_in(tmp_path)) == 1
    for number in range(150, 300):
        clock.now += 0.02  # the rows themselves are slow
        store.write(f"t{number}", {"number": number}, HERE)
    assert (tmp_path / "t299.json").exists()


def test_what_is_forgotten_stays_forgotten_and_takes_nothing_else_along(tmp_path):
    write_pack(tmp_path, [entry(key) for key in ROWS])
    store = Store(tmp_path, "r")
    store.forget(["t1", "none"])
    assert store.read("t1") is None
    assert given(tmp_path)[0].keys() == {"t0", "t2", "t3"}
    Store(tmp_path, "r").forget(list(ROWS))
    assert list(tmp_path.iterdir()) == []


def test_files_that_a_kill_left_beside_their_pack_go_and_the_rows_stay(tmp_path):
    Store(tmp_path, "r").write("t0", ROWS["t0"], HERE)
    write_pack(tmp_path, [entry("t0")])
    (tmp_path / "t0.npz").write_bytes(b"of a killed process")
    store = Store(tmp_path, "r")
    store.tidy_up()
    assert [path.suffix for path in tmp_path.iterdir()] == [".pack"]
    assert given(tmp_path)[0] == {"t0": text(ROWS["t0"])}


def test_a_damaged_file_does_not_hide_the_row_in_a_pack_and_alone_is_damage(tmp_path):
    (tmp_path / "t0.json").write_text("{")
    with pytest.raises(DamagedError):
        Store(tmp_path, "r").stored_at_start("t0")
    write_pack(tmp_path, [entry("t0")])
    assert given(tmp_path)[0] == {"t0": text(ROWS["t0"])}


def test_rows_of_another_process_are_seen_as_they_come(tmp_path):
    mine, journal = Store(tmp_path, "r"), Journal(tmp_path)
    assert mine.read("t0") is None
    journal.add(entry("t0"))
    assert text(mine.read("t0").row) == text(ROWS["t0"])
    half = len(entry("t1")) // 2
    with journal.path.open("ab") as stream:
        stream.write(entry("t1")[:half])
        stream.flush()
        assert mine.read("t1") is None, "the other process is still writing it"
        stream.write(entry("t1")[half:])
    assert text(mine.read("t1").row) == text(ROWS["t1"])
    Store(tmp_path, "r").write("t2", ROWS["t2"], HERE)
    assert text(mine.read("t2").row) == text(ROWS["t2"])
    journal.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from lab.work.store import Store

left = int(sys.argv[2])


def die(event, arguments):
    global left
    writes = event == "open" and str(arguments[0]).startswith(sys.argv[1]) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if event in ("os.rename", "os.remove") or writes:
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)


store = Store(Path(sys.argv[1]), "r", at_once=2)
sys.addaudithook(die)
for number in range(3):
    store.write(f"t{number}", {"number": number}, {})
    print(number, flush=True)
"""


def test_a_kill_at_any_change_loses_no_row_that_was_stored(tmp_path):
    for change in range(1, 40):
        folder = tmp_path / str(change)
        folder.mkdir()
        words = [sys.executable, "-c", KILLED, str(folder), str(change)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        found, damage = given(folder, ["t0", "t1", "t2"])
        stored = done.stdout.split()
        assert found.items() >= {f"t{number}": text({"number": int(number)}) for number in stored}.items(), change
        assert damage == []
        if done.returncode == 0:
            break
    assert change > 10
    assert read_row(folder, "t2", run="r").row == {"number": 2}
