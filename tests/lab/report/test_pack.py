"""A pack holds what was asked for and nothing else, and whatever is done to it is noticed, without harm."""

import hashlib
import io
import json
import struct
import warnings
import zipfile

import pytest
from samples.records import HOSTILE, hostile_record

from lab import record, report
from lab.report import session
from lab.report.pack.packing import packed


def folder_of(place, name, text="churn.csv"):
    folder = place / name
    folder.mkdir()
    record.write(hostile_record(text), folder / "record.json")
    (folder / "trials").mkdir()
    (folder / "trials" / "rows.npz").write_bytes(b"secret rows")
    (folder / "edge-model.onnx").write_bytes(b"secret thresholds")
    (folder / "log.txt").write_text("secret path")
    return folder


WRITES = report.write, session.write


@pytest.fixture(scope="module", autouse=True)
def _pictures_are_not_drawn():
    """A report is a sentence here: drawing is tested elsewhere, and takes seconds."""

    def write(known, path, title=""):
        path.write_text(f"report of {known}")
        return ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "write", write)
        patch.setattr(session, "write", write)
        yield


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Two runs, packed once; gives the bytes of the pack."""
    place = tmp_path_factory.mktemp("packed")
    folders = [folder_of(place, name, text) for name, text in (("run-a", "churn.csv"), ("..x y", HOSTILE))]
    content, missing = packed([folder / "record.json" for folder in folders], ["quantum"])
    assert missing == ()
    assert packed([folder / "record.json" for folder in folders], ["quantum"])[0] == content, "the same bytes"
    return content


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def zipped(parts):
    """Pack again as the program does, by other code."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as pack, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, part in parts:
            pack.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return page.getvalue()


def test_a_pack_holds_records_reports_a_start_page_and_digests_of_all(original):
    parts = parts_of(original)
    assert set(parts) == {
        "manifest.json", "start.html", "session.html",
        "01-run-a/record.json", "01-run-a/report.html", "02-x-y/record.json", "02-x-y/report.html",
    }  # fmt: skip
    assert b"secret" not in original
    assert not any(b"secret" in part for part in parts.values())
    listed = json.loads(parts.pop("manifest.json"))
    assert listed["files"] == {
        name: {"bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()} for name, part in parts.items()
    }
    assert (listed["schema_version"], [run["folder"] for run in listed["runs"]]) == (6, ["01-run-a", "02-x-y"])
    assert b'href="01-run-a/report.html"' in parts["start.html"]


def test_the_packed_record_is_the_run_s_to_the_byte(original, tmp_path):
    folder = folder_of(tmp_path, "run-a")
    assert parts_of(original)["01-run-a/record.json"] == (folder / "record.json").read_bytes()


def test_the_commands_pack_and_verify(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "write", WRITES[0])
    monkeypatch.setattr(session, "write", WRITES[1])
    folder_of(tmp_path, "run-a")
    called = lab("pack", "run-a", "--out", "board.zip")
    digest = hashlib.sha256((tmp_path / "board.zip").read_bytes()).hexdigest()
    assert (called.code, called.out, called.err) == (0, f"board.zip\nSHA-256  {digest}\n", "")
    assert b"<svg" in parts_of((tmp_path / "board.zip").read_bytes())["01-run-a/report.html"]
    called = lab("verify", "board.zip", "--digest", digest.upper())
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith("unchanged: 4 files of 1 run, packed by version ")
    assert "Not yet" in called.out
    assert json.loads(lab("verify", "board.zip", "--json").out)["sha256"] == digest
    called = lab("verify", "board.zip", "--digest", "0" * 64)
    assert (called.code, len(called.err.splitlines())) == (2, 1)
    assert "another SHA-256" in called.err
    assert lab("pack", "run-a", "--out", "board.zip").code == 2, "it exists"
    assert lab("pack", "run-a", "run-a/record.json").code == 2, "given twice"


def replaced(name, content):
    return lambda parts: [(key, content if key == name else part) for key, part in parts.items()]


def with_manifest(change):
    def make(parts):
        listed = json.loads(parts["manifest.json"])
        change(listed)
        return replaced("manifest.json", json.dumps(listed).encode())(parts)

    return make


def bomb(parts):
    """100 MB of zeros in the place of a report, whose length the manifest knows."""
    return replaced("01-run-a/report.html", bytes(100 << 20))(parts)


def huge(listed):
    listed["files"]["start.html"]["bytes"] = 1 << 40


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replaced("01-run-a/record.json", b"{}"), "'01-run-a/record.json' was changed"),
        (replaced("start.html", b""), "'start.html' was changed"),
        (lambda parts: replaced("start.html", parts["start.html"].swapcase())(parts), "'start.html' was changed"),
        (lambda parts: [*parts.items(), ("more.html", b"x")], "'more.html' was added"),
        (lambda parts: [item for item in parts.items() if item[0] != "start.html"], "'start.html' was removed"),
        (lambda parts: [item for item in parts.items() if item[0] != "manifest.json"], "it has no manifest.json"),
        (lambda parts: [*parts.items(), ("start.html", parts["start.html"])], "'start.html' twice"),
        (lambda parts: [*parts.items(), ("../../evil.sh", b"x")], "'../../evil.sh', which is no name"),
        (lambda parts: [*parts.items(), ("/etc/evil", b"x")], "no name of its own"),
        (lambda parts: [*parts.items(), ("C:\\evil", b"x")], "no name of its own"),
        (lambda parts: [*parts.items(), ("folder/", b"")], "no name of its own"),
        (replaced("manifest.json", b"[" * 100_000), "manifest.json cannot be read"),
        (replaced("manifest.json", b"{}"), "another format"),
        (with_manifest(lambda listed: listed.update(version=2)), "update the program"),
        (with_manifest(lambda listed: listed.update(files={"a": 1})), "manifest.json cannot be read"),
        (with_manifest(huge), "larger than any report"),
        (bomb, "'01-run-a/report.html' was changed"),
    ],
)  # fmt: skip
def test_whatever_was_changed_added_or_removed_is_named_in_one_sentence(lab, tmp_path, original, change, said):
    (tmp_path / "pack.zip").write_bytes(zipped(change(parts_of(original))))
    called = lab("verify", "pack.zip")
    assert (called.code, called.out, len(called.err.splitlines())) == (2, "", 1)
    assert said in called.err
    assert {path.name for path in tmp_path.iterdir()} == {"pack.zip"}, "nothing is unpacked"


