"""Is the exported model the same model? Compared row by row with the original.

On test rows, on rows beyond their range, and on rows placed at the split thresholds of its trees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pandas as pd
from onnx import helper, numpy_helper

from edge.exporting.device import Exported, device_columns, feeds
from edge.session import OUTPUT, session
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Parity", "at_thresholds", "beyond_range", "compare", "leanest_equal"]

NOTICEABLE = 1e-5
_FLOAT32_END = float(np.finfo(np.float32).max)  # scikit-learn's forests refuse what lies beyond
_BATCH = 2_000  # rows at a time: a forest of many classes gathers a row for each tree


@dataclass(frozen=True)
class Parity:
    """How far the exported model is from the original.

    Attributes
    ----------
    rows : int
        Rows compared.
    largest : float
        Largest difference of a probability, 0 to 1.
    noticeable : int
        Rows in which a probability differs by more than 1e-5.
    flips : int
        Rows whose predicted label differs.
    """

    rows: int
    largest: float
    noticeable: int
    flips: int


def compare(model: Any, exported: bytes, dataset: Dataset, table: "NDArray | pd.DataFrame") -> Parity:
    """Run both models on the same rows, of shape (n_rows, n_columns) as `edge.exporting.device.device_rows` orders them.

    The original sees them in float64, the exported one as the device gets them.
    """
    original = model.predict_proba(table)
    ready = session(exported)
    found = np.concatenate(
        [
            ready.run([OUTPUT], feeds(dataset, table[start : start + _BATCH], ready))[0]
            for start in range(0, len(original), _BATCH)
        ]
    )
    if found.shape != original.shape or not np.isfinite(found).all():
        return Parity(len(original), 1.0, len(original), len(original))
    distance = np.abs(original - found).max(axis=1)
    flips = original.argmax(axis=1) != found.argmax(axis=1)
    return Parity(len(original), float(distance.max()), int((distance > NOTICEABLE).sum()), int(flips.sum()))


def leanest_equal(
    model: Any, forms: Sequence[Exported], dataset: Dataset, table: "NDArray | pd.DataFrame", *, seed: int
) -> Exported:
    """Take the first form that no row tells from the original, in their range and beyond; the last where none is.

    `table` holds the rows, of shape (n_rows, n_columns), as `compare` takes them.
    """
    for form in forms[:-1]:
        rows = (
            table,
            beyond_range(dataset, table, seed=seed, takes_unknown=getattr(model, "takes_unknown", True)),
        )
        found = [compare(model, form.content, dataset, shown) for shown in rows]
        if all(parity.flips == 0 and parity.noticeable == 0 for parity in found):
            return form
    return forms[-1]


def beyond_range(
    dataset: Dataset, table: "NDArray | pd.DataFrame", *, seed: int, takes_unknown: bool = True
) -> "NDArray | pd.DataFrame":
    """Move every number of the rows away from the middle of its column, up to three times the range, and unseat texts.

    A tenth of the numbers becomes missing where the table has missing values, and a tenth of the texts unknown. The rows
    keep their shape (n_rows, n_columns). For a model that refuses unknown texts none is made up.
    """
    rng = np.random.default_rng(seed)
    n_numbers = len(device_columns(dataset)[0])
    frame = pd.DataFrame(table)
    numbers = frame.iloc[:, :n_numbers].to_numpy(dtype=np.float64)
    middle = np.nanmedian(numbers, axis=0)
    moved = middle + (numbers - middle) * rng.uniform(1, 3, size=numbers.shape)
    if np.isnan(numbers).any():
        moved[rng.random(moved.shape) < 0.1] = np.nan
    if not isinstance(table, pd.DataFrame):
        return moved
    texts = frame.iloc[:, n_numbers:].to_numpy(dtype=object, copy=True)
    if takes_unknown:
        texts[rng.random(texts.shape) < 0.1] = "a category that was never seen"
    columns = {name: moved[:, place] for place, name in enumerate(frame.columns[:n_numbers])}
    columns |= {name: pd.Series(texts[:, place], dtype=object) for place, name in enumerate(frame.columns[n_numbers:])}
    return pd.DataFrame(columns)


def at_thresholds(
    exported: bytes, dataset: Dataset, table: "NDArray | pd.DataFrame", *, seed: int
) -> "NDArray | pd.DataFrame | None":
    """Put numbers of the rows exactly on, just under and just over the split thresholds of the model's trees.

    "Just" is one step of float64, one of float32, and half a step of it, where a cast turns. The thresholds are those of
    the exported graph, which stand for raw numbers. The rows keep their shape (n_rows, n_columns). None where it has no
    trees, or they split on no number.
    """
    n_numbers = len(device_columns(dataset)[0])
    splits = _splits(exported, n_numbers)
    if not splits:
        return None
    rng = np.random.default_rng(seed)
    moved = pd.DataFrame(table).reset_index(drop=True)
    numbers = moved.iloc[:, :n_numbers].to_numpy(dtype=np.float64, copy=True)
    for row in numbers:
        for place in rng.integers(len(splits), size=3):
            feature, threshold = splits[place]
            side = rng.choice([-np.inf, np.inf])
            with np.errstate(over="ignore"):
                narrow = np.float32(threshold)
                beside = float(np.nextafter(narrow, np.float32(side)))
            half = (float(narrow) + beside) / 2
            near = [threshold, np.nextafter(threshold, side), float(narrow), beside, half, np.nextafter(half, side)]
            row[feature] = rng.choice(near)
    if not isinstance(table, pd.DataFrame):
        return numbers
    return pd.concat([pd.DataFrame(numbers, columns=moved.columns[:n_numbers]), moved.iloc[:, n_numbers:]], axis=1)


def _splits(exported: bytes, n_numbers: int) -> list[tuple[int, float]]:
    """List (place of the number, threshold) of the tree nodes of a graph."""
    found: set[tuple[int, float]] = set()
    for node in onnx.load_from_string(exported).graph.node:
        given = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        if node.op_type == "TreeEnsemble":
            modes, splits = (numpy_helper.to_array(given[name]) for name in ("nodes_modes", "nodes_splits"))
            at = (modes == 0) & (np.abs(splits) < _FLOAT32_END)
            features = np.asarray(given["nodes_featureids"])[at]
            found |= set(zip(features.tolist(), splits[at].astype(np.float64).tolist(), strict=True))
    return sorted(pair for pair in found if pair[0] < n_numbers)
