"""The comparison of all models says the oracle's numbers, and says what the circuit sees."""

import dataclasses

import numpy as np
import pytest
from oracles import intervals
from samples.golden import (
    FOLDS,
    N_ROWS,
    at_random_is_planned,
    three,
    with_random,
)
from samples.quantum_rows import (
    CLASSICAL,
    DATA,
    FOLDED,
    QUANTUM,
    RULE_OF_THREE,
    SETTINGS,
    TAKEN,
    against,
    by_title,
    made_rows,
    mean,
    points,
    summarise,
)

from lab.belonging import Belonging
from lab.errors import TrialsFailedError
from quantum.comparison import at_random
from quantum.lab import LAB


@pytest.fixture(scope="module")
def rows():
    return made_rows()


@pytest.fixture(scope="module")
def evidence(rows):
    return summarise(SETTINGS, rows)


def test_the_table_of_all_models_holds_the_means_over_the_folds(evidence, rows):
    lines = {line[0]: line[1:] for line in by_title(evidence, "All models").rows}
    own = [rows[f"svm-fold{fold:02d}"] for fold in range(6)]
    bins = []
    for chances, places in FOLDED["svm"]:
        sure, right = chances.max(axis=1), chances.argmax(axis=1) == places % 2
        order = np.argsort(sure, kind="stable")
        gaps = [abs(sure[part].mean() - right[part].mean()) * len(part) for part in np.array_split(order, 10)]
        bins.append(sum(gaps) / len(sure))
    beside = [np.mean([row.beside[key] for row in own]) for key in ("balanced accuracy", "log loss (nats)", "Brier")]
    assert lines["support vector machine"] == pytest.approx((*mean(FOLDED["svm"]), *beside, np.mean(bins), 6))
    assert list(lines.values()) == sorted(lines.values(), key=lambda line: -line[0])
    chosen = {line[1]: line[2] for table in evidence.tables if "chosen as best" in table.title
              for line in table.rows if line[0] == "best quantum model"}  # fmt: skip
    labels = {
        "variational circuit (3 qubits)": "quantum",
        "quantum kernel (3 qubits)": "kernel",
        "dressed circuit (3 qubits behind a trained map)": "dressed",
        "weighted average of the quantum models": "quantum-greedy",
    }
    assert chosen == {label: TAKEN.count(name) for label, name in labels.items()}


def test_where_averages_are_the_best_quantum_model_the_report_says_what_stands_in_for_them(evidence, rows):
    words = "in 2 of 6 folds the best quantum model is an average of several; what is drawn, priced and run under noise is the "
    assert f"{words}variational circuit alone" in evidence.caveats
    assert TAKEN.count("quantum-greedy") == 2
    single = {key: row for key, row in rows.items() if not key.startswith(("quantum-greedy", "quantum-average"))}
    assert not any("average of several" in caveat for caveat in summarise(SETTINGS, single).caveats)


def test_with_one_repetition_the_interval_is_that_of_its_rows_and_folds(rows):
    found = summarise(dataclasses.replace(SETTINGS, repeats=1), rows)
    expected = intervals.interval(*against(QUANTUM[:FOLDS], CLASSICAL[:FOLDS]), reach=RULE_OF_THREE)
    assert three(found.estimates["advantage"]) == pytest.approx(expected)


def test_without_a_classical_score_there_is_no_verdict(rows):
    classical = ("logistic", "svm", "constant", "classical")
    kept = {key: row for key, row in rows.items() if not key.startswith(classical)}
    with pytest.raises(TrialsFailedError):
        summarise(SETTINGS, kept)


def test_the_columns_are_counted_as_the_circuit_meets_them(evidence, rows):
    """Two numbers and a category of two values: four features, of which the circuit sees three components."""
    words = "the circuit sees 3 linear combinations of the 3 columns (4 inputs after encoding the categories); product"
    assert any(caveat.startswith(words) for caveat in evidence.caveats)
    wide = summarise(dataclasses.replace(SETTINGS, qubits=4), rows)
    assert not any("linear combination" in caveat for caveat in wide.caveats)


def test_both_sides_are_scored_on_folds_at_random_too(rows):
    told = dataclasses.replace(DATA, belonging=Belonging(units=np.arange(N_ROWS) // 3, by="customer"))
    context = LAB.context(told, SETTINGS, seed=0)
    at_random_is_planned(at_random.plan(context), context.groups[:2], SETTINGS, 0, "roc_auc")
    assert at_random.plan(LAB.context(DATA, SETTINGS, seed=0)) == []
    found = at_random.evidence(context, with_random(rows))
    assert found.estimates["recognition"].value == pytest.approx(
        np.mean(points(QUANTUM[FOLDS:])) - np.mean(points(QUANTUM))
    )
    assert [line[0] for line in found.tables[0].rows[:2]] == ["best quantum model", "best classical model"]