def link(content):
    """Turn the first file into a symbolic link, in the list at the end."""
    at = content.index(b"PK\x01\x02")
    return content[: at + 38] + struct.pack("<I", 0o120777 << 16) + content[at + 42 :]


def between(content):
    """Put bytes between the files and their list, and move the list."""
    start = content.index(b"PK\x01\x02")
    moved = content[:-6] + struct.pack("<I", start + 4) + content[-2:]
    return moved[:start] + b"more" + moved[start:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content + b"x", "does not end as a pack does"),
        (lambda content: b"x" + content, "more than its files"),
        (between, "more than its files"),
        (lambda content: content[:-22], "does not end as a pack does"),
        (lambda content: content[: len(content) // 2], "does not end as a pack does"),
        (lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:], "not what was packed"),
        (link, "no plain file"),
        (lambda content: b"", "does not end as a pack does"),
        (lambda content: b"PK\x05\x06" + bytes(18), "it has no manifest.json"),
    ],
)
def test_bytes_that_no_pack_has_are_noticed(lab, tmp_path, original, change, said):
    (tmp_path / "pack.zip").write_bytes(change(original))
    called = lab("verify", "pack.zip")
    assert (called.code, called.out, len(called.err.splitlines())) == (2, "", 1)
    assert said in called.err


def test_what_was_packed_again_with_the_same_content_is_unchanged(lab, tmp_path, original):
    (tmp_path / "pack.zip").write_bytes(zipped(parts_of(original).items()))
    assert lab("verify", "pack.zip").code == 0


@pytest.mark.parametrize("name", ["nothing.zip", "folder"])
def test_what_is_no_file_is_refused_in_one_sentence(lab, tmp_path, name):
    (tmp_path / "folder").mkdir()
    called = lab("verify", name)
    assert (called.code, len(called.err.splitlines())) == (2, 1)
    assert name in called.err


def test_records_of_older_versions_are_packed_as_they_are(tmp_path):
    folder = folder_of(tmp_path, "old")
    plain = json.loads((folder / "record.json").read_text()) | {"schema_version": 4}
    (folder / "record.json").write_text(json.dumps(plain))
    content, _ = packed([folder / "record.json"], ["quantum"])
    assert json.loads(parts_of(content)["01-old/record.json"]) == plain
