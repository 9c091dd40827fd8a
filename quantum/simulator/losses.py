"""What is the loss of a block, what the gradient of all, and where does a step lead? The walk's ends."""

import math
from typing import Any

from numba import njit

from quantum.simulator.layout import (
    A_COLUMNS,
    A_MASK,
    A_MOMENTS,
    A_NUMBERS,
    A_ROWS,
    A_SLOPES,
    A_SQUARES,
    A_STRIDE,
    A_VALUES,
    ENCODED,
    S_BEFORE,
    S_KIND,
    S_LAYER,
    SIGMOID,
    STAGE_FIELDS,
    T,
)
from quantum.simulator.memory import OPTIONS, memory
from quantum.simulator.vectors import Machine

T_N = T["n_qubits"]
T_OBSERVABLES = T["n_observables"]
T_MODE = T["mode"]
T_STAGES_N = T["n_stages"]
T_BLOCKS = T["n_blocks"]
T_PADDED = T["n_padded"]
T_LAYERS = T["n_layers"]
T_STAGES = T["stages"]
T_AXES = T["axes"]
T_PARTIAL = T["partial"]
T_COTANGENTS = T["cotangents"]
T_COTANGENT_STRIDE = T["cotangent_stride"]
T_EXPECTATIONS = T["expectations"]
T_LABELS = T["labels"]
T_LABEL_STRIDE = T["label_stride"]
T_WEIGHTS = T["weights"]
T_WEIGHT_STRIDE = T["weight_stride"]
T_HEAD = T["head"]
T_ANGLE_GRADIENT = T["angle_gradient"]
T_HEAD_GRADIENT = T["head_gradient"]


def compile_ends(on: Machine) -> tuple[Any, Any, Any]:  # noqa: C901  a closure of short functions
    """Compile ``lose(table, model, block, partial)``, ``finish(table, model)``, ``adam(table)``."""
    lanes = on.lanes
    access = memory(on)
    get, getd, getr, putd, putr = (
        access.integer,
        access.double,
        access.real,
        access.put_double,
        access.put_real,
    )
    element = on.element_bytes

    @njit(**OPTIONS)
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

    @njit(**OPTIONS)
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

    @njit(**OPTIONS)
    def adam(t):
        """Move parameters by Adam (beta 0.9 and 0.999, epsilon 1e-8) where the mask is 1."""
        rate, unbias = getd(get(t, A_NUMBERS), 0), getd(get(t, A_NUMBERS), 1)
        for row in range(get(t, A_ROWS)):
            for column in range(get(t, A_COLUMNS)):
                j = row * get(t, A_COLUMNS) + column
                mask = getd(get(t, A_MASK), j)
                slope = mask * getd(get(t, A_SLOPES), row * get(t, A_STRIDE) + column)
                moment, square = getd(get(t, A_MOMENTS), j), getd(get(t, A_SQUARES), j)
                moment += 0.1 * (slope - moment)
                square += 0.001 * (slope * slope - square)
                putd(get(t, A_MOMENTS), j, moment)
                putd(get(t, A_SQUARES), j, square)
                step = mask * rate * moment / (math.sqrt(square * unbias) + 1e-8)
                putd(get(t, A_VALUES), j, getd(get(t, A_VALUES), j) - step)
        return 0

    return lose, finish, adam
