"""The types of a record and its written schema say the same, and what is read is what was written, to the byte."""

import dataclasses
import importlib.resources
import json

import msgspec
import pytest
from samples.records import hostile_record, moving_record

from lab.errors import RecordError
from lab.protocol import Estimate, Evidence, Frame, Input, Term
from lab.record import Record, read, write

WRITTEN = json.loads((importlib.resources.files("lab") / "record_schema.json").read_text(encoding="utf-8"))
(_TOP,), _DEFINITIONS = msgspec.json.schema_components([Record], ref_template="#/$defs/{name}")
TYPED = {**_TOP, "$defs": _DEFINITIONS}
SINCE = {
    "frames": 2,
    "panels": 2,
    "details": 5,
    "next_steps": 5,
    "chances": 5,
}  # parts that old records lack, by the version that brought them
OPEN = {"spec"}  # the written schema lists all forms of a picture; the type is a mapping


def resolved(schema, root):
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def alternatives(schema, root):
    """All (type, schema) that a schema allows; a constant stands for its type, and anything for everything."""
    schema = resolved(schema, root)
    if parts := schema.get("anyOf", schema.get("oneOf")):
        return [found for part in parts for found in alternatives(part, root)]
    if "enum" in schema:
        names = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
        return [(names[type(value)], schema) for value in schema["enum"]]
    named = schema.get("type")
    if named is None:
        return [(None, schema)]
    return [(one, schema) for one in ([named] if isinstance(named, str) else named)]


def differences(typed, written, place=""):
    """Where the written schema allows, or leaves out, what the types do not."""
    allowed = alternatives(typed, TYPED)
    for kind, part in alternatives(written, WRITTEN):
        fits = [other for name, other in allowed if name in (kind, None) or (kind, name) == ("integer", "number")]
        if not fits:
            yield f"{place}: the schema allows {kind}, the type does not"
            continue
        other = fits[0]
        if "enum" in other and set(part.get("enum", [object()])) - set(other["enum"]):
            yield f"{place}: the schema allows other values than the type"
        if kind == "object" and "properties" in other:
            yield from _of_fields(other, part, place)
        if (
            kind == "object"
            and isinstance(other.get("additionalProperties"), dict)
            and place.rpartition(".")[2] not in OPEN
        ):
            yield from differences(other["additionalProperties"], part.get("additionalProperties", {}), f"{place}.*")
        if kind == "array" and isinstance(other.get("items"), dict) and other["items"]:
            yield from differences(other["items"], part.get("items", {}), f"{place}[]")


def _of_fields(typed, written, place):
    known, listed = set(typed["properties"]), set(written["properties"]) - ({"schema_version"} if not place else set())
    if known != listed:
        yield f"{place}: the schema and the type name different parts: {sorted(known ^ listed)}"
    if missing := set(typed.get("required", ())) - set(written.get("required", ())):
        yield f"{place}: the type needs {sorted(missing)}, the schema does not"
    if missing := known - set(written.get("required", ())) - SINCE.keys():
        yield f"{place}: {sorted(missing)} is always written, and the schema does not ask for it"
    if written.get("additionalProperties") is not False:
        yield f"{place}: the schema allows parts that the type does not have"
    for name in sorted(known & listed):
        yield from differences(typed["properties"][name], written["properties"][name], f"{place}.{name}")


def test_the_written_schema_allows_nothing_that_the_types_do_not():
    found = list(differences(TYPED, WRITTEN))
    assert [line for line in found if not line.startswith(".evidence.panels[].terms[].values")] == []
    # the written one leaves the values of a term to the check that they fit its bins (lab.schema)
    assert len(found) <= 1


def changed(change):
    copy = json.loads(json.dumps(WRITTEN))
    change(copy)
    return copy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s["properties"].pop("run"), "different parts"),
        (lambda s: s["required"].remove("verdict"), "the type needs ['verdict']"),
        (lambda s: s["properties"]["verdict"]["properties"]["answer"]["enum"].append("perhaps"), "other values"),
        (lambda s: s["$defs"]["estimate"]["properties"]["low"].update(type=["number", "null"]), "allows null"),
        (lambda s: s["$defs"]["what_if"]["properties"]["inputs"]["items"]["required"].remove("low"), "['low'] is always written"),
        (lambda s: s["properties"]["lab"].update(type="integer"), "allows integer"),
        (lambda s: s["properties"]["evidence"].pop("additionalProperties"), "allows parts"),
    ],
)  # fmt: skip
def test_a_schema_that_is_looser_than_the_types_is_found(monkeypatch, change, words):
    monkeypatch.setitem(globals(), "WRITTEN", changed(change))
    assert any(words in line for line in differences(TYPED, WRITTEN))


@pytest.mark.parametrize("make", [hostile_record, moving_record])
def test_a_record_that_is_read_and_written_again_is_the_same_to_the_byte(tmp_path, make):
    whole = {"whole": Estimate(3, 2, 10**30, "rows"), "part": Estimate(3.0, 2.5, 4.0, "rows")}
    evidence = dataclasses.replace(make().evidence, estimates=whole, facts={"n": 3, "share": 3.0, "names": ["a"]})
    write(dataclasses.replace(make(), evidence=evidence), tmp_path / "one.json")
    found = read(tmp_path / "one.json")
    write(found, tmp_path / "other.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()
    assert isinstance(found.evidence, Evidence)
    assert isinstance(found.evidence.estimates["whole"].value, int)
    assert isinstance(found.evidence.estimates["part"].value, float)


def test_every_part_is_read_as_its_type_all_the_way_down(tmp_path):
    write(moving_record(), tmp_path / "record.json")
    evidence = read(tmp_path).evidence
    assert evidence == moving_record().evidence
    assert {type(frame) for figure in evidence.figures for frame in figure.frames} == {Frame}
    (panel, *_) = evidence.panels
    assert {type(item) for item in panel.inputs} == {Input}
    assert {type(term) for term in panel.terms} == {Term}
    assert all(isinstance(row, tuple) for table in evidence.tables for row in table.rows)
    hash(panel)  # nothing in it can be changed: no list is left


@pytest.mark.parametrize("version", [1, 2, 3])
def test_records_of_all_versions_are_read(tmp_path, version):
    write(moving_record() if version > 1 else hostile_record(), tmp_path / "record.json")
    plain = json.loads((tmp_path / "record.json").read_text())
    plain["schema_version"] = version
    if version == 1:
        del plain["evidence"]["panels"]
        for figure in plain["evidence"]["figures"]:
            del figure["frames"]
    (tmp_path / "record.json").write_text(json.dumps(plain))
    assert read(tmp_path) == (moving_record() if version > 1 else hostile_record())


def test_what_the_schema_lets_pass_and_no_type_holds_is_no_record(tmp_path, monkeypatch):
    monkeypatch.setattr("lab.record.record_fault", lambda plain: None)
    write(hostile_record(), tmp_path / "record.json")
    plain = json.loads((tmp_path / "record.json").read_text())
    plain["evidence"]["estimates"]["difference"]["low"] = "none"
    (tmp_path / "record.json").write_text(json.dumps(plain))
    with pytest.raises(RecordError, match=r"is not a record of a run \(Expected .*run the lab again"):
        read(tmp_path)
