"""How does a block of samples go through the whole circuit and back? The compiled walk over a plan's tables.

`compile_walk` returns one function of five integers: the address of a table of addresses and sizes (the `T_`
constants below number its entries), what to do (`PREPARE`, `BLOCKS`, `FINISH`), a range of models or blocks, and the
address of working memory. Everything it touches belongs to the caller; it allocates nothing and cannot fail.

The gradient is adjoint differentiation (Jones and Gacon 2020, arXiv:2009.02823): undo the circuit on psi and
on lambda = O psi together and read Im <lambda|P|psi> at each gate. Two states per block, whatever the depth.
"""

import math
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from quantum import passes
from quantum.plan import ENCODED, GROUP_FIELDS, GROUP_QUBITS, STAGE_FIELDS
from quantum.vectors import INT, INT32, build, machine

PREPARE, BLOCKS, FINISH, EVERYTHING = range(4)
"""Work a call can ask for."""
EXPECT, PULL_BACK, SOFTMAX, SIGMOID, STATES = range(5)
"""Where a block ends: expectations, given cotangents, a loss on logits (two kinds), or amplitudes."""

TABLE = (
    "n_qubits", "size", "n_observables", "mode", "n_stages", "n_groups", "n_blocks", "n_models", "n_padded",
    "n_layers", "n_encodings", "encoding", "own_phases", "stages", "groups", "representatives", "rows", "places",
    "signs", "diagonals", "lane_signs", "turns", "angles", "phases", "tangents", "flips", "shrinkage", "mixing",
    "axes", "encoded_axes", "partial", "cotangents", "cotangent_stride", "expectations", "encoded_numbers",
    "labels", "label_stride", "weights", "weight_stride", "head", "angle_gradient", "head_gradient", "states",
    "work_bytes", "final_phases", "scratch",
)  # fmt: skip
"""Names of the table's entries, in order."""

(
    T_N, T_SIZE, T_OBSERVABLES, T_MODE, T_STAGES_N, T_GROUPS_N, T_BLOCKS, T_MODELS, T_PADDED,
    T_LAYERS, T_ENCODINGS, T_ENCODING, T_OWN, T_STAGES, T_GROUPS, T_REPS, T_ROWS, T_PLACES,
    T_SIGNS, T_DIAGONALS, T_LANE_SIGNS, T_TURNS, T_ANGLES, T_PHASES, T_TANGENTS, T_FLIPS, T_SHRINKAGE, T_MIXING,
    T_AXES, T_ENCODED_AXES, T_PARTIAL, T_COTANGENTS, T_COTANGENT_STRIDE, T_EXPECTATIONS, T_NUMBERS,
    T_LABELS, T_LABEL_STRIDE, T_WEIGHTS, T_WEIGHT_STRIDE, T_HEAD, T_ANGLE_GRADIENT, T_HEAD_GRADIENT, T_STATES,
    T_WORK_BYTES, T_FINAL, T_SCRATCH,
) = range(len(TABLE))  # fmt: skip

S_KIND, S_LAYER, S_ENCODING, S_BEFORE, S_FRAME, S_QUARTER, S_CZ, S_NUMBERS, S_OWN, S_GROUP = range(STAGE_FIELDS)
G_QUBITS, G_FIRST, G_START = range(3)
RX, RY, RZ = range(3)


def _reader(kind: ir.Type, into: ir.Type, numba_type: types.Type) -> Any:  # noqa: ANN401
    @intrinsic
    def read(_typing, address, index):  # noqa: ANN001, ANN202
        def codegen(_context, builder, _signature, arguments):  # noqa: ANN001, ANN202
            place = builder.gep(builder.inttoptr(arguments[0], ir.PointerType(kind)), [arguments[1]], source_etype=kind)
            value = builder.load(place, typ=kind)
            if kind == into:
                return value
            return builder.fpext(value, into) if kind == ir.FloatType() else builder.sext(value, into)

        return numba_type(types.int64, types.int64), codegen

    return read


