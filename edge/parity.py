"""Is the exported model the same model? Compared row by row with the original.

On test rows, on rows beyond their range, and on rows placed at the split thresholds of its trees.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edge.export import device_columns, feeds
from edge.runtime import OUTPUT, session
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Parity", "at_thresholds", "beyond_range", "compare"]

NOTICEABLE = 1e-5


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
    """Run both models on the same rows; the original sees them in float64, the exported one as the device gets them."""
    original = model.predict_proba(table)
    found = session(exported).run([OUTPUT], feeds(dataset, table))[0]
    if found.shape != original.shape or not np.isfinite(found).all():
        return Parity(len(original), 1.0, len(original), len(original))
    distance = np.abs(original - found).max(axis=1)
    flips = original.argmax(axis=1) != found.argmax(axis=1)
    return Parity(len(original), float(distance.max()), int((distance > NOTICEABLE).sum()), int(flips.sum()))


def beyond_range(dataset: Dataset, table: "NDArray | pd.DataFrame", *, seed: int) -> "NDArray | pd.DataFrame":
    """Move every number of the rows away from the middle of its column, up to three times the range, and unseat texts.

    A tenth of the numbers becomes missing where the table has missing values, and a tenth of the texts unknown.
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
    texts[rng.random(texts.shape) < 0.1] = "a category that was never seen"
    columns = {name: moved[:, place] for place, name in enumerate(frame.columns[:n_numbers])}
    columns |= {name: pd.Series(texts[:, place], dtype=object) for place, name in enumerate(frame.columns[n_numbers:])}
    return pd.DataFrame(columns)


def at_thresholds(
    model: Any, dataset: Dataset, table: "NDArray | pd.DataFrame", *, seed: int
) -> "NDArray | pd.DataFrame | None":
    """Put numbers of the rows exactly on, just under and just over the split thresholds of the model's trees.

    "Just" is one step of float32, the precision in which a device hands numbers over. None where the model has no
    trees, or they split on no number.
    """
    trees = getattr(model.named_steps["model"], "estimators_", ())
    n_numbers = len(device_columns(dataset)[0])
    splits = [
        (int(f), float(t)) for tree in trees for f, t in zip(tree.tree_.feature, tree.tree_.threshold, strict=True)
    ]
    splits = [(feature, threshold) for feature, threshold in splits if 0 <= feature < n_numbers]
    if not splits:
        return None
    rng = np.random.default_rng(seed)
    moved = pd.DataFrame(table).reset_index(drop=True)
    numbers = moved.iloc[:, :n_numbers].to_numpy(dtype=np.float64, copy=True)
    for row in numbers:
        for place in rng.integers(len(splits), size=3):
            feature, threshold = splits[place]
            beside = np.nextafter(np.float32(threshold), np.float32(rng.choice([-np.inf, np.inf])))
            row[feature] = rng.choice([threshold, float(np.float32(threshold)), float(beside)])
    if not isinstance(table, pd.DataFrame):
        return numbers
    return pd.concat([pd.DataFrame(numbers, columns=moved.columns[:n_numbers]), moved.iloc[:, n_numbers:]], axis=1)
