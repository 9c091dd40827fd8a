"""Two runs side by side: what changed, and whether it is more than noise; said only where the records can tell it."""

import dataclasses
import json
import re

import pytest
from samples.records import HOSTILE, hostile_record
from scipy import stats

from lab import record
from lab.protocol import Estimate
from lab.report.compare.changes import changes, difference_of
from lab.report.compare.comparison import comparison
from lab.report.compare.page import html, summary


def run_of(estimates, *, digest="0" * 64, lab="quantum", target="churn", metric="accuracy", **changes):
    made = hostile_record("churn.csv")
    evidence = dataclasses.replace(made.evidence, estimates=estimates, facts={"metric": metric})
    data = made.data | {"digest": digest, "target": target}
    return dataclasses.replace(made, lab=lab, evidence=evidence, data=data, **changes)


def normal(value, error, unit="points", confidence=0.95):
    half = stats.norm.ppf(0.5 + confidence / 2) * error
    return Estimate(value, value - half, value + half, unit, confidence)


def test_a_difference_has_the_interval_that_newcombe_published_for_two_proportions():
    after, before = (stats.binomtest(k, n).proportion_ci(method="wilson") for k, n in ((56, 70), (48, 80)))
    found = difference_of(Estimate(0.6, before.low, before.high, ""), Estimate(0.8, after.low, after.high, ""))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_difference_of_normal_estimates_has_the_joint_standard_error():
    found = difference_of(normal(1.0, 3.0), normal(2.0, 4.0))
    assert (found.low, found.high) == pytest.approx(stats.norm.interval(0.95, loc=1.0, scale=5.0), rel=1e-12)
    other = difference_of(normal(1.0, 3.0, confidence=0.99), normal(2.0, 4.0, confidence=0.9))
    assert (other.low, other.high, other.confidence) == pytest.approx((found.low, found.high, 0.95), rel=1e-12)


def finding(before, after, **how):
    (found,) = changes({"a": before}, {"a": after}, **{"share_rows": False, **how})
    return found.finding


def test_what_is_noise_follows_from_the_interval_and_from_whether_the_rows_are_shared():
    start, far, near = normal(1.0, 1.0), normal(4.0, 1.0), normal(3.5, 1.0)  # 2.12 and 1.77 joint standard errors
    assert finding(start, far) == "more than noise"
    assert finding(start, near) == "within noise"
    assert finding(far, start) == "more than noise"
    assert finding(start, far, share_rows=True) == "more than noise", "shared rows only make it surer"
    assert finding(start, near, share_rows=True) == "cannot be told"
    assert finding(normal(1.0, 1.0, "ms"), normal(3.5, 1.0, "ms"), share_rows=True) == "within noise", "timed anew"
    assert finding(start, start) == "no change"
    assert finding(Estimate(1.0, 1.0, 1.0, "MB"), Estimate(2.0, 2.0, 2.0, "MB")) == "changed"


def test_among_several_estimates_the_level_is_that_of_all_together():
    p = 2 * stats.norm.sf(2.2)  # 0.028: enough alone, not among two
    assert 0.025 < p < 0.05
    shift = 2.2 * 2**0.5
    before = {name: normal(0.0, 1.0) for name in "abc"}
    alone = changes({"a": before["a"]}, {"a": normal(shift, 1.0)}, share_rows=False)
    assert alone[0].finding == "more than noise"
    both = changes(before, {"a": normal(shift, 1.0), "b": normal(0.1, 1.0)}, share_rows=False)
    assert [one.finding for one in both] == ["within noise", "within noise"]
    step = changes(before, {"a": normal(shift, 1.0), "b": normal(5.0, 1.0)}, share_rows=False)
    assert [one.finding for one in step] == ["more than noise", "more than noise"], "after the first, one is left"


def test_numbers_that_mean_different_things_are_not_subtracted():
    before, after = run_of({"a": normal(1.0, 1.0)}), run_of({"a": normal(9.0, 1.0)}, digest="1" * 64, metric="ROC AUC")
    (pair,) = comparison([("x", before), ("y", after)]).pairs
    assert (pair.changes[0].finding, pair.changes[0].difference) == ("not compared", None)
    assert pair.changes[0].reason == "one is in accuracy, the other in ROC AUC"
    assert summary(pair) == "No estimate could be compared."
    (pair,) = comparison([("x", before), ("y", run_of({"a": normal(9.0, 1.0)}, target="income"))]).pairs
    assert pair.changes[0].reason == "the runs predict different columns"
    (change,) = changes({"a": normal(1.0, 1.0, "ms")}, {"a": normal(1.0, 1.0, "us")}, share_rows=False)
    assert (change.finding, change.reason) == ("not compared", "one is in ms, the other in us")


