"""How does a fitted scikit-learn pipeline become a lean graph that gives the very same answers?"""

from edge.exporting.lowering.model import Lowered, lower
from lab.onnx_graphs.columns import NotLoweredError

__all__ = ["Lowered", "NotLoweredError", "lower"]
