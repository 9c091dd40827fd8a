"""Which models are candidates for the device, and what may a search cost? The families that all labs share."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from edge.boosters.family import BOOSTERS
from edge.distilling.family import DISTILLED
from edge.given.family import NAME, family_of
from edge.settings import Settings
from lab.errors import SettingsError
from lab.learning.blending import Blend
from lab.learning.comparison import Group
from lab.learning.families import BOOSTING, CONSTANT, EXTRA_TREES, FOREST, LOGISTIC, MLP, Family
from lab.protocol import Dataset

__all__ = ["SEARCH_ROWS", "Candidate", "for_device", "group", "set_parameters"]

Candidate: TypeAlias = Family | Blend
"""One model, or an average of several that goes to the device as one file."""

SEARCH_ROWS = 2_000
"""Rows from which settings are compared with one another where there are more; the chosen one learns from all."""

_IF_ASKED = (*BOOSTERS, DISTILLED)

_BLENDS = (
    Blend("average", "average of the models", "average"),
    Blend("ensemble", "weighted average of the models", "greedy"),
)
"""They combine what learned from the table: neither a constant prediction nor a model that the user gave."""


def group(
    dataset: Dataset,
    model: str | None,
    *,
    asked: Collection[str] = (),
    classes: Sequence[str] = (),
    output: str | None = None,
    unseen: bool = False,
) -> Group:
    """List all models that set the standard of accuracy, and their averages, whether or not they are candidates for the device.

    Parameters
    ----------
    model : str, optional
        The path of a user's own model, which joins them.
    asked : collection of str
        Names of candidates. A distilled network and boosting of other libraries join only where they are asked for: a fit of the
        network or of CatBoost takes longer than those of most others together, and the libraries are extras.
    classes : sequence of str
        The classes in the order of the outputs of that model, where the user says so.
    output : str, optional
        What these outputs are, where the user says so.
    unseen : bool
        Whether the user says that it has learned from none of the rows.

    Raises
    ------
    SettingsError
        If the model cannot be used, or there is none whose classes could be named.
    """
    if classes and not model:
        raise SettingsError(
            "classes says in which order a model file gives its classes; give one with --model, or leave it out"
        )
    if unseen and not model:
        raise SettingsError(
            "unseen says of a model file that it does not know the rows; give one with --model, or leave it out"
        )
    if output and not model:
        raise SettingsError("output says what the outputs of a model file are; give one with --model, or leave it out")
    known: tuple[Family, ...] = (LOGISTIC, FOREST, EXTRA_TREES, BOOSTING, MLP)
    known = (*known, *(family for family in _IF_ASKED if family.name in asked))
    if model:
        known = (*known, family_of(model, dataset, classes, output))
    every = (*known, CONSTANT)  # last: it is taken as the best only where all others are worse
    return Group("all", "model", every, blends=_BLENDS, apart=(NAME, CONSTANT.name))


def for_device(known: Group, settings: Settings) -> tuple[Candidate, ...]:
    """List the candidates for the device: the given model alone, or those that the user chose."""
    by_name = {member.name: member for member in known.members}
    return (by_name[NAME],) if settings.model else tuple(by_name[name] for name in settings.models)


def set_parameters(family: Family, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the parameters of a fold's row, as stored for a reader, back into what scikit-learn wants.

    >>> set_parameters(MLP, {"hidden_layer_sizes": [64, 32]})
    {'model__hidden_layer_sizes': (64, 32)}
    """
    return {
        name: tuple(shown[short]) if isinstance(shown[short], list) else shown[short]
        for name in family.space
        if (short := name.removeprefix("model__")) in shown
    }
