"""What can be computed from the angles alone, once for all samples? Diagonals, tangents, and the first layer.

The work is in proportion to 2^n for each stage, done in double precision, and rounded at the end.
"""

import math
from typing import Any

from numba import njit

from quantum.simulator.layout import (
    ENCODED,
    G_FIRST,
    G_OFFSETS,
    G_QUBITS,
    GROUP_FIELDS,
    RX,
    RY,
    S_BEFORE,
    S_CZ,
    S_FRAME,
    S_GROUP,
    S_KIND,
    S_LAYER,
    S_QUARTER,
    STAGE_FIELDS,
    STATES,
    T,
)
from quantum.simulator.memory import OPTIONS, memory
from quantum.simulator.vectors import Machine

T_N = T["n_qubits"]
T_SIZE = T["size"]
T_MODE = T["mode"]
T_STAGES_N = T["n_stages"]
T_GROUPS_N = T["n_groups"]
T_LAYERS = T["n_layers"]
T_ENCODING = T["encoding"]
T_STAGES = T["stages"]
T_GROUPS = T["groups"]
T_PLACES = T["places"]
T_SIGNS = T["signs"]
T_ANGLES = T["angles"]
T_PHASES = T["phases"]
T_TANGENTS = T["tangents"]
T_FLIPS = T["flips"]
T_SHRINKAGE = T["shrinkage"]
T_MIXING = T["mixing"]
T_AXES = T["axes"]
T_ENCODED_AXES = T["encoded_axes"]
T_FINAL = T["final_phases"]
T_SCRATCH = T["scratch"]


def compile_prepare(on: Machine) -> Any:  # noqa: C901  a closure of short functions
    """Compile ``prepare(table, model)``."""
    access = memory(on)
    get, get32, getd, getr, put, putd, putr = (
        access.integer,
        access.integer32,
        access.double,
        access.real,
        access.put_integer,
        access.put_double,
        access.put_real,
    )
    element = on.element_bytes

    @njit(**OPTIONS)
    def parity(value):
        """1 if an odd number of bits is set."""
        value ^= value >> 16
        value ^= value >> 8
        value ^= value >> 4
        value ^= value >> 2
        value ^= value >> 1
        return value & 1

    @njit(**OPTIONS)
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

    @njit(**OPTIONS)
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
                    flip ^= get(group, G_OFFSETS + (1 << j))
                tangent = getr(tangents, q)
                correction /= 1.0 + tangent * tangent
            put(get(t, T_FLIPS), base * groups + g, flip)
        return factor

    @njit(**OPTIONS)
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

    @njit(**OPTIONS)
    def turn_axis(axis, a, b, c):
        """Carry an axis through RZ(a), RY(b), RZ(c)."""
        x, y, z = axis
        x, y = x * math.cos(a) - y * math.sin(a), x * math.sin(a) + y * math.cos(a)
        x, z = x * math.cos(b) + z * math.sin(b), z * math.cos(b) - x * math.sin(b)
        x, y = x * math.cos(c) - y * math.sin(c), x * math.sin(c) + y * math.cos(c)
        return x, y, z

    @njit(**OPTIONS)
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

    @njit(**OPTIONS)
    def prepare(t, model):
        prepare_first(t, model)
        for stage in range(get(t, T_STAGES_N)):
            prepare_stage(t, model, stage)
        if get(t, T_MODE) == STATES:
            n, size, last = get(t, T_N), get(t, T_SIZE), get(t, T_LAYERS) - 1
            angles = get(t, T_ANGLES) + (model * (last + 1) + last) * n * 24 + 16
            grow_phases(get(t, T_FINAL) + model * size * 16, n, size, angles if last > 0 else 0, 3, 0.0, 1.0)
        return 0

    return prepare
