"""From hand-made rows to every number of the quantum verdict: what the oracle works out is what the record says."""

import dataclasses

import numpy as np
import pytest
from oracles import intervals
from samples.golden import (
    FOLDS,
    N_ROWS,
    REPEATS,
    auc_adds_of,
    auc_of,
    best_of,
    fold_rows,
    parts,
    said,
    table,
    three,
)
from samples.wiring import QUANTUM_ESTIMATES, QUANTUM_FACTS, generic
from scipy import stats

from lab import sections
from lab.errors import TrialsFailedError
from quantum.chosen_circuit.learning import LearningRow, WrittenFormula
from quantum.chosen_circuit.trials import CircuitRow
from quantum.circuit import Circuit
from quantum.device_noise.rows import DeviceRow, Predictions, Run
from quantum.hardware.transpiled import OnDevice
from quantum.lab import LAB
from quantum.scale.trials import ScaleRow
from quantum.settings import Settings
from quantum.sizes.trials import SizeRow

SETTINGS = Settings(
    qubits=3, steps=40, folds=FOLDS, repeats=REPEATS, margin=0.02, shots=200, devices=("torino", "fez"),
    execution_s=0.001, overhead_s=3.0, rate=0.5, metric="auto",
)  # fmt: skip
INNER = {
    "quantum": [0.9, 0.2, 0.9, 0.2, 0.9, 0.9],
    "kernel": [0.1, 0.8, 0.1, 0.8, 0.1, 0.1],
    "logistic": [0.5, 0.5, 0.5, 0.9, 0.5, 0.5],
    "svm": [0.6, 0.6, 0.6, 0.6, 0.6, 0.6],
    "constant": [0.0] * 6,
}
STRENGTH = {"quantum": 1.8, "kernel": 1.5, "logistic": 0.0, "svm": 0.1, "unentangled": 0.6, "frozen": 0.1,
            "surrogate": 1.6}  # fmt: skip
FOLDED = {name: said(name, strength) for name, strength in STRENGTH.items()}
FOLDED["constant"] = [(np.full((len(rows), 2), 0.5), rows) for rows in parts()]
DATA = table()
DEVICE_TARGET = np.array([0, 1] * 6)
VARIANCES = [
    [layers, n, variance ** (layers / 8), 0.01]
    for layers in (2, 4, 8)
    for n, variance in ((2, 0.1), (4, 0.02), (6, 0.009), (8, 0.001))
]


def summarise(settings, rows):
    return sections.summarise(LAB, LAB.context(DATA, settings, seed=0), rows)


def device_row(name, place, *, simulated=True, **more):
    rng = np.random.default_rng(place)

    def chances(noise):
        p = np.clip(0.2 + 0.6 * DEVICE_TARGET + noise * rng.normal(size=12), 0.01, 0.99)
        return np.column_stack([1 - p, p])

    def run(number):
        flips = tuple(0.3 / (1 + step) for step in range(13))
        return Run(exact=chances(0.3), after=chances(0.45), shots_needed=1_000 + number, flips=flips)

    runs = Predictions(before=chances(0.25), ideal=run(0), read=run(1), mitigated=run(2)) if simulated else None
    return DeviceRow(name, 0.02 + place / 100, DEVICE_TARGET, runs, (7, 8, 9), 4, **more)


@pytest.fixture(scope="module")
def rows():
    found = {}
    for name, folds in FOLDED.items():
        found |= fold_rows(name, folds, INNER.get(name, [0.5] * 6))
    found["circuit"] = CircuitRow(
        losses=np.linspace(1, 0, 80).reshape(2, 40), circuit=Circuit(3, 2), parameters={}, trained=24, pennylane=3e-8,
        devices=(OnDevice("torino", 133, 31, 88, 9, 0.8125),),
    )  # fmt: skip
    found["learning"] = LearningRow(
        steps=(0, 40), chances=np.linspace(0, 1, 2 * 576).reshape(2, 24, 24), accuracy=(0.5, 0.875),
        formula=WrittenFormula(2, 1e-9, ((0.5, "cos x1"), (-0.25, "sin x2"))),
    )  # fmt: skip
    found["scale"] = ScaleRow(3, 2, VARIANCES, 0.12, (0.6, 0.01))
    for layers in (1, 2):
        found[f"size-3-{layers}"] = SizeRow(3, layers, np.array([0.5 + 0.1 * layers, 0.6, 0.8]))
    found["hardware-torino"] = device_row("torino", 1)
    found["hardware-fez"] = device_row("fez", 2, simulated=False)
    found["backend"] = device_row("fake_torino", 3, job="j-1", seconds=4.5)
    return found


@pytest.fixture(scope="module")
def evidence(rows):
    return summarise(SETTINGS, rows)


