"""A record keeps to its written schema and is read back unchanged."""

import dataclasses
import importlib.resources
import json

import jsonschema
import pytest
from samples.records import hostile_record, moving_record

from lab import report
from lab.errors import RecordError
from lab.record import read, write

SCHEMA = json.loads((importlib.resources.files("lab") / "record_schema.json").read_text())


def test_a_written_record_keeps_to_the_schema_and_is_read_back_equal(tmp_path):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for record in (hostile_record(), moving_record()):
        write(record, tmp_path / "record.json")
        jsonschema.validate(json.loads((tmp_path / "record.json").read_text()), SCHEMA)
        assert read(tmp_path) == record


def test_a_record_of_the_first_version_is_still_read_and_rendered(tmp_path):
    write(hostile_record(), tmp_path / "record.json")
    plain = json.loads((tmp_path / "record.json").read_text())
    plain["schema_version"] = 1  # as it was written then: no frames, no panels
    del plain["evidence"]["panels"]
    for figure in plain["evidence"]["figures"]:
        del figure["frames"]
    jsonschema.validate(plain, SCHEMA)
    (tmp_path / "record.json").write_text(json.dumps(plain))
    assert read(tmp_path) == hostile_record()
    assert "<svg" in report.html(read(tmp_path))


def test_the_schema_refuses_an_answer_that_does_not_exist(tmp_path):
    write(hostile_record(), tmp_path / "record.json")
    plain = json.loads((tmp_path / "record.json").read_text())
    plain["verdict"]["answer"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain, SCHEMA)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda plain: plain.update(schema_version=4), "schema version 4"),
        (lambda plain: plain.pop("evidence"), "lacks a part"),
        (lambda plain: plain["verdict"].pop("answer"), "lacks a part"),
        (lambda plain: plain.pop("schema_version"), "is not a record"),
    ],
)
def test_a_record_that_cannot_be_read_says_why(tmp_path, change, message):
    write(hostile_record(), tmp_path / "record.json")
    plain = json.loads((tmp_path / "record.json").read_text())
    change(plain)
    (tmp_path / "record.json").write_text(json.dumps(plain))
    with pytest.raises(RecordError, match=message):
        read(tmp_path)


def test_an_unfinished_run_is_said_to_be_resumable(tmp_path):
    (tmp_path / "trials").mkdir()
    with pytest.raises(RecordError, match="repeat its command to resume it"):
        read(tmp_path)


def test_a_number_that_json_lacks_is_never_written(tmp_path):
    record = dataclasses.replace(hostile_record(), trials={"total": float("nan"), "failed": {}})
    with pytest.raises(ValueError, match="JSON"):
        write(record, tmp_path / "record.json")
    assert not list(tmp_path.iterdir())
