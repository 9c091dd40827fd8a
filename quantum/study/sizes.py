"""Does a larger circuit score better? The variational circuit against qubits and depth, by cross-validation."""

from collections.abc import Mapping

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_score

from lab import stats
from lab.learning.scoring import Metric
from lab.protocol import Dataset, Figure, Row, Trial
from lab.report import charts
from quantum.models.families import qubits_to_try, variational

__all__ = ["figures", "plan", "score_size"]

_DEPTHS = (1, 2, 3, 4, 6)


def plan(n_qubits: int, n_classes: int, *, folds: int, steps: int, scorer: str, seed: int) -> list[Trial]:
    """One trial for each size: qubits at two layers, and layers at all qubits."""
    fewest = min(qubits_to_try(n_qubits, n_classes))
    widths = [(q, 2) for q in dict.fromkeys((*range(fewest, n_qubits + 1, 2), n_qubits))]
    sizes = dict.fromkeys([*widths, *((n_qubits, layers) for layers in _DEPTHS)])
    return [
        Trial(
            f"size-{q}-{layers}",
            score_size,
            {"qubits": q, "layers": layers, "folds": folds, "steps": steps, "scorer": scorer},
            seed=seed,
            cost=folds * layers * 2.0 ** max(q - 4, 0),
        )
        for q, layers in sizes
    ]


def score_size(dataset: Dataset, *, seed: int, qubits: int, layers: int, folds: int, steps: int, scorer: str) -> Row:
    """Score one size without tuning, all sizes on the same folds: `qubits`, `layers`, `scores` of shape (folds,)."""
    family = variational(qubits, steps, (qubits,), "quantum")
    model = family.build(dataset.features, seed).set_params(model__n_layers=layers)
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    scores = cross_val_score(model, dataset.features, dataset.target, scoring=scorer, cv=split, error_score="raise")
    return {"qubits": qubits, "layers": layers, "scores": scores}


def figures(rows: Mapping[str, Row], metric: Metric, n_qubits: int) -> tuple[Figure, ...]:
    """Show the score against qubits and against depth."""
    sizes = [row for key, row in rows.items() if key.startswith("size-")]
    wide = sorted((row for row in sizes if row["layers"] == 2), key=lambda row: row["qubits"])
    deep = sorted((row for row in sizes if row["qubits"] == n_qubits), key=lambda row: row["layers"])
    found = []
    for title, series, name in (("qubits", wide, "qubits"), ("depth", deep, "layers")):
        if len(series) < 2:
            continue
        shown = [
            (str(row[name]), "variational circuit", stats.mean_score(metric.factor * np.asarray(row["scores"]),
             test_fraction=1 / len(row["scores"]), unit=metric.unit))
            for row in series
        ]  # fmt: skip
        caption = (
            f"{metric.label} of the untuned circuit on the same folds; bars are 95 % intervals. "
            "A curve that does not rise says that a larger circuit would not help."
        )
        spec = charts.interval_plot(shown, axis=f"{metric.label}, by {name}", groups=["variational circuit"])
        found.append(Figure(f"Score against {title}", caption, spec))
    return tuple(found)