def against(one, other):
    return intervals.repeated(one, other, DATA.target, FOLDS, score=auc_of, adds=auc_adds_of)


def points(folds):
    return [100 * auc_of(chances, rows % 2) for chances, rows in folds]


QUANTUM, TAKEN = best_of({name: FOLDED[name] for name in ("quantum", "kernel")}, INNER)
CLASSICAL, _ = best_of({name: FOLDED[name] for name in ("logistic", "svm", "constant")}, INNER)
RULE_OF_THREE = 300 / N_ROWS
BOUNDS = {"lowest": 0.0, "highest": 100.0}


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
        "quantum": intervals.interval(*intervals.corrected(points(QUANTUM), FOLDS), **BOUNDS),
    }
    for name, family in (("entanglement", "unentangled"), ("training", "frozen"), ("surrogate", "surrogate")):
        found[name] = intervals.interval(*against(FOLDED["quantum"], FOLDED[family]), reach=RULE_OF_THREE)
    slope = stats.linregress([2, 4, 6, 8], np.log2([0.8, 0.16, 0.072, 0.008]))
    half = stats.t.ppf(0.975, 2) * slope.stderr
    found["decay"] = (-slope.slope, -slope.slope - half, -slope.slope + half)
    # 24 trained numbers: 49 circuits for each of 48 rows, 40 steps, 200 shots; one job of 3 s a step
    seconds = 49 * 48 * 40 * 200 * 0.001 + 40 * 3.0
    predicting = 1_000 * 200 * 0.001 + 3.0
    for name, value in (
        ("training_hours", seconds / 3600), ("training_dollars", 0.5 * seconds),
        ("predictions_dollars", 0.5 * predicting),
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
             "predictions_dollars": "dollars"}  # fmt: skip
    assert {name: each.unit for name, each in evidence.estimates.items()} == {
        name: units.get(name, "points") for name in expected
    }


def test_every_fact_of_the_quantum_lab_is_the_oracles(evidence):
    mean, error, degrees = against(QUANTUM, CLASSICAL)
    worse, equal, better = intervals.regions(mean, error, degrees, 2.0)
    smallest = intervals.detectable(error, degrees)
    expected = {
        "metric": "ROC AUC",
        "margin": 2.0,  # points: 0.02 of the metric
        "detectable": smallest,
        "rows_to_settle": intervals.rows_to_settle(mean, 2.0, N_ROWS, smallest),
        "probability_better": better,
        "probability_equal": equal,
        "probability_worse": worse,
        "pennylane_distance": 3e-8,
    }
    assert expected.keys() == QUANTUM_FACTS
    assert evidence.facts == pytest.approx(expected)


def test_the_quantum_verdict_says_the_oracles_numbers(evidence, rows):
    found = expected_estimates(rows)
    value, low, high = found["advantage"]
    verdict = LAB.judge(evidence, SETTINGS)
    assert low > 2.0
    assert verdict.answer == "yes"
    assert f"is {value:.1f} points above the best classical model in ROC AUC" in verdict.sentence
    assert f"(95 % interval {low:.1f} to {high:.1f} points above)" in verdict.sentence
    assert "about 5.3 device hours and 9,500 dollars, 1,000 predictions 100 dollars" in verdict.sentence
    assert found["surrogate"][1] <= 0, "the caution is read from the surrogate"
    assert "a classical model with the circuit's frequencies is not shown to be worse" in verdict.sentence
    assert ("entanglement is not shown" in verdict.sentence) == (found["entanglement"][1] <= 0)


def test_the_other_side_of_the_quantum_lab_wins_where_the_rows_are_exchanged(rows):
    """The quantum rows are given to the classical families, and the other way round."""
    swapped = dict(rows)
    for one, other in (("quantum", "logistic"), ("kernel", "svm")):
        for fold in range(6):
            keys = f"{one}-fold{fold:02d}", f"{other}-fold{fold:02d}"
            swapped[keys[0]], swapped[keys[1]] = rows[keys[1]], rows[keys[0]]
    found = summarise(SETTINGS, swapped)
    value, low, high = intervals.interval(*against(CLASSICAL, QUANTUM), reach=RULE_OF_THREE)
    assert three(found.estimates["advantage"]) == pytest.approx((value, low, high))
    verdict = LAB.judge(found, SETTINGS)
    assert verdict.answer == "no"
    assert f"{-value:.1f} points below the best classical model" in verdict.sentence
    assert "not the 2.0 points above that would count" in verdict.sentence
    assert found.facts["probability_worse"] > 0.9 > found.facts["probability_better"]


