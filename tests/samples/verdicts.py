"""Every kind of verdict that the three labs can give, from evidence with the names of the wiring, and held by every kind of doubt."""

import dataclasses
import itertools

import numpy as np
import pandas as pd

from edge.candidates import group as candidates_of
from edge.lab import LAB as EDGE
from edge.settings import Settings as EdgeSettings
from interpretability.lab import LAB as INTERPRETABILITY
from interpretability.settings import Settings as InterpretabilitySettings
from lab.belonging import ALONE, Belonging
from lab.doubts import Doubts, held
from lab.learning.shortage import Shortage
from lab.learning.undeclared import Suspicion
from lab.protocol import Dataset, Estimate, Evidence
from quantum.lab import LAB as QUANTUM
from quantum.settings import Settings as QuantumSettings

USED, IN_TABLE = 500, 9_000
TABLE = Dataset(
    "t", pd.DataFrame({"x": np.arange(float(USED))}), np.arange(USED) % 2, "y", ("a", "b"), {"x": "number"}, ""
)
WHOLE = dataclasses.replace(TABLE, target=np.zeros(IN_TABLE, dtype=np.int64))
LONG = "the number of months since the customer last wrote to us, or 99 if that has never happened before"
FAULTS = (
    None, "the best quantum model has hardly begun to learn at these sizes",
    "the scores of the best readable model fall with more rows",
    f"there are too few rows of class {LONG!r} for a learning curve", "learning curves follow single models",
)  # fmt: skip
METRICS = (("ROC AUC", "points", 1.0), ("balanced accuracy", "points", 2.5), ("R² (explained variance)", "points", 0.0),
           ("log loss (negative)", "", 0.01))  # fmt: skip
DIFFERENCES = ((-4.7, -7.2, -2.1), (-0.04, -0.4, 0.3), (0.3, -0.5, 0.9), (0.6, -10.25, 11.25), (12.34, 10.1, 14.6))


def _comparisons():
    """Facts and the difference of two sides, on the rows used and beyond."""
    for (metric, unit, margin), found, size, fault, settle in itertools.product(
        METRICS, DIFFERENCES, (None, IN_TABLE, 500_000, 300), FAULTS[:4], (None, 700, 16_000)
    ):
        if size is None and fault is not None:
            continue
        facts = {"metric": metric, "margin": margin, "n_rows": USED, "rows_in_table": IN_TABLE, "detectable": 2.5}
        facts |= {"rows_to_settle": settle}
        if size is not None:
            facts |= {
                "size": size,
                "curve_fault": fault,
                "curve_settles": settle,
                "curve_rows": 400,
                "curve_reach": 6_000,
            }
        scale = 1.0 if unit else 0.01
        yield facts, Estimate(*(scale * each for each in found), unit), size is not None and fault is None


def _quantum():
    chosen = itertools.cycle(
        [{"variational circuit (3 qubits)": 6}, {"quantum kernel (3 qubits)": 4, "single qubit with data re-uploading": 2},
         {"product kernel (no quantum computer needed)": 6}, {"weighted average of the quantum models": 6}]
    )  # fmt: skip
    for facts, found, then in _comparisons():
        for over, priced, unsure in (
            ((2.0, 1.0, 3.0), True, False),
            ((0.2, -1.0, 1.4), True, True),
            (None, False, True),
        ):
            estimates = {"advantage": found, "entanglement": Estimate(0.0, -1.0 if unsure else 0.5, 1.0, "points")}
            estimates |= {"over_constant": Estimate(*over, "points")} if over else {}
            estimates |= {"advantage_at_size": found} if then else {}
            dollars = {"training_dollars": 3_181_305.0, "training_dollars_spsa": 34_598.0, "predictions_dollars": 576.64,
                       "kernel_dollars": 71_234.0, "kernel_predictions_dollars": 458_123.0}  # fmt: skip
            estimates |= {name: Estimate(v, v, v, "dollars") for name, v in dollars.items()} if priced else {}
            more = {"quantum_chosen": next(chosen), "classical_chosen": {"neural network (MLP)": 6}}
            more |= {"probability_worse": 0.2, "probability_equal": 0.3, "probability_better": 0.5}
            more |= {"unentangled_folds": 2 * unsure, "scored_folds": 6}
            yield QUANTUM, Evidence(estimates, facts | more), QuantumSettings(max_rows=USED)


def _interpretability():
    for facts, found, then in _comparisons():
        for over in ((2.0, 1.0, 3.0), (0.2, -1.0, 1.4), None):
            estimates = {"loss": found} | ({"loss_at_size": found} if then else {})
            names = ("over_constant", "black_over_constant") if over else ()
            estimates |= {name: Estimate(*over, "points") for name in names}
            more = {"readable": "explainable boosting machine with pairs", "readable_file": "readable-model.onnx"}
            more |= {
                "black_box": "weighted average of the black boxes",
                "untried_black": "CatBoost",
                "untried_glass": "FIGS",
            }
            more |= {"probability_costs": 0.2, "probability_equal": 0.3, "probability_gains": 0.5}
            yield INTERPRETABILITY, Evidence(estimates, facts | more), InterpretabilitySettings(max_rows=USED)


