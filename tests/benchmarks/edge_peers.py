"""How does each other runtime answer one row? Peers of the edge lab's artefact, each as an `Alternative` to be timed.

OpenVINO runs the lab's lean graph, or the converter's where the lab has none. Treelite is asked for trees: interpreted
(GTIL) and compiled to C by TL2cgen, called by its own predictor and, with less on the way, through ctypes. A
compilation that takes longer than allowed is stopped.
"""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from edge.timing.latency import Alternative, on_one_core

__all__ = ["PACKAGES", "CompiledTrees", "by_openvino", "by_treelite", "install", "n_nodes"]

PACKAGES = ("openvino", "openvino-telemetry", "treelite", "tl2cgen")
_NODES_A_SECOND = 2_000  # gcc at -O3 never compiled more; a forest that cannot be ready in time is not begun

_COMPILE = """
import sys
sys.path.append(sys.argv[1])
import tl2cgen, treelite
model = treelite.Model.deserialize(sys.argv[2])
tl2cgen.export_lib(model, toolchain="gcc", libpath=sys.argv[3], params={"parallel_comp": 8}, nthread=2)
"""


def install(peers: Path) -> None:
    """Put the peers into a folder, once, and behind the path of this process."""
    if not (peers / "complete").exists():
        print(f"installing {', '.join(PACKAGES)} into {peers} ...", flush=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(peers), *PACKAGES]
        subprocess.run(command, check=True)
        (peers / "complete").touch()
    sys.path.append(str(peers))


def by_openvino(content: bytes, rows: np.ndarray) -> Alternative:
    """Its fastest call from Python: tensors set once, rows copied into the input's memory, the base class's `infer`."""
    import openvino as ov
    from openvino._pyopenvino import InferRequest

    settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    with tempfile.TemporaryDirectory() as folder, on_one_core():  # else it hands each row to a thread on another core
        file = Path(folder) / "model.onnx"
        file.write_bytes(content)
        compiled = ov.Core().compile_model(str(file), "CPU", settings)
    ask = compiled.create_infer_request()
    place = next(place for place, out in enumerate(compiled.outputs) if "probabilities" in out.get_names())
    number = np.float64 if compiled.inputs[0].element_type == ov.Type.f64 else np.float32
    fed = [row[None].astype(number) for row in rows]
    kept = np.empty_like(fed[0])
    ask.set_input_tensor(0, ov.Tensor(kept, shared_memory=True))
    infer, nothing = InferRequest.infer, {}

    def call(i: int) -> np.ndarray:
        kept[:] = fed[i]
        infer(ask, nothing, True, False)  # answers are shared, and no texts decoded
        return ask.get_output_tensor(place).data

    return Alternative(call, len(rows), 200)


def by_treelite(model, rows: np.ndarray) -> Alternative:
    """Treelite's interpreter of trees."""
    import treelite

    made = treelite.sklearn.import_model(model)
    fed = [row[None] for row in _as_seen(model, rows)]
    return Alternative(lambda i: treelite.gtil.predict(made, fed[i], nthread=1), len(fed), 100)


def n_nodes(model) -> int:
    """Nodes of all trees."""
    if hasattr(model, "estimators_"):
        return sum(member.tree_.node_count for member in model.estimators_)
    return sum(len(predictor.nodes) for stage in model._predictors for predictor in stage)


class CompiledTrees:
    """Trees compiled to C by TL2cgen, once for both ways to call them.

    Parameters
    ----------
    limit : float
        Seconds that the compilation may take.
    """

    def __init__(self, model, rows: np.ndarray, *, peers: Path, limit: float) -> None:
        self.model, self.rows, self.peers, self.limit = model, _as_seen(model, rows), peers, limit
        self.reason, self.library = "", ""
        self.folder = tempfile.TemporaryDirectory()  # goes when this object goes; a loaded library stays loaded

    def by_predictor(self) -> Alternative:
        """TL2cgen's own predictor."""
        import tl2cgen

        predictor = tl2cgen.Predictor(self._compiled(), nthread=1)
        fed = [tl2cgen.DMatrix(row[None], dtype="float64") for row in self.rows]
        return Alternative(lambda i: predictor.predict(fed[i]), len(fed), 100)

    def by_ctypes(self) -> Alternative:
        """The compiled function itself; a call copies the row into a buffer, as the lab's bound call does."""
        predict = ctypes.CDLL(self._compiled()).predict
        predict.restype, predict.argtypes = None, (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
        outputs = len(self.model.classes_)
        outputs = 1 if outputs == 2 and not hasattr(self.model, "estimators_") else outputs
        kept, answer = np.empty_like(self.rows[0]), np.empty(outputs)
        given, taken, rows = kept.ctypes.data, answer.ctypes.data, list(self.rows)

        def call(i: int) -> np.ndarray:
            kept[:] = rows[i]
            answer.fill(0)  # the function adds to what is there
            predict(given, 0, taken)
            return answer

        return Alternative(call, len(rows), 200)

    def _compiled(self) -> str:
        """Compile, or say again why that was not possible."""
        if not self.library and not self.reason:
            self.reason = self._compile()
        if self.reason:
            raise RuntimeError(self.reason)
        return self.library

    def _compile(self) -> str:
        import treelite

        count = n_nodes(self.model)
        if count > self.limit * _NODES_A_SECOND:
            return f"{count:,} nodes are too many to compile in {self.limit:g} s (not tried)"
        folder = Path(self.folder.name)
        treelite.sklearn.import_model(self.model).serialize(str(folder / "model"))
        command = [sys.executable, "-c", _COMPILE, str(self.peers), str(folder / "model"), str(folder / "model.so")]
        task = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        try:
            _, errors = task.communicate(timeout=self.limit)
        except subprocess.TimeoutExpired:
            os.killpg(task.pid, signal.SIGKILL)  # gcc's processes, too
            task.wait()
            return f"{count:,} nodes were not compiled in {self.limit:g} s"
        if task.returncode:
            return "not compiled: " + " ".join(errors.decode(errors="replace").split())[-120:]
        self.library = str(folder / "model.so")
        return ""


def _as_seen(model, rows: np.ndarray) -> np.ndarray:
    """Give doubles; forests see float32 numbers, in either library."""
    seen = rows.astype(np.float32) if hasattr(model, "estimators_") else rows
    return np.ascontiguousarray(seen, dtype=np.float64)
