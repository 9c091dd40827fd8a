"""How is an exported model run? By ONNX Runtime on the CPU, on one thread unless asked otherwise."""

import onnxruntime

__all__ = ["LEVELS", "OUTPUT", "session"]

OUTPUT = "probabilities"
LEVELS = {
    "disabled": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
}
"""How far the runtime may rewrite a graph when it loads it, from not at all to all that it knows (its default)."""


def session(model: bytes, *, threads: int = 1, level: str = "all") -> onnxruntime.InferenceSession:
    """Load a model from memory (never from a path that it names) for one call at a time.

    Parameters
    ----------
    threads : int
        Threads of a call; 0 is one on each core.
    level : str
        One of `LEVELS`.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = LEVELS[level]
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
