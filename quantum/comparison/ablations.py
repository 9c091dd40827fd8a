"""Was it quantum? What the score loses when entanglement, training or the quantum state itself is taken away.

What the verdict rests on is "the best quantum model", a way to learn that takes another family in another fold. So the
question is put to it as a whole: the same choice, by the same inner folds, among the same families, and averages of them, with
every gate between qubits removed (a model that has none to begin with stays). All of those are products of single qubits,
which any laptop computes. The paired difference of the two is what entanglement is worth to the verdict, whichever family
carries it; one family's ablation says nothing where another family is chosen, and choosing the family to ablate after the fact
would be choosing on the outer folds. Circuit and kernel are looked at alone beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.learning import comparison
from lab.learning.blending import blends_of
from lab.learning.comparison import Comparison, Group, Scores
from lab.learning.families import Family
from lab.protocol import Dataset, Estimate, Figure, Rows
from lab.report import charts
from lab.wording import amount, count

__all__ = [
    "WITHOUT_GATES",
    "Unentangled",
    "best_without_gates",
    "differences",
    "figures",
    "sentence",
    "unentangled_folds",
    "without_gates",
]

WITHOUT_GATES = {"quantum": "unentangled", "kernel": "kernel-unentangled", "dressed": "dressed-unentangled"}
"""Quantum families that have gates between qubits, and the same families without them."""


@dataclass(frozen=True)
class _Part:
    """A part that can be taken away: whose it is, its name in a sentence, and the words in the figure."""

    whose: str
    name: str
    words: str


_BEST, _CIRCUIT, _KERNEL = "best quantum model", "variational circuit", "quantum kernel"
_PARTS = {
    "entanglement": _Part(_BEST, "entanglement", "entanglement (no gates between qubits)"),
    "surrogate": _Part(_BEST, "the quantum state", "the quantum state (a classical sum of waves)"),
    "circuit_entanglement": _Part(_CIRCUIT, "entanglement", "the circuit's entanglement"),
    "training": _Part(_CIRCUIT, "training", "the circuit's training (rotations frozen at random)"),
    "kernel_entanglement": _Part(_KERNEL, "entanglement", "the kernel's entanglement"),
}
"""By the name of the estimate."""


@dataclass(frozen=True)
class Unentangled:
    """In how many of the folds (`all`) the best quantum model was one without entanglement (`count`)."""

    count: int
    all: int


def differences(found: Comparison, without: Scores | None) -> dict[str, Estimate]:
    """How much better the best quantum model, the circuit and the kernel are than without each part, on the same folds.

    Parameters
    ----------
    found : Comparison
        Of all groups.
    without : Scores or None
        Of the best quantum model without entanglement, see `best_without_gates`.
    """
    best, known = found.best["quantum"], found.families
    pairs = {
        "entanglement": (best, without),
        "surrogate": (best, known.get("surrogate")),
        "circuit_entanglement": (known.get("quantum"), known.get("unentangled")),
        "training": (known.get("quantum"), known.get("frozen")),
        "kernel_entanglement": (known.get("kernel"), known.get("kernel-unentangled")),
    }
    return {
        name: found.difference(full, less)
        for name, (full, less) in pairs.items()
        if full is not None and less is not None
    }


def without_gates(groups: Sequence[Group], dataset: Dataset) -> Group | None:
    """Give the quantum side with every gate between qubits removed: its families as they are without, and averages of these.

    None where no family of the side has such gates, or where one of them is in no group without them: the difference would
    then be one of choices that were offered, too.
    """
    quantum = groups[0]
    known = {family.name: family for group in groups for family in group.families}
    with_gates = [family.name for family in quantum.families if _settings(family, dataset).get("entangler") is not None]
    names = [WITHOUT_GATES.get(each.name) if each.name in with_gates else each.name for each in quantum.families]
    families = tuple(known[name] for name in names if name in known)
    if not with_gates or len(families) < len(names):
        return None
    label = "quantum model without entanglement"
    blends = blends_of("unentangled", "quantum models without entanglement") if quantum.blends else ()
    return Group("unentangled", label, families, blends=blends)


def best_without_gates(
    without: Group | None, found: Comparison, dataset: Dataset, rows: Rows, **how: Any
) -> Scores | None:
    """Take the best of `without_gates` as the best of a side is taken; None without it, or where one of its families has no scores.

    `how` is what `comparison.compare` is told of folds and metric.
    """
    if without is None or any(family.name not in found.families for family in without.families):
        return None
    return comparison.compare(dataset, (without,), rows, **how).best[without.name]


def unentangled_folds(quantum: Group, found: Comparison, dataset: Dataset) -> Unentangled:
    """Count the folds in which the best quantum model has no entanglement, though nothing was taken from it.

    That is a single qubit, a model without gates between qubits, the fidelity kernel of a circuit of one layer (its gates
    turn all states alike after the last feature is loaded, and |<a|b>|^2 does not see what turns both states alike), and an
    average of such models alone.
    """
    names, best = {member.label: member.name for member in quantum.members}, found.best[quantum.name]
    there = [place for place, row in enumerate(best.rows) if row is not None]
    chosen = [
        _is_product_at(place, names[label], quantum, found, dataset)
        for place, label in zip(there, best.chosen, strict=True)
    ]
    return Unentangled(sum(chosen), len(chosen))


def _is_product_at(place: int, name: str, quantum: Group, found: Comparison, dataset: Dataset) -> bool:
    """Whether a member of the side has no entanglement in a fold: for a blend, whether none of those with weight has."""
    scores = found.families.get(name)
    row = None if scores is None else scores.rows[place]
    if row is None:  # too few folds have its scores for anything to be said of it
        return False
    if "weights" in row.parameters:
        return all(_is_product_at(place, member, quantum, found, dataset) for member in row.parameters["weights"])
    (family,) = [family for family in quantum.families if family.name == name]
    return _is_product({**_settings(family, dataset), **row.parameters})


def _settings(family: Family, dataset: Dataset) -> dict[str, Any]:
    """What the family's model is built with, by name."""
    known = family.build(dataset.features, 0).get_params()
    return {name.removeprefix("model__"): value for name, value in known.items() if name.startswith("model__")}


