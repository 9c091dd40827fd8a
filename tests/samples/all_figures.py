"""The figures of all three labs, made without running one: from hand-made rows, and from small fits on awkward tables."""

import dataclasses
from functools import cache

import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingClassifier
from sklearn.pipeline import Pipeline

from edge.lab import LAB as EDGE
from edge.settings import Settings as EdgeSettings
from interpretability.follow_up.explaining import explanation_of
from interpretability.models.regressors import SPLINES
from interpretability.reading.boosting import boosting_curves, smooth_curves
from interpretability.reading.linear import linear_weights
from lab import sections
from lab.data.frames import from_arrays
from lab.learning.families import LOGISTIC
from lab.learning.predictions import reliability_figure
from lab.protocol import Figure
from quantum.chosen_circuit.learning import LearningRow, boundary_figure
from samples import edge_rows, golden, interpretability_rows, quantum_rows

EDGE_SETTINGS = EdgeSettings(
    p99_ms=0.5, size_mb=0.03, memory_mb=50.0, max_drop=0.2, tolerance=1e-6, models=("logistic", "mlp"), rate=50.0,
    deadline_ms=4.0, max_misses=0.05, folds=golden.FOLDS, repeats=golden.REPEATS, stream=True, false_alarms=0.01,
    label_delay=20,
)  # fmt: skip
LONG = "Größe des jährlichen Einkommens vor Abzügen, 世帯の年間所得 (до вычета налогов)"


@cache
def by_lab():
    """Figures of each lab from its hand-made rows."""
    context = EDGE.context(golden.table(), dataclasses.replace(EDGE_SETTINGS, stream=False), seed=11)
    edge = sections.summarise(EDGE, dataclasses.replace(context, settings=EDGE_SETTINGS), edge_rows.rows())
    return {
        "quantum": quantum_rows.summarise(quantum_rows.SETTINGS, quantum_rows.made_rows()).figures,
        "edge": edge.figures,
        "interpretability": interpretability_rows.summarised(
            interpretability_rows.SETTINGS, interpretability_rows.made_rows()
        ).figures,
    }


def named_anew(figure, name):
    """The same figure with a longer name in the place of each text of its data, wherever that text stands."""
    known = {}

    def collect(part):
        if isinstance(part, dict):
            for key, value in part.items():
                if key == "values":
                    texts = {
                        each for row in value for key, each in row.items() if isinstance(each, str) and key != "words"
                    }
                    known.update({text: f"{name}: {text}" for text in texts if len(text) > 3})
                collect(value)
        elif isinstance(part, list):
            for item in part:
                collect(item)

    def replaced(part):
        if isinstance(part, dict):
            return {key: replaced(value) for key, value in part.items()}
        if isinstance(part, list | tuple):
            return [replaced(item) for item in part]
        return known.get(part, part) if isinstance(part, str) else part

    kept = {"quantitative", "nominal", "decides", "beside", "trained", "entangles", "loads a feature"}
    kept |= {"met", "missed", "undecided", "beyond", "square"}
    collect(figure.spec)
    for word in kept:
        known.pop(word, None)
    return Figure(figure.title, figure.caption, replaced(figure.spec))


def long_names():
    """Interval plots, bars, curves and points of the labs with names that no axis has room for in one line."""
    wanted = (
        "What decides",
        "All models",
        "The price of readability",
        "What if the data get worse?",
        "Was it quantum?",
    )
    found = [figure for figures in by_lab().values() for figure in figures if figure.title in wanted]
    return [named_anew(figure, LONG) for figure in found]


def many_classes():
    """Pictures that tell classes apart, with 20 of them."""
    rng = np.random.default_rng(3)
    codes = np.arange(400) % 20
    classes = [f"Klasse {LONG[:12]} {code}" for code in range(20)]
    frame = pd.DataFrame({"length": rng.normal(size=400) + codes, "sex": 1.0 + (codes + rng.integers(2, size=400)) % 2})
    dataset = from_arrays("many", frame, np.array(classes)[codes])
    ebm = ExplainableBoostingClassifier(interactions=0, outer_bags=1, max_rounds=8, n_jobs=1, random_state=0)
    model = Pipeline([("model", ebm.fit(dataset.features, dataset.target))])
    surface = LearningRow((40,), np.arange(576.0).reshape(1, 24, 24) // 29, (0.5,), None)
    chances = rng.dirichlet(np.ones(20), size=400)
    return [
        *boosting_curves(model, dataset).figures,
        boundary_figure(surface, dataset.classes),
        reliability_figure({"best quantum model": [(chances, codes)]}, dataset.classes),
    ]


def many_columns():
    """Pictures that choose among 100 columns with long names."""
    rng = np.random.default_rng(4)
    names = [f"{LONG} {place}" for place in range(100)]
    frame = pd.DataFrame(rng.normal(size=(200, 100)), columns=names)
    dataset = from_arrays("wide", frame, frame[names[0]] + frame[names[1]] > 0)
    linear = linear_weights(LOGISTIC.build(dataset.features, 0).fit(dataset.features, dataset.target), dataset)
    some = names[:20]
    methods = {name: np.abs(rng.normal(size=20)) for name in ("permutation importance", "additive surrogate", "SHAP")}
    parts = {name: rng.normal(size=(50, 20)) for name in list(methods)[1:]}
    explained = explanation_of(
        dataset, "random forest", "logistic regression", some, np.arange(50), methods, parts, 0.9,
        {"black": 0.5, "glass": 0.9}, [],
    )  # fmt: skip
    return [*linear.figures, *explained.figures]


def number_target():
    """Pictures of a target that is a number, whose unit is large and whose inputs are of all kinds."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({
        "living area": rng.normal(120, 40, size=200),
        "sex": 1.0 + rng.integers(2, size=200),
        "region": rng.choice([LONG, "north"], size=200),
        "sold": rng.integers(18_000, 20_000, size=200).astype("datetime64[D]").astype("datetime64[s]"),
    })  # fmt: skip
    price = 1e6 + 4e4 * frame["living area"] + 1e6 * frame["sex"] + rng.normal(0, 1e5, size=200)
    dataset = from_arrays("prices", frame, price.to_numpy())
    smooth = smooth_curves(SPLINES.build(dataset.features, 0).fit(dataset.features, dataset.target), dataset)
    said = price.to_numpy() + rng.normal(0, 2e5, size=200)
    return [*smooth.figures, reliability_figure({"best readable model": [(said, price.to_numpy())]}, ())]
