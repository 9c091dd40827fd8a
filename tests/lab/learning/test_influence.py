"""What a row adds to a score is its derivative by the row's weight, and a count of pairs."""

import numpy as np
import pytest
from oracles import intervals
from sklearn.metrics import r2_score

from lab.learning.influence import added_alone, auc_placements, parts, r2_influence
from lab.stats import row_spread


def test_the_influence_of_a_row_on_r2_is_its_derivative_by_the_rows_weight():
    """Oracle: scikit-learn's R2 with one row a little heavier, a little lighter."""
    rng = np.random.default_rng(8)
    target = rng.normal(3.0, 2.0, 30)
    predicted = target + rng.normal(size=30)

    def heavier(row, by):
        weights = np.ones(30)
        weights[row] += by
        return r2_score(target, predicted, sample_weight=weights)

    expected = [30 * (heavier(row, 1e-4) - heavier(row, -1e-4)) / 2e-4 for row in range(30)]
    found = r2_influence(predicted, target)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    assert found.sum() == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="varies"):
        r2_influence([1.0, 2.0], [3.0, 3.0])


def test_what_a_row_adds_to_an_area_is_that_of_counting_pairs():
    rng = np.random.default_rng(4)
    scores, positive = rng.integers(0, 6, 40).astype(float), rng.random(40) < 0.3
    beats = (scores[positive][:, None] > scores[~positive]) + 0.5 * (scores[positive][:, None] == scores[~positive])
    expected = np.empty(40)
    expected[positive], expected[~positive] = beats.mean(axis=1), beats.mean(axis=0)
    np.testing.assert_allclose(auc_placements(scores, positive), expected, atol=1e-12)
    adds = added_alone(parts("roc_auc", np.stack([-scores, scores], axis=1), positive.astype(int)), 40)
    centred = (expected - beats.mean()) / np.where(positive, positive.sum(), (~positive).sum())
    np.testing.assert_allclose(np.nansum(adds, axis=0), centred, atol=1e-12)
    assert np.isnan(adds[0][~positive]).all()
    assert np.isnan(adds[1][positive]).all()


def test_an_area_of_one_class_is_refused():
    with pytest.raises(ValueError, match="both kinds"):
        auc_placements([1.0, 2.0], [True, True])


@pytest.mark.parametrize("units", [None, np.arange(60) // 4])
def test_the_spread_of_one_model_is_the_oracles(units):
    rng = np.random.default_rng(9)
    truth = rng.integers(0, 2, 60)
    chances = np.clip(0.5 + 0.2 * (truth - 0.5) + rng.normal(scale=0.2, size=60), 0, 1)
    said = np.stack([1 - chances, chances], axis=1)
    found = row_spread(added_alone(parts("roc_auc", said, truth), 60), units=units)
    error, degrees = intervals.of_one_model(said, truth, kinds=intervals.auc_kinds, units=units)
    assert (found.standard_error, found.degrees) == pytest.approx((error, degrees))
