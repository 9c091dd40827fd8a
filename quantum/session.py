"""What stays in memory between two steps of training? Buffers, samples and threads of one kind of call.

A `Session` is made for one circuit, number of models, number of samples and end (expectations, loss, ...). It keeps
everything that does not change from step to step, so that a step is: fill in the angles, run, read the results.
"""

import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

from quantum import native
from quantum.circuit import Circuit
from quantum.plan import STAGE_FIELDS, plan

PREPARE, BLOCKS, FINISH, EVERYTHING = range(4)
EXPECT, PULL_BACK, SOFTMAX, SIGMOID, STATES = range(5)
TABLE = (
    "n_qubits", "size", "n_observables", "mode", "n_stages", "n_groups", "n_blocks", "n_models", "n_padded",
    "n_layers", "n_encodings", "encoding", "own_phases", "stages", "groups", "representatives", "rows", "places",
    "signs", "diagonals", "lane_signs", "turns", "angles", "phases", "tangents", "flips", "shrinkage", "mixing",
    "axes", "encoded_axes", "partial", "cotangents", "cotangent_stride", "expectations", "encoded_numbers",
    "labels", "label_stride", "weights", "weight_stride", "head", "angle_gradient", "head_gradient", "states",
    "work_bytes", "final_phases", "scratch",
)  # fmt: skip
"""Names of the entries of the table that the compiled code reads, in the order of the constants in `kernels`."""

WORTH_A_THREAD = 40_000
"""Row updates (about 50 us of work) below which waking another thread costs more than it saves."""
MAX_KEPT, MAX_KEPT_BYTES = 4, 64 * 2**20
"""Sessions that a thread keeps for its next call, and the size beyond which one is not kept."""
_ALIGNMENT = 64
_workspaces = threading.local()


