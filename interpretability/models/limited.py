"""How does a readable model get no more parts than a person wants to read? Grown so small, or cut down and learned again.

Trees, sums of trees and scorecards are limited while they grow. A linear model, splines or a boosting machine that has too many
weights or curves keeps those that move its answers most, and learns again from their columns alone.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from interpretability.models.complexity import parts_to_read, term_of_columns
from lab.learning.comparison import Group
from lab.learning.families import Family

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AtMostParts", "at_most", "limited", "steps_within"]


class AtMostParts(Pipeline):
    """A pipeline whose last step, called `model`, is a sum of terms: so many of them at most.

    Parameters
    ----------
    most : int, optional
        Parts, as `interpretability.models.complexity` counts them; any number unless given.
    """

    steps: list[tuple[str, Any]]

    def __init__(
        self,
        steps: list[tuple[str, Any]],
        *,
        most: int | None = None,
        transform_input: list[str] | None = None,
        memory: Any = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(steps, transform_input=transform_input, memory=memory, verbose=verbose)
        self.most = most

    def fit(self, X: pd.DataFrame, y: Any = None, **params: Any) -> Self:
        """Fit to X, shape (n_rows, n_columns), and once more with the strongest terms alone where there are too many."""
        super().fit(X, y, **params)
        if self.most is not None and parts_to_read(self) > self.most:
            name, model = self.steps[-1]
            if hasattr(model, "term_features_"):
                smaller = _machine_of(model, self.most).fit(X, y, **_of_model(params))
            else:
                smaller = _sum_of(model, self[:-1].transform(X), y, term_of_columns(self), self.most, _of_model(params))
            self.steps = [*self.steps[:-1], (name, smaller)]
        return self


def at_most(group: Group, most: int) -> tuple[Group, tuple[str, ...]]:
    """Limit all families of a group to so many parts; also give the labels of those left out, which are never so small."""
    left_out = tuple(family.label for family in group.families if most < _LEAST.get(family.name, 1))
    kept = tuple(limited(family, most) for family in group.families if family.label not in left_out)
    return dataclasses.replace(group, families=kept), left_out


def steps_within(steps: Sequence[Family], most: int) -> tuple[Family, ...]:
    """Keep those small models whose size, the last part of their name, is no larger."""
    return tuple(step for step in steps if int(step.name.rpartition("-")[2]) <= most)


def limited(family: Family, most: int) -> Family:
    """Give the same family with models of at most so many parts."""
    if family.name == "figs":  # a tree of k splits has k + 1 leaves, so that all of them have twice as many at most
        larger = ({"model__max_rules": most - 1, "model__max_trees": 1},)
        return _capped(family, "model__max_rules", most // 2, always=larger if most > 2 else ())
    for name, size in (("tree", "model__max_leaf_nodes"), ("scorecard", "model__max_conditions")):
        if family.name == name:
            return _capped(family, size, most)
    return dataclasses.replace(family, build=_Strongest(family.build, most))


_LEAST = {"tree": 2, "figs": 2}
"""Parts of the smallest model of a family; 1 of any other."""


def _capped(family: Family, size: str, most: int, *, always: tuple[Mapping[str, Any], ...] = ()) -> Family:
    sizes = [value for value in family.space[size] if value <= most] or [most]
    space = {**family.space, size: sizes}
    return dataclasses.replace(family, build=_Capped(family.build, size, most), space=space, always=always)


class _Capped:
    """A way to build a family's model of a size of so much at most; a class, so that a worker process can be handed it."""

    def __init__(self, build: Callable[[pd.DataFrame, int], Pipeline], size: str, most: int) -> None:
        self.build, self.size, self.most = build, size, most

    def __call__(self, features: pd.DataFrame, seed: int) -> Pipeline:
        model = self.build(features, seed)
        return model.set_params(**{self.size: min(model.get_params()[self.size], self.most)})


class _Strongest:
    """A way to build a family's model so that it keeps its strongest terms."""

    def __init__(self, build: Callable[[pd.DataFrame, int], Pipeline], most: int) -> None:
        self.build, self.most = build, most

    def __call__(self, features: pd.DataFrame, seed: int) -> AtMostParts:
        return AtMostParts(self.build(features, seed).steps, most=self.most)


def _of_model(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("model__"): value for name, value in params.items()}


def _machine_of(fitted: Any, most: int) -> Any:
    """Make a boosting machine that learns the strongest terms of a fitted one and no others."""
    order = np.argsort(-np.asarray(fitted.term_importances()), kind="stable")
    kept = [fitted.term_features_[place] for place in order[:most]]
    single = {features[0] for features in kept if len(features) == 1}
    others = [(place,) for place in range(fitted.n_features_in_) if place not in single]
    pairs = [features for features in kept if len(features) > 1]
    return clone(fitted).set_params(exclude=others, interactions=pairs or 0)


def _sum_of(
    fitted: Any, seen: "NDArray", target: "NDArray", terms: Sequence[str], most: int, params: Mapping[str, Any]
) -> Any:
    """Learn a linear model again from the columns of its strongest terms: those whose sum varies most over the rows.

    `seen` has shape (n_rows, n_columns); `terms` names the term of each column; `params` are those of the fit. All other weights
    are 0.
    """
    weights, names = np.atleast_2d(fitted.coef_), np.asarray(terms, dtype=object)
    spread = {
        name: float((seen[:, names == name] @ weights[:, names == name].T).var(axis=0).sum())
        for name in dict.fromkeys(terms)
    }
    strongest = sorted(spread, key=lambda name: -spread[name])[:most]
    kept = np.flatnonzero(np.isin(names, strongest))
    model = clone(fitted).fit(seen[:, kept], target, **params)
    full = np.zeros((*model.coef_.shape[:-1], len(names)))
    full[..., kept] = model.coef_
    model.coef_, model.n_features_in_ = full, len(names)
    return model
