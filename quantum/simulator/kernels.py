"""How does a block of samples go through the whole circuit and back? The compiled walk over its tables.

`compile_walk` returns one function of five integers: the address of the table of `quantum.simulator.layout`, what to
do, a range of models or blocks, and the address of working memory. Everything it touches belongs to the
caller; it allocates nothing and cannot fail.

The gradient is adjoint differentiation (Jones and Gacon 2020, arXiv:2009.02823): undo the circuit on psi and
on lambda = O psi together and read Im <lambda|P|psi> at each gate. Two states per block, whatever the depth.
"""

from typing import Any

from numba import njit, types

from quantum.simulator import passes
from quantum.simulator.angles import compile_prepare
from quantum.simulator.descent import compile_descent
from quantum.simulator.layout import (
    BLOCKS,
    DESCEND,
    ENCODED,
    EVERYTHING,
    EXPECT,
    FINISH,
    G_FIRST,
    G_QUBITS,
    G_START,
    GROUP_FIELDS,
    LOAD,
    PREPARE,
    PULL_BACK,
    S_BEFORE,
    S_ENCODING,
    S_FRAME,
    S_GROUP,
    S_KIND,
    S_NUMBERS,
    S_OWN,
    STAGE_FIELDS,
    STATES,
    UPDATE,
    D,
    T,
)
from quantum.simulator.losses import compile_ends
from quantum.simulator.memory import OPTIONS, memory
from quantum.simulator.tables import GROUP_QUBITS
from quantum.simulator.vectors import build, machine

T_N = T["n_qubits"]
T_SIZE = T["size"]
T_OBSERVABLES = T["n_observables"]
T_MODE = T["mode"]
T_STAGES_N = T["n_stages"]
T_GROUPS_N = T["n_groups"]
T_BLOCKS = T["n_blocks"]
T_MODELS = T["n_models"]
T_PADDED = T["n_padded"]
T_LAYERS = T["n_layers"]
T_ENCODINGS = T["n_encodings"]
T_OWN = T["own_phases"]
T_STAGES = T["stages"]
T_GROUPS = T["groups"]
T_REPS = T["representatives"]
T_ROWS = T["rows"]
T_PLACES = T["places"]
T_SIGNS = T["signs"]
T_DIAGONALS = T["diagonals"]
T_LANE_SIGNS = T["lane_signs"]
T_TURNS = T["turns"]
T_PHASES = T["phases"]
T_TANGENTS = T["tangents"]
T_FLIPS = T["flips"]
T_SHRINKAGE = T["shrinkage"]
T_MIXING = T["mixing"]
T_ENCODED_AXES = T["encoded_axes"]
T_PARTIAL = T["partial"]
T_COTANGENTS = T["cotangents"]
T_COTANGENT_STRIDE = T["cotangent_stride"]
T_EXPECTATIONS = T["expectations"]
T_NUMBERS = T["encoded_numbers"]
T_STATES = T["states"]
T_FINAL = T["final_phases"]
D_MAIN, D_WORK, D_TASKS = D["main"], D["work"], D["tasks"]


