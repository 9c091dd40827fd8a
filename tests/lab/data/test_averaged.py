"""Averages of the target that are drawn to the overall one, or leave out the row itself, are found; honest encodings stay."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.preprocessing import TargetEncoder

from lab.data.averaged import is_leave_one_out, is_smoothed
from lab.data.encoded import encoded_target

N = 900


def drawn(number, seed=0, n_groups=40):
    rng = np.random.default_rng(seed)
    code = np.minimum(n_groups * rng.random(N) ** 2, n_groups - 1).astype(int)
    said = 0.4 * rng.normal(size=n_groups)[code] + rng.normal(size=N)
    return rng, code, said if number else (said > 0).astype(float)


def library(code, score):
    """Shrunk by the variance within the category, as another library does it."""
    encoder = TargetEncoder(target_type="continuous").fit(code[:, None], score)
    return encoder.transform(code[:, None])[:, 0]


def of_rows(weigh):
    def written(code, score):
        found = pd.Series(score).groupby(code)
        count, mean = found.transform("count").to_numpy(), found.transform("mean").to_numpy()
        return score.mean() + weigh(count) * (mean - score.mean())

    return written


SMOOTHED = {
    "10 rows of the overall mean": of_rows(lambda n: n / (n + 10)),
    "in four digits": lambda code, score: np.round(of_rows(lambda n: n / (n + 10))(code, score), 4),
    "a sigmoid of the rows": of_rows(lambda n: expit((n - 20) / 10)),
    "empirical Bayes": library,
}


@pytest.mark.parametrize("number", [False, True])
@pytest.mark.parametrize("written", SMOOTHED)
def test_averages_that_are_drawn_to_the_overall_one_are_found(written, number):
    _, code, score = drawn(number)
    values = SMOOTHED[written](code, score)
    assert is_smoothed(values, score)
    target, n_classes = (score, 0) if number else (score.astype(np.int64), 2)
    assert "averages of the target over the rows" in encoded_target(values, "number", target, n_classes)


def test_shares_in_percent_are_found_too():
    _, code, score = drawn(number=False)
    assert is_smoothed(100 * of_rows(lambda n: n / (n + 3))(code, score), score)


def left_out(code, score):
    found = pd.Series(score).groupby(code)
    count, total = found.transform("count").to_numpy(), found.transform("sum").to_numpy()
    return np.where(count > 1, (total - score) / np.maximum(count - 1, 1), score.mean())


@pytest.mark.parametrize(("number", "n_groups"), [(True, 40), (True, 12), (False, 12)])
def test_means_over_the_other_rows_are_found(number, n_groups):
    _, code, score = drawn(number, n_groups=n_groups)
    assert is_leave_one_out(left_out(code, score), score)
    target, n_classes = (score, 0) if number else (score.astype(np.int64), 2)
    assert "over the other rows" in encoded_target(left_out(code, score), "number", target, n_classes)


def folded(rng, code, score):
    """Means over the rows of the other folds: no row's own target is in them."""
    fold, values = rng.integers(0, 5, N), np.empty(N)
    for each in range(5):
        means = pd.Series(score[fold != each]).groupby(code[fold != each]).mean()
        values[fold == each] = pd.Series(code[fold == each]).map(means).fillna(score.mean())
    return values


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("number", [False, True])
def test_honest_columns_stay(number, seed):
    rng, code, score = drawn(number, seed, n_groups=150)
    if number and seed % 2:
        score = np.round(5 * score)
    honest = {
        "out of fold": folded(rng, code, score),
        "noise of some digits": np.round(score + rng.normal(size=N), 1),
        "grid": rng.integers(0, 50, N).astype(float),
        "ranks": rng.permutation(N).astype(float),
        "risk": expit(score + rng.normal(size=N)).round(2),
        "smoothed, of another target": of_rows(lambda n: n / (n + 10))(code, rng.permutation(score)),
    }
    for name, values in honest.items():
        assert not is_smoothed(values, score), name
        assert not is_leave_one_out(values, score), name
