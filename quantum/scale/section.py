"""Could a circuit of this kind train at scale? The chosen circuit's gradients against qubits and depth."""

from collections.abc import Sequence
from typing import Any

from lab.protocol import Evidence, Rows, Trial
from quantum.chosen_circuit.trials import CIRCUIT
from quantum.context import Context
from quantum.scale.evidence import decay_figure, decay_of, measures_table
from quantum.scale.trials import SCALE, could_train

__all__ = ["evidence", "plan"]


def plan(context: Context) -> Sequence[Trial[Any]]:
    """One trial, which needs the chosen circuit; none where the largest size is 0."""
    largest = context.settings.largest
    if not largest:
        return ()
    seed = context.seed_of(SCALE.name)
    return [SCALE.trial(could_train, {"largest": largest}, seed=seed, needs=(CIRCUIT,), cost=5.0)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show how fast the gradient vanishes."""
    del context
    studied = SCALE.found(rows)
    if studied is None:
        return Evidence({}, {}, (), ())
    return Evidence({"decay": decay_of(studied)}, {}, (decay_figure(studied),), (measures_table(studied),))
