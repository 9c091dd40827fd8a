"""How does a candidate become a file? Fit it, export it, prove it equal; then its variants."""

from collections.abc import Mapping

import numpy as np

from edge import candidates
from edge.exporting import device, parity, variants
from edge.given.family import AsDeviceSees, GivenModel, export_given, is_given
from edge.timing import originals
from edge.timing.trials import AS_EXPORTED, device_rows_at, peak_mib_of
from lab.learning import comparison
from lab.learning.families import Family
from lab.learning.folds import Fold, split
from lab.protocol import Dataset, Row

__all__ = ["build", "vary"]


_TRIED = 2_000
"""Training rows on which the forms of an export are compared before one is taken; the test rows have the last word."""


def build(dataset: Dataset, *, seed: int, family: Family, fold: Fold, inputs: Mapping[str, Row]) -> Row:
    """Fit what a fold's trial has tuned and scored, export it, and compare it with the original on the test rows.

    `seed` and `inputs` are those of that trial: the candidate is the very model that was scored there.

    Returns
    -------
    dict
        `onnx` (the file's bytes as uint8), `size_bytes`, `nodes`, `form`, `promise`, `parameters`, `parity` by kind of
        rows, `holds_rows` (of its training data, in the file), and `original` (the fitted pipeline as skops bytes),
        which a given model lacks.
    """
    train, test = split(dataset, fold)
    parameters = inputs[comparison.key_of(family, fold.index)]["parameters"]
    tuned = family.build(dataset.features.iloc[train], seed).set_params(**candidates.set_parameters(family, parameters))
    given = isinstance(tuned, GivenModel)
    if given:
        tuned.fit(dataset.features, dataset.target)  # it takes note of the classes
    model = AsDeviceSees(tuned, dataset) if given else device.fit_for_device(tuned, dataset, train)
    forms = export_given(tuned, dataset) if given else device.to_files(model, dataset)
    chosen = parity.leanest_equal(model, forms, dataset, device_rows_at(dataset, train[:_TRIED]), seed=seed)
    exported = chosen.content
    unseen = device_rows_at(dataset, test)
    compared = {
        "test rows": unseen,
        "beyond their range": parity.beyond_range(dataset, unseen, seed=seed),
        "on split thresholds": parity.at_thresholds(exported, dataset, unseen, seed=seed),
    }
    return {
        "onnx": np.frombuffer(exported, dtype=np.uint8),
        "size_bytes": len(exported),
        "nodes": _count_nodes(exported),
        "form": chosen.form,
        "promise": chosen.promise,
        "holds_rows": device.holds_rows(tuned.estimator() if given and tuned.intake.kind == "skops" else model),
        "parameters": parameters,
        **({} if given else {"original": originals.to_bytes(model)}),
        "parity": {
            where: parity.compare(model, exported, dataset, rows)
            for where, rows in compared.items()
            if rows is not None
        },
    }


def vary(dataset: Dataset, *, seed: int, family: Family, fold: Fold, inputs: Mapping[str, Row]) -> Row:
    """Make the variants of a built candidate, and compare each with the original on the test rows.

    Returns
    -------
    dict
        What `variants.describe` returns and `peak_mib` (peak memory of one process that serves it), by the variant's
        name; the candidate itself is `as exported`.
    """
    built = inputs[f"build-{family.name}"]
    if is_given(family):
        return {}
    train, test = split(dataset, fold)
    model = originals.from_bytes(built["original"])
    chosen = device.Exported(built["onnx"].tobytes(), built["form"], built["promise"])
    del seed  # nothing is drawn
    made = variants.variants_of(model, chosen, dataset, device_rows_at(dataset, train), dataset.target[train])
    unseen, target = device_rows_at(dataset, test), dataset.target[test]
    return {
        name: variants.describe(model, content, dataset, unseen, target) | {"peak_mib": peak_mib_of(dataset, content)}
        for name, content in {AS_EXPORTED: chosen.content, **made}.items()
    }


def _count_nodes(exported: bytes) -> int:
    import onnx

    return len(onnx.load_from_string(exported).graph.node)