def compile_walk(precision: str, lanes: int) -> Any:  # noqa: C901  a closure of short functions
    """Compile the walk for "float32" or "float64" and `lanes` samples to a block; takes seconds."""
    on = machine(precision, lanes)
    vector, row_bytes = lanes * on.element_bytes, on.row_bytes
    prepare = compile_prepare(on)
    lose, finish, adam = compile_ends(on)
    load, update = compile_descent(on, adam)
    access = memory(on)
    get, get32, getd, getr, putd, putr = (
        access.integer,
        access.integer32,
        access.double,
        access.real,
        access.put_double,
        access.put_real,
    )
    element = on.element_bytes
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

    @njit(**OPTIONS)
    def turns_of(t, model, encoding_layer, q, block):
        """Address of the cosines of one encoded qubit, for the block."""
        base = (model * get(t, T_ENCODINGS) + encoding_layer) * get(t, T_N) + q
        return get(t, T_TURNS) + (base * 2 * get(t, T_PADDED)) * element + block * vector

    @njit(**OPTIONS)
    def putr_row(address):
        """Write amplitude 1 for every sample."""
        for lane in range(lanes):
            putr(address, lane, 1.0)
            putr(address, lanes + lane, 0.0)
        return 0

    @njit(**OPTIONS)
    def own_phases(t, model, stage_entry, block, table, small):
        """Each sample's own RZ phases of a stage, in basis-state order."""
        putr_row(table)
        n = get(t, T_N)
        for q in range(n):
            cosine = turns_of(t, model, get(stage_entry, S_ENCODING), q, block)
            phase_vectors((small, cosine, cosine + get(t, T_PADDED) * element))
            grow((table, (1 << q) - 1, -1, -1, small))
        return 0

    @njit(**OPTIONS)
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

    @njit(**OPTIONS)
    def transform(products, size):
        """Walsh-Hadamard transform over the vectors of `products`; `signed_sum` finishes an entry."""
        length = size // lanes
        half = 1
        while half < length:
            for start in range(0, length, 2 * half):
                butterflies((products, start, half))
            half *= 2
        return 0

    @njit(**OPTIONS)
    def products_spare(t):
        return max(get(t, T_SIZE), lanes) * element

    @njit(**OPTIONS)
    def z_numbers(t, frame, products, out):
        """Numbers of Z of every qubit of a frame."""
        n = get(t, T_N)
        for q in range(n):
            row = get(get(t, T_ROWS), frame * n + q)
            pattern = row & (lanes - 1)
            signed_sum((products, row // lanes, get(t, T_LANE_SIGNS), pattern, products + products_spare(t)))
            putd(out, q, getr(products + products_spare(t), 0))
        return 0

    @njit(**OPTIONS)
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
                        (psi, adjoint, group, reps, size >> qubits, 0,
                         table, stride, phases, place, stride, products),
                    )  # fmt: skip
                else:
                    table = get(t, T_TANGENTS) + (base * n + first) * element
                    flip = get(get(t, T_FLIPS), base * groups + g)
                    backward_trained(
                        qubits, g == 0,
                        (psi, adjoint, group, reps, size >> qubits, flip,
                         table, stride, phases, spare, 0, products),
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

    @njit(**OPTIONS)
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

    @njit(**OPTIONS)
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

    signature = types.int64(types.int64, types.int64, types.int64, types.int64, types.int64)

    @njit(**OPTIONS)
    def finish_all(table, begin, end):
        if get(table, T_MODE) != EXPECT and get(table, T_MODE) != STATES:
            for model in range(begin, end):
                finish(table, model)
        return 0

    @njit(**OPTIONS)
    def run_all(table, n_tasks, work):
        for model in range(get(table, T_MODELS)):
            prepare(table, model)
        for task in range(n_tasks):
            run_block(table, task, work)
        return finish_all(table, 0, get(table, T_MODELS))

    @njit(signature, **OPTIONS)
    def walk(table, what, begin, end, work):
        if what == EVERYTHING:
            run_all(table, end, work)
        elif what == PREPARE:
            for model in range(begin, end):
                prepare(table, model)
        elif what == BLOCKS:
            for task in range(begin, end):
                run_block(table, task, work)
        elif what == FINISH:
            finish_all(table, begin, end)
        else:
            for step in range(begin, end):
                if what in (LOAD, DESCEND):
                    load(table, step)
                if what == DESCEND:
                    run_all(get(table, D_MAIN), get(table, D_TASKS), get(table, D_WORK))
                if what in (UPDATE, DESCEND):
                    update(table, step)
        return 0

    return walk


def _chooser(table: dict, *, encoded: bool) -> Any:
    """Pick the pass for a group's size and place: compiled code has no dictionary of functions."""
    (a0, a1), (b0, b1), (c0, c1) = (tuple(table[k, encoded, diagonal] for diagonal in (False, True)) for k in (1, 2, 3))

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
