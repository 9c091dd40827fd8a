"""What a row adds to a score is its derivative by the row's weight, and a count of pairs."""

import numpy as np
import pytest
from oracles import intervals
from sklearn import metrics

from lab.learning.influence import Part, added, added_alone, auc_placements, parts, r2_influence
from lab.stats import row_spread


def test_the_influence_of_a_row_on_r2_is_its_derivative_by_the_rows_weight():
    """Oracle: scikit-learn's R2 with one row a little heavier, a little lighter."""
    rng = np.random.default_rng(8)
    target = rng.normal(3.0, 2.0, 30)
    predicted = target + rng.normal(size=30)

    def heavier(row, by):
        weights = np.ones(30)
        weights[row] += by
        return metrics.r2_score(target, predicted, sample_weight=weights)

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
    np.testing.assert_array_equal(auc_placements(scores, positive.astype(int)), auc_placements(scores, positive))
    adds = added_alone(parts("roc_auc", np.stack([-scores, scores], axis=1), positive.astype(int)), 40)
    centred = (expected - beats.mean()) / np.where(positive, positive.sum(), (~positive).sum())
    np.testing.assert_allclose(np.nansum(adds, axis=0), centred, atol=1e-12)
    assert np.isnan(adds[0][~positive]).all()
    assert np.isnan(adds[1][positive]).all()


def classes_said():
    """40 rows of three classes; one of them is given no chance at all."""
    rng = np.random.default_rng(6)
    target = np.arange(40) % 3
    said = rng.dirichlet(np.ones(3), 40)
    said[0] = [0.0, 0.75, 0.25]
    return said, target


def test_the_area_of_several_classes_is_each_against_the_rest_in_equal_shares():
    said, target = classes_said()
    expected = []
    for code in range(3):
        against = intervals.auc_kinds(np.stack([said[:, code], said[:, code]], axis=1), (target == code).astype(int))
        expected += [(there, placed / 3) for there, placed in against]
    found = parts("roc_auc_ovr", said, target)
    assert len(found) == 6
    for part, (there, placed) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part.members, there)
        np.testing.assert_allclose(part.values[there], placed[there], atol=1e-12)
    area = metrics.roc_auc_score(target, said, multi_class="ovr")
    assert sum(part.values[part.members].mean() for part in found) == pytest.approx(2 * area)


@pytest.mark.parametrize(
    ("scorer", "score"),
    [
        ("accuracy", lambda target, said: metrics.accuracy_score(target, said.argmax(axis=1))),
        ("balanced_accuracy", lambda target, said: metrics.balanced_accuracy_score(target, said.argmax(axis=1))),
        ("neg_log_loss", lambda target, said: -metrics.log_loss(target, said)),
    ],
)
def test_the_parts_of_a_score_of_classes_add_up_to_it(scorer, score):
    said, target = classes_said()
    found = parts(scorer, said, target)
    assert all(part.members.dtype == bool and part.values.dtype == np.float64 for part in found)
    assert sum(part.values[part.members].mean() for part in found) == pytest.approx(score(target, said), rel=1e-12)
    wanted = [target == code for code in range(3)] if scorer == "balanced_accuracy" else [np.full(40, True)]
    assert [part.members.tolist() for part in found] == [each.tolist() for each in wanted]


@pytest.mark.parametrize(
    ("scorer", "score"),
    [
        ("neg_mean_absolute_error", lambda target, said: -metrics.mean_absolute_error(target, said)),
        ("neg_mean_squared_error", lambda target, said: -metrics.mean_squared_error(target, said)),
    ],
)
def test_the_parts_of_a_score_of_numbers_add_up_to_it(scorer, score):
    target, said = np.random.default_rng(7).normal(3.0, 2.0, (2, 30))
    (part,) = parts(scorer, said, target)
    assert part.members.tolist() == [True] * 30
    assert part.values.mean() == pytest.approx(score(target, said), rel=1e-12)
    assert np.ptp(part.values) > 0


def test_a_score_that_is_no_mean_has_no_parts_and_neither_has_r2_of_equal_numbers():
    target, said = np.array([3.0, 3.0, 3.0, 4.0]), np.array([3.0, 2.0, 4.0, 3.5])
    (part,) = parts("r2", said, target)
    assert (part.members.tolist(), len(part.values)) == ([True] * 4, 4)
    assert parts("r2", said[:3], target[:3]) is None
    assert parts("max_error", said, target) is None


def test_of_two_folds_each_row_adds_its_distance_over_the_rows_of_its_kind_and_the_folds():
    """By hand: kind one has rows 4, 0 and 2 with differences 3, 0 and 6, mean 3; kind two rows 1 and 5, with 1 and 2."""
    kinds = ([True, False, True], [False, True, False]), ([True, False], [False, True])
    one = [
        [Part(np.array(there), np.array(values)) for there, values in zip(kinds[0], ([4.0, 9, 2], [9.0, 1, 9]), strict=True)],
        [Part(np.array(there), np.array(values)) for there, values in zip(kinds[1], ([6.5, 9], [9, 2.5]), strict=True)],
    ]  # fmt: skip
    other = [
        [Part(np.array(there), np.array(values)) for there, values in zip(kinds[0], ([1.0, 7, 2], [7.0, 0, 7]), strict=True)],
        [Part(np.array(there), np.array(values)) for there, values in zip(kinds[1], ([0.5, 7], [7, 0.5]), strict=True)],
    ]  # fmt: skip
    rows = np.array([4, 1, 0]), np.array([2, 5])
    found = added([(rows[i], tuple(one[i]), tuple(other[i])) for i in range(2)], 6)
    expected = np.full((2, 6), np.nan)
    expected[0, [4, 0, 2]] = 0.0, -3 / 2 / 2, 3 / 2
    expected[1, [1, 5]] = -0.5 / 2, 0.5 / 2
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_kind_without_a_row_in_a_repetition_adds_nothing():
    none = Part(np.zeros(2, dtype=bool), np.ones(2)), Part(np.ones(2, dtype=bool), np.array([0.0, 1.0]))
    found = added([(np.arange(2), none, tuple(Part(p.members, 0 * p.values) for p in none))], 2)
    np.testing.assert_allclose(found, [[np.nan, np.nan], [-0.25, 0.25]])


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
