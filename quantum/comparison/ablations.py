"""Was it quantum? What the score loses when entanglement, training or the quantum state itself is taken away."""

from collections.abc import Mapping

from lab.learning.comparison import Comparison
from lab.protocol import Estimate, Figure
from lab.report import charts
from lab.wording import amount

__all__ = ["differences", "figures", "sentence"]

_TAKEN = {
    "entanglement": ("unentangled", "entanglement (no gates between qubits)"),
    "training": ("frozen", "training (rotations frozen at random)"),
    "surrogate": ("surrogate", "the quantum state (a classical sum of waves)"),
}
"""Name of the estimate: the family that does without, and what it does without."""


def differences(found: Comparison) -> dict[str, Estimate]:
    """How much better the full variational circuit is than it is without each part, on the same folds."""
    full = found.families.get("quantum")
    return {
        name: found.difference(full, found.families[family])
        for name, (family, _) in _TAKEN.items()
        if full is not None and family in found.families
    }


def sentence(carried: Mapping[str, Estimate]) -> str:
    """Say what carried the score of the variational circuit.

    >>> one, other = Estimate(9.0, 7.0, 11.0, "points"), Estimate(0.1, -0.5, 0.7, "points")
    >>> sentence({"entanglement": other, "training": one})
    'Removed from the variational circuit, training costs 9.0 points; not shown to matter: entanglement.'
    >>> sentence({"entanglement": other})
    'No part removed from the variational circuit is shown to matter: entanglement.'
    """
    names = {"entanglement": "entanglement", "training": "training", "surrogate": "the quantum state"}
    costly = [f"{names[name]} costs {amount(each.value, each.unit)}" for name, each in carried.items() if each.low > 0]
    free = [names[name] for name, each in carried.items() if each.low <= 0]
    if not costly:
        return f"No part removed from the variational circuit is shown to matter: {', '.join(free)}."
    rest = f"; not shown to matter: {', '.join(free)}" if free else ""
    return f"Removed from the variational circuit, {', '.join(costly)}{rest}."


def figures(carried: Mapping[str, Estimate], metric: str) -> tuple[Figure, ...]:
    """Show the differences with their intervals; right of zero the part mattered."""
    if not carried:
        return ()
    unit = next(iter(carried.values())).unit
    rows = [(_TAKEN[name][1], "lost without it", each) for name, each in carried.items()]
    axis = f"loss of {metric} without it" + (f" ({unit})" if unit else "")
    spec = charts.interval_plot(rows, axis=axis, groups=["lost without it"], reference=0.0)
    caption = (
        f"{sentence(carried)} Bars are 95 % intervals of the paired difference; right of the line, the part mattered."
    )
    return (Figure("Was it quantum?", caption, spec),)
