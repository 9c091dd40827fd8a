"""What does a boosted model of another library consist of? Trees whose leaves add to scores, what is added to these, and names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.onnx_graphs.trees import Tree

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Forest"]


@dataclass(frozen=True)
class Forest:
    """A booster, as its file says.

    Attributes
    ----------
    trees : tuple of Tree
        With the score that each adds to.
    prior : numpy.ndarray of shape (n_scores,)
        What is added; one score is that of the second of two classes, the first one's being 0.
    n_features : int
        Features of a row.
    float32 : bool
        Whether features are cast to float32.
    names : tuple of str
        Of the features; empty where the file has none of its own.
    classes : tuple of str
        Labels in the order of the scores; empty where the file has none.
    categories : mapping of int to tuple of str
        For features that are texts: their codes, from 0.
    values : tuple of numpy.ndarray of shape (n_nodes, n_scores)
        Of the nodes of each tree, where leaves hold a value for each score; the trees' own weights do not count then.
    """

    trees: tuple[Tree, ...]
    prior: "NDArray[np.float64]"
    n_features: int
    float32: bool
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    categories: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    values: "tuple[NDArray[np.float64], ...]" = ()