def test_the_same_table_is_known_by_its_digest_and_what_that_means_is_said():
    one, other = (
        run_of({"a": normal(1.0, 1.0)}),
        run_of({"a": normal(2.0, 1.0), "b": normal(1.0, 1.0)}, settings={"seed": 1}),
    )
    (pair,) = comparison([("x", one), ("y", other)]).pairs
    assert pair.is_same_table
    assert "same table" in pair.note
    assert (pair.only_before, pair.only_after) == ((), ("b",))
    (pair,) = comparison([("x", one), ("y", run_of({"a": normal(2.0, 1.0)}, digest="2" * 64))]).pairs
    assert not pair.is_same_table
    assert "independent" in pair.note


def test_what_differs_is_listed_and_nothing_else():
    one = run_of({}, settings={"seed": 0, "folds": 3, "margin": 0.01})
    other = run_of(
        {},
        settings={"seed": 0, "folds": 5, "margin": 0.01},
        environment=one.environment | {"cores": 8, "packages": {"numpy": "3"}},
    )
    found = comparison([("x", one), ("y", other)])
    assert [(row.name, row.values) for row in found.settings] == [("folds", (3, 5))]
    assert [(row.name, row.values) for row in found.machine] == [("cores", (1, 8))]
    assert [(row.name, row.values) for row in found.versions] == [("numpy", ("2", "3"))]


def test_each_run_is_compared_with_the_first_of_its_lab():
    runs = [(str(at), run_of({}, lab=lab)) for at, lab in enumerate(("edge", "quantum", "edge", "quantum", "edge"))]
    found = comparison(runs)
    assert [(pair.before, pair.after) for pair in found.pairs] == [(0, 2), (1, 3), (0, 4)]
    assert "different questions" in found.note
    assert comparison(runs[:1] + runs[2:3]).note == ""


@pytest.fixture
def months(tmp_path):
    for name, value, digest in (("january", 90.0, "1" * 64), ("february", 80.0, "2" * 64)):
        (tmp_path / name).mkdir()
        record.write(
            run_of({"score": normal(value, 1.0), "late_ms": normal(1.0, 0.1, "ms")}, digest=digest),
            tmp_path / name / "record.json",
        )
    return tmp_path


def test_the_terminal_shows_both_verdicts_and_the_change(lab, months, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)  # as wide as it needs
    called = lab("compare", "january", "february")
    assert (called.code, called.err) == (0, "")
    assert called.out.count("Not yet: churn.csv.") == 2
    assert re.search(
        r"score\s+90 points \(88.0 to 92.0\)\s+80 points \(78.0 to 82.0\)\s+-10 points \(-12.8 to -7.23\)\s+more than noise",
        called.out,
    )
    assert re.search(r"late ms .* no change", called.out)
    assert "More than noise: 1 of 2 estimates." in called.out


def test_json_holds_the_same(lab, months):
    found = json.loads(lab("compare", "january", "february", "--json").out)
    assert [side["place"] for side in found["sides"]] == ["january", "february"]
    (pair,) = found["pairs"]
    assert (pair["is_same_table"], pair["changes"][0]["difference"]["value"]) == (False, -10.0)


def test_the_page_loads_nothing_and_shows_texts_as_texts(lab, months):
    assert lab("compare", "january", "february", "--out", "months.html").code == 0
    page = (months / "months.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "more than noise" in page
    odd = html(comparison([(HOSTILE, hostile_record()), ("b", hostile_record("b"))]))
    assert HOSTILE not in odd
    assert set(re.findall(r"<(script|img|link|iframe)", odd)) == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("january",), "two or more"),
        (("january", "january/record.json"), "once"),
        (("january", "nothing"), "no record at nothing"),
        (("january", "february", "--out", "x.pdf"), "must end in .html"),
        (("january", "february", "--out", "there.html"), "--force"),
    ],
)
def test_bad_words_end_in_one_sentence(lab, months, words, said):
    (months / "there.html").write_text("mine")
    called = lab("compare", *words)
    assert (called.code, called.out, len(called.err.splitlines())) == (2, "", 1)
    assert said in called.err
    assert (months / "there.html").read_text() == "mine"
