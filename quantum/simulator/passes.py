"""What does each pass over a block do? The arithmetic of forward, adjoint and measurement, in vectors.

RY(t) is ``cos(t/2) [[1, -tan], [tan, 1]]``. The cosines of a whole stage are collected in its diagonal, which
leaves two multiply-adds for each pair of real numbers. Angles beyond a quarter turn are brought back by
RY(pi) = X Z: the Z goes into the diagonal too and the X only changes the addresses read (`flip`), so that no
tangent exceeds 1.

The derivative by a turn exp(-i t P / 2) is ``Im <lambda|P|psi>`` ("number of P" below) with lambda = O psi.
"""

from collections.abc import Callable

from llvmlite import ir
from numba.core import cgutils

from quantum.simulator.vectors import INT, INT32, Code

Rows = list[ir.Value]


def _addresses(code: Code, base: ir.Value, offsets: Rows) -> Rows:
    return [code.b.xor(base, offset) for offset in offsets]


def _pairs(qubits: int, qubit: int) -> list[tuple[int, int]]:
    return [(c, c | 1 << qubit) for c in range(1 << qubits) if not c >> qubit & 1]


def _turn_trained(code: Code, rows: Rows, qubits: int, coefficients: list[Rows], *, back: bool) -> None:
    """Turn the rows by every qubit's RY, without the cosines."""
    for j, (tangent, negative) in enumerate(coefficients):
        for low, high in _pairs(qubits, j):
            a, b = rows[low], rows[high]
            rows[low] = code.fma(tangent if back else negative, b, a)
            rows[high] = code.fma(negative if back else tangent, a, b)


def _turn_encoded(code: Code, rows: Rows, qubits: int, coefficients: list[Rows], *, back: bool) -> None:
    """Turn the rows by every qubit's RY, each sample by its own angle."""
    for j, (cosine, sine, negative) in enumerate(coefficients):
        for low, high in _pairs(qubits, j):
            a, b = rows[low], rows[high]
            rows[low] = code.fma(sine if back else negative, b, code.mul(cosine, a))
            rows[high] = code.fma(negative if back else sine, a, code.mul(cosine, b))


def _coefficients(code: Code, qubits: int, encoded: bool, table: ir.Value, stride: ir.Value) -> list[Rows]:
    """List per qubit (tangent, -tangent), or (cosine, sine, -sine); sines are `stride` bytes further."""
    found: list[Rows] = []
    for j in range(qubits):
        if encoded:
            place = code.b.add(table, code.b.mul(stride, INT(2 * j)))
            cosine = code.load(place, code.on.vector)
            sine = code.load(code.b.add(place, stride), code.on.vector)
            found.append([cosine, sine, code.neg(sine)])
        else:
            tangent = code.constant(table, INT(j))
            found.append([tangent, code.neg(tangent)])
    return found


def forward(qubits: int, *, encoded: bool, diagonal: bool) -> Callable[..., None]:
    """Emit one group of a stage: diagonal (first group only), then RY on `qubits` qubits."""
    turn = _turn_encoded if encoded else _turn_trained

    def emit(
        code: Code, psi: ir.Value, group: ir.Value, representatives: ir.Value, count: ir.Value,
        flip: ir.Value, table: ir.Value, stride: ir.Value, phases: ir.Value,
    ) -> None:  # fmt: skip
        offsets = [code.load(group, INT, 8 + c) for c in range(1 << qubits)]
        coefficients = _coefficients(code, qubits, encoded, table, stride)
        with cgutils.for_range(code.b, count) as loop:
            base = code.b.zext(code.load(representatives, INT32, loop.index), INT)
            into = _addresses(code, base, offsets)
            source = _addresses(code, code.b.xor(base, flip), offsets)
            if diagonal:
                both = [_phased(code, psi, row, phases) for row in source]
                for part in (0, 1):
                    rows = [pair[part] for pair in both]
                    turn(code, rows, qubits, coefficients, back=False)
                    _put(code, rows, psi, into, part)
            else:
                for part in (0, 1):
                    rows = [code.row(psi, row, part) for row in source]
                    turn(code, rows, qubits, coefficients, back=False)
                    _put(code, rows, psi, into, part)

    return emit