class Session:
    """Buffers for repeated runs of one circuit on one set of samples; arrays are shared with the compiled code.

    Parameters
    ----------
    circuit : Circuit
    mode : int
        One of the five ends above.
    n_models, n_samples : int
    precision : {"float32", "float64"}
    n_threads : int or None
        None uses every core that this process may use. Results do not depend on it, to the last bit.
    """

    def __init__(
        self, circuit: Circuit, mode: int, n_models: int, n_samples: int, *,
        precision: str = "float32", n_threads: int | None = None,
    ) -> None:  # fmt: skip
        self.walk = native.walk(precision)
        self.circuit, self.mode, self.n_models, self.n_samples = circuit, mode, n_models, n_samples
        self.real = np.dtype(precision)
        self.lanes = native.vector_bytes() // self.real.itemsize
        self.n_blocks = -(-n_samples // self.lanes)
        self.n_padded = self.n_blocks * self.lanes
        self.n_threads = n_threads or available_cores()
        self._scalings: NDArray[np.float64] | None = None
        self._features: NDArray[np.float64] | None = None
        self._allocate()

    def _allocate(self) -> None:
        circuit, tables = self.circuit, plan(self.circuit)
        n, layers, observables = circuit.n_qubits, circuit.n_layers, circuit.n_observables
        size, stages, models, padded = 1 << n, tables.n_stages, self.n_models, self.n_padded
        encodings, groups = circuit.n_encoding_layers, tables.n_groups
        gradient = self.mode in (PULL_BACK, SOFTMAX, SIGMOID)
        width = 3 * n * (stages + 1) + 2 + observables
        real, double = self.real, np.dtype(np.float64)
        self.own_phases = bool(stages and tables.stages.reshape(-1, STAGE_FIELDS)[:, 8].any())
        self.half_features = np.zeros((1, n, padded))
        self.angles = np.zeros((models, layers, n, 3))
        self.turns = np.zeros((models, encodings, n, 2, padded), real)
        self.expectations = np.zeros((models, observables, padded), real)
        self.cotangents = np.zeros((models, observables, padded) if gradient else (1,), real)
        self.encoded_numbers = np.zeros((models, encodings, n, padded) if gradient else (1,), real)
        self.labels = np.zeros((1, padded), np.int64)
        self.weights = np.zeros((1, padded))
        self.head = np.zeros((models, 1 + observables))
        self.angle_gradient = np.zeros((models, layers, n, 3))
        self.head_gradient = np.zeros((models, 2 + observables))
        self.states = np.zeros((models, padded, size) if self.mode == STATES else (1,), complex_of(real))
        self._arrays: dict[str, NDArray] = {
            "stages": tables.stages, "groups": tables.groups, "representatives": tables.representatives,
            "rows": tables.rows, "places": tables.places, "signs": tables.signs,
            "diagonals": _in_precision(tables.diagonals, real), "lane_signs": _lane_signs(self.lanes, real),
            "turns": self.turns, "angles": self.angles, "phases": np.zeros((models, stages, size, 2), real),
            "tangents": np.zeros((models, stages, n), real), "flips": np.zeros((models, stages, groups), np.int64),
            "shrinkage": np.zeros((models, stages, groups)), "mixing": np.zeros((models, n, 8), real),
            "axes": np.zeros((models, n, 9)), "encoded_axes": np.zeros((models, n, 3), real),
            "partial": np.zeros((models * self.n_blocks, width) if gradient else (1,)),
            "cotangents": self.cotangents, "expectations": self.expectations,
            "encoded_numbers": self.encoded_numbers, "labels": self.labels, "weights": self.weights,
            "head": self.head, "angle_gradient": self.angle_gradient, "head_gradient": self.head_gradient,
            "states": self.states, "scratch": np.zeros((models, size, 4), double),
            "final_phases": np.zeros((models, size, 2) if self.mode == STATES else (1,), double),
        }  # fmt: skip
        row = 2 * self.lanes * real.itemsize
        phase_rows = (size * row * 3) // 2 if self.own_phases else 0
        products = (max(size, self.lanes) + self.lanes) * real.itemsize
        dual = size + 1 if gradient else 0
        self.work_bytes = (size + 1 + dual) * row + (n + 1) * 2 * row + products + phase_rows + 2 * _ALIGNMENT
        numbers = {
            "n_qubits": n, "size": size, "n_observables": observables, "mode": self.mode, "n_stages": stages,
            "n_groups": groups, "n_blocks": self.n_blocks, "n_models": models, "n_padded": padded,
            "n_layers": layers, "n_encodings": encodings, "encoding": ("RX", "RY", "RZ").index(circuit.encoding),
            "own_phases": int(self.own_phases), "cotangent_stride": observables * padded,
            "label_stride": 0, "weight_stride": 0, "work_bytes": self.work_bytes,
        }  # fmt: skip
        self._table = np.array(
            [numbers[name] if name in numbers else self._arrays[name].ctypes.data for name in TABLE], np.int64
        )
        self._address = self._table.ctypes.data
        self.n_bytes = sum(array.nbytes for array in self._arrays.values())
        # One stage is a handful of row updates per qubit; the product state about two.
        self._effort = models * self.n_blocks * size * n * (stages + 1) * (3 if gradient else 1)

    def set_features(self, features: NDArray[np.float64]) -> None:
        """Take over samples: shape (n_samples, n_qubits), or with n_models in front."""
        if self._features is not None and np.array_equal(self._features, features):
            return
        self._features = features.copy()
        shape = (features.shape[0] if features.ndim == 3 else 1, self.circuit.n_qubits, self.n_padded)
        if self.half_features.shape != shape:
            self.half_features = np.zeros(shape)
        np.multiply(np.swapaxes(features, -1, -2), 0.5, out=self.half_features[..., : self.n_samples])
        self._scalings = None

    def set_targets(self, labels: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
        """Take over labels and normalised weights: shape (n_samples,) or (n_models, n_samples)."""
        self.labels = self._share("labels", "label_stride", self.labels, labels)
        self.weights = self._share("weights", "weight_stride", self.weights, weights)

    def _share(self, name: str, stride: str, buffer: NDArray, values: NDArray) -> NDArray:
        rows = values.shape[0] if values.ndim == 2 else 1
        if buffer.shape[0] != rows:
            buffer = np.zeros((rows, self.n_padded), buffer.dtype)
            self._arrays[name] = buffer
            self._table[TABLE.index(name)] = buffer.ctypes.data
            self._table[TABLE.index(stride)] = self.n_padded if rows > 1 else 0
        buffer[:, : self.n_samples] = values
        return buffer

    def run(self, scalings: NDArray[np.float64]) -> None:
        """Run on `self.angles` (and `head`, `cotangents` where the mode reads them) and fill the results.

        Parameters
        ----------
        scalings : array of shape (n_models or 1, n_encoding_layers, n_qubits)
        """
        if self._scalings is None or not np.array_equal(self._scalings, scalings):
            half = scalings[..., None] * self.half_features[:, None]
            np.cos(half, out=self.turns[:, :, :, 0], casting="same_kind")
            np.sin(half, out=self.turns[:, :, :, 1], casting="same_kind")
            self._scalings = scalings.copy()
        tasks = self.n_models * self.n_blocks
        threads = min(self.n_threads, tasks, 1 + self._effort // WORTH_A_THREAD)
        if threads == 1:
            self.walk(self._address, EVERYTHING, 0, tasks, _workspace(self.work_bytes))
            return
        self._spread(self.n_models, PREPARE, threads)
        self._spread(tasks, BLOCKS, threads)
        self.walk(self._address, FINISH, 0, self.n_models, 0)

    def _spread(self, n_tasks: int, what: int, n_threads: int) -> None:
        """Let threads take turns at the tasks; a compiled call holds no interpreter lock."""
        step = max(1, n_tasks // (4 * n_threads))
        starts = count(0, step)

        def serve() -> None:
            work = _workspace(self.work_bytes)
            for start in starts:
                if start >= n_tasks:
                    return
                self.walk(self._address, what, start, min(start + step, n_tasks), work)

        helpers = [_pool(n_threads - 1).submit(serve) for _ in range(min(n_threads, n_tasks) - 1)]
        serve()
        for helper in helpers:
            helper.result()

    def scaling_gradient(self) -> NDArray[np.float64]:
        """Derivative by the scalings: shape (n_models, n_encoding_layers, n_qubits)."""
        return 2.0 * np.sum(self.encoded_numbers * self.half_features[:, None], axis=-1, dtype=np.float64)

    def feature_gradient(self, scalings: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivative by the features: shape (n_models, n_samples, n_qubits)."""
        each = np.sum(self.encoded_numbers * scalings[..., None], axis=1, dtype=np.float64)
        return np.swapaxes(each, -1, -2)[:, : self.n_samples]


def session_for(
    circuit: Circuit, mode: int, n_models: int, n_samples: int, *,
    precision: str = "float32", n_threads: int | None = None,
) -> Session:  # fmt: skip
    """Give this thread's session of that kind: one of the last few used, or a new one."""
    kept: OrderedDict[tuple, Session] | None = getattr(_workspaces, "sessions", None)
    if kept is None:
        kept = _workspaces.sessions = OrderedDict()
    key = (circuit, mode, n_models, n_samples, precision, n_threads)
    found = kept.pop(key, None)
    if found is None:
        found = Session(circuit, mode, n_models, n_samples, precision=precision, n_threads=n_threads)
    if found.n_bytes <= MAX_KEPT_BYTES:
        kept[key] = found
        if len(kept) > MAX_KEPT:
            kept.popitem(last=False)
    return found


def available_cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def complex_of(real: np.dtype) -> np.dtype:
    """Complex type of the same precision."""
    return np.dtype(np.complex64 if real.itemsize == 4 else np.complex128)


@lru_cache(maxsize=8)
def _pool(n_threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(n_threads, thread_name_prefix="quantum-simulator")


def _workspace(n_bytes: int) -> int:
    """Address of this thread's aligned working memory, kept for the next call."""
    buffer = getattr(_workspaces, "buffer", None)
    if buffer is None or buffer.nbytes < n_bytes + _ALIGNMENT:
        buffer = _workspaces.buffer = np.zeros(n_bytes + _ALIGNMENT, np.uint8)
    return int(-(-buffer.ctypes.data // _ALIGNMENT) * _ALIGNMENT)


def _in_precision(values: NDArray[np.float64], real: np.dtype) -> NDArray:
    return np.ascontiguousarray(values, dtype=real)


@lru_cache(maxsize=4)
def _lane_signs(lanes: int, real: np.dtype) -> NDArray:
    """Entry [p, l] is -1 where p & l has an odd number of bits."""
    lane = np.arange(lanes)
    return (1.0 - 2.0 * (np.bitwise_count(lane[:, None] & lane) & 1)).astype(real)
