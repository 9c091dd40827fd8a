"""Angles by rank are normal scores of the training ranks, and nothing that keeps the order of a column changes them."""

import numpy as np
import pytest
from scipy import stats
from sklearn.utils.estimator_checks import parametrize_with_checks

from quantum.models.classifier import VariationalQuantumClassifier
from quantum.models.inputs import ToQubits
from quantum.models.kernel_classifier import QuantumKernelClassifier
from quantum.models.product_kernel import ProductKernelClassifier
from quantum.models.single_qubit import SingleQubitClassifier

BY_RANK = [
    VariationalQuantumClassifier(3, n_steps=40, input_map="rank", random_state=0),
    QuantumKernelClassifier(3, C=10.0, input_map="rank", random_state=0),
    ProductKernelClassifier(C=10.0, input_map="rank", random_state=0),
    SingleQubitClassifier(input_map="rank", random_state=0),
]


def named(model):
    return type(model).__name__


@parametrize_with_checks([ToQubits(2, input_map="rank"), ToQubits(None)])
def test_scikit_learn_accepts_other_ways_to_angles(estimator, check):
    check(estimator)


def table(n=400, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 3))
    return rows, rows @ [1.0, -1.0, 0.5] + 0.5 * rng.normal(size=n) > 0


def test_ranks_of_distinct_rows_become_evenly_spaced_normal_scores():
    rows = np.exp(3 * np.random.default_rng(0).normal(size=(100, 2)))  # as many rows as quantiles: each is one
    found = ToQubits(2, input_map="rank").fit_transform(rows)
    ranks = (stats.rankdata(rows, axis=0) - 1) / 99
    scores = stats.norm.ppf(np.clip(ranks, 0.005, 0.995))
    np.testing.assert_allclose(found, np.pi / 2 * scores / scores.max(), atol=1e-9)


def test_equal_values_share_the_middle_of_their_ranks():
    column = np.repeat([0.0, 1.0, 5.0], [30, 50, 20])[:, None]
    found = ToQubits(1, input_map="rank").fit_transform(column).ravel()
    scores = stats.norm.ppf([14.5 / 99, 54.5 / 99, 89.5 / 99])  # of the first, the middle and the last hundred places
    expected = np.pi * ((scores - scores[0]) / (scores[2] - scores[0]) - 0.5)
    np.testing.assert_allclose(found[[0, 30, 99]], expected, atol=1e-9)


def test_values_beyond_the_training_rows_are_held_at_the_ends():
    rows, _ = table()
    model = ToQubits(3, input_map="rank").fit(rows)
    ends = model.transform([rows.min(axis=0), rows.max(axis=0)])
    np.testing.assert_allclose(ends, [[-np.pi / 2] * 3, [np.pi / 2] * 3])
    np.testing.assert_array_equal(model.transform([[-1e9] * 3, [1e9] * 3]), ends)


def test_the_ranks_are_those_of_the_rows_that_it_was_fitted_on():
    rows, _ = table()
    model = ToQubits(3, input_map="rank").fit(rows[:200])
    np.testing.assert_allclose(model.transform(rows)[200:], model.transform(rows[200:]))


@pytest.mark.parametrize("model", BY_RANK, ids=named)
def test_an_increasing_map_of_the_columns_changes_next_to_nothing(model):
    """On a table of twice as many rows as quantiles: what is left is how values between two of them are interpolated.

    Seen over several starts of the training: from one of them next to nothing can lead into another minimum, on one processor and
    not on the next.
    """
    rows, labels = table()
    bent = np.column_stack([np.exp(2 * rows[:, 0]), rows[:, 1] ** 3, np.sinh(3 * rows[:, 2])])

    def moved(model):
        said = [model.fit(x[:200], labels[:200]).predict_proba(x[200:]) for x in (rows, bent)]
        return np.abs(said[0] - said[1]).mean(), (said[0].argmax(axis=1) == said[1].argmax(axis=1)).mean()

    starts = range(5)
    found = [moved(model.__class__(**{**model.get_params(), "random_state": start})) for start in starts]
    distance, agreement = np.median(found, axis=0)
    assert distance < 0.02
    assert agreement > 0.97
    by_range = model.__class__(**{**model.get_params(), "input_map": "range"})
    assert moved(by_range)[0] > 0.05, "the range cannot do it, or the test asks for nothing"