EDGE_ITEMS = {
    "p99_ms": ((0.00123, 0.00112, 0.00134, "ms"), (0.98, 0.91, 1.25, "ms"), (2.04, 1.87, 2.31, "ms")),
    "size_mb": ((0.00253, 0.00253, 0.00253, "MB"), (7.12, 7.12, 7.12, "MB")),
    "drop": ((-0.04, -0.4, 0.3, "points", 0.99), (-0.5, -2.5, 1.5, "points", 0.99), (3.04, 2.2, 3.8, "points", 0.99)),
    "gain": ((30.0, 20.0, 40.0, "points"), (0.2, -0.1, 0.5, "points"), (-1.0, -2.0, -0.5, "points")),
    "parity": ((1e-7, 1e-7, 1e-7, ""), (0.00312, 0.00312, 0.00312, "")),
    "flips": ((0, 0, 0, "labels"), (3, 3, 3, "labels")),
    "misses": ((0.1, 0.0, 0.2, "%"), (1.1, 0.5, 1.9, "%"), (3.4, 2.2, 4.4, "%")),
    "memory_mb": ((83.1, 82.0, 84.0, "MB"), (104.0, 99.0, 109.0, "MB"), (180.0, 179.0, 181.0, "MB")),
}


def _edge():
    members = candidates_of(TABLE, None, asked=("distilled",)).members
    labels = {member.name: member.label for member in members if member.name != "constant"}
    names = itertools.cycle(labels)
    plain = dict.fromkeys(EDGE_ITEMS, 0)
    cases = [plain | {name: place} for name, kinds in EDGE_ITEMS.items() for place in range(len(kinds))]
    cases += [
        plain | {a: len(EDGE_ITEMS[a]) - 1, b: len(EDGE_ITEMS[b]) - 1} for a, b in itertools.combinations(EDGE_ITEMS, 2)
    ]
    cases += [
        plain | {a: 1, b: 1} for a, b in itertools.combinations(("p99_ms", "drop", "gain", "misses", "memory_mb"), 2)
    ]
    cases += [{name: len(kinds) - 1 for name, kinds in EDGE_ITEMS.items()}]
    for case, size, busy in itertools.product(cases, (None, *FAULTS[:1], *FAULTS[3:]), (False, True)):
        name, metric = next(names), "ROC AUC" if busy else "accuracy"
        found = {what: Estimate(*EDGE_ITEMS[what][place]) for what, place in case.items()}
        found |= {"score": Estimate(90.0, 89.0, 91.0, "points")}
        if busy:
            found |= {"least_p99_ms": Estimate(0.1, 0.1, 0.1, "ms"), "least_misses": Estimate(0.0, 0.0, 0.1, "%")}
        facts = {"candidates": [name], "unmeasured": [], "labels": labels, "factor": 100.0, "metric": metric}
        facts |= {"n_rows": USED, "rows_in_table": IN_TABLE}
        facts |= {"model_file": None if busy else {"file": "edge-model.onnx", "model": name, "rows": USED}}
        yield from _edge_at_sizes(name, found, facts, size)


def _edge_at_sizes(name, found, facts, fault):
    settings = EdgeSettings(rate=50.0, memory_mb=100.0, max_rows=USED)
    named = {f"{name}.{what}": each for what, each in found.items()}
    yield EDGE, Evidence(named, facts), settings
    for size in (IN_TABLE, 500_000):
        own = {
            "size": size,
            "curve_fault": {name: fault},
            "curve_settles": {name: 700},
            "curve_rows": 400,
            "curve_reach": 6_000,
        }
        then = {} if fault else {f"{name}.drop_at_size": found["drop"]}
        yield EDGE, Evidence(named | then, facts | own), settings
    yield EDGE, Evidence(named, facts | {"candidates": [], "unmeasured": [name]}), settings
    yield EDGE, Evidence(named, facts | {"candidates": [], "unmeasured": [*facts["labels"]]}), settings


def _seen(what, name, *, is_firm):
    how = "a plain model explains 93 % of the variation in the target for values that it has seen, but only 12 % for new ones"
    return Suspicion(
        f"rows with the same value of {name!r} {what} belong together: {how}", f"use --by {name!r}", is_firm=is_firm
    )


_SHORT = "has only 6 independent rows, but an interval needs at least 8"
DOUBTS = (
    Doubts(),
    Doubts((_seen("seem to", "customer", is_firm=True),)),
    Doubts((_seen("seem to", LONG, is_firm=True),), Shortage(f"class 'b' {_SHORT}", "at least 2 more")),
    Doubts((_seen("may", "site", is_firm=False),)),
    Doubts(short=Shortage(f"class {LONG!r} {_SHORT}", "at least 2 more")),
)
TABLES = (
    TABLE,
    dataclasses.replace(TABLE, whole=WHOLE),
    dataclasses.replace(TABLE, whole=WHOLE, belonging=Belonging(by="customer")),
    dataclasses.replace(TABLE, belonging=Belonging(by="customer", time="month")),
    dataclasses.replace(TABLE, whole=WHOLE, belonging=Belonging(by=LONG)),
)
assert TABLE.belonging == ALONE


def judged():
    """Give (lab, evidence, settings, verdict) of every kind."""
    for lab, evidence, settings in itertools.chain(_quantum(), _interpretability(), _edge()):
        yield lab, evidence, settings, lab.judge(evidence, settings)


def held_in_turn(found):
    """Hold each verdict by one of the doubts about one of the tables in turn."""
    pairs = itertools.cycle(itertools.product(DOUBTS, TABLES))
    recognised = Evidence({"recognition": Estimate(21.9, 18.04, 25.7, "points")}, {"recognised": "the best model"})
    for verdict in found:
        doubts, table = next(pairs)
        yield held(verdict, doubts, table, recognised if table.belonging.is_declared else Evidence())