def backward(qubits: int, *, encoded: bool, diagonal: bool) -> Callable[..., None]:
    """Emit the inverse of `forward` on psi and lambda, with the numbers of Y, and of Z row by row.

    Numbers of Y go to `out` (one sum over the samples per qubit, or a vector per qubit every `out_stride`
    bytes if encoded); Im conj(lambda) psi, summed over the samples, goes to `products` at each row.
    """
    turn = _turn_encoded if encoded else _turn_trained

    def emit(
        code: Code, psi: ir.Value, adjoint: ir.Value, group: ir.Value, representatives: ir.Value,
        count: ir.Value, flip: ir.Value, table: ir.Value, stride: ir.Value, phases: ir.Value,
        out: ir.Value, out_stride: ir.Value, products: ir.Value,
    ) -> None:  # fmt: skip
        offsets = [code.load(group, INT, 8 + c) for c in range(1 << qubits)]
        coefficients = _coefficients(code, qubits, encoded, table, stride)
        numbers = [code.cell() for _ in range(qubits)]
        with cgutils.for_range(code.b, count) as loop:
            base = code.b.zext(code.load(representatives, INT32, loop.index), INT)
            source = _addresses(code, base, offsets)
            into = _addresses(code, code.b.xor(base, flip), offsets)
            done = []
            for part in (0, 1):
                state = [code.row(psi, row, part) for row in source]
                dual = [code.row(adjoint, row, part) for row in source]
                for j, number in enumerate(numbers):
                    for low, high in _pairs(qubits, j):
                        code.accumulate(number, dual[high], state[low])
                        code.accumulate(number, code.neg(dual[low]), state[high])
                for rows in (state, dual):
                    turn(code, rows, qubits, coefficients, back=True)
                if not diagonal:
                    _put(code, state, psi, into, part)
                    _put(code, dual, adjoint, into, part)
                done.append((state, dual))
            if diagonal:
                for c, row in enumerate(into):
                    phase = [code.constant(phases, _twice(code, row, part)) for part in (0, 1)]
                    x = code.times_conjugate([done[part][0][c] for part in (0, 1)], phase)
                    y = code.times_conjugate([done[part][1][c] for part in (0, 1)], phase)
                    product = code.fma(y[0], x[1], code.neg(code.mul(y[1], x[0])))
                    code.store(code.total(product), products, row)
                    for part in (0, 1):
                        code.put(x[part], psi, row, part)
                        code.put(y[part], adjoint, row, part)
        for j, number in enumerate(numbers):
            if encoded:
                place = code.b.add(out, code.b.mul(out_stride, INT(j)))
                code.store(code.read(number), place)
            else:
                code.store(code.total(code.read(number)), out, INT(j))

    return emit


def _twice(code: Code, row: ir.Value, part: int) -> ir.Value:
    return code.b.or_(code.b.shl(row, INT(1)), INT(part))


def _phased(code: Code, psi: ir.Value, row: ir.Value, phases: ir.Value) -> Rows:
    phase = [code.constant(phases, _twice(code, row, part)) for part in (0, 1)]
    return code.times([code.row(psi, row, part) for part in (0, 1)], phase)


def _put(code: Code, rows: Rows, address: ir.Value, into: Rows, part: int) -> None:
    for value, row in zip(rows, into, strict=True):
        code.put(value, address, row, part)


def first_vectors(code: Code, out: ir.Value, cosine: ir.Value, sine: ir.Value, mixing: ir.Value) -> None:
    """One qubit of the product state: four vectors (re, im of |0>, re, im of |1>) = A cos + B sin."""
    c, s = code.load(cosine, code.on.vector), code.load(sine, code.on.vector)
    for j in range(4):
        value = code.fma(code.constant(mixing, 4 + j), s, code.mul(code.constant(mixing, j), c))
        code.store(value, out, INT(j))


