"""A sum of small rule trees (FIGS) that gives the same trees for the same seed. Needs the library imodels."""

from typing import Any, Self

import numpy as np
from imodels import FIGSClassifier, FIGSRegressor

__all__ = ["NumberRuleSum", "RuleSum"]


class _Seeded:
    """FIGS (Tan et al. 2022, arXiv:2201.11931) with its `random_state` kept.

    imodels 3.0 takes the parameter, and breaks ties between splits by numpy's global generator all the same; that one is
    seeded for the time of a fit, and put back.
    """

    random_state: int | None

    def fit(self, X: Any, y: Any = None, **arguments: Any) -> Self:
        """Fit as FIGS does."""
        before = np.random.get_state()  # noqa: NPY002  the library draws from it
        np.random.seed(self.random_state)  # noqa: NPY002
        try:
            super().fit(X, y, **arguments)  # type: ignore[misc]
        finally:
            np.random.set_state(before)  # noqa: NPY002
        return self


class RuleSum(_Seeded, FIGSClassifier):
    """A sum of small rule trees for classes."""


class NumberRuleSum(_Seeded, FIGSRegressor):
    """A sum of small rule trees for a number."""
