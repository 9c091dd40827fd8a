"""Tables as people have them, with a truth that is known: copies, customers, random walks, rare classes, categories, gaps.

For the controls of every lab. Each function draws a table from `rng` and returns its columns and its labels.
"""

import numpy as np
import pandas as pd
from scipy.special import expit

__all__ = [
    "additive",
    "apart",
    "categories",
    "clouds",
    "copies",
    "crossed_categories",
    "crossed_with_gaps",
    "customers",
    "drifting",
    "heavy_tails",
    "hidden_apart",
    "linear",
    "rare",
    "rare_linear",
    "walks",
    "with_gaps",
]

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


def linear(rng: np.random.Generator, *, n_rows: int = 300, n_noise: int = 2) -> Table:
    """Classes by a sum of two columns, in a logistic model; further columns say nothing."""
    features = rng.normal(size=(n_rows, 2 + n_noise))
    return _named(features), (rng.random(n_rows) < expit(2 * features[:, 0] - 1.5 * features[:, 1])).astype(np.int64)


def rare_linear(rng: np.random.Generator, *, n_rows: int, positives: int) -> Table:
    """A rare class, normal like the other one and two standard deviations away: a logistic model is the true one."""
    labels = _exactly(rng, n_rows, positives)
    features = rng.normal(size=(n_rows, 4))
    features[:, 0] += 2 * labels
    return _named(features), labels


def clouds(rng: np.random.Generator, *, n_rows: int = 400, n_classes: int = 8) -> Table:
    """Many classes of one size, each a round normal cloud: a logistic model is the true one."""
    centres = 1.5 * rng.normal(size=(n_classes, 4))
    labels = rng.permutation(np.arange(n_rows) % n_classes)
    return _named(centres[labels] + rng.normal(size=(n_rows, 4))), labels


def heavy_tails(rng: np.random.Generator, *, n_rows: int = 400) -> Table:
    """Columns of Student's t with two degrees of freedom, whose variance is infinite, in a logistic model."""
    features = rng.standard_t(2, size=(n_rows, 4))
    return _named(features), (rng.random(n_rows) < expit(features[:, 0] - features[:, 1])).astype(np.int64)


def drifting(rng: np.random.Generator, *, n_rows: int = 400) -> Table:
    """Columns that drift (random walks), and classes that come in runs and have nothing to do with them.

    What learns from neighbours in time seems to know the class; of later rows nothing can be known.
    """
    paths, noise = np.cumsum(rng.normal(size=(n_rows, 3)), axis=0), rng.normal(size=n_rows)
    runs = np.empty(n_rows)
    state = 0.0
    for row in range(n_rows):
        runs[row] = state = 0.9 * state + noise[row]
    frame = _named(paths)
    frame["day"] = pd.date_range("2024-01-01", periods=n_rows).to_numpy()
    return frame, (runs > 0).astype(np.int64)


def crossed_categories(rng: np.random.Generator, *, n_rows: int = 400) -> Table:
    """Nothing but categories, of which only two together say something (an exclusive or): a sum of effects says little."""
    codes = rng.integers(0, 4, size=(n_rows, 4))
    labels = (codes[:, 0] < 2) ^ (codes[:, 1] < 2) ^ (rng.random(n_rows) < 0.05)
    frame = pd.DataFrame({f"x{place + 1}": [f"level {code}" for code in codes[:, place]] for place in range(4)})
    return frame, labels.astype(np.int64)


def crossed_with_gaps(rng: np.random.Generator, *, n_rows: int = 400) -> Table:
    """The sign of a product of two columns, in which a tenth of the cells is missing: a sum of effects says little."""
    features = rng.normal(size=(n_rows, 4))
    labels = features[:, 0] * features[:, 1] > 0
    return _named(features).mask(rng.random(features.shape) < 0.1), labels.astype(np.int64)


def apart(rng: np.random.Generator, *, n_rows: int, first: float, second: float) -> Table:
    """Two columns on which two classes of one size lie so many standard deviations apart (see `lab.learning.known`)."""
    labels = _exactly(rng, n_rows, n_rows // 2)
    return _named(rng.normal(size=(n_rows, 2)) + np.outer(labels, [first, second])), labels


def hidden_apart(rng: np.random.Generator, *, n_rows: int, first: float, second: float) -> Table:
    """The same, but the second one lies behind a random sign: no sum of effects learns of it.

    Less 6, its absolute value is what it would be without.
    """
    frame, labels = apart(rng, n_rows=n_rows, first=first, second=second)
    frame["x2"] = (6 + frame["x2"]) * rng.choice([-1.0, 1.0], n_rows)
    return frame, labels


def _exactly(rng: np.random.Generator, n_rows: int, positives: int) -> np.ndarray:
    return rng.permutation((np.arange(n_rows) < positives).astype(np.int64))


def _sum(features: np.ndarray) -> np.ndarray:
    return 1.5 * features[:, 0] - features[:, 1] + 1.5 * np.sin(2 * features[:, 2]) + 0.5 * features[:, 3]


def _named(features: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(features, columns=[f"x{place + 1}" for place in range(features.shape[1])])
