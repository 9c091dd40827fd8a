"""What should the numbers of a verdict be? Worked out the slow way by numpy and scipy, from the textbook's formulas.

A fold is a pair (said, rows): what a model said of its test rows, and their row numbers. Folds come repetition by
repetition. Everything is in points (shares times 100) unless a name says otherwise.
"""

import numpy as np
from scipy import stats


def auc(chances, positive):
    """Share of pairs of a positive and a negative row that stand in the right order; ties are half right."""
    wins = np.sign(chances[positive][:, None] - chances[~positive][None, :])
    return float((wins.mean() + 1) / 2)


def auc_adds(chances, positive):
    """What each row adds to the area, times the number of rows (DeLong's components, centred)."""
    wins = (np.sign(chances[positive][:, None] - chances[~positive][None, :]) + 1) / 2
    adds = np.empty(len(chances))
    adds[positive] = (wins.mean(axis=1) - wins.mean()) / positive.mean()
    adds[~positive] = (wins.mean(axis=0) - wins.mean()) / (~positive).mean()
    return adds


def accuracy_adds(said, truth):
    right = said.argmax(axis=1) == truth
    return right - right.mean()


def r2_adds(said, truth):
    """Delta method for 1 - mean(e^2) / mean(d^2)."""
    error, distance = (said - truth) ** 2, (truth - truth.mean()) ** 2
    a, b = error.mean(), distance.mean()
    return -(error / b - a * distance / b**2)


def repeated(one, other, target, folds, *, score, adds):
    """Mean difference of two ways to learn over repeated folds, its standard error, and its degrees of freedom.

    `score(said, truth)` and `adds(said, truth)` are those of one fold, as shares. The variance is that of the rows' mean
    influence, 1 + 1/(folds - 1) times, and that of the repetitions' means.
    """
    n_repeats, n = len(one) // folds, len(target)
    each, moved = np.zeros(len(one)), np.zeros((n_repeats, n))
    for place, ((a, rows), (b, same)) in enumerate(zip(one, other, strict=True)):
        assert list(rows) == list(same)
        each[place] = 100 * (score(a, target[rows]) - score(b, target[rows]))
        moved[place // folds, rows] = 100 * (adds(a, target[rows]) - adds(b, target[rows]))
    rows = (moved.mean(axis=0) ** 2).mean() / n
    training = each.reshape(n_repeats, folds).mean(axis=1).var(ddof=1)
    return float(each.mean()), float(np.sqrt(rows * (1 + 1 / (folds - 1)) + training)), n_repeats * folds - 1


def corrected(values, folds):
    """Mean over folds, standard error and degrees of freedom of the corrected resampled t: overlap 1 / (folds - 1)."""
    values = np.asarray(values, dtype=float)
    return (
        float(values.mean()),
        float(np.sqrt(values.var(ddof=1) * (1 / len(values) + 1 / (folds - 1)))),
        len(values) - 1,
    )


def interval(mean, error, degrees, *, confidence=0.95, reach=0.0, lowest=-np.inf, highest=np.inf):
    """(value, low, high); no nearer to the value than `reach`, and cut at the ends of the scale."""
    low, high = stats.t.interval(confidence, degrees, loc=mean, scale=error) if error > 0 else (mean, mean)
    return mean, max(min(low, mean - reach), lowest), min(max(high, mean + reach), highest)


def detectable(error, degrees):
    """Distance from a margin that a two-sided test at 5 % settles in 8 of 10 runs."""
    return float((stats.t.isf(0.025, degrees) + stats.t.isf(0.2, degrees)) * error)


def regions(mean, error, degrees, margin):
    """Posterior chances (worse, equal, better) under a flat prior."""
    worse = stats.t.cdf((-margin - mean) / error, degrees)
    better = 1 - stats.t.cdf((margin - mean) / error, degrees)
    return float(worse), float(1 - worse - better), float(better)


def rows_to_settle(value, margin, n_rows, smallest):
    """Rows in proportion to the squared ratio of the distances, up to the next two-digit number; None where hopeless."""
    ratio = smallest / abs(value - margin)
    if ratio >= 10:
        return None
    exact = n_rows * ratio**2
    digits = len(str(int(exact)))
    unit = 10 ** max(digits - 2, 0)
    return int(-(-exact // unit) * unit)


def quantile(values, share, confidence=0.95):
    """(value, low, high) by scipy's inversion of the binomial test of a quantile; None where an end is missing."""
    values = np.asarray(values, dtype=float).ravel()
    ends = stats.quantile_test(values, p=share).confidence_interval(confidence)
    if np.isnan([ends.low, ends.high]).any():
        return None
    ordered = np.sort(values)
    return float(ordered[int(np.ceil(share * len(values) - 1e-9)) - 1]), float(ends.low), float(ends.high)


def share(events, of, confidence=0.95):
    """(value, low, high) of a share by the quantiles of the beta distribution (Clopper and Pearson 1934), in per cent."""
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, events, of - events + 1) if events else 0.0
    high = stats.beta.isf(tail, events + 1, of - events) if events < of else 1.0
    return 100 * events / of, 100 * float(low), 100 * float(high)
