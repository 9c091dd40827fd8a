"""The quantum verdict is about the whole table, far from the rows from which a simulated circuit can learn."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from samples.wiring import AT_SIZE_FACTS, QUANTUM_AT_SIZE_ESTIMATES

from lab.data.frames import from_arrays
from lab.data.sampling import sample_rows
from lab.learning.folds import Fold, split
from lab.learning.sized import SizeRow, score_at_size
from lab.protocol import Estimate, Evidence
from lab.work.rows import typed
from lab.work.storage import through_storage
from quantum.comparison import at_size
from quantum.lab import LAB
from quantum.settings import Settings

SETTINGS = Settings(qubits=2, folds=3, repeats=1, candidates=1, steps=10, max_rows=100, curve_rows=2_000)


@pytest.fixture(scope="module")
def context():
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(50_000, 2)), columns=["a", "b"])
    whole = from_arrays("made", features, np.where(features["a"] + rng.normal(size=50_000) > 0, "yes", "no"))
    return LAB.context(sample_rows(whole, 100, 0), SETTINGS, seed=0)


def law(side, n):
    return {"quantum": 0.85 - 1.0 * n**-0.5, "classical": 0.80 - 0.4 * n**-0.5}[side]


def member(trial):
    """The family, or the average, that a trial is about."""
    return trial.arguments["blend" if trial.needs else "family"]


def rows_of(context, noise):
    rng, rows = np.random.default_rng(1), {}
    quantum = {each.name for each in context.groups[0].members}
    shared = 0.01 * rng.normal(size=10)
    for trial in at_size.plan(context):
        size, fold = (trial.arguments[name] for name in ("size", "fold"))
        score = law("quantum" if member(trial).name in quantum else "classical", size) + shared[fold.index]
        rows[trial.key] = typed(through_storage(SizeRow(size, score + noise * rng.normal(), 0.5)), SizeRow)
    return rows


def test_the_advantage_of_the_whole_table_is_where_the_curves_lead(context):
    found = at_size.evidence(context, rows_of(context, 0.0005))
    assert (found.estimates.keys(), found.facts.keys()) == (QUANTUM_AT_SIZE_ESTIMATES, AT_SIZE_FACTS)
    then = found.estimates["advantage_at_size"]
    truth = 100 * (law("quantum", 50_000) - law("classical", 50_000))
    assert then.low < truth < then.high
    assert (then.unit, then.confidence) == ("points", 0.95)
    assert (found.facts["size"], found.facts["curve_rows"], found.facts["curve_reach"]) == (50_000, 2_000, 40_000)
    assert found.caveats == ()
    assert [line[0] for line in found.tables[0].rows] == [125, 250, 500, 1_000, 2_000, 50_000]


def test_what_would_settle_it_is_asked_for_the_margin_in_points(context, monkeypatch):
    asked = []
    monkeypatch.setattr(
        at_size, "two_sided", lambda question, sides, rows, **more: asked.append((list(sides), more)) or Evidence()
    )
    wide = dataclasses.replace(context, settings=dataclasses.replace(SETTINGS, margin=0.03))
    assert at_size.evidence(wide, {}) == Evidence()
    assert asked == [
        (
            ["best quantum model", "best classical model"],
            {"name": "advantage_at_size", "gap": "advantage", "margin": pytest.approx(3.0)},
        )
    ]


def test_the_interval_is_as_wide_as_the_way_and_the_noise_are(context):
    exact, noisy = (at_size.evidence(context, rows_of(context, noise)).estimates for noise in (0.0005, 0.02))
    widths = [each["advantage_at_size"].high - each["advantage_at_size"].low for each in (exact, noisy)]
    assert widths[1] > 5 > widths[0]  # points: with the noise of few test rows nothing is settled


def test_both_sides_are_tried_and_the_ablations_are_not(context):
    tried = {member(trial).name for trial in at_size.plan(context)}
    assert tried == {each.name for group in context.groups[:2] for each in group.members}
    svm = {trial.arguments["size"] for trial in at_size.plan(dataclasses.replace(context, settings=dataclasses.replace(
        SETTINGS, curve_rows=40_000))) if member(trial).name == "svm-2-inputs"}  # fmt: skip
    assert max(svm) == 5_000, "on the circuit's inputs too it learns from so many rows only"


def test_a_circuit_is_scored_on_few_rows_of_a_fold_that_it_never_saw(context):
    rng = np.random.default_rng(3)
    seen = []

    class Watched:
        classes_ = np.array([0, 1])

        def fit(self, features, target):
            self.learned = set(features.index)
            return self

        def predict_proba(self, features):
            seen.append((self.learned, set(features.index)))
            chance = rng.random(len(features))
            return np.column_stack([1 - chance, chance])

    family = dataclasses.replace(context.variational, build=lambda features, seed: _estimator(Watched), space={})
    fold = Fold(10, 1, 0, 9)
    score_at_size(
        context.dataset, seed=0, family=family, fold=fold, size=200, scorer="roc_auc", candidates=1, tested_rows=300
    )
    (learned, chosen), (_, tested) = seen[-2:]
    assert (len(learned), len(chosen), len(tested)) == (200, 300, 300)
    assert tested < set(split(context.dataset.whole, fold)[1])
    assert not tested & learned | tested & chosen | learned & chosen
    share = context.dataset.whole.target[sorted(tested)].mean()
    assert share == pytest.approx(context.dataset.whole.target.mean(), abs=0.01)


def _estimator(kind):
    from sklearn.base import BaseEstimator, ClassifierMixin

    return type("Model", (kind, ClassifierMixin, BaseEstimator), {})()


def judged(then, **facts):
    usual = {
        "metric": "ROC AUC", "margin": 1.0, "rows_to_settle": 3_000, "detectable": 2.5, "n_rows": 1_000,
        "rows_in_table": 50_000, "size": 50_000, "curve_rows": 1_600, "curve_reach": 40_000, "curve_fault": None,
        "curve_settles": None, "quantum_chosen": {"quantum kernel (3 qubits)": 6}, "classical_chosen": {"random forest": 6},
        "probability_worse": 0.9, "probability_equal": 0.1, "probability_better": 0.0,
    }  # fmt: skip
    estimates = {"advantage": Estimate(-4.7, -7.2, -2.1, "points")}
    estimates |= {"advantage_at_size": Estimate(*then, "points")} if then else {}
    return LAB.judge(Evidence(estimates, usual | facts), Settings())


HEADLINES = {"yes": "Yes, in simulation", "no": "Not yet", "undecided": "Undecided"}


@pytest.mark.parametrize(
    ("then", "facts", "answer", "words"),
    [
        (
            (-3.0, -9.0, 0.5),
            {},
            "no",
            "With all rows, the best quantum model should be 3.0 points below the best classical one in ROC AUC (95 % interval "
            "9.0 points below to 0.5 points above). The question is about 50,000 rows. On 1,000",
        ),
        ((-3.0, -9.0, 4.0), {}, "undecided", "even learning curves over all these rows might not settle it"),
        (
            (-3.0, -9.0, 4.0),
            {"curve_settles": 9_000, "curve_seconds": {"9000": 5_000.0}},
            "undecided",
            "about 9,000 rows would settle it (--curve-rows 9000, a run of about 84 min on this machine)",
        ),
        ((4.0, 2.0, 6.0), {}, "yes", "the best quantum model should be 4.0 points above"),
        (
            None,
            {"curve_fault": "the best quantum model has hardly begun to learn at these sizes"},
            "undecided",
            "What holds with all rows cannot be said: the best quantum model has hardly begun to learn at these sizes.",
        ),
    ],
)
def test_the_verdict_is_about_the_size_that_counts(then, facts, answer, words):
    verdict = judged(then, **facts)
    assert verdict.answer == answer
    assert verdict.headline == HEADLINES[answer]
    sample = "On 1,000 of 50,000 rows, the best quantum model is 4.7 points below the best classical one in ROC AUC"
    assert sample in verdict.details
    assert words in f"{verdict.sentence} {verdict.details}"
    assert verdict.details.endswith("The price of hardware could not be computed.")
    assert "the random forest" in " ".join(verdict.next_steps)
    assert bool(verdict.chances) == (then is not None)
    assert list(verdict.chances.values()) != [0.9, 0.1, 0.0], "they are of the size that counts, not of the sample"
