"""The command `lab watch`: what it shows, how it ends, what it refuses, and the report that its state gives at any time."""

import json
import re

import pytest
from samples.watched import WatchingLab

from lab import registry
from lab.commands.watch import ALARMED
from lab.commands.words import what_is_kept
from lab.protocol import Estimate
from lab.report.watch import report_page
from lab.watching.plain import Standing
from lab.watching.protocol import Advice, Status


@pytest.fixture
def edge(monkeypatch):
    found = WatchingLab()
    monkeypatch.setattr(registry, "find", lambda name: found)
    return found


@pytest.fixture
def watch(lab, edge, tmp_path):
    """Watch a table of 800 rows; gives what the command says."""
    (tmp_path / "model.onnx").write_text("one")
    rows = [f"{i},{i % 7},{'x' if i % 3 else ''}" for i in range(800)]
    (tmp_path / "rows.csv").write_text("\n".join(["id,a,b", *rows]) + "\n")

    def call(*words, data="rows.csv", model="model.onnx"):
        return lab("watch", model, "--data", data, "--end-after", "0", *words)

    return call


def test_a_watch_says_what_happened_and_what_to_do(watch):
    called = watch()
    assert called.code == ALARMED
    assert called.out.splitlines() == [
        "alarm  row 701  the pressure rose",
        "notice row 800  rows.csv has ended after row 800",
        "800 rows, 0 labels, 1 alarm: Column a changed near row 650.",
        "  retrain now?  yes: Waiting costs more.",
    ]
    assert called.err.splitlines() == [
        "watching model.onnx on rows.csv",
        "this watch is not saved; with --state FILE it can be stopped, and continued later from where it was",
    ]


def test_without_an_alarm_the_exit_code_is_0_and_quiet_says_alarms_only(watch, tmp_path):
    (tmp_path / "few.csv").write_text("a,b\n1,x\n")
    called = watch("--quiet", data="few.csv")
    assert (called.code, called.err) == (0, "")
    assert called.out.splitlines()[0] == "1 row, 0 labels, 0 alarms: No change noticed in 1 rows."
    assert watch("--quiet").out.splitlines()[0].startswith("alarm")


def test_a_program_gets_a_line_of_json_for_each_happening_and_the_status(watch):
    called = watch("--json")
    *happenings, last = map(json.loads, called.out.splitlines())
    assert [(each["kind"], each["row"]) for each in happenings] == [("alarm", 700), ("notice", 799)]
    assert last["kind"] == "status"
    assert (last["status"]["rows"], last["counts"]["alarms"]) == (800, 1)
    assert last["status"]["advice"]["answer"] == "yes"


def test_the_first_alarm_may_end_it(watch):
    called = watch("--end-at-alarm", "--batch", "50", "--state", "state.json")
    assert called.code == ALARMED
    assert "the watch ends at its first alarm after row 750" in called.out


def test_it_goes_on_from_its_state_and_a_report_is_there_at_any_time(watch, lab, tmp_path):
    assert watch("--state", "state.json").code == ALARMED
    with (tmp_path / "rows.csv").open("a") as stream:
        stream.write("800,1,<b>\n")
    called = watch("--state", "state.json")
    assert called.code == ALARMED, "there was an alarm, if not since"
    assert "watching model.onnx on rows.csv, after row 800" in called.err
    assert "801 rows" in called.out
    assert lab("report", "state.json").out == "state.report.html\n"
    page = (tmp_path / "state.report.html").read_text()
    assert "Retrain now" in page
    assert "<script" not in page
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "row 651 (between 601 and 691)" in page


def test_a_report_says_of_which_labels_the_accuracy_is(tmp_path):
    advice, known = Advice("no", "Nothing has changed."), Estimate(0.9, 0.88, 0.92, "share")
    for n_labels, name in ((1_000, "Right answers<"), (2_000, "Right answers of the last 1,000 labels<")):
        status = Status(3_000, n_labels, "Nothing has changed.", advice, (), known, None, 0.05)
        assert name in report_page(Standing("rows.csv", "2026-01-01T00:00:00+00:00", status, {}, (), ()))


@pytest.mark.parametrize(
    ("content", "said"), [("", "there is nothing to watch in odd.csv"), ("x,y\n", "no column of the model")]
)
def test_a_file_without_rows_or_columns_of_the_model_is_refused(watch, tmp_path, content, said):
    (tmp_path / "odd.csv").write_text(content)
    called = watch(data="odd.csv")
    assert called.code == 2
    assert said in called.err


