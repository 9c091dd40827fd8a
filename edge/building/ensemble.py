"""How does an average of models become a file? The files of its members, built on the same fold, become one graph: no fit."""

from edge.building.trials import BUILD, BuiltRow, built_row
from edge.exporting import originals
from edge.exporting.ensemble import WeightedAverage, joined
from lab.learning.blending import Blend
from lab.learning.folds import Fold
from lab.learning.outer import fold_key
from lab.protocol import Dataset, Rows

__all__ = ["build_ensemble"]


def build_ensemble(dataset: Dataset, *, seed: int, blend: Blend, fold: Fold, inputs: Rows) -> BuiltRow:
    """Join the members that a fold's trial gave a weight, and compare it with the average of their originals: a trial's function.

    `inputs` are the row of that trial, and those of the members' own builds.
    """
    weights = fold_key(blend, fold.index).needed(inputs).parameters["weights"]
    members = {name: BUILD.of(name).needed(inputs) for name in weights}
    known = [row.original for row in members.values() if row.original is not None]
    model = WeightedAverage([originals.from_bytes(each) for each in known], list(weights.values()))
    file = joined([row.onnx.tobytes() for row in members.values()], model.weights, dataset)
    holds = any(row.holds_rows for row in members.values())
    return built_row(model, file, dataset, fold, seed=seed, parameters={"weights": dict(weights)}, holds_rows=holds)
