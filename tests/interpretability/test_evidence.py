"""From hand-made rows to every number of the interpretability verdict: what the oracle works out is what the record says."""

import dataclasses

import numpy as np
import pytest
from oracles import intervals
from samples.golden import (
    FOLDS,
    N_ROWS,
    NORTH,
    parts,
    table,
    three,
)
from samples.interpretability_rows import (
    BLACK,
    CONSTANT,
    GLASS,
    LABELS,
    PARTS,
    REACH,
    SETTINGS,
    TAKEN,
    TAKEN_OF_BLACK,
    against,
    loss_of,
    made_rows,
    mean,
    summarised,
    titled,
)
from samples.wiring import INTERPRETABILITY_ESTIMATES, INTERPRETABILITY_FACTS
from scipy import stats

from interpretability.lab import LAB
from interpretability.models.classifiers import untried
from lab.learning.outer import FoldRow
from lab.learning.scoring import BESIDE
from lab.work.rows import typed
from lab.work.storage import through_storage


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    pytest.importorskip("fairlearn")
    return summarised(SETTINGS, rows)


def test_every_estimate_of_the_interpretability_lab_is_the_oracles(evidence):
    over, black_over = (intervals.interval(*against(side, CONSTANT), reach=REACH) for side in (GLASS, BLACK))
    expected = {
        "loss": loss_of(GLASS), "glass": mean(GLASS), "black": mean(BLACK),
        "over_constant": over, "black_over_constant": black_over,
    }  # fmt: skip
    assert evidence.estimates.keys() == expected.keys() == INTERPRETABILITY_ESTIMATES
    for name, numbers in expected.items():
        assert three(evidence.estimates[name]) == pytest.approx(numbers, rel=1e-9), name
        assert (evidence.estimates[name].unit, evidence.estimates[name].confidence) == ("points", 0.95)


def test_every_fact_of_the_interpretability_lab_is_the_oracles(evidence):
    value, error, degrees = against(BLACK, GLASS)
    gains, equal, costs = intervals.regions(value, max(error, REACH / stats.t.ppf(0.975, degrees)), degrees, 3.0)
    smallest, missing = intervals.detectable(error, degrees), untried()
    expected = {
        "metric": "ROC AUC", "margin": 3.0, "n_rows": N_ROWS,
        "readable": LABELS[max(set(TAKEN), key=TAKEN.count)],
        "readable_file": "readable-model.onnx",
        "black_box": {"forest": "random forest", "boosting": "gradient boosting"}[max(set(TAKEN_OF_BLACK), key=TAKEN_OF_BLACK.count)],
        "simplest": None, "untried_black": " or ".join(missing["black"]) or None,
        "untried_glass": " or ".join(missing["glass"]) or None, "detectable": smallest,
        "rows_to_settle": intervals.rows_to_settle(value, 3.0, N_ROWS, smallest),
        "rows_in_table": N_ROWS, "probability_costs": costs, "probability_equal": equal, "probability_gains": gains,
    }  # fmt: skip
    assert expected.keys() == INTERPRETABILITY_FACTS
    assert evidence.facts == pytest.approx(expected)


def test_the_interpretability_verdict_says_the_oracles_numbers(evidence):
    value, low, high = loss_of(GLASS)
    assert low > 3.0
    verdict = LAB.judge(evidence, SETTINGS)
    assert verdict.answer == "no"
    assert f"{value:.1f} points below the best black box in ROC AUC" in verdict.sentence
    assert f"(95 % interval {low:.1f} to {high:.1f} points below)" in verdict.sentence
    assert verdict.details == "A loss of up to 3 points would not matter."
    assert list(verdict.chances.values()) == [
        evidence.facts[f"probability_{name}"] for name in ("costs", "equal", "gains")
    ]
    assert f"the readable {evidence.facts['readable']}" in verdict.next_steps[0]
    assert f"Keep the black box, the {evidence.facts['black_box']}," in verdict.next_steps[0]
    assert f"a margin above {low:.1f} points" in verdict.would_change


def test_the_other_side_of_the_interpretability_lab_wins_where_the_rows_are_exchanged(rows):
    swapped = dict(rows)
    for one, other in (("logistic", "forest"), ("ebm", "boosting")):
        for fold in range(6):
            keys = f"{one}-fold{fold:02d}", f"{other}-fold{fold:02d}"
            swapped[keys[0]] = dataclasses.replace(rows[keys[1]], complexity=PARTS[one])
            swapped[keys[1]] = rows[keys[0]]
    settings = dataclasses.replace(SETTINGS, groups=None)
    found = summarised(settings, swapped)
    value, low, high = intervals.interval(*against(GLASS, BLACK), reach=REACH)
    assert three(found.estimates["loss"]) == pytest.approx((value, low, high))
    assert found.facts["probability_gains"] > 0.9
    verdict = LAB.judge(found, settings)
    assert verdict.answer == "yes"
    assert f"{-value:.1f} points above the best black box" in verdict.sentence
    assert verdict.details == "A loss of more than 3 points would matter."
    assert verdict.next_steps[0].startswith(f"Use the readable model, the {found.facts['readable']}")


