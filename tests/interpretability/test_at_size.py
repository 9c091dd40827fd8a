"""The verdict is about the whole table, or about the rows that will come: learning curves say what a sample cannot."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from samples.here import in_this_process
from samples.less_work import few_rounds, without_doubts, without_pictures
from samples.wiring import AT_SIZE_ESTIMATES, AT_SIZE_FACTS

from interpretability.lab import LAB
from interpretability.models import classifiers
from interpretability.settings import Settings
from interpretability.sides import at_size
from lab import flow
from lab.commands.running import result_of
from lab.data.frames import from_arrays
from lab.data.load import sample_rows
from lab.learning import more_rows
from lab.learning.at_size import SizeRow
from lab.learning.blending import blends_of
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING, FOREST, LOGISTIC
from lab.protocol import Estimate, Evidence
from lab.work.rows import typed
from lab.work.storage import through_storage

SETTINGS = Settings(folds=3, repeats=2, candidates=1, depth="verdict", max_rows=300, curve_rows=100_000)


@pytest.fixture
def two_families(monkeypatch):
    in_this_process(monkeypatch)
    monkeypatch.setattr(
        classifiers, "glass", lambda *given: Group("glass", "readable model", (classifiers.counted(LOGISTIC),))
    )
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (BOOSTING,)))


def table(n_rows, seed=0):
    """A product of two columns beside a straight line: boosting needs rows to find it, a linear model never does."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, 6))
    odds = 1.5 * x[:, 0] + x[:, 1] + 0.9 * x[:, 2] * x[:, 3]
    features = pd.DataFrame(x, columns=list("abcdef"))
    return from_arrays("made", features, np.where(rng.random(n_rows) < 1 / (1 + np.exp(-odds)), "yes", "no"))


def law(n, end, gain):
    return end - gain * n**-0.5


@pytest.fixture
def context(two_families):
    return LAB.context(sample_rows(table(20_000), 300, 0), SETTINGS, seed=0)


def rows_of(context, noise=0.0005, change=lambda family, size, score: score):
    """Rows in which the readable model follows a law to 0.80, the black box one from below it to 0.84."""
    rng, rows = np.random.default_rng(1), {}
    shared = 0.01 * rng.normal(size=10)
    for trial in at_size.plan(context):
        family, size, fold = (trial.arguments[name] for name in ("family", "size", "fold"))
        expected = law(size, 0.80, 0.2) if family.name == "logistic" else law(size, 0.84, 2.2)
        score = change(family.name, size, expected + shared[fold.index]) + noise * rng.normal()
        row = SizeRow(size, score, 0.5)
        rows[trial.key] = typed(through_storage(row), SizeRow)
    return rows


def test_the_loss_of_the_whole_table_is_where_the_curves_lead(context):
    found = at_size.evidence(context, rows_of(context))
    assert (found.estimates.keys(), found.facts.keys()) == (AT_SIZE_ESTIMATES, AT_SIZE_FACTS)
    loss = found.estimates["loss_at_size"]
    expected = 100 * (law(20_000, 0.84, 2.2) - law(20_000, 0.80, 0.2))  # oracle: the laws
    assert (loss.unit, loss.confidence) == ("points", 0.95)
    assert loss.low < expected < loss.high
    assert loss.value == pytest.approx(expected, abs=0.3)
    assert found.facts == {
        "size": 20_000,
        "curve_rows": 16_000,
        "curve_reach": 16_000,
        "curve_fault": None,
        "curve_settles": found.facts["curve_settles"],
    }
    lines = next(each for each in found.tables if each.title == "The loss with more rows").rows
    assert [line[0] for line in lines] == [1_000, 2_000, 4_000, 8_000, 16_000, 20_000]
    for n, black, glass, gap, *_ in lines[:-1]:
        assert gap == pytest.approx(black - glass)
        assert gap == pytest.approx(100 * (law(n, 0.84, 2.2) - law(n, 0.80, 0.2)), abs=0.2)
    assert lines[-1][3:] == (loss.value, loss.low, loss.high)


