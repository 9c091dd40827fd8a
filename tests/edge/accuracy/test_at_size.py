"""The edge verdict is about the whole table: a sample on which a candidate is level says nothing of rows that it never saw."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from samples.here import in_this_process
from samples.less_work import few_rounds, without_doubts, without_pictures
from samples.wiring import EDGE_AT_SIZE_ESTIMATES, EDGE_AT_SIZE_FACTS, generic

from edge import candidates
from edge.accuracy import at_size
from edge.budget.decision import decide
from edge.lab import LAB
from edge.settings import Settings
from lab import flow
from lab.data.frames import from_arrays
from lab.data.sampling import sample_rows
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING, CONSTANT, LOGISTIC
from lab.learning.sized import SizeRow
from lab.protocol import Estimate, Evidence
from lab.work.rows import typed
from lab.work.storage import through_storage

SETTINGS = Settings(folds=3, candidates=1, max_rows=300, curve_rows=100_000, models=("logistic", "mlp"))
LAWS = {  # share of right answers: the network overtakes the forest between the largest size tried and the whole table
    "logistic": (0.80, 0.2), "forest": (0.84, 0.8), "extra-trees": (0.83, 0.8), "boosting": (0.83, 0.9), "mlp": (0.905, 5.0),
    "constant": (0.60, 0.0), "average": (0.80, 0.5), "ensemble": (0.80, 0.4),
}  # fmt: skip


def law(family, n):
    end, gain = LAWS[family]
    return end - gain * n**-0.5


def expected(name, n=20_000):
    """Points that the best of the others is better, by the laws."""
    return 100 * (max(law(other, n) for other in LAWS if other != name) - law(name, n))


@pytest.fixture(scope="module")
def whole():
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(20_000, 2)), columns=["a", "b"])
    return from_arrays("made", features, np.where(rng.random(20_000) < 0.4, "yes", "no"))


@pytest.fixture(scope="module")
def context(whole):
    return LAB.context(sample_rows(whole, 300, 0), SETTINGS, seed=0)


def member(trial):
    """The family, or the average, that a trial is about."""
    return trial.arguments["blend" if trial.needs else "family"]


def rows_of(context, change=lambda family, size, score: score):
    rng, rows = np.random.default_rng(1), {}
    shared = 0.01 * rng.normal(size=10)
    for trial in at_size.plan(context):
        size, fold = (trial.arguments[name] for name in ("size", "fold"))
        name = member(trial).name
        score = change(name, size, law(name, size)) + shared[fold.index]
        row = SizeRow(size, score + 0.0005 * rng.normal(), score)
        rows[trial.key] = typed(through_storage(row), SizeRow)
    return rows


@pytest.fixture(scope="module")
def rows(context):
    return rows_of(context)


def test_the_loss_of_the_whole_table_is_where_the_curves_lead(context, rows):
    found = at_size.foretold(context, rows)
    assert {generic(name) for name in found.estimates} == EDGE_AT_SIZE_ESTIMATES
    assert found.facts.keys() == EDGE_AT_SIZE_FACTS
    for name in ("logistic", "mlp"):
        loss = found.estimates[f"{name}.drop_at_size"]
        assert (loss.unit, loss.confidence) == ("points", 0.975)  # two candidates, one of which is taken (Bonferroni)
        assert loss.low < expected(name) < loss.high
        assert loss.value == pytest.approx(expected(name), abs=0.4)
    assert found.facts["size"] == 20_000
    assert found.facts["curve_rows"] == found.facts["curve_reach"] == 16_000
    assert found.facts["curve_fault"] == {"logistic": None, "mlp": None}


def test_a_rival_that_overtakes_is_seen_where_the_candidate_is_the_best_at_every_size_tried(whole):
    few = dataclasses.replace(SETTINGS, curve_rows=4_000, models=("forest",))
    context = LAB.context(sample_rows(whole, 300, 0), few, seed=0)
    assert expected("forest", 4_000) < 0 < 1 < expected("forest"), (
        "the best at 4,000 rows loses more than a point at 20,000"
    )
    loss = at_size.foretold(context, rows_of(context)).estimates["forest.drop_at_size"]
    assert loss.low < expected("forest") < loss.high
    assert loss.high > 1


def test_models_that_learn_fast_are_compared_on_all_rows_of_the_table(whole):
    few = dataclasses.replace(SETTINGS, curve_rows=2_000, models=("boosting",))
    context = LAB.context(sample_rows(whole, 300, 0), few, seed=0)
    most = {}
    for trial in at_size.plan(context):
        most[member(trial).name] = trial.arguments["size"]  # the small sizes come first
    assert most == {
        "logistic": 16_000,
        "boosting": 16_000,
        "mlp": 16_000,
        "constant": 16_000,
        "forest": 2_000,
        "extra-trees": 2_000,
        "average": 16_000,
        "ensemble": 16_000,
    }
    found = at_size.foretold(context, rows_of(context))
    assert found.facts["curve_rows"] == 2_000
    loss = found.estimates["boosting.drop_at_size"]
    assert loss.value == pytest.approx(expected("boosting"), abs=0.3), "the network is known up to 16,000 rows"
    shown = at_size.evidence(context, rows_of(context))
    seen = {line[0]: line[2] for line in shown.tables[0].rows}
    assert seen == {family.label: most[family.name] for family in context.group.families}
    ends = {}
    for point in shown.figures[0].spec["data"]["values"]:
        ends[point["series"]] = max(ends.get(point["series"], 0), point["x"])
    averages = {blend.label: 16_000 for blend in context.group.blends}
    assert ends == averages | {label: n for label, n in seen.items() if "constant" not in label}


def test_the_tables_show_every_model_and_the_rows_that_it_saw(context, rows):
    found = at_size.evidence(context, rows)
    carried_on = at_size.foretold(context, rows)
    lines = {line[0]: line[1:] for line in carried_on.tables[0].rows}
    for name in ("logistic", "mlp"):
        loss = carried_on.estimates[f"{name}.drop_at_size"]
        tried, *carried, fault = lines[context.labels[name]]
        assert tried == pytest.approx(expected(name, 16_000), abs=0.2)
        assert carried == [loss.value, loss.low, loss.high]
        assert fault == ""
    seen = {line[0]: line[2] for line in found.tables[0].rows}
    assert seen == {family.label: 16_000 for family in context.group.families}
    drawn = {point["series"] for point in found.figures[0].spec["data"]["values"]}
    assert drawn == {each.label for each in context.group.members if each.name != "constant"}
    assert any("models that learned from 300 rows at most" in each for each in found.caveats)


def test_of_a_candidate_whose_curve_falls_nothing_is_said_and_of_the_others_it_is(context):
    rows = rows_of(context, change=lambda family, size, score: score - 0.1 * (family == "logistic" and size == 16_000))
    found = at_size.foretold(context, rows)
    assert found.estimates.keys() == {"mlp.drop_at_size"}
    assert found.facts["curve_fault"]["logistic"] == "the scores of the logistic regression fall with more rows"
    assert found.facts["curve_fault"]["mlp"] is None


def test_an_average_is_a_candidate_with_a_curve_of_its_own_and_a_rival_of_the_others(whole):
    """By the laws the weighted average overtakes the network on the way to the table, and beats the plain one all along."""
    laws = {"ensemble": (0.90, 2.0), "average": (0.88, 1.5), "mlp": (0.86, 1.0)}

    def lawful(name, size, score):
        end, gain = laws.get(name, LAWS.get(name))
        return end - gain * size**-0.5

    settings = dataclasses.replace(SETTINGS, models=("ensemble", "mlp"))
    context = LAB.context(sample_rows(whole, 300, 0), settings, seed=0)
    rows = rows_of(context, change=lawful)
    found = at_size.foretold(context, rows)
    assert found.estimates.keys() == {"ensemble.drop_at_size", "mlp.drop_at_size"}
    assert found.facts["curve_fault"] == {"ensemble": None, "mlp": None}
    table = {name: lawful(name, 20_000, 0) for name in LAWS}
    losses = {
        name: 100 * (max(score for other, score in table.items() if other != name) - table[name]) for name in table
    }
    for name in ("ensemble", "mlp"):
        loss = found.estimates[f"{name}.drop_at_size"]
        assert loss.low < losses[name] < loss.high
        assert loss.value == pytest.approx(losses[name], abs=0.4)
    assert losses["ensemble"] < 0 < losses["mlp"]
    assert any("models that learned from 300 rows" in each for each in at_size.evidence(context, rows).caveats)


def test_failed_trials_and_small_tables_say_nothing(context):
    found = at_size.foretold(context, {})
    assert set(found.facts["curve_fault"].values()) == {"too many trials of the learning curves failed"}
    assert found.tables == ()
    assert at_size.evidence(context, {}).figures == ()
    few = from_arrays("few", pd.DataFrame({"a": np.random.default_rng(0).normal(size=200)}), np.arange(200) % 2 == 0)
    small = LAB.context(few, dataclasses.replace(SETTINGS, rows_then=5_000), seed=0)
    assert at_size.plan(small) == []
    assert set(at_size.foretold(small, {}).facts["curve_fault"].values()) == {
        "there are too few rows for a learning curve"
    }
    assert at_size.evidence(small, {}).tables == ()


@pytest.mark.parametrize("changes", [{"curve_rows": 0}, {"max_rows": 20_000}])
def test_without_a_sample_or_where_none_are_wanted_there_are_no_curves(whole, changes):
    settings = dataclasses.replace(SETTINGS, **changes)
    context = LAB.context(sample_rows(whole, settings.max_rows, 0), settings, seed=0)
    assert at_size.plan(context) == []
    assert at_size.foretold(context, {}) == at_size.Foretold()
    assert at_size.evidence(context, {}) == Evidence()


def judged(then, *, p99=0.5, **facts):
    exact = {
        "p99_ms": (p99, "ms"),
        "size_mb": (0.1, "MB"),
        "parity": (0, ""),
        "flips": (0, "labels"),
        "score": (90.0, "points"),
    }
    estimates = {f"mlp.{name}": Estimate(value, value, value, unit) for name, (value, unit) in exact.items()}
    estimates |= {"mlp.drop": Estimate(0.0, -0.2, 0.2, "points"), "mlp.gain": Estimate(30.0, 25.0, 35.0, "points")}
    estimates |= {"mlp.drop_at_size": Estimate(*then, "points")} if then else {}
    usual = {
        "candidates": ["mlp"], "unmeasured": [], "labels": {"mlp": "neural network"}, "factor": 100.0, "metric": "accuracy",
        "n_rows": 8_000, "rows_in_table": 200_000, "size": 200_000, "curve_rows": 40_000, "curve_reach": 160_000,
        "curve_fault": {"mlp": None}, "curve_settles": {"mlp": None},
    }  # fmt: skip
    return LAB.judge(Evidence(estimates, usual | facts), Settings())


@pytest.mark.parametrize(
    ("then", "more", "answer", "start", "words"),
    [
        (
            (0.3, 0.1, 0.5),
            {},
            "yes",
            "The neural network model fits every budget: 99 of 100 answers come within 0.5 ms, and with all rows it should be "
            "0.3 points below the best other model.",
            "On 8,000 of 200,000 rows, the neural network model is level with the model chosen as best in training (95 % interval 0.2 "
            "points below to 0.2 points above). With 200,000 rows we expect it to be 0.3 points below the best of the other models "
            "(95 % interval 0.1 to 0.5 points below).",
        ),
        (
            (2.5, 2.0, 3.0),
            {},
            "no",
            "No candidate fits: the most accurate one, the neural network model, loses 2.5 points with all rows, and only 1 point is",
            "we expect it to be 2.5 points below",
        ),
        (
            (1.2, 0.4, 2.0),
            {"curve_settles": {"mlp": 90_000}, "curve_seconds": {"90000": 700.0}},
            "undecided",
            "The neural network model may fit, but it may lose more than the 1 point allowed: the interval is from 0.4 points lost to",
            "up to about 90,000 rows would settle it (--curve-rows 90000, a run of about 12 min on this machine).",
        ),
        (
            None,
            {"curve_fault": {"mlp": "the scores fall"}},
            "undecided",
            "The neural network model may fit, but what it loses with all rows cannot be said: the scores fall.",
            "What it loses with 200,000 rows cannot be said: the scores fall.",
        ),
        (
            (0.3, 0.1, 0.5),
            {"n_rows": 200_000, "size": 10**6},
            "yes",
            "The neural network model fits every budget: 99 of 100 answers come within 0.5 ms, and with more rows it",
            "With 1,000,000 rows we expect it to be 0.3 points below",
        ),
        (
            (0.3, 0.1, 0.5),
            {"n_rows": 200_000, "size": 10**6, "p99": 2.0},
            "no",
            "No candidate fits: the most accurate one, the neural network model, needs 2 ms for 99 of 100 answers",
            "With 1,000,000 rows we expect it to be 0.3 points below",
        ),
        (
            (0.3, 0.1, 0.5),
            {"p99": 2.0},
            "no",
            "No candidate fits: the most accurate one, the neural network model, needs 2 ms for 99 of 100 answers",
            "On 8,000 of 200,000 rows, the neural network model is level with",
        ),
    ],
)
def test_the_verdict_is_about_the_size_that_counts(then, more, answer, start, words):
    verdict = judged(then, **more)
    assert verdict.answer == answer
    assert verdict.sentence.startswith(start)
    assert words in verdict.details
    assert bool(verdict.chances) == (then is not None)


def test_an_undecided_loss_asks_for_longer_curves_and_not_for_a_larger_sample():
    verdict = judged((1.2, 0.4, 2.0), curve_settles={"mlp": 90_000}, curve_seconds={"90000": 700.0})
    assert verdict.would_change == ("learning curves beyond 40,000 rows (--curve-rows), or more rows", "a wider budget")
    assert (
        verdict.next_steps[0] == "To settle it, repeat the run with --curve-rows 90000 (about 12 min on this machine)."
    )


def test_what_cannot_be_said_decides_nothing_and_the_budgets_that_are_missed_do():
    estimates = {
        "mlp.p99_ms": Estimate(0.5, 0.4, 0.6, "ms"), "mlp.size_mb": Estimate(0.1, 0.1, 0.1, "MB"),
        "mlp.drop": Estimate(0.0, -0.1, 0.1, "points"), "mlp.gain": Estimate(30.0, 25.0, 35.0, "points"),
        "mlp.parity": Estimate(0, 0, 0, ""), "mlp.flips": Estimate(0, 0, 0, "labels"), "mlp.score": Estimate(90, 90, 90, "points"),
    }  # fmt: skip
    facts = {"size": 10_000, "curve_fault": {"mlp": "the scores fall"}}
    assert decide(["mlp"], estimates, Settings(), factor=100.0, facts=facts).status == "undecided"
    assert decide(["mlp"], estimates, Settings(), factor=100.0).status == "pass"
    assert decide(["mlp"], estimates, Settings(p99_ms=0.1), factor=100.0, facts=facts).status == "fail"


def rival(value, low, high, fault=None, rows=None):
    """A comparison with one other model, as far as it is read."""
    estimate = None if fault else Estimate(value, low, high, "points")
    return SimpleNamespace(fault=fault, estimate=lambda unit, confidence: estimate, settles=lambda most: rows)


def test_the_interval_reaches_as_far_as_that_of_any_rival():
    best, likely, unsure = rival(9.0, 8.0, 10.0), rival(0.5, 0.2, 0.8, rows=7), rival(-1.0, -4.0, 3.0, rows=9)
    found = at_size._Rivals(best, (likely, unsure), is_complete=True)
    loss = found.loss("points", 0.95)
    assert (loss.value, loss.low, loss.high) == (0.5, 0.2, 3.0)
    assert found.settles(1.0, "points", 0.95) == 9, "only the second one leaves it open"
    assert found.settles(0.5, "points", 0.95) == 9
    assert found.settles(0.1, "points", 0.95) == 9
    assert found.settles(5.0, "points", 0.95) is None
    hopeless = at_size._Rivals(best, (likely, rival(-1.0, -4.0, 3.0)), is_complete=True)
    assert hopeless.settles(0.5, "points", 0.95) is None, "one of those that leave it open is settled by no rows"


def test_the_best_of_the_others_counts_where_one_of_them_cannot_be_carried_on():
    best, known = rival(2.0, 1.5, 2.5), rival(0.5, 0.2, 0.8)
    loss = at_size._Rivals(best, (known,), is_complete=False).loss("points", 0.95)
    assert (loss.value, loss.low, loss.high) == (2.0, 1.5, 2.5)
    assert at_size._Rivals(rival(0, 0, 0, "they fall"), (known,), is_complete=True).loss("points", 0.95) is None


@pytest.mark.slow
def test_a_run_on_a_sample_answers_for_the_table(tmp_path, monkeypatch):
    """A product of two columns beside a straight line: the line is level on 300 rows, and loses where boosting has many."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12_000, 6))
    odds = 1.5 * x[:, 0] + x[:, 1] + 0.9 * x[:, 2] * x[:, 3]
    made = from_arrays(
        "made",
        pd.DataFrame(x, columns=list("abcdef")),
        np.where(rng.random(12_000) < 1 / (1 + np.exp(-odds)), "yes", "no"),
    )
    known = Group("all", "model", (LOGISTIC, few_rounds(BOOSTING), CONSTANT))
    monkeypatch.setattr(candidates, "group", lambda dataset, model, **more: known)
    for less in (in_this_process, without_doubts, without_pictures):
        less(monkeypatch)
    off = dict.fromkeys(("variants", "batches", "serving", "load"), False)
    few = {
        "folds": 2,
        "repeats": 2,
        "candidates": 1,
        "rounds": 20,
        "max_rows": 300,
        "curve_rows": 2_000,
        "load_seconds": 0.01,
    }
    settings = Settings(models=("logistic",), metric="roc_auc", p99_ms=1_000.0, **few, **off)
    done = flow.run(LAB, made, settings, out=tmp_path, workers=1)
    verdict, found = done.record.verdict, done.record.evidence.estimates
    assert verdict.answer == "no"
    assert verdict.sentence.startswith(
        "No candidate fits: the most accurate one, the logistic regression model, loses "
    )
    assert "points with all rows, and only 1 point is allowed" in verdict.sentence
    assert "On 300 of 12,000 rows, the logistic regression model is" in verdict.details
    assert "With 12,000 rows we expect it" in verdict.details
    assert found["logistic.drop"].low < 1 < found["logistic.drop_at_size"].low, (
        "on the sample it would not have been seen"
    )