def test_all_who_are_named_are_told_of_an_alarm(watch, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("lab.terminal.watch_page.open_page", lambda address, *, or_else: opened.append(or_else))
    called = watch("--page", "--prometheus", "0", "--on-alarm", "tee alarm.json", "--webhook", "http://127.0.0.1:9/")
    assert called.code == ALARMED
    assert f"the watch can be followed at {opened[0]}" in called.err
    assert "Prometheus can ask at http://127.0.0.1:" in called.err
    assert "the alarm of row 701 did not reach the webhook at 127.0.0.1: Connection refused" in called.err
    alarm = json.loads((tmp_path / "alarm.json").read_text())
    assert (alarm["row"], alarm["model"], alarm["source"]) == (700, "model.onnx", "rows.csv")


def test_the_lab_is_told_what_was_asked_for(watch, edge, table):
    table("reference.csv")
    words = "--reference reference.csv --target churn --season hour,weekday --time id --false-alarms 0.01 --cost-of-waiting 2.5"
    assert watch(*words.split(), "--cost-of-retraining", "900").code == ALARMED
    asked = dict(edge.asked)
    assert asked.pop("reference").n_rows == 60
    assert asked.pop("model").name == "model.onnx"
    assert asked == {
        "false_alarms": 0.01, "season": "hour,weekday", "time": "id", "cost_of_waiting": 2.5, "cost_of_retraining": 900.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("none.onnx --data rows.csv", "there is no model none.onnx"),
        ("model.onnx", "the following arguments are required: --data"),
        ("model.onnx --data none.csv", "there is no none.csv; name a file, a folder, - or an address with --data"),
        (
            "model.onnx --data rows.csv --labels none.csv --key id",
            "there is no none.csv; name a file, a folder, - or an address with --labels",
        ),
        ("model.onnx --data rows.csv --labels rows.csv", "--labels needs --key COLUMN"),
        ("model.onnx --data rows.csv --target churn", "--reference and --target go together; add --reference TABLE"),
        ("model.onnx --data rows.csv --reference rows.csv", "go together; add --target COLUMN"),
        ("model.onnx --data - --labels - --key id", "cannot both be standard input"),
        ("model.onnx --data rows.csv --skip-taken", "--skip-taken is for --data - with --state FILE"),
        ("model.onnx --data rows.csv --season hour", "--season needs --time COLUMN"),
        ("model.onnx --data rows.csv --season day --time at", "'day' is none of hour, weekday"),
        ("model.onnx --data rows.csv --false-alarms 1", "'1' is not between 0 and 1"),
        ("model.onnx --data rows.csv --stalled soon", "'soon' is not a number of at least 0"),
        ("model.onnx --data rows.csv --stat x", "unknown option --stat; did you mean '--state'?"),
        ("model.onnx --data rows.csv --state no/state.json", "the folder of no/state.json does not exist; create it"),
        ("model.onnx --data rows.csv --key none", "rows.csv has no column 'none'"),
        ("model.onnx --data ftp://here/rows", "no source of this kind"),
        ("model.onnx --data rows.csv --kafka-settings none.toml", "cannot read none.toml"),
        ("model.onnx --data rows.csv --webhook here", "is no address"),
        ("model.onnx --data rows.csv --prometheus x", "is no port"),
    ],
)
def test_what_cannot_be_watched_is_said_in_one_sentence(watch, lab, words, said):
    called = lab("watch", *words.split(), "--end-after", "0")
    assert called.code == 2
    errors = [line for line in called.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert said in errors[0]
    assert "Traceback" not in called.err


def test_a_state_of_another_model_is_refused_and_kept(watch, tmp_path):
    watch("--state", "state.json")
    before = (tmp_path / "state.json").read_bytes()
    (tmp_path / "model.onnx").write_text("two")
    called = watch("--state", "state.json")
    assert called.code == 2
    assert re.search(
        r"error: state.json belongs to a watch of another model, or of other settings; .* to begin anew", called.err
    )
    assert (tmp_path / "state.json").read_bytes() == before


def test_a_lab_that_cannot_watch_is_said(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "find", lambda name: type("Old", (), {"name": "edge"})())
    (tmp_path / "model.onnx").write_text("one")
    called = lab("watch", "model.onnx", "--data", "-")
    assert called.code == 2
    assert "cannot watch a model" in called.err


def test_the_help_shows_an_example_and_is_completed(lab):
    called = lab("watch", "--help")
    assert called.code == 0
    assert "example: lab watch edge-model.onnx --data rows.csv --state watch.json --page" in called.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "edge", "t.csv"], "finished work is kept"),
        (["watch", "m.onnx", "--data", "-"], "nothing of the watch is kept"),
        (["watch", "m.onnx", "--data", "-", "--state", "w.json"], "the state of the watch is kept"),
        (["watch", "m.onnx", "--state=w.json"], "the state of the watch is kept"),
    ],
)
def test_what_an_interrupt_leaves_is_said(words, said):
    assert what_is_kept(words).startswith(said)
