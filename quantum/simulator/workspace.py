"""What stays in memory between two steps of training? Buffers, samples and threads of one kind of call.

A `Workspace` is made for one circuit, number of models, number of samples and end (expectations, loss, ...).
It keeps what does not change from step to step: a step is to fill in the angles, run, and read the results.
"""

import os
import threading
from collections import OrderedDict
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quantum.circuit import Circuit
from quantum.simulator import native
from quantum.simulator.layout import (
    BLOCKS,
    EVERYTHING,
    FINISH,
    PREPARE,
    PULL_BACK,
    S_OWN,
    SIGMOID,
    SOFTMAX,
    STATES,
    TABLE,
    T,
)
from quantum.simulator.tables import CircuitTables, tables_of

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

WORTH_A_THREAD = 40_000
"""Row updates (some 50 us) below which waking another thread costs more than it saves."""
MAX_KEPT, MAX_KEPT_BYTES = 4, 64 * 2**20
"""Workspaces that a thread keeps for its next call, and the size beyond which one is not kept."""
_ALIGNMENT = 64
_SHARED = ("turns", "angles", "cotangents", "expectations", "encoded_numbers", "labels", "weights", "head", "angle_gradient",
           "head_gradient", "states")  # fmt: skip
"""Attributes of a workspace whose memory the compiled code reads and writes."""
_of_thread = threading.local()


