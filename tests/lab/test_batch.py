"""Many tables in one go: each answer is that of its own run, and what stays among all is said."""

import json

import numpy as np
import pytest
from samples.here import in_this_process
from samples.small_lab import SmallLab

from lab import registry, report
from lab.protocol import Verdict
from lab.runs.together import chance_wrong, kept_by_holm


class Sure(SmallLab):
    """Says how likely its answer is."""

    def judge(self, evidence, settings):
        share = evidence.estimates["share"].value
        answer = "yes" if share > settings.threshold else "no"
        return Verdict(answer, answer.title(), "It is counted.", chances={"rarer": 1 - share, "commoner": share})


@pytest.fixture
def call(lab, tmp_path, monkeypatch):
    """Run `lab batch` with a lab that counts; gives what was said and how many trials were computed."""
    in_this_process(monkeypatch)
    monkeypatch.setattr(report, "write", lambda record, path: path.write_text("a report") and ())
    monkeypatch.setattr(report, "write_start", lambda out, labs: out / "start.html")
    monkeypatch.setattr(registry, "find", lambda name: Sure() if name == "small" else registry_find(name))
    monkeypatch.setattr(registry, "names", lambda: ["small"])
    registry_find = registry.find
    marks = tmp_path / "marks"
    marks.mkdir()

    def run(*words):
        before = len(list(marks.iterdir()))
        called = lab("batch", *words, "--out", tmp_path / "runs")
        return called, len(list(marks.iterdir())) - before

    return run


def table(path, share):
    rng = np.random.default_rng(0)
    labels = ["no"] * int(200 * share) + ["yes"] * (200 - int(200 * share))
    rows = "\n".join(f"{value},{label}" for value, label in zip(rng.normal(size=200), labels, strict=True))
    path.write_text(f"size,churn\n{rows}\n")
    return path


def file(tmp_path, text):
    path = tmp_path / "tables.toml"
    path.write_text(text.replace("MARKS", str(tmp_path / "marks")))
    return path


HEAD = "lab = 'small'\ntarget = 'churn'\nindependent = true\nmarks = 'MARKS'\n"


def test_each_table_gets_its_verdict_and_the_batch_goes_on_where_it_stopped(call, tmp_path):
    table(tmp_path / "a.csv", 0.95), table(tmp_path / "b.csv", 0.1)
    asked = file(
        tmp_path, HEAD + "[[run]]\ndata = 'a.csv'\n[[run]]\ndata = 'b.csv'\nthreshold = 0.05\n[[run]]\ndata = 'b.csv'\n"
    )
    called, computed = call(asked, "--json")
    assert called.code == 0, called.err
    assert computed == 6
    rows = json.loads(called.out)["runs"]
    assert [(row["data"], row["verdict"]["answer"]) for row in rows] == [
        ("a.csv", "yes"),
        ("b.csv", "yes"),
        ("b.csv", "no"),
    ]
    assert len(list(tmp_path.glob("runs/*/record.json"))) == 3
    assert "2 of 3: small on b.csv" in called.err
    again, computed = call(asked, "--json", "--quiet")
    assert (json.loads(again.out), computed, again.err) == (json.loads(called.out), 0, "")
    shown, _ = call(asked)
    assert "3 tables: 3 answered yes or no" in shown.out
    assert call(asked, "--again", "--quiet")[1] == 6