def test_what_would_settle_it_is_asked_for_the_margin_in_points(context, monkeypatch):
    monkeypatch.setattr(
        at_size, "two_sided", lambda question, sides, rows, **more: Evidence(facts={"asked": (list(sides), more)})
    )
    wide = dataclasses.replace(context, settings=dataclasses.replace(SETTINGS, margin=0.03))
    found = at_size.evidence(wide, {})
    assert found.facts["asked"] == (
        ["best black box", "best readable model"],
        {"name": "loss_at_size", "gap": "loss", "margin": pytest.approx(3.0)},
    )
    assert found.caveats == ()
    blended = dataclasses.replace(wide, black=dataclasses.replace(wide.black, blends=blends_of("black", "black boxes")))
    assert at_size.evidence(blended, {}).caveats == (
        "learning curves follow single models: averages of the black boxes are not among them",
    )


def test_rows_that_will_come_are_what_the_verdict_is_about(two_families):
    table_now = table(20_000)
    context = LAB.context(table_now, dataclasses.replace(SETTINGS, rows_then=10**6, max_rows=20_000), seed=0)
    loss = at_size.evidence(context, rows_of(context)).estimates["loss_at_size"]
    assert loss.low < 100 * (law(10**6, 0.84, 2.2) - law(10**6, 0.80, 0.2)) < loss.high


def test_a_sample_of_which_the_table_has_many_times_the_rows_does_not_speak_for_it(two_families):
    found = {
        n: at_size.evidence(LAB.context(sample_rows(table(n), 300, 0), SETTINGS, seed=0), {}).facts.get("size")
        for n in (370, 380)
    }
    assert found == {370: None, 380: 380}


def test_curves_that_fall_say_nothing(context):
    rows = rows_of(context, change=lambda family, size, score: score - 0.05 * (family == "boosting" and size == 16_000))
    found = at_size.evidence(context, rows)
    assert found.estimates == {}
    assert found.facts["curve_fault"] == "the scores of the best black box fall with more rows"
    assert "cannot be said" in found.tables[0].caption


def test_failed_trials_and_small_tables_say_nothing(context, two_families):
    found = at_size.evidence(context, {})
    assert found.facts["curve_fault"] == "too many trials of the learning curves failed"
    few = LAB.context(table(200), dataclasses.replace(SETTINGS, rows_then=5_000), seed=0)
    assert at_size.plan(few) == []
    assert at_size.evidence(few, {}).facts["curve_fault"] == "there are too few rows for a learning curve"
    data = table(3_000)
    rare = dataclasses.replace(data, target=(np.arange(3_000) < 10).astype(np.int64))
    context = LAB.context(rare, dataclasses.replace(SETTINGS, rows_then=50_000), seed=0)
    said = at_size.evidence(context, {}).facts["curve_fault"]
    assert said == f"there are too few rows of class {rare.classes[1]!r} for a learning curve"


@pytest.mark.parametrize(
    ("data", "more"),
    [
        (table(300), {}),
        (sample_rows(table(3_000), 300, 0), {"curve_rows": 0}),
        (sample_rows(table(370), 300, 0), {}),  # within a fold's share
        (table(300), {"rows_then": 250}),
    ],
)
def test_without_a_sample_or_where_none_are_wanted_there_are_no_curves(two_families, data, more):
    context = LAB.context(data, dataclasses.replace(SETTINGS, **more), seed=0)
    assert at_size.plan(context) == []
    assert at_size.evidence(context, {}) == Evidence()


def judged(then, **facts):
    usual = {
        "metric": "ROC AUC", "margin": 1.0, "rows_to_settle": 3_000, "detectable": 2.5, "n_rows": 5_000,
        "rows_in_table": 200_000, "size": 200_000, "curve_rows": 40_000, "curve_reach": 160_000,
        "curve_fault": None, "curve_settles": None,
    }  # fmt: skip
    estimates = {"loss": Estimate(-0.3, -0.7, 0.1, "points")} | (
        {"loss_at_size": Estimate(*then, "points")} if then else {}
    )
    return LAB.judge(Evidence(estimates, usual | facts), SETTINGS)


SAMPLE = "On 5,000 of 200,000 rows, the best readable model is 0.3 points above the best black box in ROC AUC"


HEADLINES = {"yes": "Nothing that matters", "no": "It costs accuracy", "undecided": "Undecided"}


