"""What work is done on smaller models? Each is made, compared and served once; then all are timed in turn."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge.building.trials import BUILD
from edge.exporting import device, originals
from edge.footprint.trials import peak_mib_of
from edge.given.family import is_given
from edge.session import LEVELS, session
from edge.timing import latency
from edge.timing.calls import bound_call
from edge.variants import making
from lab.learning.folds import Fold, split
from lab.learning.outer import Named
from lab.protocol import Dataset, Key, Rows

__all__ = [
    "AS_EXPORTED",
    "TIME_VARIANTS",
    "VARY",
    "VariantRow",
    "VariantTimesRow",
    "VariedRow",
    "named",
    "time_variants",
    "vary",
]

AS_EXPORTED = "as exported"
"""Name of the variant that is the candidate itself."""

_VARIANT_CALLS = 100  # a round: dozens of files take turns, and their p99 needs 380 calls in all
_LEVEL = "level of "


@dataclass(frozen=True, eq=False)
class VariantRow(making.Compared):
    """A variant beside the original, and the peak memory (MiB) of one process that serves it."""

    peak_mib: float


@dataclass(frozen=True)
class VariedRow:
    """Variants of a candidate by name; a given model has none, not even itself."""

    variants: Mapping[str, VariantRow]


@dataclass(frozen=True, eq=False)
class VariantTimesRow:
    """Nanoseconds of single calls, arrays of shape (rounds, calls): of variants and levels, as `named` names them."""

    times: Mapping[str, np.ndarray]
    levels: Mapping[str, np.ndarray]


VARY = Key("vary", VariedRow)
TIME_VARIANTS = Key("time-variants", VariantTimesRow)


def named(family: str, part: str) -> str:
    """Name of a variant, or of a level of the runtime's optimisation, among the alternatives.

    >>> named("mlp", "half the width")
    'mlp half the width'
    """
    return f"{family} {part}"


def vary(dataset: Dataset, *, seed: int, family: Named, fold: Fold, inputs: Rows) -> VariedRow:
    """Make the variants of a built candidate, and compare each with the original on the test rows."""
    built = BUILD.of(family.name).needed(inputs)
    if is_given(family):
        return VariedRow({})
    train, test = split(dataset, fold)
    assert built.original is not None  # only a given model lacks it
    model = originals.from_bytes(built.original)
    chosen = device.Exported(built.onnx.tobytes(), built.form, built.promise)
    del seed  # nothing is drawn
    counts = dataset.belonging.weights_of(train)
    known = device.device_rows_at(dataset, train)
    made = making.variants_of(model, chosen, dataset, known, dataset.target[train], counts)
    unseen, target = device.device_rows_at(dataset, test), dataset.target[test]
    return VariedRow({
        name: VariantRow(
            **vars(making.describe(model, content, dataset, unseen, target)), peak_mib=peak_mib_of(dataset, content)
        )
        for name, content in {AS_EXPORTED: chosen.content, **made}.items()
    })  # fmt: skip


def time_variants(
    dataset: Dataset, *, seed: int, families: tuple[Named, ...], fold: Fold, rounds: int, inputs: Rows
) -> VariantTimesRow:
    """Time all variants, and the candidates at every level of the runtime's optimisation, in interleaved rounds."""
    del seed  # nothing is drawn
    _, test = split(dataset, fold)
    rows = [device.device_rows_at(dataset, test[i : i + 1]) for i in range(min(len(test), 500))]
    alternatives = {}
    for family in families:
        for name, found in VARY.of(family.name).needed(inputs).variants.items():
            levels = LEVELS if name == AS_EXPORTED else {}
            content = found.onnx.tobytes()
            ready = session(content)
            fed = [device.feeds(dataset, row, ready) for row in rows]
            alternatives[named(family.name, name)] = bound_call(ready, fed)
            for level in levels:
                alternatives[_LEVEL + named(family.name, level)] = bound_call(session(content, level=level), fed)
    alternatives = {name: dataclasses.replace(found, calls=_VARIANT_CALLS) for name, found in alternatives.items()}
    with latency.on_one_core():
        times = latency.measure(alternatives, rounds=rounds)
    return VariantTimesRow(
        times={name: found for name, found in times.items() if not name.startswith(_LEVEL)},
        levels={name.removeprefix(_LEVEL): found for name, found in times.items() if name.startswith(_LEVEL)},
    )