def test_a_table_that_fails_is_named_and_the_others_go_on(call, tmp_path):
    table(tmp_path / "a.csv", 0.95)
    (tmp_path / "empty\x1b[31m.csv").write_text("")
    asked = file(
        tmp_path,
        HEAD + "[[run]]\ndata = \"empty\\u001b[31m.csv\"\n[[run]]\ndata = 'missing.csv'\n[[run]]\ndata = 'a.csv'\n",
    )
    called, computed = call(asked)
    assert (called.code, computed) == (2, 2)
    assert "\x1b" not in called.out + called.err
    assert called.err.count("failed: ") == 2
    assert "small on missing.csv failed: " in called.err
    rows = json.loads(call(asked, "--json")[0].out)["runs"]
    assert [row["fault"] is None for row in rows] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[run]\n", "is not TOML"),
        ("", "holds no run"),
        ("run = 3\n", "holds no run"),
        ("[[run]]\ndata = 'a.csv'\n", "run 1: it names no lab"),
        ("[[run]]\nlab = 'small'\n", "run 1: it names no table"),
        (
            HEAD + "[[run]]\ndata = 'a.csv'\n[[run]]\ndata = 'a.csv'\ntreshold = 0.3\n",
            "run 2: unknown option --treshold; did you mean",
        ),
        (HEAD + "[[run]]\ndata = 'a.csv'\nthreshold = 3\n", "run 1: threshold is 3; it must be from 0 to 1"),
        (HEAD + "[[run]]\ndata = 'a.csv'\nout = 'x'\n", "run 1: out applies to all runs"),
        (HEAD + "[[run]]\ndata = 'a.csv'\ngate = true\n", "run 1: gate works for a single run only"),
        (HEAD + "[[run]]\ndata = 'a.csv'\n[run.settings]\nthreshold = 0.1\n", "run 1: settings is a table"),
        (HEAD + "[[run]]\ndata = 'a.csv'\nseed = -1\n", "run 1: seed is -1"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence_before_any_run(call, tmp_path, text, said):
    table(tmp_path / "a.csv", 0.9)
    called, computed = call(file(tmp_path, text))
    assert (called.code, computed, called.out, len(called.err.splitlines())) == (2, 0, "", 1)
    assert said in called.err
    assert not (tmp_path / "runs").exists()


def test_a_folder_of_tables_is_a_batch_of_them(call, tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    table(folder / "b.csv", 0.9), table(folder / "a.csv", 0.9), (folder / "notes.md").write_text("#")
    called, _ = call(folder, "--lab", "small", "--target", "chrn")
    assert called.code == 2
    assert called.err.count("failed: ") == 2
    assert "did you mean 'churn'?" in called.err
    called, _ = call(folder)
    assert (called.code, "it names no lab" in called.err) == (2, True)
    (tmp_path / "none").mkdir()
    assert "no table in" in call(tmp_path / "none", "--lab", "small")[0].err


def holm(doubts, level):
    """The rule as it is printed: the k-th smallest is held against level / (m - k + 1), and the first that fails ends it."""
    order, kept = sorted(range(len(doubts)), key=lambda at: doubts[at]), set()
    for k in range(1, len(doubts) + 1):
        if doubts[order[k - 1]] > level / (len(doubts) - k + 1):
            break
        kept.add(order[k - 1])
    return [at in kept for at in range(len(doubts))]


def test_what_stays_among_all_is_what_holm_keeps():
    rng = np.random.default_rng(0)
    for _ in range(200):
        doubts = list(rng.uniform(0, 0.03, size=rng.integers(1, 12)) ** 2 * 30)
        assert kept_by_holm(doubts) == holm(doubts, 0.025)
        silent = [None, *doubts]
        assert kept_by_holm(silent) == [False, *holm([1.0, *doubts], 0.025)[1:]]


def test_any_wrong_answer_is_kept_in_two_and_a_half_per_cent_of_batches_where_nothing_is_true():
    rng = np.random.default_rng(0)
    batches = rng.uniform(size=(20_000, 20))
    wrong = np.mean([any(kept_by_holm(list(batch))) for batch in batches])
    assert 0.021 < wrong < 0.028


@pytest.mark.parametrize(
    ("answer", "chances", "doubt"),
    [
        ("yes", {"met": 0.99, "missed": 0.01}, 0.01),
        ("no", {"worse": 0.3, "level": 0.69, "better": 0.01}, 0.01),
        ("no", {"worse": 0.98, "level": 0.015, "better": 0.005}, 0.02),
        ("yes", {"worse": 0.02, "level": 0.01, "better": 0.97}, 0.02),
        ("no", {"worse": 0.5, "better": 0.5}, 0.5),
        ("undecided", {"worse": 0.99, "better": 0.01}, None),
        ("yes", {}, None),
    ],
)
def test_the_doubt_of_an_answer_is_never_less_than_that_of_the_limit_that_decided(answer, chances, doubt):
    found = chance_wrong(Verdict(answer, "", "", chances=chances))
    assert found == (None if doubt is None else pytest.approx(doubt))
