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


def auc_kinds(said, truth):
    """The positive and the negative rows, and the share of the other kind that each is ranked rightly against."""
    chances, positive = said[:, 1], truth == 1
    wins = (np.sign(chances[positive][:, None] - chances[~positive][None, :]) + 1) / 2
    placed = np.empty(len(truth))
    placed[positive], placed[~positive] = wins.mean(axis=1), wins.mean(axis=0)
    return [(positive, placed), (~positive, placed)]


def accuracy_kinds(said, truth):
    """All rows, and whether each is right."""
    return [(np.full(len(truth), True), (said.argmax(axis=1) == truth).astype(float))]


def r2_adds(said, truth):
    """Delta method for 1 - mean(e^2) / mean(d^2)."""
    error, distance = (said - truth) ** 2, (truth - truth.mean()) ** 2
    a, b = error.mean(), distance.mean()
    return -(error / b - a * distance / b**2)


def r2_kinds(said, truth):
    """All rows, and what each adds."""
    return [(np.full(len(truth), True), r2_adds(said, truth))]


def repeated(one, other, target, folds, *, score, kinds, units=None):
    """Mean difference of two ways to learn over repeated folds, its standard error, and its degrees of freedom.

    `score(said, truth)` is that of one fold, as a share; `kinds(said, truth)` lists the kinds of rows over which it is a mean,
    as pairs (which rows, of what). Row by row: a row of a kind adds its distance from the kind's mean over the repetition,
    over the kind's rows in its fold and the folds. What the repetitions say is averaged, what a unit's rows add is summed.
    How much the learners hang on their training rows shows between repetitions, or between the folds of the only one.
    """
    n_repeats, n = len(one) // folds, len(target)
    units = np.arange(n) if units is None else units
    each, adds, members = [], {}, {}
    for repeat in range(n_repeats):
        distance, weight = {}, {}
        for place in range(repeat * folds, (repeat + 1) * folds):
            (a, rows), (b, same) = one[place], other[place]
            assert list(rows) == list(same)
            truth = target[rows]
            each.append(100 * (score(a, truth) - score(b, truth)))
            for kind, ((there, first), (_, second)) in enumerate(zip(kinds(a, truth), kinds(b, truth), strict=True)):
                for row, is_there, x, y in zip(rows, there, first, second, strict=True):
                    if is_there:
                        distance.setdefault(kind, {})[row] = 100 * (x - y)
                        weight.setdefault(kind, {})[row] = 1 / there.sum() / folds
        for kind, found in distance.items():
            middle = np.mean(list(found.values()))
            for row, value in found.items():
                key = kind, units[row]
                adds[key] = adds.get(key, 0.0) + (value - middle) * weight[kind][row] / n_repeats
                members.setdefault(kind, set()).add(units[row])
    lifted = {key: value * np.sqrt(len(members[key[0]]) / (len(members[key[0]]) - 1)) for key, value in adds.items()}
    by_unit = [sum(v for (_, unit), v in lifted.items() if unit == one_unit) for one_unit in set(units)]
    by_kind = {kind: sum(v**2 for (k, _), v in lifted.items() if k == kind) for kind in members}
    of_rows = np.sum(np.square(by_unit))
    variance = of_rows * (1 + 1 / (folds - 1))
    if not of_rows:
        return float(np.mean(each)), 0.0, np.inf  # nothing differs
    satterthwaite = sum(by_kind.values()) ** 2 / sum(v**2 / ((len(members[k]) - 1) / 2) for k, v in by_kind.items())
    if n_repeats > 1:
        means = [np.mean(each[start : start + folds]) for start in range(0, len(each), folds)]
        return float(np.mean(each)), float(np.sqrt(variance + np.var(means, ddof=1) / n_repeats)), float(satterthwaite)
    beyond = (
        np.var(each, ddof=1) / folds - of_rows
    )  # by what the folds of one repetition differ more than their rows say
    if beyond > 0:
        of_both = (variance + beyond) ** 2 / (variance**2 / satterthwaite + beyond**2 / (folds - 1))
        return float(np.mean(each)), float(np.sqrt(variance + beyond)), float(of_both)
    return float(np.mean(each)), float(np.sqrt(variance)), float(satterthwaite)


def of_a_mean(said, target, folds, *, score, kinds, units=None, **ends):
    """(value, low, high) of the mean score of one way to learn: its difference to a model that scores 0 whatever comes."""

    def scored(each, truth):
        return 0.0 if isinstance(each, tuple) else score(each, truth)

    def of_kinds(each, truth):
        return (
            [(there, 0 * values) for there, values in kinds(each[0], truth)]
            if isinstance(each, tuple)
            else kinds(each, truth)
        )

    nothing = [((each,), rows) for each, rows in said]
    return interval(*repeated(said, nothing, target, folds, score=scored, kinds=of_kinds, units=units), **ends)


def of_one_model(said, truth, *, kinds, units=None):
    """Standard error of one model's score on these rows, and its degrees of freedom; what a unit's rows add is summed."""
    units = np.arange(len(truth)) if units is None else np.asarray(units)
    by_kind, total = [], dict.fromkeys(units.tolist(), 0.0)
    for there, values in kinds(said, truth):
        middle, own = values[there].mean(), {}
        for row in np.flatnonzero(there):
            own[units[row]] = own.get(units[row], 0.0) + (values[row] - middle) / there.sum()
        lifted = {unit: value * np.sqrt(len(own) / (len(own) - 1)) for unit, value in own.items()}
        for unit, value in lifted.items():
            total[unit] += value
        by_kind.append((sum(value**2 for value in lifted.values()), (len(own) - 1) / 2))
    degrees = sum(v for v, _ in by_kind) ** 2 / sum(v**2 / d for v, d in by_kind)
    return float(np.sqrt(sum(value**2 for value in total.values()))), float(degrees)


def half_of_one_model(said, truth, kinds, units=None):
    """Half the width of the 95 % interval of one model's score on these rows."""
    error, degrees = of_one_model(said, truth, kinds=kinds, units=units)
    return float(stats.t.isf(0.025, degrees) * error)


def mean_kinds(values, truth):
    """All rows, and the values themselves: for a mean."""
    del truth
    return [(np.full(len(values), True), values)]


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


def rows_to_settle(value, margin, n_rows, smallest, least_half=0.0):
    """Rows in proportion to the squared ratio of the distances, up to the next two-digit number; None where hopeless.

    No fewer than bring half the narrowest interval, which shrinks in proportion to the rows, down to the distance.
    """
    ratio, least = smallest / abs(value - margin), least_half / abs(value - margin)
    if ratio >= 10 or least >= 100:
        return None
    exact = n_rows * max(ratio**2, least)
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
