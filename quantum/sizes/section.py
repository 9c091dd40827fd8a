"""Would a larger circuit score better? The variational circuit against qubits and depth."""

from collections.abc import Sequence
from typing import Any

from lab.protocol import Evidence, Rows, Trial
from quantum.context import Context
from quantum.models.families import qubits_to_try
from quantum.sizes.evidence import figures
from quantum.sizes.trials import SIZES, score_size, size_key

__all__ = ["evidence", "plan"]

_DEPTHS = (1, 2, 3, 4, 6)


def plan(context: Context) -> Sequence[Trial[Any]]:
    """One trial for each size: qubits at two layers, and layers at all qubits."""
    settings = context.settings
    if not settings.sweep:
        return ()
    n_qubits, seed = context.qubits.circuit, context.seed_of("sweep")
    fewest = min(qubits_to_try(n_qubits, len(context.dataset.classes)))
    widths = [(q, 2) for q in dict.fromkeys((*range(fewest, n_qubits + 1, 2), n_qubits))]
    sizes = dict.fromkeys([*widths, *((n_qubits, layers) for layers in _DEPTHS)])
    shared = {"folds": settings.sweep, "steps": settings.steps, "scorer": context.metric.scorer}
    return [
        size_key(q, layers).trial(
            score_size,
            {"qubits": q, "layers": layers, **shared},
            seed=seed,
            cost=settings.sweep * layers * 2.0 ** max(q - 4, 0),
        )
        for q, layers in sizes
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show the scores of the sizes that are there."""
    shown = figures(SIZES.all_found(rows).values(), context.metric, context.qubits.circuit)
    return Evidence({}, {}, shown, ())
