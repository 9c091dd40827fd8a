"""The settings of a candidate are those that its search found."""

from edge import candidates
from lab.learning.families import MLP


def test_parameters_are_given_back_as_they_were_set():
    shown = {"hidden_layer_sizes": [64, 32], "alpha": 0.1}
    assert candidates.set_parameters(MLP, shown) == {"model__hidden_layer_sizes": (64, 32), "model__alpha": 0.1}
    assert candidates.set_parameters(MLP, {}) == {}
