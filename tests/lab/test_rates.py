"""Rates that are damaged are said and passed over; those that came with the lab stand in."""

import json
import os
from pathlib import Path

import pytest

from lab import registry
from lab.rates import interval, known_rates, sealed

LAB = registry.find("quantum")


@pytest.fixture
def shipped():
    rates = known_rates(LAB, Path("nowhere"))
    assert rates is not None
    return rates


@pytest.fixture
def measured(shipped):
    """Rates that differ from the shipped ones in their date only."""
    return shipped | {"date": "2030-01-01"}


def found(tmp_path, content):
    path, notes = tmp_path / "controls-quantum.json", []
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return known_rates(LAB, tmp_path, notes.append), notes


def test_measured_rates_come_first_with_and_without_a_digest(tmp_path, measured):
    assert found(tmp_path, sealed(measured)) == (measured, [])
    assert found(tmp_path, measured) == (measured, [])  # of an earlier version


@pytest.mark.slow
def test_any_flipped_bit_of_measured_rates_is_seen(tmp_path, measured, shipped):
    few = measured["controls"][:2]  # each byte of a smaller file, as the rest repeats their form
    events, seeds = sum(row["wrong"]["events"] for row in few), measured["seeds"]
    measured = measured | {"controls": few, "wrong": interval(events, 2 * seeds)}
    content = (json.dumps(sealed(measured), indent=1) + "\n").encode()
    for bit in range(0, 8 * len(content), 3):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        rates, notes = found(tmp_path, bytes(changed))
        assert rates == measured or (rates == shipped and len(notes) == 1), bit


def without(measured, name):
    return {key: value for key, value in measured.items() if key != name}


@pytest.mark.parametrize("name", ["lab", "version", "date", "seeds", "controls", "wrong"])
@pytest.mark.parametrize(
    "value", [None, [], {}, "text", -1, 1.5, True, 10**400, [[]], [None], {"events": None}, "missing"]
)
def test_rates_of_another_shape_are_said_and_the_shipped_ones_stand_in(tmp_path, measured, shipped, name, value):
    if (name, value) in (("version", "text"), ("date", "text"), ("version", "missing"), ("date", "missing")):
        return  # any text will do there, without a digest
    rates, notes = found(tmp_path, without(measured, name) if value == "missing" else measured | {name: value})
    assert rates == shipped
    assert len(notes) == 1
    assert "controls-quantum.json holds no rates of the quantum lab" in notes[0]
    assert "lab controls quantum" in notes[0]


@pytest.mark.parametrize("path", [("controls", 0, "yes"), ("controls", 0, "wrong", "events"), ("controls", 0, "wrong", "of"),
                                  ("controls", 0, "wrong", "high"), ("wrong", "rate"), ("wrong", "low"), ("wrong", "of"),
                                  ("controls", 1, "name"), ("controls", 1, "truth"), ("controls", 1, "wrong")])  # fmt: skip
@pytest.mark.parametrize("value", [None, 7, -1, 0.5, float("nan"), float("inf"), True, [], {}])
def test_no_number_among_the_rates_can_be_another(tmp_path, measured, shipped, path, value):
    changed = json.loads(json.dumps(measured))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    rates, notes = found(tmp_path, changed)
    assert rates == shipped
    assert len(notes) == 1


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b"{" * 100, b"null", b"\0" * 9, b'{"lab": 1e999}']
)
def test_whatever_stands_in_the_file_the_shipped_rates_stand_in(tmp_path, shipped, content):
    rates, notes = found(tmp_path, content)
    assert rates == shipped
    assert len(notes) == 1


@pytest.mark.parametrize("put", [lambda path: path.mkdir(), lambda path: path.symlink_to(path), os.mkfifo])
def test_what_is_no_file_is_said(tmp_path, shipped, put):
    put(tmp_path / "controls-quantum.json")
    notes = []
    assert known_rates(LAB, tmp_path, notes.append) == shipped
    assert len(notes) == 1


@pytest.mark.parametrize("name", registry.names())
def test_the_shipped_rates_of_every_lab_are_in_order(name, tmp_path):
    notes = []
    assert known_rates(registry.find(name), tmp_path, notes.append) is not None
    assert notes == []


TABLE = {
    "rows": 400,
    "classes": 2,
    "balance": 0.5,
    "dependence": ["copies", "suspected order"],
    "categories": 0.0,
    "missing": 0.25,
}


def with_table(measured, table):
    return measured | {"controls": [row | {"table": table} for row in measured["controls"]]}


def test_properties_of_tables_may_be_there_and_may_lack(tmp_path, measured):
    for table in (TABLE, None):
        assert found(tmp_path, sealed(with_table(measured, table))) == (with_table(measured, table), [])
    old = measured | {"controls": [without(row, "table") for row in measured["controls"]]}
    assert found(tmp_path, sealed(old)) == (old, [])


@pytest.mark.parametrize(
    "change",
    [
        {"rows": 0}, {"rows": True}, {"rows": 1.5}, {"classes": -1}, {"balance": 0.0}, {"balance": 1.1}, {"balance": True},
        {"balance": float("nan")}, {"categories": "most"}, {"missing": -0.1}, {"missing": None}, {"dependence": ["friends"]},
        {"dependence": ["suspected order", "copies"]}, {"dependence": "copies"}, {"dependence": None}, {"more": 1},
    ],
)  # fmt: skip
def test_properties_that_are_none_are_damage(tmp_path, measured, shipped, change):
    rates, notes = found(tmp_path, with_table(measured, TABLE | change))
    assert rates == shipped
    assert len(notes) == 1
    for table in ([], "table", 5, {}, without(TABLE, "rows")):
        assert found(tmp_path, with_table(measured, table))[0] == shipped
