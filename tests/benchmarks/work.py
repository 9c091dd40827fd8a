"""How much arithmetic does a gradient take, and how much can this machine do?"""

import time

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils

from quantum.simulator import native, vectors

CHAINS, STEPS = 24, 1_000_000


def multiply_adds(n_qubits: int, n_layers: int, n_samples: int, lanes: int) -> int:
    """Count the multiplications and multiply-adds of one gradient of the benchmark's circuit.

    Per stage and amplitude: forward 2 per qubit and 4 for the diagonal; backward 4 per qubit for the two
    states, 2 per qubit for the numbers of Y, and 10 for two diagonals and the products. About 34 more for the
    first layer, forward and back, and for the observable. Additions are not counted; lanes of a part-filled
    block are.
    """
    per_amplitude = (n_layers - 1) * (8 * n_qubits + 14) + 34
    return per_amplitude * 2**n_qubits * lanes * -(-n_samples // lanes)


def peak(precision: str) -> float:
    """Measure fused multiply-adds per second of one core: independent chains that never leave the
    registers."""
    on = vectors.machine(precision, native.vector_bytes() // native.PRECISIONS[precision])

    def emit(code: vectors.Code, out: ir.Value, steps: ir.Value) -> None:
        half = code.splat(on.real(0.5))
        cells = [code.cell() for _ in range(CHAINS)]
        with cgutils.for_range(code.b, steps):
            for cell in cells:
                code.b.store(code.fma(code.read(cell), half, half), cell)
        for j, cell in enumerate(cells):
            code.store(code.read(cell), out, j)

    chains = vectors.build(on, emit)

    @njit(types.int64(types.int64, types.int64))
    def run(out, steps):
        return chains((out, steps))

    room = np.zeros(CHAINS * on.lanes, precision)
    best = np.inf
    for _ in range(10):
        start = time.perf_counter()
        run(room.ctypes.data, STEPS)
        best = min(best, time.perf_counter() - start)
    return CHAINS * STEPS * on.lanes / best
