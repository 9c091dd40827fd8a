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
from lab.data.sampling import sample_rows
from lab.learning import more_rows
from lab.learning.blending import blends_of
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING, FOREST, LOGISTIC
from lab.learning.sized import SizeRow
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


MODELS = {
    "readable": "sparse tree", "black_box": "random forest", "probability_costs": 0.3, "probability_equal": 0.6,
    "probability_gains": 0.1,
}  # fmt: skip


def judged(then, **facts):
    usual = {
        "metric": "ROC AUC", "margin": 1.0, "rows_to_settle": 3_000, "detectable": 2.5, "n_rows": 5_000,
        "rows_in_table": 200_000, "size": 200_000, "curve_rows": 40_000, "curve_reach": 160_000,
        "curve_fault": None, "curve_settles": None, **MODELS,
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
            "With all rows, the best readable model should be 1.8 points below the best black box in ROC AUC (95 % interval 1.4",
        ),
        ((0.2, -0.4, 0.8), {}, "yes", "With all rows, the best readable model should be 0.2 points below"),
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
            "What holds with all rows cannot be said: the scores fall.",
        ),
    ],
)
def test_the_verdict_is_about_the_size_that_counts(then, facts, answer, words):
    verdict = judged(then, **facts)
    assert verdict.answer == answer
    assert verdict.headline == HEADLINES[answer]
    assert SAMPLE in verdict.details
    assert words in f"{verdict.sentence} {verdict.details}"
    assert bool(verdict.chances) == (then is not None)


def test_without_curves_the_lab_leaves_it_to_the_run_to_say_of_which_rows_it_speaks():
    """See tests/lab/test_doubts.py."""
    facts = {
        **MODELS,
        "metric": "ROC AUC",
        "margin": 1.0,
        "rows_to_settle": 3_000,
        "detectable": 2.5,
        "n_rows": 5_000,
        "rows_in_table": 200_000,
    }
    verdict = LAB.judge(Evidence({"loss": Estimate(-0.3, -0.7, 0.1, "points")}, facts), SETTINGS)
    assert verdict.sentence.startswith("The best readable model is 0.3 points above")
    assert list(verdict.chances.values()) == [0.3, 0.6, 0.1]


def test_a_run_on_a_sample_answers_for_the_table(tmp_path, two_families, monkeypatch):
    for less in (without_doubts, without_pictures):
        less(monkeypatch)
    monkeypatch.setattr(classifiers, "black", lambda: Group("black", "black box", (few_rounds(BOOSTING),)))
    done = flow.run(LAB, table(12_000), SETTINGS, out=tmp_path, workers=1)
    verdict = done.record.verdict
    assert verdict.answer == "no"
    assert verdict.details.startswith(
        "The question is about 12,000 rows. On 300 of 12,000 rows, the best readable model is"
    )
    assert "With all rows, the best readable model should be" in verdict.sentence
    shown = json.loads(json.dumps(result_of(done)))
    assert (shown["rows"], shown["table_rows"]) == (300, 12_000)
    assert shown["estimates"]["loss_at_size"]["low"] > 1


def test_an_average_of_the_black_boxes_is_the_best_of_its_side_where_it_is(context):
    """The average is two points above the boosting that it holds, and is seen to be by the rows for choosing."""
    blends = blends_of("black", "black boxes")
    blended = dataclasses.replace(context, black=dataclasses.replace(context.black, blends=blends))
    average = {trial.key: trial for trial in at_size.plan(blended) if trial.needs}
    assert {trial.arguments["blend"] for trial in average.values()} == set(blends)
    rows, better = rows_of(context), {}
    for key, trial in average.items():
        (needed,) = trial.needs
        inner = 0.6 if trial.arguments["blend"].rule == "average" else 0.4
        better[key] = dataclasses.replace(rows[needed], score=rows[needed].score + 0.02, inner_score=inner)
    found, without = at_size.evidence(blended, rows | better), at_size.evidence(context, rows)
    assert found.caveats == ()
    loss, of_single = (each.estimates["loss_at_size"] for each in (found, without))
    assert loss.value == pytest.approx(of_single.value + 2, abs=0.2)
    assert [line[1] for line in found.tables[0].rows[:-1]] == pytest.approx(
        [line[1] + 2 for line in without.tables[0].rows[:-1]]
    )
    assert found.tables[1].rows == without.tables[1].rows, "an average learns from no rows of its own"


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
