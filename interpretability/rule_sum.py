"""A sum of small rule trees (FIGS) that gives the same trees for the same seed. Needs the library imodels."""

from typing import Any, Self

import numpy as np
from imodels import FIGSClassifier

__all__ = ["RuleSum"]


class RuleSum(FIGSClassifier):
    """FIGS (Tan et al. 2022, arXiv:2201.11931) with its `random_state` kept.

    imodels 3.0 takes the parameter, and breaks ties between splits by numpy's global generator all the same; that one is
    seeded for the time of a fit, and put back.
    """

    def fit(self, X: Any, y: Any = None, **arguments: Any) -> Self:
        """Fit as FIGS does."""
        before = np.random.get_state()  # noqa: NPY002  the library draws from it
        np.random.seed(self.random_state)  # noqa: NPY002
        try:
            super().fit(X, y, **arguments)
        finally:
            np.random.set_state(before)  # noqa: NPY002
        return self
