"""How is an exported model run? By ONNX Runtime on the CPU, on one thread."""

import onnxruntime

__all__ = ["OUTPUT", "session"]

OUTPUT = "probabilities"


def session(model: bytes) -> onnxruntime.InferenceSession:
    """Load a model from memory (never from a path that it names) for one thread and one call at a time."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
