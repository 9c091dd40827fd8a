"""From hand-made rows to every number of the quantum verdict: what the oracle works out is what the record says."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from oracles import intervals
from samples.golden import (
    N_ROWS,
    three,
)
from samples.quantum_rows import (
    CLASSICAL,
    DEVICE_TARGET,
    FOLDED,
    PRODUCTS,
    QUANTUM,
    RULE_OF_THREE,
    SETTINGS,
    TAKEN,
    TAKEN_OF_CLASSICAL,
    TAKEN_OF_PRODUCTS,
    against,
    by_title,
    made_rows,
    summarise,
)
from samples.quantum_rows import (
    mean as mean_of,
)
from samples.wiring import QUANTUM_ESTIMATES, QUANTUM_FACTS, generic
from scipy import stats

from quantum.lab import LAB

LABELS = {
    "quantum": "variational circuit (3 qubits)",
    "kernel": "quantum kernel (3 qubits)",
    "dressed": "dressed circuit (3 qubits behind a trained map)",
    "quantum-greedy": "weighted average of the quantum models",
    "logistic": "logistic regression",
    "svm": "support vector machine",
    "classical-greedy": "weighted average of the classical models",
}


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    return summarise(SETTINGS, rows)


def jackknife(before, after):
    """Change of the area in points: every row left out in turn."""
    n, positive = len(DEVICE_TARGET), DEVICE_TARGET == 1
    kept = [np.arange(n) != row for row in range(n)]

    def change(rows):
        return 100 * (intervals.auc(after[rows, 1], positive[rows]) - intervals.auc(before[rows, 1], positive[rows]))

    value, without = change(np.arange(n)), np.array([change(rows) for rows in kept])
    half = stats.t.ppf(0.975, n - 1) * np.sqrt((n - 1) * np.mean((without - without.mean()) ** 2))
    half = max(half, 300 / n)
    return value, value - half, value + half


def expected_estimates(rows):
    found = {
        "advantage": intervals.interval(*against(QUANTUM, CLASSICAL), reach=RULE_OF_THREE),
        "quantum": mean_of(QUANTUM),
        "over_constant": intervals.interval(*against(QUANTUM, FOLDED["constant"]), reach=RULE_OF_THREE),
    }
    assert set(TAKEN_OF_PRODUCTS) == {
        "unentangled", "kernel-unentangled", "product-kernel", "single-qubit", "unentangled-average"
    }  # fmt: skip
    taken_away = {
        "entanglement": (QUANTUM, PRODUCTS),
        "surrogate": (QUANTUM, FOLDED["surrogate"]),
        "circuit_entanglement": (FOLDED["quantum"], FOLDED["unentangled"]),
        "training": (FOLDED["quantum"], FOLDED["frozen"]),
        "kernel_entanglement": (FOLDED["kernel"], FOLDED["kernel-unentangled"]),
    }
    for name, (full, less) in taken_away.items():
        found[name] = intervals.interval(*against(full, less), reach=RULE_OF_THREE)
    slope = stats.linregress([2, 4, 6, 8], np.log2([0.8, 0.16, 0.072, 0.008]))
    half = stats.t.ppf(0.975, 2) * slope.stderr
    found["decay"] = (-slope.slope, -slope.slope - half, -slope.slope + half)
    # 24 trained numbers: 49 circuits for each of 48 rows, 40 steps, 200 shots; one job of 3 s a step
    seconds = 49 * 48 * 40 * 200 * 0.001 + 40 * 3.0
    predicting = 1_000 * 200 * 0.001 + 3.0
    for name, value in (
        ("training_hours", seconds / 3600), ("training_dollars", 0.5 * seconds),
        ("predictions_dollars", 0.5 * predicting),
        ("training_dollars_spsa", 0.5 * (2 * 48 * 40 * 200 * 0.001 + 40 * 3.0)),
        ("kernel_dollars", 0.5 * (48 * 47 / 2 * 200 * 0.001 + 3.0)),  # every pair of the 48 rows
        ("kernel_predictions_dollars", 0.5 * (48 * 1_000 * 200 * 0.001 + 3.0)),
    ):  # fmt: skip
        found[name] = (value, value, value)
    for key in ("hardware-torino", "backend"):
        for run in ("read", "mitigated"):
            row = rows[key]
            found[f"change_{row.device}_{run}"] = jackknife(row.runs.before, getattr(row.runs, run).after)
    return found


def test_every_estimate_of_the_quantum_lab_is_the_oracles(evidence, rows):
    expected = expected_estimates(rows)
    assert evidence.estimates.keys() == expected.keys()
    assert {generic(name) for name in expected} == QUANTUM_ESTIMATES
    for name, numbers in expected.items():
        assert three(evidence.estimates[name]) == pytest.approx(numbers, rel=1e-9, abs=1e-9), name
        assert evidence.estimates[name].confidence == 0.95
    units = {"decay": "halvings per qubit", "training_hours": "hours", "training_dollars": "dollars",
             **dict.fromkeys(("predictions_dollars", "training_dollars_spsa", "kernel_dollars", "kernel_predictions_dollars"),
                             "dollars")}  # fmt: skip
    assert {name: each.unit for name, each in evidence.estimates.items()} == {
        name: units.get(name, "points") for name in expected
    }


def test_every_fact_of_the_quantum_lab_is_the_oracles(evidence):
    mean, error, degrees = against(QUANTUM, CLASSICAL)
    least = RULE_OF_THREE / stats.t.ppf(0.975, degrees)
    worse, equal, better = intervals.regions(mean, max(error, least), degrees, 2.0)
    smallest = intervals.detectable(error, degrees)
    expected = {
        "metric": "ROC AUC",
        "margin": 2.0,  # points: 0.02 of the metric
        "detectable": smallest,
        "rows_to_settle": intervals.rows_to_settle(mean, 2.0, N_ROWS, smallest),
        "n_rows": N_ROWS,
        "rows_in_table": N_ROWS,
        "probability_better": better,
        "probability_equal": equal,
        "probability_worse": worse,
        "pennylane_distance": 3e-8,
        "unentangled_folds": 2,  # of the two in which the kernel is the best quantum model one, of the two averages one
        "scored_folds": 6,
    }
    prices = {
        "works": [
            {"name": "training once, parameter-shift", "circuits": 49 * 48 * 40, "jobs": 40},
            {"name": "training once, SPSA", "circuits": 2 * 48 * 40, "jobs": 40},
            {"name": "1,000 predictions", "circuits": 1_000, "jobs": 1},
        ],
        "shots": 200, "execution_s": 0.001, "overhead_s": 3.0, "rate": 0.5,
        "source": "dollars per device second, as given by --rate",
    }  # fmt: skip
    chosen = {
        "quantum_chosen": Counter(LABELS[name] for name in TAKEN),
        "classical_chosen": Counter(LABELS[name] for name in TAKEN_OF_CLASSICAL),
    }
    assert {*expected, *chosen, "prices"} == QUANTUM_FACTS
    assert evidence.facts["prices"] == prices
    assert {name: evidence.facts[name] for name in expected} == pytest.approx(expected)
    assert {name: evidence.facts[name] for name in chosen} == chosen


def test_the_quantum_verdict_says_the_oracles_numbers(evidence, rows):
    found = expected_estimates(rows)
    value, low, high = found["advantage"]
    verdict = LAB.judge(evidence, SETTINGS)
    assert low > 2.0
    assert verdict.answer == "yes"
    assert f"is {value:.1f} points above the best classical one in ROC AUC" in verdict.sentence
    assert f"(95 % interval {low:.1f} to {high:.1f} points above)" in verdict.sentence
    assert (
        "about 440 to 9,500 dollars, depending on the way of training, and 1,000 predictions 100 dollars"
        in verdict.details
    )
    assert "at 0.50 dollars a second (set by the user)" in verdict.details
    assert found["surrogate"][1] <= 0, "the caution is read from the surrogate"
    assert "a classical model with the circuit's frequencies is not shown to be worse" in verdict.details
    assert ("entanglement is not shown" in verdict.details) == (found["entanglement"][1] <= 0)
    assert "The best quantum model has no entanglement at all in 2 of 6 folds" in verdict.details


def test_the_other_side_of_the_quantum_lab_wins_where_the_rows_are_exchanged(rows):
    """The quantum rows are given to the classical families, and the other way round."""
    swapped = dict(rows)
    for one, other in (
        ("quantum", "logistic"), ("kernel", "svm"), ("quantum-greedy", "classical-greedy"), ("dressed", "classical-average"),
    ):  # fmt: skip
        for fold in range(6):
            keys = f"{one}-fold{fold:02d}", f"{other}-fold{fold:02d}"
            for key, from_key in (keys, keys[::-1]):
                swapped[key] = dataclasses.replace(rows[from_key], parameters=rows[key].parameters)
    found = summarise(SETTINGS, swapped)
    value, low, high = intervals.interval(*against(CLASSICAL, QUANTUM), reach=RULE_OF_THREE)
    assert three(found.estimates["advantage"]) == pytest.approx((value, low, high))
    verdict = LAB.judge(found, SETTINGS)
    assert verdict.answer == "no"
    assert f"{-value:.1f} points below the best classical one" in verdict.sentence
    assert "An advantage of more than 2 points would count." in verdict.details
    assert found.facts["probability_worse"] > 0.9 > found.facts["probability_better"]


def test_a_wider_margin_leaves_it_undecided_and_the_sentence_says_what_would_count(rows):
    mean, error, degrees = against(QUANTUM, CLASSICAL)
    margin = round(mean / 100, 2) - 0.05
    settings = dataclasses.replace(SETTINGS, margin=margin)
    found = summarise(settings, rows)
    verdict = LAB.judge(found, settings)
    needed = intervals.rows_to_settle(mean, 100 * margin, N_ROWS, intervals.detectable(error, degrees))
    assert found.facts["rows_to_settle"] == needed
    assert verdict.answer == "undecided"
    assert f"An advantage of more than {100 * margin:.0f} points would count" in verdict.details
    assert f"about {needed:,} rows would settle it" in verdict.details
    assert f"lies {intervals.detectable(error, degrees):.1f} points from the margin" in verdict.would_change[0]


def test_the_tables_of_the_hardware_hold_the_oracles_numbers(evidence, rows):
    lines = {line[0]: line[1:] for line in by_title(evidence, "How hardware noise changes the score, in numbers").rows}
    torino = rows["hardware-torino"]
    runs = {"no errors, shots only": "ideal", "torino, raw": "read", "torino, readout errors mitigated": "mitigated"}
    for words, name in runs.items():
        run, before = getattr(torino.runs, name), torino.runs.before
        changed = 100 * np.mean(before.argmax(axis=1) != run.after.argmax(axis=1))
        expected = (*jackknife(before, run.after), jackknife(before, run.exact)[0], changed, run.shots_needed)
        assert lines[words] == pytest.approx(expected)
    assert len(lines) == 5
    places = by_title(evidence, "Where the circuit is placed on the devices").rows
    assert places == (("torino", "7 8 9", 3.0, 4), ("fez", "7 8 9", 4.0, 4), ("fake_torino", "7 8 9", 5.0, 4))
    prices = by_title(evidence, "What hardware would cost").rows
    by_hand = [49 * 48 * 40 * 200, 2 * 48 * 40 * 200, 200, 200_000, 1_128 * 200, 48_000 * 200]
    jobs = [40, 40, 1, 1, 1, 1]
    for line, executions, n_jobs in zip(prices, by_hand, jobs, strict=True):
        seconds = 3.0 * n_jobs + 0.001 * executions
        assert line[1:] == pytest.approx((executions, seconds, seconds / 3600, 0.5 * seconds))
    (on_device,) = by_title(evidence, "The circuit on real devices").rows
    assert on_device == ("torino", 133, 31, 88, 9, 0.8125)
    flips = by_title(evidence, "How many shots does a label need?").spec["data"]["values"]
    assert [value["y"] for value in flips[:13]] == pytest.approx([30.0 / (1 + step) for step in range(13)])
    assert [value["x"] for value in flips[:2]] == [32, 64]
