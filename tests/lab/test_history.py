"""`lab history` lists what lies in a folder of runs, whatever state it is in, and changes nothing there."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest
from samples.records import hostile_record

from lab import record
from lab.runs.elapsed import Sessions, Start
from lab.runs.folders import SESSIONS, owner_of_sessions, run_folder
from lab.runs.past import runs_in


def run(out, day, lab, data, answer="no", *, seconds=300.0, mark="1" * 64):
    """Put a finished run of a January day there."""
    made = hostile_record("wine")
    made = dataclasses.replace(
        made,
        lab=lab,
        data=made.data | {"name": data, "n_rows": 178},
        verdict=dataclasses.replace(made.verdict, answer=answer),
        run=made.run | {"started": f"2026-01-{day:02}T12:00:00+00:00", "seconds": seconds},
    )
    folder = out / f"202601{day:02}-1200-{lab}-{data.rpartition('.')[0] or data}"
    folder.mkdir(parents=True)
    record.write(made, folder / "record.json")
    (folder / "report.html").write_text("a report")
    (folder / "fingerprint.txt").write_text(mark + "\n")
    return folder


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Three finished runs, in another order by name than by time; the width is that of a pipe, whoever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)
    out = tmp_path / "runs"
    run(out, 2, "quantum", "wine", "undecided")
    run(out, 9, "edge", "churn.csv", "yes", seconds=7_000.0)
    run(out, 5, "interpretability", "churn.csv", "no")
    return out


def first_words(shown, place):
    """Give the words of one column, which hold no blank here."""
    return [line.split()[place] for line in shown.splitlines()[1:] if line.startswith("2026")]


def test_runs_stand_newest_first_with_what_they_were_and_how_long_they_took(lab, runs):
    called = lab("history")
    assert (called.code, called.err) == (0, "")
    assert first_words(called.out, 2) == ["edge", "interpretability", "quantum"]
    assert first_words(called.out, 4) == ["yes", "no", "undecided"]
    assert [" 2 h " in line for line in called.out.splitlines()[1:4]] == [True, False, False]
    assert "5 min  Does it help on wine?" in called.out
    assert "lab report runs/20260109-1200-edge-churn --open" in called.out.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "labs"),
    [
        (("--lab", "quantum"), ["quantum"]),
        (("--verdict", "no"), ["interpretability"]),
        (("--data", "churn.csv"), ["edge", "interpretability"]),
        (("--data", "churn"), ["edge", "interpretability"]),
        (("--data", "churn", "--verdict", "yes"), ["edge"]),
        (("--data", "wine.csv"), []),
    ],
)
def test_filters_keep_what_was_asked_for(lab, runs, words, labs):
    assert first_words(lab("history", *words).out, 2) == labs
    assert [entry["lab"] for entry in json.loads(lab("history", *words, "--json").out)] == labs


def test_what_fits_no_filter_is_said_with_the_nearest_table(lab, runs):
    called = lab("history", "--data", "chrun.csv")
    assert (called.code, called.out) == (0, "none of the 3 runs in runs is of this kind; did you mean 'churn.csv'?\n")


def test_json_is_what_the_record_says(lab, runs):
    (entry,) = json.loads(lab("history", runs, "--lab", "edge", "--json").out)
    stored = json.loads((runs / "20260109-1200-edge-churn" / "record.json").read_text())
    assert entry["question"] == stored["question"]["text"]
    assert (entry["headline"], entry["sentence"]) == (stored["verdict"]["headline"], stored["verdict"]["sentence"])
    assert (entry["rows"], entry["seconds"], entry["started"]) == (178, 7_000.0, stored["run"]["started"])
    assert (entry["state"], entry["is_older"], entry["fault"]) == ("finished", False, None)
    assert entry["folder"] == str(runs / "20260109-1200-edge-churn")


def test_unfinished_runs_are_listed_with_what_their_sessions_took(lab, runs):
    with run_folder(runs, lab="edge", data="late.csv", identity="2" * 64) as folder:
        Sessions(folder / SESSIONS, owner_of_sessions("2" * 64), Start())
        (found,) = json.loads(lab("history", "--data", "late.csv", "--json").out)
        assert (found["state"], found["lab"], found["data"]) == ("under way", "edge", "late")
        assert found["seconds"] >= 0
    (found,) = json.loads(lab("history", "--data", "late", "--json").out)
    assert found["state"] == "unfinished"
    assert found["started"] is not None
    assert first_words(lab("history").out, 4)[0] == "unfinished", "the newest"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"{}", "is not a record of a run"),
        (b'{"schema_version": 4, ', "is not a record of a run"),
        (b"\xff\xfe", "is not a record of a run"),
        (b"[" * 100_000, "is not a record of a run"),
    ],
)
def test_a_damaged_record_is_listed_and_named_and_stops_nothing(lab, runs, content, fault):
    (runs / "20260105-1200-interpretability-churn" / "record.json").write_bytes(content)
    called = lab("history")
    assert called.code == 0
    assert first_words(called.out, 4) == ["yes", "damaged", "undecided"]
    assert called.err.startswith("note: runs/20260105-1200-interpretability-churn/record.json " + fault)
    assert len(called.err.splitlines()) == 1


def test_a_run_whose_mark_is_lost_before_it_ended_is_damaged(lab, runs):
    folder = runs / "20260103-1200-edge-lost"
    folder.mkdir()
    (folder / "fingerprint.txt").write_bytes(b"\x00")
    called = lab("history")
    assert first_words(called.out, 4) == ["yes", "no", "damaged", "undecided"]
    assert "nothing there says which" in called.err


@pytest.mark.parametrize(("version", "shown"), [(3, "yes (old record)"), (99, "damaged")])
def test_records_of_other_schemas_are_listed_as_such(lab, runs, version, shown):
    path = runs / "20260109-1200-edge-churn" / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": version}))
    called = lab("history")
    assert called.code == 0
    assert shown in called.out.splitlines()[1]
    assert ("update the program" in called.err) == (version == 99)


def test_eighty_columns_lose_nothing_and_are_kept(lab, runs, monkeypatch):
    long = "customers-of-the-north-and-of-the-south-2026.csv"
    run(runs, 12, "interpretability", long)
    monkeypatch.setenv("COLUMNS", "80")
    lines = lab("history").out.splitlines()[:-1]
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("2026-01-12")
    column = lines[0].index("data"), lines[0].index("verdict")
    assert "".join(line[slice(*column)].strip() for line in lines[1:4]).startswith(long)


def test_texts_of_others_can_do_nothing_to_the_terminal(lab, tmp_path):
    run(tmp_path / "runs", 1, "edge", "a\x1b[31m[red]b")
    shown = lab("history").out
    assert "\x1b" not in shown
    assert "[red]" in shown


def test_looking_changes_nothing(lab, runs):
    with run_folder(runs, lab="edge", data="late.csv", identity="2" * 64):
        before = {path: path.stat().st_mtime_ns for path in runs.rglob("*")}
        lab("history")
        assert {path: path.stat().st_mtime_ns for path in runs.rglob("*")} == before


def test_foreign_folders_are_no_runs(runs):
    (runs / "holiday" / "trials").mkdir(parents=True)
    (runs / "fingerprint.txt").write_text("1" * 64)
    (runs / "loop").symlink_to(runs / "loop")
    assert len(runs_in(runs, ["edge"])) == 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere",), ["no folder nowhere", "--out"]),
        (("file",), ["cannot read the folder file"]),
        (("runs/20260102-1200-quantum-wine",), ["the folder of one run", "runs\n"]),
        (("--lab", "egde"), ["no lab 'egde'; did you mean 'edge'?"]),
        (("--verdict", "perhaps"), ["--verdict", "yes", "undecided", "lab history --help"]),
        (("--labs", "edge"), ["unknown option --labs; did you mean '--lab'?"]),
        (("a", "b"), ["unrecognized arguments: b"]),
    ],
)
def test_bad_words_end_in_one_sentence(lab, runs, tmp_path, words, says):
    (tmp_path / "file").write_text("")
    called = lab("history", *words)
    assert (called.code, called.out) == (2, "")
    assert called.err.startswith("error: ")
    assert len(called.err.splitlines()) == 1
    for part in says:
        assert part in called.err


def test_a_closed_pipe_ends_it_quietly(runs):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "lab", "history", runs], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_folder_without_runs_says_so(lab, tmp_path):
    (tmp_path / "runs").mkdir()
    assert lab("history").out == "no runs in runs\n"
    assert lab("history", "--json").out == "[]\n"
