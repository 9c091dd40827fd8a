"""How does a fitted scikit-learn pipeline become a lean graph that gives the very same answers?"""

from edge.exporting.lowering.columns import NotLoweredError
from edge.exporting.lowering.model import Lowered, lower

__all__ = ["Lowered", "NotLoweredError", "lower"]