@pytest.mark.parametrize(
    ("then", "facts", "answer", "words"),
    [
        (
            (1.8, 1.4, 2.2),
            {},
            "no",
            "with 200,000 rows we expect it 1.8 points below the black box (95 % interval 1.4 to 2.2",
        ),
        ((0.2, -0.4, 0.8), {}, "yes", "with 200,000 rows we expect it 0.2 points below"),
        (
            (1.2, 0.4, 2.0),
            {"curve_settles": 90_000},
            "undecided",
            "about 90,000 rows would settle it (--curve-rows 90000)",
        ),
        (
            (1.2, 0.4, 2.0),
            {"size": 10**6, "curve_settles": 500_000},
            "undecided",
            "about 500,000 rows would settle it; the table has only 200,000",
        ),
        ((1.2, 0.4, 2.0), {}, "undecided", "even learning curves over all these rows might not settle it"),
        (
            None,
            {"curve_fault": "the scores fall"},
            "undecided",
            "what holds with 200,000 rows cannot be said: the scores fall",
        ),
    ],
)
def test_the_verdict_is_about_the_size_that_counts(then, facts, answer, words):
    verdict = judged(then, **facts)
    assert verdict.answer == answer
    assert verdict.headline == HEADLINES[answer]
    assert verdict.sentence.startswith(SAMPLE)
    assert words in verdict.sentence


def test_without_curves_the_sentence_says_of_which_rows_it_speaks():
    facts = {
        "metric": "ROC AUC",
        "margin": 1.0,
        "rows_to_settle": 3_000,
        "detectable": 2.5,
        "n_rows": 5_000,
        "rows_in_table": 200_000,
    }
    verdict = LAB.judge(Evidence({"loss": Estimate(-0.3, -0.7, 0.1, "points")}, facts), SETTINGS)
    assert verdict.sentence.startswith(SAMPLE)


def test_a_run_on_a_sample_answers_for_the_table(tmp_path, two_families, monkeypatch):
    for less in (without_doubts, without_pictures):
        less(monkeypatch)
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (few_rounds(BOOSTING),)))
    done = flow.run(LAB, table(12_000), SETTINGS, out=tmp_path, workers=1)
    verdict = done.record.verdict
    assert verdict.answer == "no"
    assert verdict.sentence.startswith("On 300 of 12,000 rows, the best readable model is")
    assert "with 12,000 rows we expect it" in verdict.sentence
    shown = json.loads(json.dumps(result_of(done)))
    assert (shown["rows"], shown["table_rows"]) == (300, 12_000)
    assert shown["estimates"]["loss_at_size"]["low"] > 1


def test_the_curves_say_that_no_average_is_among_them(context):
    rows, said = rows_of(context), "averages of the black boxes are not among them"
    blended = dataclasses.replace(
        context, black=dataclasses.replace(context.black, blends=blends_of("black", "black boxes"))
    )
    assert any(said in caveat for caveat in at_size.evidence(blended, rows).caveats)
    assert not any(said in caveat for caveat in at_size.evidence(context, rows).caveats)
    whole = dataclasses.replace(blended, dataset=table(300))
    assert at_size.evidence(whole, {}) == Evidence()


def test_what_learns_fast_goes_on_to_all_rows_and_is_held_against_the_curves(monkeypatch, two_families):
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (BOOSTING, FOREST)))
    settings = dataclasses.replace(SETTINGS, curve_rows=2_000)
    context = LAB.context(sample_rows(table(20_000), 300, 0), settings, seed=0)
    most = {}
    for trial in at_size.plan(context):
        name, size = trial.arguments["family"].name, trial.arguments["size"]
        most[name] = max(size, most.get(name, 0))
    assert most == {"logistic": 16_000, "boosting": 16_000, "forest": 2_000}

    def risen(family, size, score):
        return score + (0.05 if family == "boosting" and size > 2_000 else 0.0)

    assert at_size.evidence(context, rows_of(context)).facts["curve_fault"] is None
    found = at_size.evidence(context, rows_of(context, change=risen))
    assert "best black box learns from" in found.facts["curve_fault"]
    assert "loss_at_size" not in found.estimates
    monkeypatch.setattr(more_rows, "rises_faster", lambda *_, **__: None)
    assert "loss_at_size" in at_size.evidence(context, rows_of(context, change=risen)).estimates