@pytest.mark.parametrize("model", BY_RANK, ids=named)
def test_one_outlier_costs_nothing(model):
    rows, labels = table()
    spoiled = rows.copy()
    spoiled[7] = [1e6, -1e6, 1e6]
    plain = model.fit(rows[:200], labels[:200]).score(rows[200:], labels[200:])
    assert model.fit(spoiled[:200], labels[:200]).score(rows[200:], labels[200:]) > plain - 0.02  # 4 of 200 rows


def test_an_unknown_way_to_angles_is_refused():
    with pytest.raises(ValueError, match="input_map is 'log'; choose one of 'range', 'rank'"):
        ToQubits(2, input_map="log").fit([[0.0], [1.0]])


def isotropic(n_classes=2, n=300):
    """All directions are alike but for the classes: principal components lose what tells them."""
    rng = np.random.default_rng(4)
    rows, normals = rng.normal(size=(n, 20)), np.linalg.qr(rng.normal(size=(20, 2)))[0]
    places = rows @ normals
    turns = 2 * np.pi * np.arange(n_classes) / n_classes
    return rows, (places @ [np.cos(turns), np.sin(turns)]).argmax(axis=1), places  # sectors of equal size


def test_the_first_angle_is_the_direction_that_tells_two_classes():
    rows, labels, places = isotropic()
    told = ToQubits(4, reduction="discriminant").fit(rows[:200], labels[:200]).transform(rows[200:])
    blind = ToQubits(4).fit(rows[:200]).transform(rows[200:])
    assert abs(np.corrcoef(told[:, 0], places[200:, 0])[0, 1]) > 0.9
    assert max(abs(np.corrcoef(angles, places[200:, 0])[0, 1]) for angles in blind.T) < 0.7


def test_the_other_angles_are_components_of_what_lies_across_it():
    rows, labels, _ = isotropic()
    model = ToQubits(4, reduction="discriminant").fit(rows, labels)
    axes = model.matrix_ * rows.std(axis=0)[:, None]
    axes /= np.linalg.norm(axes, axis=0)
    np.testing.assert_allclose(axes.T @ axes, np.eye(4), atol=1e-9)
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    across = standard - np.outer(standard @ axes[:, 0], axes[:, 0])
    _, _, expected = np.linalg.svd(across - across.mean(axis=0), full_matrices=False)  # oracle
    np.testing.assert_allclose(np.abs(np.sum(axes[:, 1:] * expected[:3].T, axis=0)), 1.0, atol=1e-9)


def test_three_classes_have_two_directions_of_their_own():
    rows, labels, places = isotropic(n_classes=3)
    told = ToQubits(6, reduction="discriminant").fit(rows[:200], labels[:200]).transform(rows[200:])
    fitted = np.linalg.lstsq(np.column_stack([told[:, :2], np.ones(100)]), places[200:], rcond=None)[0]
    found = np.column_stack([told[:, :2], np.ones(100)]) @ fitted
    assert min(np.corrcoef(found[:, i], places[200:, i])[0, 1] for i in range(2)) > 0.85


@pytest.mark.parametrize("kind", [QuantumKernelClassifier, VariationalQuantumClassifier])
def test_a_circuit_behind_this_direction_learns_what_it_could_not_see(kind):
    rows, labels, _ = isotropic()
    scores = [
        kind(4, reduction=reduction, random_state=0).fit(rows[:200], labels[:200]).score(rows[200:], labels[200:])
        for reduction in ("components", "discriminant")
    ]
    assert scores[0] < 0.75 < 0.88 < scores[1]


def test_directions_that_tell_classes_need_the_labels():
    rows, _, _ = isotropic()
    with pytest.raises(ValueError, match="needs the labels"):
        ToQubits(4, reduction="discriminant").fit(rows)
    with pytest.raises(ValueError, match="reduction is 'pls'; choose one of 'components', 'discriminant'"):
        ToQubits(4, reduction="pls").fit(rows)


def test_without_a_number_there_is_an_angle_for_each_feature():
    rows = np.random.default_rng(0).normal(size=(50, 30))
    found = ToQubits(None).fit_transform(rows)
    low, high = rows.min(axis=0), rows.max(axis=0)
    np.testing.assert_allclose(found, np.pi * ((rows - low) / (high - low) - 0.5))