def _is_product(settings: Mapping[str, Any]) -> bool:
    is_alone = settings.get("entangler") is None or settings.get("n_qubits") == 1
    return is_alone or (settings.get("kernel") == "fidelity" and settings.get("n_layers") == 1)


def sentence(carried: Mapping[str, Estimate], unentangled: Unentangled) -> str:
    """Say what carried the score of the best quantum model, of the circuit and of the kernel.

    >>> one, other = Estimate(9.0, 7.0, 11.0, "points"), Estimate(0.1, -0.5, 0.7, "points")
    >>> sentence({"training": one, "circuit_entanglement": other}, Unentangled(0, 6))
    'Removed from the variational circuit, training costs 9.0 points; not shown to matter: entanglement.'
    >>> sentence({"entanglement": other}, Unentangled(2, 6))
    'No part removed from the best quantum model is shown to matter: entanglement. It has no entanglement at all in 2 of 6 folds.'
    """
    said = []
    for whose in (_BEST, _CIRCUIT, _KERNEL):
        parts = {_PARTS[name].name: each for name, each in carried.items() if _PARTS[name].whose == whose}
        if parts:
            said.append(_of(whose, parts))
        if whose == _BEST and unentangled.count:
            who = "It" if parts else f"The {_BEST}"
            said.append(f"{who} has no entanglement at all in {unentangled.count} of {count(unentangled.all, 'fold')}.")
    return " ".join(said)


def _of(whose: str, parts: Mapping[str, Estimate]) -> str:
    costly = [f"{name} costs {amount(each.value, each.unit)}" for name, each in parts.items() if each.low > 0]
    free = [name for name, each in parts.items() if each.low <= 0]
    if not costly:
        return f"No part removed from the {whose} is shown to matter: {', '.join(free)}."
    rest = f"; not shown to matter: {', '.join(free)}" if free else ""
    return f"Removed from the {whose}, {', '.join(costly)}{rest}."


def figures(carried: Mapping[str, Estimate], unentangled: Unentangled, metric: str) -> tuple[Figure, ...]:
    """Show the differences with their intervals; right of zero the part mattered."""
    if not carried:
        return ()
    unit = next(iter(carried.values())).unit
    rows = [(_PARTS[name].words, _PARTS[name].whose, each) for name, each in carried.items()]
    axis = f"loss of {metric} without it" + (f" ({unit})" if unit else "")
    owners = [whose for whose in (_BEST, _CIRCUIT, _KERNEL) if whose in {owner for _, owner, _ in rows}]
    spec = charts.interval_plot(rows, axis=axis, groups=owners, reference=0.0)
    caption = (
        f"{sentence(carried, unentangled)} Bars are 95 % intervals of the paired difference; right of the line, the part mattered. "
        "Without entanglement the best model is chosen again, among the same families without gates between qubits."
    )
    return (Figure("Was it quantum?", caption, spec),)