def _writer(kind: ir.Type) -> Any:  # noqa: ANN401
    @intrinsic
    def write(_typing, address, index, value):  # noqa: ANN001, ANN202
        def codegen(_context, builder, _signature, arguments):  # noqa: ANN001, ANN202
            value = arguments[2]
            if kind == ir.FloatType():
                value = builder.fptrunc(value, kind)
            place = builder.gep(builder.inttoptr(arguments[0], ir.PointerType(kind)), [arguments[1]], source_etype=kind)
            builder.store(value, place)
            return INT(0)

        given = types.int64 if kind == INT else types.float64
        return types.int64(types.int64, types.int64, given), codegen

    return write


def compile_walk(precision: str, lanes: int) -> Any:  # noqa: ANN401, C901  one closure per machine, many short parts
    """Compile the walk for "float32" or "float64" and `lanes` samples to a block; takes seconds."""
    on = machine(precision, lanes)
    element = 4 if precision == "float32" else 8
    real_type = ir.FloatType() if precision == "float32" else ir.DoubleType()
    vector = lanes * element
    row_bytes = 2 * vector
    get, get32 = _reader(INT, INT, types.int64), _reader(INT32, INT, types.int64)
    getd, getr = (_reader(kind, ir.DoubleType(), types.float64) for kind in (ir.DoubleType(), real_type))
    put, putd, putr = _writer(INT), _writer(ir.DoubleType()), _writer(real_type)

    forward = {
        (k, e, d): build(on, passes.forward(k, encoded=e, diagonal=d))
        for k in range(1, GROUP_QUBITS + 1) for e in (False, True) for d in (False, True)
    }  # fmt: skip
    backward = {
        (k, e, d): build(on, passes.backward(k, encoded=e, diagonal=d))
        for k in range(1, GROUP_QUBITS + 1) for e in (False, True) for d in (False, True)
    }  # fmt: skip
    forward_trained, forward_encoded = _chooser(forward, encoded=False), _chooser(forward, encoded=True)
    backward_trained, backward_encoded = _chooser(backward, encoded=False), _chooser(backward, encoded=True)
    first_vectors, phase_vectors = build(on, passes.first_vectors), build(on, passes.phase_vectors)
    grow, shrink = build(on, passes.grow), build(on, passes.shrink)
    measure, start_adjoint = build(on, passes.measure), build(on, passes.start_adjoint)
    apply_phases, undo_phases = build(on, passes.apply_phases), build(on, passes.undo_phases)
    fold, butterflies, signed_sum = (build(on, each) for each in (passes.fold, passes.butterflies, passes.signed_sum))

    options = {"error_model": "numpy", "nogil": True, "fastmath": {"contract", "nsz"}}

    @njit(**options)
    def grow_phases(out, n, size, angles, stride, extra, start_re):
        """Diagonal of RZ(angle) on every qubit, in basis-state order, as (re, im) doubles."""
        putd(out, 0, start_re)
        putd(out, 1, 0.0)
        length = 1
        for q in range(n):
            half = 0.5 * (getd(angles, q * stride) if angles != 0 else 0.0) + 0.5 * extra
            c, s = math.cos(half), math.sin(half)
            for r in range(length - 1, -1, -1):
                re, im = getd(out, 2 * r), getd(out, 2 * r + 1)
                putd(out, 4 * r, re * c + im * s)
                putd(out, 4 * r + 1, im * c - re * s)
                putd(out, 4 * r + 2, re * c - im * s)
                putd(out, 4 * r + 3, im * c + re * s)
            length *= 2
        return 0

    @njit(**options)
    def reduce_turns(t, model, stage, angles, scratch):
        """Tangents, address flips and cosines of one trained stage; returns the common factor."""
        n, groups = get(t, T_N), get(t, T_GROUPS_N)
        base = model * get(t, T_STAGES_N) + stage
        tangents = get(t, T_TANGENTS) + base * n * element
        factor = 1.0
        for q in range(n):
            half = 0.5 * getd(angles, 3 * q + 1)
            quarters = math.floor(half / (0.5 * math.pi) + 0.5)
            rest = half - quarters * (0.5 * math.pi)
            putr(tangents, q, math.tan(rest))
            factor *= math.cos(rest)
            turns = int(quarters) & 3
            if turns >= 2:
                factor = -factor
            putd(scratch, q, 1.0 if turns & 1 else 0.0)
        correction = 1.0
        for g in range(groups - 1, -1, -1):
            group = get(t, T_GROUPS) + (get(get(t, T_STAGES), stage * STAGE_FIELDS + S_GROUP) + g) * GROUP_FIELDS * 8
            putd(get(t, T_SHRINKAGE), base * groups + g, correction)
            flip = 0
            for j in range(get(group, G_QUBITS)):
                q = get(group, G_FIRST) + j
                if getd(scratch, q) != 0.0:
                    flip ^= get(group, 8 + (1 << j))
                tangent = getr(tangents, q)
                correction /= 1.0 + tangent * tangent
            put(get(t, T_FLIPS), base * groups + g, flip)
        return factor

    @njit(**options)
    def prepare_stage(t, model, stage):
        n, size = get(t, T_N), get(t, T_SIZE)
        entry = get(t, T_STAGES) + stage * STAGE_FIELDS * 8
        layer, before, frame = get(entry, S_LAYER), get(entry, S_BEFORE), get(entry, S_FRAME)
        angles = get(t, T_ANGLES) + model * get(t, T_LAYERS) * n * 24
        one = get(t, T_SCRATCH) + model * size * 32
        two = one + size * 16
        quarter = get(entry, S_QUARTER) * 0.5 * math.pi
        own = angles + layer * n * 24
        trained = get(entry, S_KIND) != ENCODED
        factor = reduce_turns(t, model, stage, own, one) if trained else 1.0
        if trained:
            # Z of RY(pi) = X Z: minus sign wherever a flipped qubit is 1.
            odd = 0
            for q in range(n):
                if getd(one, q) != 0.0:
                    odd |= 1 << (n - 1 - q)
            grow_phases(two, n, size, own, 3, quarter, factor)
            if odd:
                for r in range(size):
                    if parity(r & odd):
                        putd(two, 2 * r, -getd(two, 2 * r))
                        putd(two, 2 * r + 1, -getd(two, 2 * r + 1))
        else:
            grow_phases(two, n, size, 0, 0, quarter, 1.0)
        out = get(t, T_PHASES) + (model * get(t, T_STAGES_N) + stage) * size * 2 * element
        here = get(t, T_PLACES) + frame * size * 4
        if before >= 0:
            # The angles c of the layer that ends here. Those of the first layer are in the product state.
            ending = angles + (layer - 1) * n * 24 + 16
            grow_phases(one, n, size, ending if layer > 1 else 0, 3, 0.0, 1.0)
            there = get(t, T_PLACES) + before * size * 4
            signed = get(entry, S_CZ) != 0
            for i in range(size):
                a, b = get32(there, i), get32(here, i)
                sign = getd(get(t, T_SIGNS), a) if signed else 1.0
                re1, im1 = sign * getd(one, 2 * a), sign * getd(one, 2 * a + 1)
                re2, im2 = getd(two, 2 * b), getd(two, 2 * b + 1)
                putr(out, 2 * i, re1 * re2 - im1 * im2)
                putr(out, 2 * i + 1, re1 * im2 + im1 * re2)
        else:
            for i in range(size):
                b = get32(here, i)
                putr(out, 2 * i, getd(two, 2 * b))
                putr(out, 2 * i + 1, getd(two, 2 * b + 1))
        return 0

    @njit(**options)
    def parity(value):
        """1 if an odd number of bits is set."""
        value ^= value >> 16
        value ^= value >> 8
        value ^= value >> 4
        value ^= value >> 2
        value ^= value >> 1
        return value & 1

    @njit(**options)
    def turn_axis(axis, a, b, c):
        """Carry an axis through RZ(a), RY(b), RZ(c)."""
        x, y, z = axis
        x, y = x * math.cos(a) - y * math.sin(a), x * math.sin(a) + y * math.cos(a)
        x, z = x * math.cos(b) + z * math.sin(b), z * math.cos(b) - x * math.sin(b)
        x, y = x * math.cos(c) - y * math.sin(c), x * math.sin(c) + y * math.cos(c)
        return x, y, z

    @njit(**options)
    def prepare_first(t, model):
        """Product state of the first layer as A cos + B sin per qubit, and the axes of its gradient."""
        n = get(t, T_N)
        encoding = get(t, T_ENCODING)
        for q in range(n):
            angles = get(t, T_ANGLES) + (model * get(t, T_LAYERS) * n + q) * 24
            a, b, c = getd(angles, 0), getd(angles, 1), getd(angles, 2)
            cos_b, sin_b = math.cos(0.5 * b), math.sin(0.5 * b)
            plus, minus = 0.5 * (a + c), 0.5 * (a - c)
            # Columns of RZ(c) RY(b) RZ(a): images of |0> and |1>.
            c0, s0 = cos_b * math.cos(plus), -cos_b * math.sin(plus)
            c1, s1 = sin_b * math.cos(minus), -sin_b * math.sin(minus)
            d0, e0 = -sin_b * math.cos(minus), -sin_b * math.sin(minus)
            d1, e1 = cos_b * math.cos(plus), cos_b * math.sin(plus)
            mixing = get(t, T_MIXING) + (model * n + q) * 8 * element
            putr(mixing, 0, c0)
            putr(mixing, 1, s0)
            putr(mixing, 2, c1)
            putr(mixing, 3, s1)
            if encoding == RY:  # cos |0> + sin |1>
                f0, g0, f1, g1 = d0, e0, d1, e1
            elif encoding == RX:  # cos |0> - i sin |1>
                f0, g0, f1, g1 = e0, -d0, e1, -d1
            else:  # (cos - i sin) |0>
                f0, g0, f1, g1 = s0, -c0, s1, -c1
            putr(mixing, 4, f0)
            putr(mixing, 5, g0)
            putr(mixing, 6, f1)
            putr(mixing, 7, g1)
            axes = get(t, T_AXES) + (model * n + q) * 72
            start = (1.0, 0.0, 0.0) if encoding == RX else ((0.0, 1.0, 0.0) if encoding == RY else (0.0, 0.0, 1.0))
            x, y, z = turn_axis(start, a, b, c)
            encoded = get(t, T_ENCODED_AXES) + (model * n + q) * 3 * element
            putr(encoded, 0, x)
            putr(encoded, 1, y)
            putr(encoded, 2, z)
            x, y, z = turn_axis((0.0, 0.0, 1.0), 0.0, b, c)
            putd(axes, 0, x)
            putd(axes, 1, y)
            putd(axes, 2, z)
            x, y, z = turn_axis((0.0, 1.0, 0.0), 0.0, 0.0, c)
            putd(axes, 3, x)
            putd(axes, 4, y)
            putd(axes, 5, z)
            putd(axes, 6, 0.0)
            putd(axes, 7, 0.0)
            putd(axes, 8, 1.0)
        return 0

    @njit(**options)
    def prepare(t, model):
        prepare_first(t, model)
        for stage in range(get(t, T_STAGES_N)):
            prepare_stage(t, model, stage)
        if get(t, T_MODE) == STATES:
            n, size, last = get(t, T_N), get(t, T_SIZE), get(t, T_LAYERS) - 1
            angles = get(t, T_ANGLES) + (model * (last + 1) + last) * n * 24 + 16
            grow_phases(get(t, T_FINAL) + model * size * 16, n, size, angles if last > 0 else 0, 3, 0.0, 1.0)
        return 0

    @njit(**options)
    def turns_of(t, model, encoding_layer, q, block):
        """Address of the cosines of one encoded qubit, for the block."""
        base = (model * get(t, T_ENCODINGS) + encoding_layer) * get(t, T_N) + q
        return get(t, T_TURNS) + (base * 2 * get(t, T_PADDED)) * element + block * vector

    @njit(**options)
    def own_phases(t, model, stage_entry, block, table, small):
        """Each sample's own RZ phases of a stage, in basis-state order."""
        putr_row(table)
        n = get(t, T_N)
        for q in range(n):
            cosine = turns_of(t, model, get(stage_entry, S_ENCODING), q, block)
            phase_vectors((small, cosine, cosine + get(t, T_PADDED) * element))
            grow((table, (1 << q) - 1, -1, -1, small))
        return 0

    @njit(**options)
    def putr_row(address):
        """Write amplitude 1 for every sample."""
        for lane in range(lanes):
            putr(address, lane, 1.0)
            putr(address, lanes + lane, 0.0)
        return 0

    @njit(**options)
    def run_forward(t, model, block, psi, phase_table, small):
        n, size, groups = get(t, T_N), get(t, T_SIZE), get(t, T_GROUPS_N)
        stride = get(t, T_PADDED) * element
        putr_row(psi)
        for q in range(n):
            cosine = turns_of(t, model, 0, q, block)
            mixing = get(t, T_MIXING) + (model * n + q) * 8 * element
            first_vectors((small + q * 4 * vector, cosine, cosine + stride, mixing))
            grow((psi, (1 << q) - 1, -1, -1, small + q * 4 * vector))
        for stage in range(get(t, T_STAGES_N)):
            entry = get(t, T_STAGES) + stage * STAGE_FIELDS * 8
            base = model * get(t, T_STAGES_N) + stage
            if get(entry, S_OWN):
                own_phases(t, model, entry, block, phase_table, small + n * 4 * vector)
                apply_phases((psi, phase_table, get(t, T_PLACES) + get(entry, S_FRAME) * size * 4, size))
            phases = get(t, T_PHASES) + base * size * 2 * element
            for g in range(groups):
                group = get(t, T_GROUPS) + (get(entry, S_GROUP) + g) * GROUP_FIELDS * 8
                qubits, first = get(group, G_QUBITS), get(group, G_FIRST)
                reps = get(t, T_REPS) + get(group, G_START) * 4
                if get(entry, S_KIND) == ENCODED:
                    table = turns_of(t, model, get(entry, S_ENCODING), first, block)
                    forward_encoded(qubits, g == 0, (psi, group, reps, size >> qubits, 0, table, stride, phases))
                else:
                    table = get(t, T_TANGENTS) + (base * n + first) * element
                    flip = get(get(t, T_FLIPS), base * groups + g)
                    forward_trained(qubits, g == 0, (psi, group, reps, size >> qubits, flip, table, stride, phases))
        return 0

    @njit(**options)
    def transform(products, size):
        """Walsh-Hadamard transform over the vectors of `products`; `signed_sum` finishes an entry."""
        length = size // lanes
        half = 1
        while half < length:
            for start in range(0, length, 2 * half):
                butterflies((products, start, half))
            half *= 2
        return 0

    @njit(**options)
    def z_numbers(t, frame, products, out):
        """Numbers of Z of every qubit of a frame."""
        n = get(t, T_N)
        for q in range(n):
            row = get(get(t, T_ROWS), frame * n + q)
            pattern = row & (lanes - 1)
            signed_sum((products, row // lanes, get(t, T_LANE_SIGNS), pattern, products + products_spare(t)))
            putd(out, q, getr(products + products_spare(t), 0))
        return 0

    @njit(**options)
    def products_spare(t):
        return max(get(t, T_SIZE), lanes) * element

    @njit(**options)
    def run_backward(t, model, block, psi, adjoint, products, phase_table, small, partial):
        n, size, groups = get(t, T_N), get(t, T_SIZE), get(t, T_GROUPS_N)
        padded = get(t, T_PADDED)
        stride = padded * element
        numbers = get(t, T_NUMBERS) + model * get(t, T_ENCODINGS) * n * stride + block * vector
        spare = products + products_spare(t)
        for stage in range(get(t, T_STAGES_N) - 1, -1, -1):
            entry = get(t, T_STAGES) + stage * STAGE_FIELDS * 8
            base = model * get(t, T_STAGES_N) + stage
            phases = get(t, T_PHASES) + base * size * 2 * element
            out = partial + stage * 24 * n
            encoded = get(entry, S_KIND) == ENCODED
            for g in range(groups - 1, -1, -1):
                group = get(t, T_GROUPS) + (get(entry, S_GROUP) + g) * GROUP_FIELDS * 8
                qubits, first = get(group, G_QUBITS), get(group, G_FIRST)
                reps = get(t, T_REPS) + get(group, G_START) * 4
                if encoded:
                    table = turns_of(t, model, get(entry, S_ENCODING), first, block)
                    place = numbers + (get(entry, S_ENCODING) * n + first) * stride
                    backward_encoded(
                        qubits, g == 0,
                        (psi, adjoint, group, reps, size >> qubits, 0, table, stride, phases, place, stride, products),
                    )  # fmt: skip
                else:
                    table = get(t, T_TANGENTS) + (base * n + first) * element
                    flip = get(get(t, T_FLIPS), base * groups + g)
                    backward_trained(
                        qubits, g == 0,
                        (psi, adjoint, group, reps, size >> qubits, flip, table, stride, phases, spare, 0, products),
                    )  # fmt: skip
                    correction = getd(get(t, T_SHRINKAGE), base * groups + g)
                    for j in range(qubits):
                        putd(out, n + first + j, correction * getr(spare, j))
            if get(entry, S_NUMBERS):
                transform(products, size)
                z_numbers(t, get(entry, S_FRAME), products, out)
                if get(entry, S_BEFORE) >= 0:
                    z_numbers(t, get(entry, S_BEFORE), products, out + 16 * n)
            if get(entry, S_OWN):
                vectors = small + n * 4 * vector
                own_phases(t, model, entry, block, phase_table, vectors)
                own = phase_table + size * row_bytes
                undo_phases((psi, adjoint, phase_table, get(t, T_PLACES) + get(entry, S_FRAME) * size * 4, size, own))
                for q in range(n - 1, -1, -1):
                    fold((own, 1 << q, numbers + (get(entry, S_ENCODING) * n + q) * stride))
        # The first layer is a product state: rebuild it as a heap of prefixes, then contract qubit by qubit.
        putr_row(psi + row_bytes)
        for q in range(n - 1):
            grow((psi, 1 << q, 2 << q, 1, small + q * 4 * vector))
        out = partial + get(t, T_STAGES_N) * 24 * n
        for q in range(n - 1, -1, -1):
            axis = get(t, T_ENCODED_AXES) + (model * n + q) * 3 * element
            prefix = psi + (1 << q) * row_bytes
            vectors = small + q * 4 * vector
            shrink((adjoint, prefix, 1 << q, vectors, axis, spare, numbers + q * stride))
            for j in range(3):
                putd(out, 3 * q + j, getr(spare, j))
        return 0

    @njit(**options)
    def lose(t, model, block, partial):
        """Cross-entropy of the block; turns expectations into cotangents and adds the head's gradient."""
        k_all, padded = get(t, T_OBSERVABLES), get(t, T_PADDED)
        values = get(t, T_EXPECTATIONS) + model * k_all * padded * element
        pulls = get(t, T_COTANGENTS) + model * get(t, T_COTANGENT_STRIDE) * element
        head = get(t, T_HEAD) + model * (1 + k_all) * 8
        gain = getd(head, 0)
        loss, gain_pull = 0.0, 0.0
        for k in range(k_all):
            putd(partial, 2 + k, 0.0)
        for lane in range(lanes):
            s = block * lanes + lane
            weight = getd(get(t, T_WEIGHTS), model * get(t, T_WEIGHT_STRIDE) + s)
            if weight == 0.0:
                for k in range(k_all):
                    putr(pulls, k * padded + s, 0.0)
                continue
            label = get(get(t, T_LABELS), model * get(t, T_LABEL_STRIDE) + s)
            if get(t, T_MODE) == SIGMOID:
                value = getr(values, s)
                logit = gain * value + getd(head, 1)
                tail = math.exp(-abs(logit))
                chance = 1.0 / (1.0 + tail) if logit >= 0.0 else tail / (1.0 + tail)
                loss += weight * (max(logit, 0.0) - logit * label + math.log1p(tail))
                slope = weight * (chance - label)
                gain_pull += slope * value
                putd(partial, 2, getd(partial, 2) + slope)
                putr(pulls, s, gain * slope)
            else:
                top = -math.inf
                for k in range(k_all):
                    top = max(top, gain * getr(values, k * padded + s) + getd(head, 1 + k))
                total = 0.0
                for k in range(k_all):
                    total += math.exp(gain * getr(values, k * padded + s) + getd(head, 1 + k) - top)
                for k in range(k_all):
                    value = getr(values, k * padded + s)
                    logit = gain * value + getd(head, 1 + k) - top
                    slope = weight * math.exp(logit) / total
                    if k == label:
                        loss += weight * (math.log(total) - logit)
                        slope -= weight
                    gain_pull += slope * value
                    putd(partial, 2 + k, getd(partial, 2 + k) + slope)
                    putr(pulls, k * padded + s, gain * slope)
        putd(partial, 0, loss)
        putd(partial, 1, gain_pull)
        return 0

    @njit(**options)
    def write_states(t, model, block, psi):
        """Amplitudes of the block as complex numbers in basis-state order."""
        size, padded = get(t, T_SIZE), get(t, T_PADDED)
        final = get(t, T_FINAL) + model * size * 16
        before = get(t, T_PLACES) + (get(t, T_LAYERS) - 1) * size * 4
        after = get(t, T_PLACES) + get(t, T_LAYERS) * size * 4
        for i in range(size):
            b, a = get32(before, i), get32(after, i)
            sign = getd(get(t, T_SIGNS), b)
            re, im = sign * getd(final, 2 * b), sign * getd(final, 2 * b + 1)
            for lane in range(lanes):
                x, y = getr(psi, 2 * i * lanes + lane), getr(psi, (2 * i + 1) * lanes + lane)
                place = 2 * ((model * padded + block * lanes + lane) * size + a)
                putr(get(t, T_STATES), place, x * re - y * im)
                putr(get(t, T_STATES), place + 1, x * im + y * re)
        return 0

    @njit(**options)
    def run_block(t, task, work):
        n, size, mode = get(t, T_N), get(t, T_SIZE), get(t, T_MODE)
        k_all, padded = get(t, T_OBSERVABLES), get(t, T_PADDED)
        model, block = task // get(t, T_BLOCKS), task % get(t, T_BLOCKS)
        # Working memory: psi, vectors of single qubits, products, phases if any sample has its own, lambda.
        psi = work
        small = psi + (size + 1) * row_bytes
        products = small + (n + 1) * 4 * vector
        phase_table = products + max(size, lanes) * element + vector
        phase_table += (64 - phase_table) & 63
        adjoint = phase_table + (size * (row_bytes + vector) if get(t, T_OWN) else 0)
        run_forward(t, model, block, psi, phase_table, small)
        if mode == STATES:
            write_states(t, model, block, psi)
            return 0
        values = get(t, T_EXPECTATIONS) + model * k_all * padded * element + block * vector
        for k in range(k_all):
            measure((psi, get(t, T_DIAGONALS) + k * size * element, size, values + k * padded * element))
        if mode == EXPECT:
            return 0
        width = 3 * n * (get(t, T_STAGES_N) + 1) + 2 + k_all
        partial = get(t, T_PARTIAL) + task * width * 8
        for j in range(width):
            putd(partial, j, 0.0)
        if mode != PULL_BACK:
            lose(t, model, block, partial + (width - 2 - k_all) * 8)
        pulls = get(t, T_COTANGENTS) + model * get(t, T_COTANGENT_STRIDE) * element + block * vector
        start_adjoint((psi, adjoint, get(t, T_DIAGONALS), pulls, k_all, size, size * element, padded * element))
        for i in range(size, lanes):
            putr(products, i, 0.0)
        run_backward(t, model, block, psi, adjoint, products, phase_table, small, partial)
        return 0

    @njit(**options)
    def finish(t, model):
        """Sum the blocks in their order, and turn numbers of Paulis into derivatives by angles."""
        n, stages, blocks = get(t, T_N), get(t, T_STAGES_N), get(t, T_BLOCKS)
        k_all = get(t, T_OBSERVABLES)
        width = 3 * n * (stages + 1) + 2 + k_all
        sums = get(t, T_PARTIAL) + model * blocks * width * 8
        for block in range(1, blocks):
            for j in range(width):
                putd(sums, j, getd(sums, j) + getd(sums, block * width + j))
        gradient = get(t, T_ANGLE_GRADIENT) + model * get(t, T_LAYERS) * n * 24
        for j in range(get(t, T_LAYERS) * n * 3):
            putd(gradient, j, 0.0)
        for stage in range(stages):
            entry = get(t, T_STAGES) + stage * STAGE_FIELDS * 8
            layer = get(entry, S_LAYER)
            numbers = sums + stage * 24 * n
            trained = get(entry, S_KIND) != ENCODED
            for q in range(n):
                place = (layer * n + q) * 3
                if trained:
                    putd(gradient, place, getd(gradient, place) + getd(numbers, q))
                    putd(gradient, place + 1, getd(numbers, n + q))
                if get(entry, S_BEFORE) >= 0 and layer > 1:
                    putd(gradient, place - 3 * n + 2, getd(numbers, 2 * n + q))
        first = sums + stages * 24 * n
        for q in range(n):
            axes = get(t, T_AXES) + (model * n + q) * 72
            for j in range(3):
                value = 0.0
                for d in range(3):
                    value += getd(axes, 3 * j + d) * getd(first, 3 * q + d)
                putd(gradient, 3 * q + j, value)
        head = get(t, T_HEAD_GRADIENT) + model * (2 + k_all) * 8
        for j in range(2 + k_all):
            putd(head, j, getd(sums, width - 2 - k_all + j))
        return 0

    signature = types.int64(types.int64, types.int64, types.int64, types.int64, types.int64)

    @njit(signature, **options)
    def walk(table, what, begin, end, work):
        if what == PREPARE or what == EVERYTHING:  # noqa: PLR1714  no containers here
            for model in range(begin, end if what == PREPARE else get(table, T_MODELS)):
                prepare(table, model)
        if what == BLOCKS or what == EVERYTHING:  # noqa: PLR1714
            for task in range(begin, end):
                run_block(table, task, work)
        mode = get(table, T_MODE)
        if (what == FINISH or what == EVERYTHING) and mode != EXPECT and mode != STATES:
            for model in range(begin, end if what == FINISH else get(table, T_MODELS)):
                finish(table, model)
        return 0

    return walk


def _chooser(table: dict, *, encoded: bool) -> Any:  # noqa: ANN401
    """Pick the pass for a group's size and place; a chain of tests, because compiled code has no dictionary."""
    (a0, a1), (b0, b1), (c0, c1) = (
        tuple(table[k, encoded, diagonal] for diagonal in (False, True)) for k in (1, 2, 3)
    )

    @njit(error_model="numpy", nogil=True)
    def choose(qubits, diagonal, arguments):
        if qubits == 3:
            if diagonal:
                c1(arguments)
            else:
                c0(arguments)
        elif qubits == 2:
            if diagonal:
                b1(arguments)
            else:
                b0(arguments)
        elif diagonal:
            a1(arguments)
        else:
            a0(arguments)
        return 0

    return choose