def test_a_wider_margin_leaves_it_undecided_and_the_sentence_says_what_would_count(rows):
    mean, error, degrees = against(QUANTUM, CLASSICAL)
    margin = round(mean / 100, 2) - 0.03
    settings = dataclasses.replace(SETTINGS, margin=margin)
    found = summarise(settings, rows)
    verdict = LAB.judge(found, settings)
    needed = intervals.rows_to_settle(mean, 100 * margin, N_ROWS, intervals.detectable(error, degrees))
    assert found.facts["rows_to_settle"] == needed
    assert verdict.answer == "undecided"
    assert f"an advantage of {100 * margin:.1f} points would count" in verdict.sentence
    assert f"about {needed:,} rows would settle it" in verdict.sentence
    assert f"lies {intervals.detectable(error, degrees):.1f} points from the margin" in verdict.would_change[0]


def test_with_one_repetition_the_interval_is_the_corrected_t_of_the_folds(rows):
    settings = dataclasses.replace(SETTINGS, repeats=1)
    found = summarise(settings, rows)
    differences = np.array(points(QUANTUM[:FOLDS])) - points(CLASSICAL[:FOLDS])
    expected = intervals.interval(*intervals.corrected(differences, FOLDS), reach=RULE_OF_THREE)
    assert three(found.estimates["advantage"]) == pytest.approx(expected)


def by_title(found, title):
    return next(each for each in (*found.tables, *found.figures) if each.title == title)


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
    by_hand = [49 * 48 * 40 * 200, 2 * 48 * 40 * 200, 200, 200_000]
    jobs = [40, 40, 1, 1]
    for line, executions, n_jobs in zip(prices, by_hand, jobs, strict=True):
        seconds = 3.0 * n_jobs + 0.001 * executions
        assert line[1:] == pytest.approx((executions, seconds, seconds / 3600, 0.5 * seconds))
    (on_device,) = by_title(evidence, "The circuit on real devices").rows
    assert on_device == ("torino", 133, 31, 88, 9, 0.8125)
    flips = by_title(evidence, "How many shots does a label need?").spec["data"]["values"]
    assert [value["y"] for value in flips[:13]] == pytest.approx([30.0 / (1 + step) for step in range(13)])
    assert [value["x"] for value in flips[:2]] == [32, 64]


def test_the_table_of_all_models_holds_the_means_over_the_folds(evidence, rows):
    lines = {line[0]: line[1:] for line in by_title(evidence, "All models").rows}
    own = [rows[f"svm-fold{fold:02d}"] for fold in range(6)]
    bins = []
    for chances, places in FOLDED["svm"]:
        sure, right = chances.max(axis=1), chances.argmax(axis=1) == places % 2
        order = np.argsort(sure, kind="stable")
        gaps = [abs(sure[part].mean() - right[part].mean()) * len(part) for part in np.array_split(order, 10)]
        bins.append(sum(gaps) / len(sure))
    mean = intervals.interval(*intervals.corrected(points(FOLDED["svm"]), FOLDS), **BOUNDS)
    beside = [np.mean([row.beside[key] for row in own]) for key in ("balanced accuracy", "log loss (nats)", "Brier")]
    assert lines["support vector machine"] == pytest.approx((*mean, *beside, np.mean(bins), 6))
    assert list(lines.values()) == sorted(lines.values(), key=lambda line: -line[0])
    chosen = {line[1]: line[2] for table in evidence.tables if "chosen as best" in table.title
              for line in table.rows if line[0] == "best quantum model"}  # fmt: skip
    assert sorted(chosen.values()) == sorted([TAKEN.count("quantum"), TAKEN.count("kernel")])


def test_the_sweep_is_drawn_with_the_corrected_interval(evidence):
    drawn = by_title(evidence, "Score against depth").spec["data"]["values"]
    for value, scores in zip(drawn, ([60, 60, 80], [70, 60, 80]), strict=True):
        expected = intervals.interval(*intervals.corrected(scores, 3))
        assert (value["value"], value["low"], value["high"]) == pytest.approx(expected)


def test_without_a_classical_score_there_is_no_verdict(rows):
    classical = ("logistic", "svm", "constant")
    kept = {key: row for key, row in rows.items() if not key.startswith(classical)}
    with pytest.raises(TrialsFailedError):
        summarise(SETTINGS, kept)


def test_the_columns_are_counted_as_the_circuit_meets_them(evidence, rows):
    """Two numbers and a category of two values: four features, of which the circuit sees three components."""
    words = "the circuit sees 3 principal components of the 3 columns (about 4 features after encoding the categories)"
    assert any(caveat.startswith(words) for caveat in evidence.caveats)
    wide = summarise(dataclasses.replace(SETTINGS, qubits=4), rows)
    assert not any("principal component" in caveat for caveat in wide.caveats)
