"""What happens in a step of training around the gradient? Samples are loaded and encoded, parameters move.

Compiled, so that many short steps need no Python between them. Sine and cosine are computed for whole rows by
Cody and Waite's reduction ("Software Manual for the Elementary Functions", 1980) to [-pi/4, pi/4] and Taylor
polynomials (rest below 4e-17 there), because a loop over a library's function would take as long as the gradient.
"""

import math
from typing import Any

from numba import njit

from quantum.simulator.layout import D, T
from quantum.simulator.memory import OPTIONS, memory
from quantum.simulator.vectors import Machine

T_N = T["n_qubits"]
T_MODELS = T["n_models"]
T_PADDED = T["n_padded"]
T_ENCODINGS = T["n_encodings"]
T_OBSERVABLES = T["n_observables"]
T_TURNS = T["turns"]
T_NUMBERS = T["encoded_numbers"]
T_LABELS = T["labels"]
T_WEIGHTS = T["weights"]
T_HEAD_GRADIENT = T["head_gradient"]
D_MAIN = D["main"]
D_RATES = D["rates"]
D_NOW = D["numbers"]
D_LOSSES = D["losses"]
D_UPDATES = D["updates"]
D_UPDATES_N = D["n_updates"]
D_SCALINGS = D["scalings"]
D_SCALING_SLOPES = D["scaling_slopes"]
D_HALF = D["half"]
D_HALF_ROWS = D["half_rows"]
D_INDICES = D["indices"]
D_BATCH = D["n_batch"]
D_ALL = D["n_all"]
D_ALL_HALF = D["all_half"]
D_ALL_TURNS = D["all_turns"]
D_ALL_LABELS = D["all_labels"]
D_LABEL_ROWS = D["label_rows"]
D_ALL_WEIGHTS = D["all_weights"]
D_WEIGHT_ROWS = D["weight_rows"]

LARGEST = 1e5
"""Radians up to which the reduction is exact to the last digits; beyond, the library's functions are called."""
# pi/2 in three parts; multiples below 2^20 of the first two are exact.
HIGH, MIDDLE, LOW = 1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21
SINE = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(8))
COSINE = tuple((-1) ** k / math.factorial(2 * k) for k in range(9))


