"""How do the scores of the sizes look? Against qubits, and against depth, with their intervals."""

import dataclasses
from collections.abc import Iterable

from lab import stats
from lab.learning.scoring import Metric
from lab.protocol import Estimate, Figure
from lab.report import charts
from quantum.sizes.trials import SizeRow

__all__ = ["figures"]


def figures(sizes: Iterable[SizeRow], metric: Metric, n_qubits: int) -> tuple[Figure, ...]:
    """Show the score against qubits at two layers, and against depth at all qubits."""
    there = list(sizes)
    wide = sorted(((row.qubits, row) for row in there if row.layers == 2), key=_place)
    deep = sorted(((row.layers, row) for row in there if row.qubits == n_qubits), key=_place)
    found = []
    for title, series, name in (("qubits", wide, "qubits"), ("depth", deep, "layers")):
        if len(series) < 2:
            continue
        shown = [(str(place), "variational circuit", _mean(row, metric)) for place, row in series]
        caption = (
            f"{metric.label} of the untuned circuit on the same folds; bars are 95 % intervals. "
            "Scores that do not rise give no reason to expect that a larger circuit helps."
        )
        spec = charts.interval_plot(shown, axis=f"{metric.label}, by {name}", groups=["variational circuit"])
        found.append(Figure(f"Score against {title}", caption, spec))
    return tuple(found)


def _mean(row: SizeRow, metric: Metric) -> Estimate:
    """Give the mean over the folds; an interval of a share never goes beyond what the metric can be."""
    found = stats.mean_score(metric.factor * row.scores, test_fraction=1 / len(row.scores), unit=metric.unit)
    if not metric.unit:
        return found
    return dataclasses.replace(found, low=max(found.low, metric.lowest), high=min(found.high, metric.factor))


def _place(pair: tuple[int, SizeRow]) -> int:
    return pair[0]
