"""Which model meets a stream? The family that is best on the first rows, trained on them and exported; or the one that was given."""

import numpy as np

from edge.candidates import SEARCH_ROWS
from edge.exporting import device, parity
from edge.given.family import AsDeviceSees, GivenModel, export_given
from lab.learning.families import Family
from lab.learning.tuning import tune
from lab.protocol import Dataset

__all__ = ["best_exported", "rows_to_learn"]

_TRIED = 2_000  # training rows on which the forms of an export are compared
_OF_A_CLASS = 30


def rows_to_learn(target: np.ndarray, at_most: int, *, seed: int) -> np.ndarray:
    """Numbers of the rows to train on, ascending: all of `target`, shape (n_rows,), or a random sample with 30 of each class.

    Fewer where a class has fewer; the sample has about `at_most` rows.
    """
    if len(target) <= at_most:
        return np.arange(len(target))
    order = np.random.default_rng(seed).permutation(len(target))
    kept = [order[:at_most], *(order[target[order] == code][:_OF_A_CLASS] for code in np.unique(target))]
    return np.unique(np.concatenate(kept))


def best_exported(
    dataset: Dataset, rows: np.ndarray, families: tuple[Family, ...], *, scorer: str, candidates: int, seed: int
) -> tuple[Family, bytes]:
    """Tune all families on some rows, by their numbers; gives the one with the best inner score, and its file for a device."""
    known, target = dataset.features.iloc[rows], dataset.target[rows]
    kin = dataset.belonging.of(rows)
    tuned = [
        tune(f, known, target, scorer=scorer, candidates=candidates, seed=seed, search_rows=SEARCH_ROWS, belonging=kin)
        for f in families
    ]
    best = max(range(len(families)), key=lambda place: tuned[place].inner_score)
    model, table = tuned[best].model, device.device_rows_at(dataset, rows[:_TRIED])
    if isinstance(model, GivenModel):
        fitted, forms = AsDeviceSees(model, dataset), export_given(model, dataset)
    else:
        fitted = device.fit_for_device(model, dataset, rows)
        forms = device.to_files(fitted, dataset)
    exported = parity.leanest_equal(fitted, forms, dataset, table, seed=seed)
    return families[best], exported.content
