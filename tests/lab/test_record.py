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
from lab.schema import controls_fault

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
        (lambda plain: plain.update(schema_version=7), "schema version 7"),
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


def _nested(depth):
    return {"facts": json.loads("[" * depth + "]" * depth)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p["data"].pop("digest"), "lacks a part: data: 'digest'"),
        (lambda p: p["data"].update(n_rows="many"), "data.n_rows"),
        (lambda p: p["data"].update(n_rows=10**400), "beyond 1e300"),
        (lambda p: p["run"].update(seconds=float("nan")), "not finite"),
        (lambda p: p["run"].update(seconds=-float("inf")), "not finite"),
        (lambda p: p.update(extra=1), "extra"),
        (lambda p: p.update(environment=[]), "environment"),
        (lambda p: p["environment"].update(packages=["a"]), "environment.packages"),
        (lambda p: p["environment"].update(cores=None), "environment.cores"),
        (lambda p: p.update(controls={"lab": "a"}), "controls"),
        (lambda p: p["settings"].update(depth={"a": 1}), "settings.depth"),
        (lambda p: p["verdict"].update(headline=5), "verdict.headline"),
        (lambda p: p["evidence"].update(figures=[]), "evidence.figures"),
        (lambda p: p["evidence"].update(_nested(60)), "nested more than 40 deep"),
        (lambda p: p["evidence"]["tables"][0]["rows"].append([1]), "not as wide as the table"),
        (lambda p: p["evidence"]["tables"][0]["rows"][0].append({}), "evidence.tables.0.rows.0"),
        (lambda p: p["evidence"]["caveats"].append("\ud800"), "not Unicode"),
        (lambda p: p["evidence"]["figures"][0]["frames"].pop(), "none of its frames"),
        (lambda p: p["evidence"]["panels"][0]["terms"][0].update(inputs=[9]), "input that is not there"),
        (lambda p: p["evidence"]["panels"][0]["terms"][0]["values"].pop(), "do not fit its bins"),
        (lambda p: p["evidence"]["panels"][0]["terms"][1].update(values=[[]]), "do not fit its bins"),
        (lambda p: p["evidence"]["panels"][0]["terms"][1].update(bins=[["a"]]), "do not fit its input"),
        (lambda p: p["evidence"]["panels"][0]["terms"][3].update(bins=[[2.0, 1.0]]), "do not fit its input"),
        (lambda p: p["evidence"]["panels"][0]["terms"][4]["values"][1].pop(), "do not fit its bins"),
        (lambda p: p["evidence"]["panels"][0]["inputs"][0].update(start="a"), "of another kind"),
        (lambda p: p["evidence"]["panels"][0]["inputs"][0].update(low=100, high=0), "is empty"),
    ],
)
def test_a_record_that_breaks_its_schema_anywhere_is_refused_before_it_is_used(tmp_path, change, message):
    write(moving_record(), tmp_path / "record.json")
    plain = json.loads((tmp_path / "record.json").read_text())
    change(plain)
    (tmp_path / "record.json").write_text(json.dumps(plain))
    with pytest.raises(RecordError, match="is not a record of a run") as refusal:
        read(tmp_path)
    assert message in str(refusal.value)
    assert len(str(refusal.value)) < 1_000


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"[]", b"5", b"null", b"9" * 5_000, b"{}", b""]
)
def test_a_file_that_is_no_record_at_all_is_refused(tmp_path, content):
    (tmp_path / "record.json").write_bytes(content)
    with pytest.raises(RecordError, match="is not a record of a run"):
        read(tmp_path)


def test_the_rates_that_came_with_the_labs_keep_to_the_schema_and_damaged_ones_do_not():
    for name in ("quantum", "edge", "interpretability"):
        rates = json.loads((importlib.resources.files(name) / "controls.json").read_text())
        assert controls_fault(rates) is None
        for change in (
            lambda r: r.pop("wrong"),
            lambda r: r["wrong"].update(low="x"),
            lambda r: r["controls"].append(5),
        ):
            damaged = json.loads(json.dumps(rates))
            change(damaged)
            assert controls_fault(damaged)


def test_bytes_of_a_name_that_are_no_text_are_written_visibly(tmp_path):
    record = hostile_record("a\udcff")
    write(record, tmp_path / "record.json")
    assert read(tmp_path).data["name"] == "a\\udcff"


def test_an_unfinished_run_is_said_to_be_resumable(tmp_path):
    (tmp_path / "trials").mkdir()
    with pytest.raises(RecordError, match="repeat its command to resume it"):
        read(tmp_path)


def test_a_number_that_json_lacks_is_never_written(tmp_path):
    record = dataclasses.replace(hostile_record(), trials={"total": float("nan"), "failed": {}})
    with pytest.raises(ValueError, match="JSON"):
        write(record, tmp_path / "record.json")
    assert not list(tmp_path.iterdir())
