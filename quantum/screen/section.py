"""Could a quantum kernel help on labels like these at all? Seen before training, and never part of the verdict.

How often that is wrong where the truth is known: `tests/benchmarks/quantum_screen.py`.
"""

from collections.abc import Sequence
from typing import Any

from lab.protocol import Evidence, Rows, Table, Trial
from quantum.context import Context
from quantum.screen.trials import SCREEN, ScreenRow, screen

__all__ = ["could_help", "evidence", "plan", "sentence"]

_SIMPLER = 0.01
"""By so much must the error bound be lower: on classical tables the two differ by about that either way by chance."""
_NOTHING = 0.98


def plan(context: Context) -> Sequence[Trial[Any]]:
    """One trial of a second, on as many qubits as the quantum kernel has; none without a quantum kernel."""
    for family in context.groups[0].families:
        if family.name == "kernel":
            settings = family.build(context.dataset.features, 0).get_params()
            arguments = {"n_qubits": settings["model__n_qubits"]}
            return [SCREEN.trial(screen, arguments, seed=context.seed_of(SCREEN.name), cost=0.2)]
    return ()


def evidence(context: Context, rows: Rows) -> Evidence:
    """Say whether a quantum kernel could help, with what that rests on."""
    del context
    seen = SCREEN.found(rows)
    return Evidence({}, {}, (), ()) if seen is None else Evidence({}, {}, (), (_table(seen),))


def could_help(seen: ScreenRow) -> bool:
    """Whether the labels are simpler for a quantum kernel than for every classical one that was tried."""
    return seen.quantum.bound < seen.classical.bound - _SIMPLER


def sentence(seen: ScreenRow) -> str:
    """Say it in words.

    >>> from quantum.screen.trials import Seen
    >>> kernels = Seen("fidelity", 0.7, 9.0, 8.0), Seen("linear", 0.6, 8.0, 4.0)
    >>> sentence(ScreenRow(300, *kernels, 2.0))
    'Nothing here asks for a quantum kernel: the labels are no simpler for it (error bound 0.70) than for a classical one (0.60).'
    """
    own, other = f"(error bound {seen.quantum.bound:.2f})", f"({seen.classical.bound:.2f})"
    if could_help(seen):
        return (
            f"A quantum kernel could help: the labels are simpler for it {own} than for every classical one that was tried "
            f"{other}."
        )
    if min(seen.quantum.bound, seen.classical.bound) > _NOTHING:
        return f"No kernel sees more than noise in the labels: neither a quantum one {own} nor a classical one {other}."
    return f"Nothing here asks for a quantum kernel: the labels are no simpler for it {own} than for a classical one {other}."


def _table(seen: ScreenRow) -> Table:
    caption = (
        f"{sentence(seen)} Kernels of {seen.n_rows} rows before any training (Huang et al. 2021); no part of the verdict, and about "
        "fixed kernels only: a trained circuit may fit what none of them does. Error bound: of kernel ridge regression, 1 where it "
        "sees nothing. Complexity s: small against the number of rows where labels are simple. Effective dimensions: near 1 or near "
        "the number of rows the kernel has concentrated and learns nothing. Geometric difference: no labels are more than its square "
        f"times as complex for the classical kernels as for this quantum one; here {seen.difference:.1f}, and sqrt({seen.n_rows}) = "
        f"{seen.n_rows**0.5:.1f} would leave room for a large advantage."
    )
    rows = tuple(
        (kind, each.name, each.bound, each.model, each.dimension)
        for kind, each in (("quantum", seen.quantum), ("classical", seen.classical))
    )
    columns = ("kind", "kernel", "error bound", "complexity s", "effective dimensions")
    return Table("Could a quantum kernel help here at all?", caption, columns, rows)