class Workspace:
    """Buffers for repeated runs of one circuit on one set of samples, shared with the compiled code.

    Parameters
    ----------
    circuit : Circuit
    mode : int
        One of the five ends in `quantum.simulator.layout`.
    n_models, n_samples : int
    precision : {"float32", "float64"}
    n_threads : int or None
        None uses every core that this process may use. Results do not depend on it, to the last bit.
    """

    def __init__(
        self,
        circuit: Circuit,
        mode: int,
        n_models: int,
        n_samples: int,
        *,
        precision: str = "float32",
        n_threads: int | None = None,
    ) -> None:
        self.walk = native.walk(precision)
        self.circuit, self.mode, self.n_models, self.n_samples = circuit, mode, n_models, n_samples
        self.real = np.dtype(precision)
        self.lanes = native.vector_bytes() // self.real.itemsize
        self.n_blocks = -(-n_samples // self.lanes)
        self.n_padded = self.n_blocks * self.lanes
        self.n_threads = n_threads or available_cores()
        self._allocate()

    def _allocate(self) -> None:
        tables = tables_of(self.circuit)
        self.own_phases = bool(tables.n_stages and tables.stages[:, S_OWN].any())
        gradient = self.mode in (PULL_BACK, SOFTMAX, SIGMOID)
        self._make_shared(gradient=gradient)
        self._arrays: dict[str, NDArray] = {
            **{name: getattr(self, name) for name in _SHARED},
            **self._tables_in_precision(tables),
            **self._inner_arrays(tables, gradient=gradient),
        }
        numbers = self._numbers(tables)
        self._table = np.array(
            [numbers[name] if name in numbers else self._arrays[name].ctypes.data for name in TABLE], np.int64
        )
        self.address = self._table.ctypes.data
        self.n_bytes = sum(array.nbytes for array in self._arrays.values())
        self.work_bytes = self._bytes_of_a_block(gradient=gradient)
        # One stage is a handful of row updates per qubit; the product state about two.
        per_block = self.circuit.n_qubits * (tables.n_stages + 1) << self.circuit.n_qubits
        self.row_updates = self.n_models * self.n_blocks * per_block * (3 if gradient else 1)

    def _make_shared(self, *, gradient: bool) -> None:
        """Make what is filled in before a run, and what is read after it."""
        circuit, models, padded, real = self.circuit, self.n_models, self.n_padded, self.real
        n, layers, observables, encodings = (
            circuit.n_qubits, circuit.n_layers, circuit.n_observables, circuit.n_encoding_layers,
        )  # fmt: skip
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
        self.states = np.zeros((models, padded, 1 << n) if self.mode == STATES else (1,), complex_of(real))

    def _tables_in_precision(self, tables: CircuitTables) -> dict[str, NDArray]:
        """Give what depends on the circuit alone."""
        return {
            "stages": tables.stages,
            "groups": tables.groups,
            "representatives": tables.representatives,
            "rows": tables.rows,
            "places": tables.places,
            "signs": tables.signs,
            "diagonals": _in_precision(tables.diagonals, self.real),
            "lane_signs": _lane_signs(self.lanes, self.real),
        }

    def _inner_arrays(self, tables: CircuitTables, *, gradient: bool) -> dict[str, NDArray]:
        """Make what the compiled code keeps for itself between its parts."""
        models, n, stages, groups, real = (
            self.n_models, self.circuit.n_qubits, tables.n_stages, tables.n_groups, self.real,
        )  # fmt: skip
        size, width = 1 << n, 3 * n * (stages + 1) + 2 + self.circuit.n_observables
        return {
            "phases": np.zeros((models, stages, size, 2), real),
            "tangents": np.zeros((models, stages, n), real),
            "flips": np.zeros((models, stages, groups), np.int64),
            "shrinkage": np.zeros((models, stages, groups)),
            "mixing": np.zeros((models, n, 8), real),
            "axes": np.zeros((models, n, 9)),
            "encoded_axes": np.zeros((models, n, 3), real),
            "partial": np.zeros((models * self.n_blocks, width) if gradient else (1,)),
            "scratch": np.zeros((models, size, 4)),
            "final_phases": np.zeros((models, size, 2) if self.mode == STATES else (1,)),
        }

    def _numbers(self, tables: CircuitTables) -> dict[str, int]:
        """Give the numbers that the compiled code reads beside the addresses of the arrays."""
        circuit = self.circuit
        return {
            "n_qubits": circuit.n_qubits,
            "size": 1 << circuit.n_qubits,
            "n_observables": circuit.n_observables,
            "mode": self.mode,
            "n_stages": tables.n_stages,
            "n_groups": tables.n_groups,
            "n_blocks": self.n_blocks,
            "n_models": self.n_models,
            "n_padded": self.n_padded,
            "n_layers": circuit.n_layers,
            "n_encodings": circuit.n_encoding_layers,
            "encoding": ("RX", "RY", "RZ").index(circuit.encoding),
            "own_phases": int(self.own_phases),
            "cotangent_stride": circuit.n_observables * self.n_padded,
            "label_stride": 0,
            "weight_stride": 0,
        }

    def _bytes_of_a_block(self, *, gradient: bool) -> int:
        """Bytes of working memory that a thread needs for one block of samples."""
        n, size = self.circuit.n_qubits, 1 << self.circuit.n_qubits
        row = 2 * self.lanes * self.real.itemsize
        phase_rows = (size * row * 3) // 2 if self.own_phases else 0
        products = (max(size, self.lanes) + self.lanes) * self.real.itemsize
        dual = size + 1 if gradient else 0
        return (size + 1 + dual) * row + (n + 1) * 2 * row + products + phase_rows + 2 * _ALIGNMENT

    def set_features(self, features: NDArray[np.float64]) -> None:
        """Take over samples: shape (n_samples, n_qubits), or with n_models in front."""
        shape = (features.shape[0] if features.ndim == 3 else 1, self.circuit.n_qubits, self.n_padded)
        if self.half_features.shape != shape:
            self.half_features = np.zeros(shape)
        np.multiply(np.swapaxes(features, -1, -2), 0.5, out=self.half_features[..., : self.n_samples])

    def set_targets(self, labels: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
        """Take over labels and normalised weights: shape (n_samples,) or (n_models, n_samples)."""
        self.labels = self._share("labels", "label_stride", self.labels, labels)
        self.weights = self._share("weights", "weight_stride", self.weights, weights)

    def _share(self, name: str, stride: str, buffer: NDArray, values: NDArray) -> NDArray:
        rows = values.shape[0] if values.ndim == 2 else 1
        if buffer.shape[0] != rows:
            buffer = np.zeros((rows, self.n_padded), buffer.dtype)
            self._arrays[name] = buffer
            self._table[T[name]] = buffer.ctypes.data
            self._table[T[stride]] = self.n_padded if rows > 1 else 0
        buffer[:, : self.n_samples] = values
        return buffer

    def set_scalings(self, scalings: NDArray[np.float64]) -> None:
        """Take over scalings, shape (n_models or 1, n_encoding_layers, n_qubits): encode the samples."""
        half = scalings[..., None] * self.half_features[:, None]
        np.cos(half, out=self.turns[:, :, :, 0], casting="same_kind")
        np.sin(half, out=self.turns[:, :, :, 1], casting="same_kind")

    def run(self) -> None:
        """Run on `self.angles` (and `head`, `cotangents` where the mode reads them) and fill the results."""
        tasks, threads = self.n_models * self.n_blocks, self.threads_used
        if threads == 1:
            work, _owner = working_memory(self.work_bytes)
            self.walk(self.address, EVERYTHING, 0, tasks, work)
            return
        self._spread(self.n_models, PREPARE, threads)
        self._spread(tasks, BLOCKS, threads)
        self.walk(self.address, FINISH, 0, self.n_models, 0)

    @property
    def threads_used(self) -> int:
        """Threads that a run is worth."""
        return min(self.n_threads, self.n_models * self.n_blocks, 1 + self.row_updates // WORTH_A_THREAD)

    def _spread(self, n_tasks: int, what: int, n_threads: int) -> None:
        """Let threads take turns at the tasks; a compiled call holds no interpreter lock."""
        step = max(1, n_tasks // (4 * n_threads))
        starts = count(0, step)

        def serve() -> None:
            work, _owner = working_memory(self.work_bytes)
            for start in starts:
                if start >= n_tasks:
                    return
                self.walk(self.address, what, start, min(start + step, n_tasks), work)

        others = [_pool(n_threads - 1).submit(serve) for _ in range(min(n_threads, n_tasks) - 1)]
        serve()
        for other in others:
            other.result()

    def scaling_gradient(self) -> NDArray[np.float64]:
        """Compute the derivative by the scalings: shape (n_models, n_encoding_layers, n_qubits)."""
        products = self.encoded_numbers * self.half_features[:, None]
        return np.asarray(2.0 * products.sum(axis=-1, dtype=np.float64))

    def feature_gradient(self, scalings: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute the derivative by the features: shape (n_models, n_samples, n_qubits)."""
        each = np.sum(self.encoded_numbers * scalings[..., None], axis=1, dtype=np.float64)
        return np.swapaxes(each, -1, -2)[:, : self.n_samples]


def workspace_for(
    circuit: Circuit,
    mode: int,
    n_models: int,
    n_samples: int,
    *,
    precision: str = "float32",
    n_threads: int | None = None,
) -> Workspace:
    """Give this thread's workspace of that kind: one of the last few used, or a new one."""
    kept: OrderedDict[tuple, Workspace] | None = getattr(_of_thread, "workspaces", None)
    if kept is None:
        kept = _of_thread.workspaces = OrderedDict()
    key = (circuit, mode, n_models, n_samples, precision, n_threads)
    found = kept.pop(key, None)
    if found is None:
        found = Workspace(circuit, mode, n_models, n_samples, precision=precision, n_threads=n_threads)
    if found.n_bytes <= MAX_KEPT_BYTES:
        kept[key] = found
        if len(kept) > MAX_KEPT:
            kept.popitem(last=False)
    return found


def available_cores() -> int:
    """Count the cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def complex_of(real: np.dtype) -> np.dtype:
    """Give the complex type of the same precision."""
    return np.dtype(np.complex64 if real.itemsize == 4 else np.complex128)


@lru_cache(maxsize=8)
def _pool(n_threads: int) -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor  # only those who use threads wait for its import

    return ThreadPoolExecutor(n_threads, thread_name_prefix="quantum-simulator")


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def working_memory(n_bytes: int) -> tuple[int, NDArray[np.uint8]]:
    """Give an aligned address, and the array that must be held on to, shape (at least n_bytes,); this thread keeps a small one."""
    buffer = getattr(_of_thread, "buffer", None)
    if buffer is None or buffer.nbytes < n_bytes + _ALIGNMENT:
        buffer = np.zeros(n_bytes + _ALIGNMENT, np.uint8)
        if n_bytes <= MAX_KEPT_BYTES:
            _of_thread.buffer = buffer
    return int(-(-buffer.ctypes.data // _ALIGNMENT) * _ALIGNMENT), buffer


def _in_precision(values: NDArray[np.float64], real: np.dtype) -> NDArray:
    return np.ascontiguousarray(values, dtype=real)


@lru_cache(maxsize=4)
def _lane_signs(lanes: int, real: np.dtype) -> NDArray:
    """Entry [p, l] is -1 where p & l has an odd number of bits."""
    lane = np.arange(lanes)
    return (1.0 - 2.0 * (np.bitwise_count(lane[:, None] & lane) & 1)).astype(real)
