"""All classifiers of the lab ask the same of labels, and say the same by a score."""

import numpy as np
import pytest

from quantum import (
    DressedQuantumClassifier,
    ProductKernelClassifier,
    QuantumKernelClassifier,
    SingleQubitClassifier,
    VariationalQuantumClassifier,
)
from quantum.models.labelled import chances

ALL = [
    DressedQuantumClassifier,
    ProductKernelClassifier,
    QuantumKernelClassifier,
    SingleQubitClassifier,
    VariationalQuantumClassifier,
]


@pytest.mark.parametrize("kind", ALL)
def test_one_class_is_none_to_tell_apart(kind):
    with pytest.raises(ValueError, match="y has 1 class; a classifier needs samples of at least two classes"):
        kind().fit(np.zeros((6, 2)) + np.arange(6)[:, None], np.ones(6))


@pytest.mark.parametrize("kind", [DressedQuantumClassifier, SingleQubitClassifier])
def test_no_start_is_none_to_train_from(kind):
    with pytest.raises(ValueError, match="n_restarts is 0; it must be at least 1"):
        kind(n_restarts=0).fit(np.arange(12.0).reshape(6, 2), np.arange(6) % 2)


def test_a_positive_score_speaks_for_the_second_class_and_the_largest_for_its_own():
    two = chances(np.array([2.0, -1.0]))
    np.testing.assert_allclose(two[:, 1], 1 / (1 + np.exp([-2.0, 1.0])))
    three = chances(np.log([[1.0, 2.0, 5.0]]))
    np.testing.assert_allclose(three, [[1 / 8, 2 / 8, 5 / 8]])