def compile_descent(on: Machine, adam: Any) -> tuple[Any, Any]:  # noqa: C901  a closure of short functions
    """Compile ``load(table, step)`` and ``update(table, step)`` on the table of a descent."""
    access = memory(on)
    get, getd, getr, put, putd, putr = (
        access.integer,
        access.double,
        access.real,
        access.put_integer,
        access.put_double,
        access.put_real,
    )
    element = on.element_bytes

    @njit(inline="always", **OPTIONS)
    def polynomial_sine(r, z):
        s1, s2, s3, s4, s5, s6, s7 = SINE[1:]
        return r + r * z * (s1 + z * (s2 + z * (s3 + z * (s4 + z * (s5 + z * (s6 + z * s7))))))

    @njit(inline="always", **OPTIONS)
    def polynomial_cosine(z):
        c1, c2, c3, c4, c5, c6, c7, c8 = COSINE[1:]
        return 1.0 + z * (c1 + z * (c2 + z * (c3 + z * (c4 + z * (c5 + z * (c6 + z * (c7 + z * c8)))))))

    @njit(**OPTIONS)
    def turn_row(half, scaling, cosines, sines, n):
        """Cosine and sine of `scaling` times each of `n` numbers."""
        largest = 0.0
        for i in range(n):
            largest = max(largest, abs(scaling * getd(half, i)))
        if not largest <= LARGEST:
            for i in range(n):
                putr(cosines, i, math.cos(scaling * getd(half, i)))
                putr(sines, i, math.sin(scaling * getd(half, i)))
            return 0
        for i in range(n):
            x = scaling * getd(half, i)
            k = math.floor(x * (2.0 / math.pi) + 0.5)
            r = ((x - k * HIGH) - k * MIDDLE) - k * LOW
            z = r * r
            s, c = polynomial_sine(r, z), polynomial_cosine(z)
            quadrant = k - 4.0 * math.floor(0.25 * k)
            swap = quadrant == 1.0 or quadrant == 3.0
            near, far = (s, c) if swap else (c, s)
            putr(cosines, i, -near if quadrant == 1.0 or quadrant == 2.0 else near)
            putr(sines, i, -far if quadrant >= 2.0 else far)
        return 0

    @njit(**OPTIONS)
    def gather(d, chosen):
        """Bring the features, labels and weights of the chosen samples into place."""
        t = get(d, D_MAIN)
        n, padded = get(t, T_N), get(t, T_PADDED)
        batch, every = get(d, D_BATCH), get(d, D_ALL)
        for row in range(get(d, D_HALF_ROWS) * n):
            source, target = get(d, D_ALL_HALF) + row * every * 8, get(d, D_HALF) + row * padded * 8
            for i in range(batch):
                putd(target, i, getd(source, get(chosen, i)))
        for row in range(get(d, D_LABEL_ROWS)):
            source, target = get(d, D_ALL_LABELS) + row * every * 8, get(t, T_LABELS) + row * padded * 8
            for i in range(batch):
                put(target, i, get(source, get(chosen, i)))
        for row in range(get(d, D_WEIGHT_ROWS)):
            source, target = get(d, D_ALL_WEIGHTS) + row * every * 8, get(t, T_WEIGHTS) + row * padded * 8
            total = 0.0
            for i in range(batch):
                total += getd(source, get(chosen, i))
            total = total if total > 0.0 else 1.0
            for i in range(batch):
                putd(target, i, getd(source, get(chosen, i)) / total)
        return 0

    @njit(**OPTIONS)
    def gather_turns(d, chosen):
        """Bring the encoded features of the chosen samples into place."""
        t = get(d, D_MAIN)
        padded, rows = get(t, T_PADDED), get(t, T_ENCODINGS) * get(t, T_N) * 2
        for model in range(get(t, T_MODELS)):
            first = (model if get(d, D_HALF_ROWS) > 1 else 0) * rows
            for row in range(rows):
                source = get(d, D_ALL_TURNS) + (first + row) * get(d, D_ALL) * element
                target = get(t, T_TURNS) + (model * rows + row) * padded * element
                for i in range(get(d, D_BATCH)):
                    putr(target, i, getr(source, get(chosen, i)))
        return 0

    @njit(**OPTIONS)
    def encode(d):
        """Turn the features by the scalings of now."""
        t = get(d, D_MAIN)
        n, padded, encodings = get(t, T_N), get(t, T_PADDED), get(t, T_ENCODINGS)
        for model in range(get(t, T_MODELS)):
            half = get(d, D_HALF) + (model if get(d, D_HALF_ROWS) > 1 else 0) * n * padded * 8
            for layer in range(encodings):
                for q in range(n):
                    place = (model * encodings + layer) * n + q
                    cosines = get(t, T_TURNS) + place * 2 * padded * element
                    scaling = getd(get(d, D_SCALINGS), place)
                    turn_row(half + q * padded * 8, scaling, cosines, cosines + padded * element, padded)
        return 0

    @njit(**OPTIONS)
    def slopes_of_scalings(d):
        """Sum each encoded number with its feature: derivatives by the scalings."""
        t = get(d, D_MAIN)
        n, padded, encodings = get(t, T_N), get(t, T_PADDED), get(t, T_ENCODINGS)
        for model in range(get(t, T_MODELS)):
            half = get(d, D_HALF) + (model if get(d, D_HALF_ROWS) > 1 else 0) * n * padded * 8
            for layer in range(encodings):
                for q in range(n):
                    place = (model * encodings + layer) * n + q
                    numbers = get(t, T_NUMBERS) + place * padded * element
                    total = 0.0
                    for i in range(padded):
                        total += getr(numbers, i) * getd(half, q * padded + i)
                    putd(get(d, D_SCALING_SLOPES), place, 2.0 * total)
        return 0

    @njit(**OPTIONS)
    def load(d, step):
        if get(d, D_INDICES):
            chosen = get(d, D_INDICES) + step * get(d, D_BATCH) * 8
            gather(d, chosen)
            if not get(d, D_SCALINGS):
                gather_turns(d, chosen)
        if get(d, D_SCALINGS):
            encode(d)
        return 0

    @njit(**OPTIONS)
    def update(d, step):
        t = get(d, D_MAIN)
        models, width = get(t, T_MODELS), 2 + get(t, T_OBSERVABLES)
        for model in range(models):
            putd(get(d, D_LOSSES), step * models + model, getd(get(t, T_HEAD_GRADIENT), model * width))
        for j in range(2):
            putd(get(d, D_NOW), j, getd(get(d, D_RATES), 2 * step + j))
        if get(d, D_SCALINGS):
            slopes_of_scalings(d)
        for j in range(get(d, D_UPDATES_N)):
            adam(get(get(d, D_UPDATES), j))
        return 0

    return load, update
