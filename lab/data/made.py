"""Tables as people have them, with a truth that is known: copies, customers, random walks, rare classes, categories, gaps.

For the controls of every lab. Each function draws a table from `rng` and returns its columns and its labels.
"""

import numpy as np
import pandas as pd
from scipy.special import expit

__all__ = ["additive", "categories", "copies", "customers", "rare", "walks", "with_gaps"]

Table = tuple[pd.DataFrame, np.ndarray]


def copies(rng: np.random.Generator, *, distinct: int = 250, times: int = 3) -> Table:
    """Rows of pure noise, each present several times: nothing can be learned."""
    once = rng.normal(size=(distinct, 6))
    order = rng.permutation(np.tile(np.arange(distinct), times))
    return _named(once[order]), rng.integers(0, 2, distinct)[order]


def customers(rng: np.random.Generator, *, count: int = 100, visits: int = 8, named: bool = False) -> Table:
    """Visits of customers: the label belongs to the customer, and the columns say nothing about a new one.

    With `named` a column says who it is.
    """
    who = rng.permutation(np.repeat(np.arange(count), visits))
    traits, labels = rng.normal(size=(count, 6)), rng.integers(0, 2, count)
    frame = _named(traits[who] + 0.3 * rng.normal(size=(len(who), 6)))
    if named:
        frame["customer"] = [f"c{place:04d}" for place in who]
    return frame, labels[who]


def walks(rng: np.random.Generator, *, n_rows: int = 500) -> Table:
    """Random walks that have nothing to do with one another: neighbours in time are alike, later ones are not."""
    steps = rng.normal(size=(n_rows, 4))
    paths = np.cumsum(steps, axis=0)
    frame = _named(paths[:, :3])
    frame["day"] = pd.date_range("2024-01-01", periods=n_rows).to_numpy()
    return frame, paths[:, 3]


def additive(rng: np.random.Generator, *, n_rows: int = 1_000, n_classes: int = 2) -> Table:
    """Classes by a sum of curves of six columns."""
    features = rng.normal(size=(n_rows, 6))
    scores = _sum(features) + rng.logistic(size=n_rows)
    return _named(features), np.searchsorted(np.quantile(scores, np.arange(1, n_classes) / n_classes), scores)


def rare(rng: np.random.Generator, *, n_rows: int = 1_000, positives: int = 33) -> Table:
    """A rare class at the top of a sum of curves."""
    features = rng.normal(size=(n_rows, 6))
    scores = _sum(features) + rng.logistic(size=n_rows)
    labels = np.zeros(n_rows, dtype=np.int64)
    labels[np.argsort(-scores)[:positives]] = 1
    return _named(features), labels


def categories(rng: np.random.Generator, *, n_rows: int = 1_000) -> Table:
    """Five columns of categories, each with effects of its own that add up."""
    codes = rng.integers(0, 6, size=(n_rows, 5))
    effects = rng.normal(size=(5, 6))
    odds = effects[np.arange(5), codes].sum(axis=1)
    frame = pd.DataFrame({f"x{place + 1}": [f"level {code}" for code in codes[:, place]] for place in range(5)})
    return frame, (rng.random(n_rows) < expit(odds)).astype(np.int64)


def with_gaps(rng: np.random.Generator, *, n_rows: int = 1_000) -> Table:
    """An additive table in which a fifth of the cells is missing, at random."""
    frame, labels = additive(rng, n_rows=n_rows)
    return frame.mask(rng.random(frame.shape) < 0.2), labels


def _sum(features: np.ndarray) -> np.ndarray:
    return 1.5 * features[:, 0] - features[:, 1] + 1.5 * np.sin(2 * features[:, 2]) + 0.5 * features[:, 3]


def _named(features: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(features, columns=[f"x{place + 1}" for place in range(features.shape[1])])
