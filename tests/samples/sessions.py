"""Records made by hand for a session: one with budgets, one with prices, one with a model to try; and all of them on disk."""

import dataclasses

import numpy as np

from edge.budget.limits import limits
from edge.settings import Settings as EdgeSettings
from lab import record
from lab.protocol import Estimate, Figure, Verdict
from lab.report import charts
from quantum.price.evidence import facts as prices
from quantum.settings import Settings as QuantumSettings
from samples.records import hostile_record, moving_record

EDGE = EdgeSettings(p99_ms=1.0, size_mb=2.0, max_drop=0.01, rate=50.0, memory_mb=80.0)
FACTOR = 100.0
NAMES = ("logistic", "forest", "mlp", "ensemble")
LABELS = {name: f"the {name} of all" for name in NAMES}
MIDDLES = (
    ("p99_ms", 0.7, "ms"), ("misses", 0.8, "%"), ("size_mb", 1.0, "MB"), ("memory_mb", 60.0, "MB"), ("drop", 0.6, "points"),
    ("gain", 20.0, "points"), ("parity", 1e-5, ""), ("flips", 0.0, "labels"),
)  # fmt: skip
CONTROLS = {
    "lab": "edge", "version": "1", "date": "2026-01-01", "seeds": 10,
    "controls": [{"name": "fast", "truth": "It fits.", "yes": 9, "no": 0, "undecided": 1, "wrong": {
        "events": 0, "of": 10, "rate": 0.0, "low": 0.0, "high": 0.308}}],
    "wrong": {"events": 0, "of": 10, "rate": 0.0, "low": 0.0, "high": 0.308},
}  # fmt: skip


def measured(seed, *, keys=()):
    """Draw estimates of all candidates, some wide, some with a quiet machine that would do better, two with the same score."""
    rng = np.random.default_rng(seed)
    found = {}
    for name in NAMES:
        for key, middle, unit in (*MIDDLES, *((key, 0.4, "points") for key in keys)):
            value = middle * rng.lognormal(0, 0.8) - (0.5 if key.startswith("drop") else 0)
            width = abs(value) * rng.choice([0.0, 0.1, 0.6])
            found[f"{name}.{key}"] = Estimate(value, value - width, value + width, unit)
        if rng.random() < 0.5:
            slow = found[f"{name}.p99_ms"]
            found[f"{name}.least_p99_ms"] = Estimate(*(0.5 * end for end in (slow.value, slow.low, slow.high)), "ms")
        found[f"{name}.score"] = Estimate(float(rng.choice([95.0, 97.0])), 94.0, 98.0, "points")
    return found


def told(base, lab, question, **evidence):
    plot = charts.interval_plot([("one", "a", Estimate(1.0, 0.5, 1.5, "points"))], axis="points", groups=["a"])
    figure = Figure("What decides", "The difference.", plot)
    return dataclasses.replace(
        base,
        lab=lab,
        question=dataclasses.replace(base.question, text=question),
        controls=CONTROLS,
        verdict=Verdict(
            "undecided", "Undecided", "It may fit.", ("more rows",), "In smaller letters.", ("Take the forest.",),
            {"better": 0.023, "worse": 0.977},
        ),
        evidence=dataclasses.replace(base.evidence, figures=(figure, *base.evidence.figures[1:]), **evidence),
    )  # fmt: skip


def limited(seed=3, text="a name", *, unmeasured=(), facts=None):
    """Make a record with budgets."""
    size = facts or {}
    said = {
        "candidates": list(NAMES), "labels": LABELS | {"given": text}, "unmeasured": list(unmeasured), **size,
        "limits": limits(EDGE, factor=FACTOR, facts=size),
    }  # fmt: skip
    found = measured(seed, keys=("drop_at_size",) if size else ())
    return told(hostile_record(text), "edge", f"Can a model of {text} run in 1 ms?", estimates=found, facts=said)


def priced(text="a name"):
    """Make a record with prices."""
    said = {"prices": prices(QuantumSettings(steps=60), n_trained=30, n_rows=500), "margin": 1.0, "metric": "ROC AUC"}
    return told(hostile_record(text), "quantum", f"Does it help on {text}?", facts=said)


def tried(text="a name"):
    """Make a record with a model to try."""
    return told(moving_record(text), "interpretability", f"What do we give up on {text}?")


def stored(out, made, name):
    """Put a record into a run's folder."""
    folder = out / name
    folder.mkdir(parents=True)
    record.write(made, folder / "record.json")
    return folder