def _qubit(code: Code, vectors: ir.Value) -> list[Rows]:
    return [[code.load(vectors, code.on.vector, 2 * b + part) for part in (0, 1)] for b in (0, 1)]


def grow(code: Code, psi: ir.Value, first: ir.Value, last: ir.Value, step: ir.Value, vectors: ir.Value) -> None:
    """Append one qubit to a product state: row r becomes rows 2r and 2r + 1, from `first` in steps."""
    qubit = _qubit(code, vectors)
    count = code.b.sdiv(code.b.sub(last, first), step)
    with cgutils.for_range(code.b, count) as loop:
        row = code.b.add(first, code.b.mul(step, loop.index))
        old = [code.row(psi, row, part) for part in (0, 1)]
        for b in (0, 1):
            new = code.times(old, qubit[b])
            for part in (0, 1):
                code.put(new[part], psi, _twice(code, row, b), part)


def shrink(
    code: Code, adjoint: ir.Value, prefix: ir.Value, size: ir.Value, vectors: ir.Value,
    axis: ir.Value, numbers: ir.Value, out: ir.Value,
) -> None:  # fmt: skip
    """Undo `grow` on lambda: contract the last qubit and give its numbers of X, Y, Z and along `axis`.

    `prefix` is the product state of the qubits before it. Sums of X, Y, Z over the samples go to `numbers`;
    the number along `axis` goes to `out` as a vector.
    """
    qubit = _qubit(code, vectors)
    cells = [[code.cell(), code.cell()] for _ in (0, 1)]
    with cgutils.for_range(code.b, size) as loop:
        below = [code.row(prefix, loop.index, part) for part in (0, 1)]
        merged: Rows = []
        for b in (0, 1):
            dual = [code.row(adjoint, _twice(code, loop.index, b), part) for part in (0, 1)]
            code.accumulate(cells[b][0], dual[0], below[0])
            code.accumulate(cells[b][0], dual[1], below[1])
            code.accumulate(cells[b][1], dual[0], below[1])
            code.accumulate(cells[b][1], code.neg(dual[1]), below[0])
            share = code.times_conjugate(dual, qubit[b])
            merged = share if b == 0 else [code.b.fadd(merged[part], share[part]) for part in (0, 1)]
        for part in (0, 1):
            code.put(merged[part], adjoint, loop.index, part)
    around = [[code.read(cell) for cell in pair] for pair in cells]
    flipped = [code.times(around[b], qubit[1 - b]) for b in (0, 1)]
    kept = [code.times(around[b], qubit[b]) for b in (0, 1)]
    x = code.b.fadd(flipped[0][1], flipped[1][1])
    y = code.b.fsub(flipped[1][0], flipped[0][0])
    z = code.b.fsub(kept[0][1], kept[1][1])
    along = code.mul(code.constant(axis, 0), x)
    along = code.fma(code.constant(axis, 1), y, along)
    code.store(code.fma(code.constant(axis, 2), z, along), out)
    for j, value in enumerate((x, y, z)):
        code.store(code.total(value), numbers, INT(j))


def measure(code: Code, psi: ir.Value, diagonal: ir.Value, size: ir.Value, out: ir.Value) -> None:
    """Compute the expectation of a diagonal observable, one per sample."""
    cell = code.cell()
    with cgutils.for_range(code.b, size) as loop:
        re, im = (code.row(psi, loop.index, part) for part in (0, 1))
        code.accumulate(cell, code.constant(diagonal, loop.index), code.fma(re, re, code.mul(im, im)))
    code.store(code.read(cell), out)


