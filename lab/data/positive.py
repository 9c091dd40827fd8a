"""Which of two classes is the one that is looked for? F1, precision and recall are of one class, and it is said which."""

import dataclasses

import numpy as np

from lab.errors import DataError, nearest
from lab.protocol import Dataset

__all__ = ["OF_ONE_CLASS", "looked_for", "with_positive"]

OF_ONE_CLASS = ("f1", "precision", "recall", "jaccard", "average_precision")
"""Scorers of scikit-learn, without what follows a line below, that score one of two classes."""


def with_positive(dataset: Dataset, positive: str) -> Dataset:
    """Make a class the positive one: the second of two.

    Raises
    ------
    DataError
        If the target has no such class, or not two classes.
    """
    if len(dataset.classes) != 2:
        found = f"{len(dataset.classes)} classes" if dataset.classes else "numbers"
        raise DataError(
            f"{dataset.name}: the target {dataset.target_name!r} has {found}, and only one of two can be --positive; leave it out"
        )
    if positive not in dataset.classes:
        near = nearest(positive, dataset.classes, label="classes")
        raise DataError(
            f"{dataset.name}: the target {dataset.target_name!r} has no class {positive!r} (--positive); {near}"
        )
    return dataclasses.replace(_turned(dataset) if positive == dataset.classes[0] else dataset, positive=positive)


def looked_for(dataset: Dataset, metric: str) -> Dataset:
    """Make the rarer of two classes the positive one where a metric scores one of them and the user did not say which."""
    is_of_one = metric in OF_ONE_CLASS
    if not is_of_one or len(dataset.classes) != 2 or dataset.positive:
        return dataset
    rarer = int(np.bincount(dataset.target, minlength=2).argmin())
    found = dataset if rarer == 1 else _turned(dataset)
    note = f"{metric} is that of class {found.classes[1]!r}, the rarer one (--positive names another)"
    return dataclasses.replace(found, positive=found.classes[1], notes=(*found.notes, note))


def _turned(dataset: Dataset) -> Dataset:
    return dataclasses.replace(dataset, target=1 - dataset.target, classes=(dataset.classes[1], dataset.classes[0]))
