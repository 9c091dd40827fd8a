"""Which rows of a large table are used? A random sample, in which small classes and whole units keep enough of theirs."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.data.columns import why_useless
from lab.data.strata import strata
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["sample_rows"]

_WHOLE_UNITS, _MORE_THAN = 100, 1.1


def sample_rows(dataset: Dataset, max_rows: int, seed: int) -> Dataset:
    """Keep a random sample of `max_rows` rows, stratified but for small classes, and say so in the notes.

    A class keeps its share, and at least 30 rows where it has them; a number is stratified as for the folds. What belongs
    together is taken or left as a whole, if 100 units or more fit into the sample; of larger units some rows are taken, so that
    more units are seen. Columns that the sample leaves useless go too. The sample knows the table that it is of.
    """
    if dataset.n_rows <= max_rows:
        return dataset
    rng = np.random.default_rng(seed)
    groups = strata(dataset.target)
    counts = np.bincount(groups)
    reserved = np.minimum(counts, min(30, max_rows // (2 * len(counts))))
    quotas = np.maximum(counts * max_rows // dataset.n_rows, reserved)
    while quotas.sum() > max_rows:  # the larger classes pay for the small ones
        quotas[quotas.argmax()] -= 1
    while quotas.sum() < max_rows:  # what rounding left goes where it is missed most
        quotas[(counts * max_rows / dataset.n_rows - quotas).argmax()] += 1
    units = dataset.belonging.units
    if units is None or len(np.unique(units)) * max_rows < _WHOLE_UNITS * dataset.n_rows:
        chosen = [rng.choice(np.flatnonzero(groups == code), quota, replace=False) for code, quota in enumerate(quotas)]
        kept = np.sort(np.concatenate(chosen))
    else:
        kept = _whole_units(units, groups, quotas, rng)
    notes = [
        f"a random sample of {len(kept):,} of the {dataset.n_rows:,} rows was used (setting max_rows){_more_than(quotas, counts)}"
    ]
    features = dataset.features.iloc[kept].reset_index(drop=True)
    kinds = dict(dataset.kinds)
    for column, kind in dataset.kinds.items():
        if reason := why_useless(features[column].to_numpy(), kind):
            notes.append(f"column {column!r} was left out of the sample: {reason}")
            features = features.drop(columns=column)
            del kinds[column]
    return dataclasses.replace(
        dataset,
        features=features,
        kinds=kinds,
        target=dataset.target[kept],
        notes=(*dataset.notes, *notes),
        belonging=dataset.belonging.of(kept),
        whole=dataset.whole or dataset,
        taken=kept if dataset.taken is None else dataset.taken[kept],
    )


def _whole_units(
    units: "NDArray[np.int64]", groups: "NDArray[np.int64]", quotas: "NDArray[np.int64]", rng: np.random.Generator
) -> "NDArray[np.int64]":
    """Draw whole units at random until no stratum lacks rows for its quota and the next unit would be too many."""
    places, distinct = pd.factorize(units)
    order = rng.permutation(len(distinct))
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[order] = np.arange(len(distinct))
    by_rank = np.lexsort((np.arange(len(units)), rank[places]))
    kept, left = [], quotas.copy()
    for rows in np.split(by_rank, np.flatnonzero(np.diff(rank[places][by_rank])) + 1):
        needed = np.bincount(groups[rows], minlength=len(left))
        if (
            left.sum() >= len(rows)
            and np.all(needed <= np.maximum(left, 0) + len(rows) // 2)
            and left[needed > 0].max() > 0
        ):
            kept.append(rows)
            left -= needed
        if left.sum() <= 0:
            break
    return np.sort(np.concatenate(kept))


def _more_than(quotas: "NDArray[np.int64]", counts: "NDArray[np.int64]") -> str:
    """Say that small classes have more rows of a sample than their share, where one has."""
    share = (quotas / quotas.sum()) / (counts / counts.sum())
    return f", with up to {share.max():.1f} times the share of small classes" if share.max() > _MORE_THAN else ""
