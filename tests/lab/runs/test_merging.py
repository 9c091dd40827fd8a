"""Runs of several machines become one where they are the same; what contradicts itself is named, and nothing is written."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from samples import tiny_site
from samples.untimed import untimed

from lab.host.locks import held
from lab.host.machine import fingerprint
from lab.runs.identity import digest_of
from lab.runs.plans import difference, keep_plan, kept_plan, of_other_versions
from lab.work.packs import entry_of, write_pack
from lab.work.storage import owner_of, read_row, split, write_row

FACTS = [
    "edge",
    {"name": "churn.csv", "digest": "d" * 64},
    {"folds": 5, "seed": 0},
    [],
    {"lab": "1.0", "packages": {"numpy": "2.4.6"}},
    [[key, "m", "f", seed, key == "time", []] for seed, key in enumerate(["a", "b", "c", "time"])],
]
ELSEWHERE = {"processor": "another", "cores": 64, "memory_gib": 1.0, "system": "Linux"}
ROWS = {
    "a": {"score": 0.25, "predictions": np.array([0.5, 0.125])},
    "b": {"score": 0.75},
    "c": {"score": -0.0},
    "time": {"s": 1.5},
}


def made(folder, keys, *, machine=ELSEWHERE, facts=FACTS, **changed):
    """Put an unfinished run there, with the rows of some trials."""
    identity = digest_of(facts)
    (folder / "trials").mkdir(parents=True)
    (folder / "fingerprint.txt").write_text(f"{identity}\n")
    keep_plan(folder, facts)
    for key in keys:
        write_row(folder / "trials", key, changed.get(key, ROWS[key]), run=identity, machine=machine)
    return folder


def stored(folder, key, facts=FACTS):
    found = read_row(folder / "trials", key, run=digest_of(facts))
    return found and (found.row, found.machine)


def files(*folders):
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_two_halves_become_one_and_their_own_folders_stay_as_they_are(lab, tmp_path):
    one, other = made(tmp_path / "one", "ab"), made(tmp_path / "other", "bc", machine=fingerprint())
    before = files(one, other)
    called = lab("merge", one, other, "--out", tmp_path / "runs" / "both")
    assert called.code == 0, called.err
    assert called.out.splitlines() == [
        f"{tmp_path}/runs/both now holds 3 of 4 trials, 3 of them new",
        "1 trial had been computed more than once, with the same result",
        f"to finish it, repeat the command of the run with --out {tmp_path}/runs",
    ]
    both = tmp_path / "runs" / "both"
    assert [stored(both, key)[1]["processor"] for key in "ab"] == ["another", "another"]
    assert stored(both, "c") == (ROWS["c"], fingerprint())
    np.testing.assert_array_equal(stored(both, "a")[0]["predictions"], ROWS["a"]["predictions"])
    assert files(one, other) == before
    assert kept_plan(both, digest_of(FACTS)) == FACTS
    assert sorted(path.name for path in both.iterdir()) == ["fingerprint.txt", "plan.json", "sessions.json", "trials"]


def test_without_a_new_folder_the_first_one_takes_what_it_lacks(lab, tmp_path):
    one, other = made(tmp_path / "one", "a"), made(tmp_path / "other", "abc")
    found = json.loads(lab("merge", one, other, "--json").out)
    assert found == {
        "folder": str(one), "total": 4, "stored": 3, "added": 2, "same": 1, "timings_elsewhere": 0, "damaged": [],
    }  # fmt: skip
    assert stored(one, "c") is not None


def test_rows_in_packs_are_merged_as_others_are(lab, tmp_path):
    one, other, identity = made(tmp_path / "one", "a"), made(tmp_path / "other", ""), digest_of(FACTS)
    entries = [entry_of(key, owner_of(identity, key), *split(ROWS[key]), ELSEWHERE) for key in "abc"]
    write_pack(other / "trials", entries)
    assert json.loads(lab("merge", one, other, "--json").out)["stored"] == 3
    assert stored(one, "b") == (ROWS["b"], ELSEWHERE)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"b": {"score": np.nextafter(0.75, 1)}}, "trial b differs .* score is 0.75 and 0.7500000000000001"),
        ({"b": {"score": 0.75, "more": 1}}, "trial b differs .* another "),
        ({"c": {"score": 0.0}}, "trial c differs .* score is -0.0 and 0.0"),
        ({"a": {"score": 0.25, "predictions": np.array([0.5, 0.25])}}, "trial a differs .* other numbers in predictions"),
        ({"a": {"score": 0.25, "predictions": np.array([0.5, 0.125], dtype="f4")}}, "other numbers in predictions"),
    ],
)  # fmt: skip
def test_what_differs_in_one_bit_is_refused_by_name_and_nothing_is_written(lab, tmp_path, changed, said):
    one, other = made(tmp_path / "one", "abc"), made(tmp_path / "other", "abc", machine=fingerprint(), **changed)
    before = files(one, other)
    called = lab("merge", one, other, "--out", tmp_path / "both")
    assert called.code == 2
    assert len(called.err.splitlines()) == 1
    assert re.search(said, called.err), called.err
    assert f"computed on another and {fingerprint()['processor']}" in called.err
    assert not (tmp_path / "both").exists()
    assert files(one, other) == before


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (1, {"name": "churn.csv", "digest": "e" * 64}, "they differ in the table (digest: dddddddddddd... and eeeeeeeeeeee...)"),
        (2, {"folds": 3, "seed": 0}, "they differ in the settings (folds: 5 and 3)"),
        (4, {"lab": "1.0", "packages": {"numpy": "2.5.0"}}, "they differ in the versions (packages.numpy: 2.4.6 and 2.5.0)"),
        (0, "quantum", "they differ in the lab (edge and quantum)"),
    ],
)  # fmt: skip
def test_another_run_is_refused_with_what_it_differs_in(lab, tmp_path, place, value, said):
    facts = [*FACTS[:place], value, *FACTS[place + 1 :]]
    called = lab("merge", made(tmp_path / "one", "ab"), made(tmp_path / "other", "ab", facts=facts))
    assert (called.code, len(called.err.splitlines())) == (2, 1)
    assert "are not the same run" in called.err
    assert said in called.err


def test_the_plan_is_named_only_where_nothing_else_explains_it():
    other = [*FACTS[:5], FACTS[5][:2]]
    assert difference(FACTS, other) == "the plan"
    other[2] = {"folds": 2, "seed": 0}
    assert difference(FACTS, other) == "the settings (folds: 5 and 2)"


def test_a_run_under_way_with_other_versions_is_told_apart(tmp_path):
    newer = [*FACTS[:4], {"lab": "1.1", "packages": {"numpy": "2.4.6"}}, FACTS[5]]
    one, other = made(tmp_path / "one", "a"), made(tmp_path / "other", "a", facts=[*FACTS[:2], {"seed": 1}, *FACTS[3:]])
    assert of_other_versions(tmp_path, newer) == [], "nobody is at it"
    with held(one / ".lock"), held(other / ".lock"):
        assert of_other_versions(tmp_path, newer) == [
            f"{one} is this run with other versions, and shares no trial with it: they differ in the versions (lab: 1.0 and 1.1)"
        ]
        assert of_other_versions(tmp_path, FACTS) == []


def test_timings_of_this_machine_count_and_those_of_others_are_said(lab, tmp_path):
    one = made(tmp_path / "one", ["a", "time"])
    other = made(tmp_path / "other", ["a", "time"], machine=fingerprint(), time={"s": 2.5})
    assert json.loads(lab("merge", one, other, "--out", tmp_path / "both", "--json").out)["timings_elsewhere"] == 0
    assert stored(tmp_path / "both", "time") == ({"s": 2.5}, fingerprint())
    third = made(tmp_path / "third", "b")
    called = lab("merge", third, one, "--out", tmp_path / "more")
    assert "1 timing from another machine: a run on this one measures them again" in called.out
    assert stored(tmp_path / "more", "time") == ({"s": 1.5}, ELSEWHERE)


def test_a_damaged_row_is_said_and_taken_from_where_it_is_whole(lab, tmp_path):
    one, other = made(tmp_path / "one", "ab"), made(tmp_path / "other", "ab")
    (one / "trials" / "a.npz").write_bytes(b"half")
    called = lab("merge", one, other)
    assert called.code == 0
    assert f"{one}: a.npz is not as it was written" in called.err
    np.testing.assert_array_equal(stored(one, "a")[0]["predictions"], ROWS["a"]["predictions"])


def test_a_lost_or_changed_plan_is_taken_from_another_folder_and_none_is_said(lab, tmp_path):
    one, other = made(tmp_path / "one", "a"), made(tmp_path / "other", "b")
    (one / "plan.json").write_text((one / "plan.json").read_text().replace('"a"', '"x"'))
    assert lab("merge", one, other, "--out", tmp_path / "both").code == 0
    assert stored(tmp_path / "both", "a") is not None
    (other / "plan.json").unlink()
    called = lab("merge", one, other, "--out", tmp_path / "again")
    assert called.code == 2
    assert "does not say which trials its run has" in called.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["one"], "only one folder is given"),
        (["one", "one"], "is given twice"),
        (["one", "missing"], "there is no folder"),
        (["one", "empty"], "is not the folder of a run"),
        (["one", "other", "--out", "empty"], "exists; name a new folder"),
    ],
)
def test_what_cannot_be_merged_is_refused_in_one_sentence(lab, tmp_path, words, said):
    made(tmp_path / "one", "a"), made(tmp_path / "other", "b"), (tmp_path / "empty").mkdir()
    called = lab("merge", *(word if word.startswith("--") else tmp_path / word for word in words))
    assert (called.code, called.out, len(called.err.splitlines())) == (2, "", 1)
    assert said in called.err


def test_a_run_that_is_under_way_is_left_alone(lab, tmp_path):
    one, other = made(tmp_path / "one", "a"), made(tmp_path / "other", "b")
    with held(other / ".lock"):
        called = lab("merge", one, other)
    assert called.code == 2
    assert "other is still under way; wait until it ends" in called.err
    assert not list(tmp_path.glob("*/.lock"))


@pytest.mark.slow
def test_merged_halves_are_finished_by_the_same_command_with_the_record_of_a_whole_run(tmp_path):
    site = tiny_site.make_site(tmp_path / "site")
    marks = tmp_path / "marks"
    marks.mkdir()
    words = ["run", "tiny", "wine", "--independent", "--trials", "6", "--quiet", "--out"]

    def call(*words):
        done = subprocess.run(
            tiny_site.command(site, *words), capture_output=True, text=True, check=False,
            env=tiny_site.environment(site, TINY_MARKS=marks),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done

    call(*words, tmp_path / "whole")
    (whole,) = tmp_path.glob("whole/*tiny*")
    for name, lost in (("one", "024"), ("other", "135")):
        shutil.copytree(whole, tmp_path / name)
        for path in [tmp_path / name / "record.json", tmp_path / name / "report.html", *(
            path for number in lost for path in (tmp_path / name / "trials").glob(f"draw-{number}.*"))]:  # fmt: skip
            path.unlink()
    call("merge", tmp_path / "one", tmp_path / "other", "--out", tmp_path / "runs" / "merged")
    before = len(list(marks.iterdir()))
    call(*words, tmp_path / "runs")
    assert len(list(marks.iterdir())) == before, "nothing was computed again"
    assert untimed(tmp_path / "runs" / "merged") == untimed(whole)
