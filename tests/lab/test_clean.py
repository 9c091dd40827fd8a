"""`lab clean` removes the trials of finished runs, after asking, and nothing else whatever lies in the folder."""

import io
import json

import pytest
from samples.records import hostile_record

from lab import record
from lab.runs.clearing import remove_trials
from lab.runs.folders import run_folder
from lab.runs.past import runs_in


def fill(folder, mark="1" * 64, *, is_finished=True):
    """Put a run there with all that a run may have; 3,000 bytes of it are trials."""
    (folder / "trials" / "deep").mkdir(parents=True)
    (folder / "trials" / "a.json").write_bytes(b"a" * 1_000)
    (folder / "trials" / "deep" / "b.npz").write_bytes(b"b" * 2_000)
    (folder / "fingerprint.txt").write_text(mark + "\n")
    (folder / "log.txt").write_text("a log")
    if is_finished:
        record.write(hostile_record("wine"), folder / "record.json")
        (folder / "report.html").write_text("a report")
        (folder / "edge-model.onnx").write_text("a model")
    return folder


@pytest.fixture
def runs(tmp_path):
    fill(tmp_path / "runs" / "20260101-1200-edge-wine")
    fill(tmp_path / "runs" / "20260102-1200-edge-loans", "2" * 64, is_finished=False)
    return tmp_path / "runs"


def tree(folder):
    """Give every path below a folder, with the bytes of files."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def without_trials(before, name):
    return {path: content for path, content in before.items() if not path.startswith(f"{name}/trials")}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_trials_of_finished_runs_go_and_nothing_else_does(lab, runs):
    before = tree(runs)
    called = lab("clean", "--yes")
    assert called.code == 0
    assert tree(runs) == without_trials(before, "20260101-1200-edge-wine")
    assert called.out.splitlines()[-1] == "removed 3 kB from 1 run"
    assert "20260102-1200-edge-loans is left as it is: it is unfinished" in called.err


def test_unfinished_runs_go_only_where_that_is_said(lab, runs):
    before = tree(runs)
    assert lab("clean", "--yes", "--unfinished").code == 0
    expected = without_trials(without_trials(before, "20260101-1200-edge-wine"), "20260102-1200-edge-loans")
    assert tree(runs) == expected


def test_without_a_terminal_and_without_yes_it_refuses_and_says_how_much(lab, runs):
    before = tree(runs)
    for words in ((), ("--json",)):
        called = lab("clean", *words)
        assert called.code == 2
        assert "error: this would remove 3 kB of trials in 1 run" in called.err
        assert "--yes" in called.err
    assert tree(runs) == before


@pytest.mark.parametrize(
    ("answer", "goes"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_on_a_terminal_it_asks_and_only_yes_is_yes(lab, runs, monkeypatch, answer, goes):
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    called = lab("clean")
    assert called.code == 0
    assert "Remove 3 kB of trials in 1 run? Records, reports and models stay. [y/N]" in called.out
    assert (runs / "20260101-1200-edge-wine" / "trials").exists() is not goes
    assert ("nothing was removed" in called.out) is not goes


def test_json_says_what_went_and_what_stayed(lab, runs):
    result = json.loads(lab("clean", "runs", "--yes", "--json").out)
    assert result["removed"] == {"runs/20260101-1200-edge-wine": 3_000}
    assert result["bytes"] == 3_000
    assert list(result["left"]) == ["runs/20260102-1200-edge-loans"]


@pytest.mark.parametrize("words", [(), ("--unfinished",)])
def test_a_run_that_is_under_way_keeps_its_trials(lab, runs, words):
    with run_folder(runs, lab="edge", data="loans", identity="2" * 64) as folder:
        before = tree(folder)
        called = lab("clean", "--yes", *words)
        assert tree(folder) == before
        assert "it is under way" in called.err


def test_a_run_that_is_taken_up_while_the_user_thinks_keeps_its_trials(runs):
    _, unfinished = runs_in(runs, ["edge"])
    with run_folder(runs, lab="edge", data="loans", identity="2" * 64):
        assert remove_trials(unfinished) == "it is under way"
    for name in ("record.json", "report.html"):
        (unfinished.folder / name).write_text("{}")
    assert remove_trials(unfinished) == "it has changed meanwhile"
    assert (unfinished.folder / "trials" / "a.json").exists()


def test_links_and_what_is_no_run_are_left_alone(lab, runs, tmp_path):
    elsewhere = fill(tmp_path / "elsewhere", "3" * 64)
    (runs / "link").symlink_to(elsewhere)
    foreign = runs / "foreign"
    (foreign / "trials").mkdir(parents=True)
    (foreign / "trials" / "mine.txt").write_text("mine")
    linked = fill(runs / "20260103-1200-edge-linked", "4" * 64)
    (linked / "trials").rename(tmp_path / "kept")
    (linked / "trials").symlink_to(tmp_path / "kept")
    unmarked = fill(runs / "20260104-1200-edge-unmarked")
    (unmarked / "fingerprint.txt").write_text("holiday")
    before = tree(tmp_path)
    called = lab("clean", "--yes", "--unfinished")
    assert called.code == 0
    gone = without_trials(before, "runs/20260101-1200-edge-wine")
    assert tree(tmp_path) == without_trials(gone, "runs/20260102-1200-edge-loans")
    assert (linked / "trials").is_symlink()
    for reason in ("it is a link", "its trials is not a folder", "nothing there says which run it is"):
        assert reason in called.err


def test_what_a_link_among_the_trials_points_to_stays(lab, runs, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "table.csv").write_text("a,b\n" * 1_000)
    (runs / "20260101-1200-edge-wine" / "trials" / "link").symlink_to(tmp_path / "precious")
    result = json.loads(lab("clean", "--yes", "--json").out)
    assert (tmp_path / "precious" / "table.csv").exists()
    assert result["bytes"] < 4_000, "what a link points to is not counted"
    assert not (runs / "20260101-1200-edge-wine" / "trials").exists()


def test_where_the_record_cannot_be_read_the_trials_stay(lab, runs):
    folder = runs / "20260101-1200-edge-wine"
    (folder / "record.json").write_text("{")
    called = lab("clean", "--yes", "--unfinished")
    assert (folder / "trials" / "a.json").exists()
    assert "its record cannot be read" in called.err


def test_a_second_time_there_is_nothing_to_remove(lab, runs):
    lab("clean", "--yes", "--unfinished")
    called = lab("clean")
    assert (called.code, called.out) == (0, "nothing to remove in runs\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere", "--yes"), "no folder nowhere"),
        (("runs/20260101-1200-edge-wine", "--yes"), "the folder of one run"),
        (("--all",), "unknown option --all"),
    ],
)
def test_bad_words_end_in_one_sentence_and_nothing_goes(lab, runs, words, says):
    before = tree(runs)
    called = lab("clean", *words)
    assert (called.code, called.out) == (2, "")
    assert says in called.err
    assert len(called.err.splitlines()) == 1
    assert tree(runs) == before