def test_in_between_the_sentence_says_how_many_rows_would_settle_it(rows):
    value, error, degrees = against(BLACK, GLASS)
    margin = round(value / 100 - 0.08, 2)
    settings = dataclasses.replace(SETTINGS, margin=margin, groups=None)
    found = summarised(settings, rows)
    needed = intervals.rows_to_settle(value, 100 * margin, N_ROWS, intervals.detectable(error, degrees))
    verdict = LAB.judge(found, settings)
    assert verdict.answer == "undecided"
    assert f"A loss of more than {100 * margin:.0f} points would matter, and about {needed:,} rows" in verdict.details


def test_a_number_is_judged_by_r2_in_points(rows):
    """The same wiring where the target is a number: R² in points, its influence, errors in the target's unit."""
    del rows
    data = table("number")
    rng = np.random.default_rng(3)
    noise = {name: scale * rng.normal(size=N_ROWS) for name, scale in (("linear", 6.0), ("forest", 2.0))}
    folds = {name: [(data.target[places] + own[places] + place // FOLDS * 0.1, places) for place, places in enumerate(parts())]
             for name, own in noise.items()}  # fmt: skip

    def r2(numbers, truth):
        return 1 - ((numbers - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()

    made = {
        f"{name}-fold{place:02d}": FoldRow(
            r2(numbers, data.target[places]), numbers, dict(zip(BESIDE["number"], (1.0, 2.0, 3.0), strict=True)),
            test_rows=places, parameters={}, inner_score=0.5, complexity=4,
        )
        for name, of in folds.items()
        for place, (numbers, places) in enumerate(of)
    }  # fmt: skip
    settings = dataclasses.replace(SETTINGS, privacy=())
    found = summarised(settings, made, data)
    compared = intervals.repeated(
        folds["forest"], folds["linear"], data.target, FOLDS, score=r2, kinds=intervals.r2_kinds
    )
    assert three(found.estimates["loss"]) == pytest.approx(intervals.interval(*compared))
    assert three(found.estimates["glass"]) == pytest.approx(
        intervals.of_a_mean(folds["linear"], data.target, FOLDS, score=r2, kinds=intervals.r2_kinds, highest=100)
    )
    assert found.facts["metric"] == "R² (explained variance)"
    lines = {line[0]: line for line in titled(found, "All models").rows}
    assert lines["linear regression"][4:] == (1.0, 2.0, 3.0, 6)
    groups = titled(found, "Does the model serve every group of 'region' equally well?").rows
    north = NORTH
    predicted = np.empty(N_ROWS)
    for numbers, places in folds["linear"][:FOLDS]:
        predicted[places] = numbers
    for line, there in zip(groups, (north, ~north), strict=False):
        errors, truth = (predicted - data.target)[there], data.target[there]
        explained = r2(predicted[there], truth)
        half = intervals.half_of_one_model(predicted[there], truth, intervals.r2_kinds)
        assert line[3:6] == pytest.approx((100 * explained, 100 * (explained - half), 100 * min(explained + half, 1)))
        for place, values in ((6, np.abs(errors)), (9, errors)):
            reach = intervals.half_of_one_model(values, truth, intervals.mean_kinds)
            assert line[place : place + 3] == pytest.approx(
                (values.mean(), values.mean() - reach, values.mean() + reach)
            )
    drawn = {
        value["label"]: value
        for value in titled(found, "How far apart are the groups of 'region'?").spec["data"]["values"]
    }
    again = titled(summarised(settings, made, data), "How far apart are the groups of 'region'?")
    assert again == titled(found, "How far apart are the groups of 'region'?"), "the same draws"
    errors = predicted - data.target
    gap = abs(errors[north].mean() - errors[~north].mean())
    assert drawn["mean error - best readable model"]["value"] == pytest.approx(gap)
    absolute = np.abs(errors)
    assert drawn["mean absolute error - best readable model"]["value"] == pytest.approx(
        abs(absolute[north].mean() - absolute[~north].mean())
    )


def test_rows_that_were_stored_give_the_same_evidence(rows, evidence):
    stored = {key: typed(through_storage(row), type(row)) for key, row in rows.items()}
    again = summarised(SETTINGS, stored)
    assert (again.estimates, again.facts) == (evidence.estimates, evidence.facts)
    assert (again.figures, again.tables) == (evidence.figures, evidence.tables)
