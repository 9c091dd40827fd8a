"""Which amplitudes does each gate touch? The circuit as integer tables that the kernels walk through.

A CNOT network is linear over GF(2): it permutes basis states. Instead of moving amplitudes, the tables follow
where they are. After each entangler a *frame* holds, for every qubit, ``row`` (the parity of ``row & i`` is
the qubit's bit in the amplitude stored at address i) and ``mask`` (``i ^ mask`` is the address with that bit
flipped).

After the first layer (a product state, built directly) the circuit is a sequence of *stages*, each a diagonal
followed by one RY on every qubit. An RX is an RY between two fixed diagonals, CZ and RZ are diagonals.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quantum.circuit import MEAN_Z, Circuit
from quantum.simulator.layout import ENCODED, GROUP_FIELDS, STAGE_FIELDS, TRAINED

GROUP_QUBITS = 3
"""Qubits that one pass over the state turns together: 2^3 rows of two states fill the vector registers."""


@dataclass(frozen=True)
class CircuitTables:
    """Read-only tables of one circuit; see the module's first lines for frame and stage."""

    stages: NDArray[np.int64]
    groups: NDArray[np.int64]
    representatives: NDArray[np.int32]
    rows: NDArray[np.int64]
    masks: NDArray[np.int64]
    places: NDArray[np.int32]
    signs: NDArray[np.float64]
    diagonals: NDArray[np.float64]

    @property
    def n_stages(self) -> int:
        """Stages after the product state of the first layer."""
        return len(self.stages)

    @property
    def n_groups(self) -> int:
        """Passes over the qubits in each stage."""
        return len(self.groups) // max(1, self.n_stages)


@lru_cache(maxsize=64)
def tables_of(circuit: Circuit) -> CircuitTables:
    """Build the tables of a circuit (kept for the next call).

    Examples
    --------
    >>> tables = tables_of(Circuit(n_qubits=2, n_layers=2, reupload=False))
    >>> tables.rows.tolist(), tables.masks.tolist()   # CNOT(0, 1): qubit 1 now holds the parity of both
    ([[2, 1], [2, 3], [2, 1]], [[2, 1], [3, 1], [2, 1]])
    """
    n = circuit.n_qubits
    rows, masks = _frames(circuit)
    address = np.arange(1 << n, dtype=np.int64)
    places = np.zeros((len(rows), 1 << n), dtype=np.int32)
    for frame, qubit_rows in enumerate(rows):
        for q in range(n):
            places[frame] |= (_parity(address, qubit_rows[q]) << (n - 1 - q)).astype(np.int32)
    stages: list[list[int]] = []
    groups: list[list[int]] = []
    representatives: list[NDArray[np.int32]] = []
    length = 0
    for stage in _stages(circuit):
        frame = stage[4]
        stages.append([*stage, len(groups)])
        for first, count in _split(n):
            own = range(first, first + count)
            free = np.ones(1 << n, dtype=bool)
            for q in own:
                free &= _parity(address, rows[frame, q]) == 0
            chosen = address[free].astype(np.int32)
            offsets = [0] * 8
            for c in range(1 << count):
                for j, q in enumerate(own):
                    offsets[c] ^= int(masks[frame, q]) if c >> j & 1 else 0
            groups.append([count, first, length, 0, 0, 0, 0, 0, *offsets])
            representatives.append(chosen)
            length += len(chosen)
    return CircuitTables(
        stages=np.array(stages, dtype=np.int64).reshape(-1, STAGE_FIELDS),
        groups=np.array(groups, dtype=np.int64).reshape(-1, GROUP_FIELDS),
        representatives=np.concatenate([*representatives, np.zeros(1, dtype=np.int32)]),
        rows=rows,
        masks=masks,
        places=places,
        signs=_cz_signs(circuit, address),
        diagonals=_observable_diagonals(circuit, places[-1]),
    )


def _frames(circuit: Circuit) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and masks before each layer, and after the last: shape (n_layers + 1, n_qubits)."""
    n = circuit.n_qubits
    row = [1 << (n - 1 - q) for q in range(n)]
    mask = list(row)
    rows, masks = [tuple(row)], [tuple(mask)]
    for _ in range(circuit.n_layers):
        for control, target in circuit.entangled_pairs if circuit.entangler == "CNOT" else ():
            row[target] ^= row[control]
            mask[control] ^= mask[target]
        rows.append(tuple(row))
        masks.append(tuple(mask))
    return np.array(rows, dtype=np.int64), np.array(masks, dtype=np.int64)


def _stages(circuit: Circuit) -> list[tuple[int, ...]]:
    """List the first nine fields of each stage, in `STAGE_FIELDS` order."""
    signs = int(circuit.entangler == "CZ")
    phases = int(circuit.rotation != "RY")
    stages: list[tuple[int, ...]] = []
    for layer in range(1, circuit.n_layers):
        if circuit.reupload and circuit.encoding != "RZ":
            # RX(t) = RZ(-90 degrees) RY(t) RZ(90 degrees): one quarter before, one back after.
            quarter = int(circuit.encoding == "RX")
            stages.append((ENCODED, layer, layer, layer - 1, layer, quarter, signs, phases, 0))
            stages.append((TRAINED, layer, -1, -1, layer, -quarter, 0, phases, 0))
        else:
            own_phase = int(circuit.reupload)
            stages.append((TRAINED, layer, layer, layer - 1, layer, 0, signs, phases, own_phase))
    return stages


def _split(n_qubits: int) -> list[tuple[int, int]]:
    """Consecutive qubits as (first, count), as even as possible and the small ones first.

    The first group also multiplies by the diagonal, so it should be the one with registers to spare.
    """
    passes = -(-n_qubits // GROUP_QUBITS)
    sizes = sorted(n_qubits // passes + (g < n_qubits % passes) for g in range(passes))
    starts = np.cumsum([0, *sizes])
    return [(int(start), size) for start, size in zip(starts, sizes, strict=False)]


def _cz_signs(circuit: Circuit, address: NDArray[np.int64]) -> NDArray[np.float64]:
    """One layer of CZ gates as signs of the basis states."""
    n = circuit.n_qubits
    flips = np.zeros_like(address)
    for i, j in circuit.entangled_pairs if circuit.entangler == "CZ" else ():
        flips ^= (address >> (n - 1 - i)) & (address >> (n - 1 - j)) & 1
    return np.asarray(1.0 - 2.0 * flips, dtype=np.float64)


def _observable_diagonals(circuit: Circuit, places: NDArray[np.int32]) -> NDArray[np.float64]:
    """Value of each observable at each address: shape (n_observables, 2^n)."""
    n = circuit.n_qubits
    z = np.array([1.0 - 2.0 * ((places >> (n - 1 - q)) & 1) for q in range(n)])
    found = np.empty((circuit.n_observables, len(places)))
    for each, out in zip(circuit.observables, found, strict=True):
        out[:] = z.mean(axis=0) if each == MEAN_Z else z[list(each)].prod(axis=0)
    return found


def _parity(values: NDArray[np.int64], row: int | np.int64) -> NDArray[np.int64]:
    return np.bitwise_count(values & row).astype(np.int64) & 1