def start_adjoint(
    code: Code, psi: ir.Value, adjoint: ir.Value, diagonals: ir.Value, cotangents: ir.Value,
    n_observables: ir.Value, size: ir.Value, diagonal_bytes: ir.Value, cotangent_bytes: ir.Value,
) -> None:  # fmt: skip
    """Set lambda = (sum over observables of cotangent times observable) psi."""
    with cgutils.for_range(code.b, size) as loop:
        weight = code.cell()
        with cgutils.for_range(code.b, n_observables) as inner:
            diagonal = code.b.add(diagonals, code.b.mul(inner.index, diagonal_bytes))
            cotangent = code.b.add(cotangents, code.b.mul(inner.index, cotangent_bytes))
            code.accumulate(weight, code.constant(diagonal, loop.index), code.load(cotangent, code.on.vector))
        factor = code.read(weight)
        for part in (0, 1):
            code.put(code.mul(factor, code.row(psi, loop.index, part)), adjoint, loop.index, part)


def phase_vectors(code: Code, out: ir.Value, cosine: ir.Value, sine: ir.Value) -> None:
    """One qubit of each sample's own RZ: e^(-ix/2) and e^(ix/2) as four vectors."""
    c, s = code.load(cosine, code.on.vector), code.load(sine, code.on.vector)
    for j, value in enumerate((c, code.neg(s), c, s)):
        code.store(value, out, INT(j))


def apply_phases(code: Code, psi: ir.Value, phases: ir.Value, places: ir.Value, size: ir.Value) -> None:
    """Multiply each row by each sample's own phase."""
    with cgutils.for_range(code.b, size) as loop:
        place = code.b.zext(code.load(places, INT32, loop.index), INT)
        phase = [code.row(phases, place, part) for part in (0, 1)]
        new = code.times([code.row(psi, loop.index, part) for part in (0, 1)], phase)
        for part in (0, 1):
            code.put(new[part], psi, loop.index, part)


def undo_phases(
    code: Code, psi: ir.Value, adjoint: ir.Value, phases: ir.Value, places: ir.Value, size: ir.Value,
    products: ir.Value,
) -> None:  # fmt: skip
    """Undo `apply_phases` on both states; Im conj(lambda) psi goes to `products`, by basis state."""
    with cgutils.for_range(code.b, size) as loop:
        place = code.b.zext(code.load(places, INT32, loop.index), INT)
        phase = [code.row(phases, place, part) for part in (0, 1)]
        x = code.times_conjugate([code.row(psi, loop.index, part) for part in (0, 1)], phase)
        y = code.times_conjugate([code.row(adjoint, loop.index, part) for part in (0, 1)], phase)
        code.store(code.fma(y[0], x[1], code.neg(code.mul(y[1], x[0]))), products, place)
        for part in (0, 1):
            code.put(x[part], psi, loop.index, part)
            code.put(y[part], adjoint, loop.index, part)


def fold(code: Code, products: ir.Value, size: ir.Value, out: ir.Value) -> None:
    """Give the number of Z of the last qubit and sum it out of `products` (`size` rows remain)."""
    cell = code.cell()
    one = code.splat(code.on.real(1.0))
    with cgutils.for_range(code.b, size) as loop:
        low, high = (code.load(products, code.on.vector, _twice(code, loop.index, b)) for b in (0, 1))
        code.accumulate(cell, code.b.fsub(low, high), one)
        code.store(code.b.fadd(low, high), products, loop.index)
    code.store(code.read(cell), out)


def butterflies(code: Code, products: ir.Value, start: ir.Value, half: ir.Value) -> None:
    """One step of a Walsh-Hadamard transform over whole vectors: `half` pairs from vector `start`."""
    with cgutils.for_range(code.b, half) as loop:
        low = code.b.add(start, loop.index)
        high = code.b.add(low, half)
        a, b = (code.load(products, code.on.vector, place) for place in (low, high))
        code.store(code.b.fadd(a, b), products, low)
        code.store(code.b.fsub(a, b), products, high)


def signed_sum(
    code: Code, products: ir.Value, row: ir.Value, signs: ir.Value, pattern: ir.Value, out: ir.Value
) -> None:
    """Sum of one vector with signs: the last steps of the Walsh-Hadamard transform, for one entry."""
    values = code.load(products, code.on.vector, row)
    code.store(code.total(code.mul(values, code.load(signs, code.on.vector, pattern))), out)
