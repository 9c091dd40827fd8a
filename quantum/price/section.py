"""What would the chosen circuit take and cost on hardware? Counted from its size: no trial of its own."""

from collections.abc import Sequence
from typing import Any

from lab.protocol import Evidence, Rows, Trial
from quantum.chosen_circuit.trials import CIRCUIT
from quantum.context import Context
from quantum.price.evidence import devices_table, estimates, facts, price_table

__all__ = ["evidence", "plan"]


def plan(context: Context) -> Sequence[Trial[Any]]:
    """No trial: the chosen circuit says all."""
    del context
    return ()


def evidence(context: Context, rows: Rows) -> Evidence:
    """Price the training and the predictions of the chosen circuit."""
    examined = CIRCUIT.found(rows)
    if examined is None:
        return Evidence({}, {}, (), ())
    settings, work = context.settings, {"n_trained": examined.trained, "n_rows": context.dataset.n_rows}
    tables = (devices_table(examined.devices), price_table(settings, **work))
    return Evidence(estimates(settings, **work), {"prices": facts(settings, **work)}, (), tables)
