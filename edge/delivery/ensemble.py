"""How is an average of models handed over? Its members learn from all rows and become one graph.

Their weights are those of the file that was measured: what is handed over has the members whose size and latency are known.
"""

from collections.abc import Sequence

from edge.delivery.trials import DELIVER, DeliveredRow, delivered_row
from edge.exporting import originals
from edge.exporting.ensemble import WeightedAverage, joined
from lab.learning.blending import Blend
from lab.learning.families import Family
from lab.learning.folds import Fold
from lab.learning.outer import fold_key
from lab.protocol import Dataset, Rows

__all__ = ["deliver_ensemble"]


def deliver_ensemble(
    dataset: Dataset,
    *,
    seed: int,
    blend: Blend,
    members: Sequence[Family],
    fold: Fold,
    inputs: Rows,
) -> DeliveredRow:
    """Join the files of members that learned from all rows, weighed as on the fold whose file was measured: a trial's function.

    `inputs` are the row of the blend on that fold, and what was delivered of each member.
    """
    chosen = fold_key(blend, fold.index).needed(inputs).parameters["weights"]
    kept = [(family, DELIVER.of(family.name).needed(inputs)) for family in members if family.name in chosen]
    weights = {family.label: chosen[family.name] for family, _ in kept}
    known = [row.original for _, row in kept if row.original is not None]
    model = WeightedAverage([originals.from_bytes(each) for each in known], list(weights.values()))
    file = joined([row.onnx.tobytes() for _, row in kept], model.weights, dataset)
    about = {
        "model": blend.label,
        "weights": weights,
        "parameters": {family.label: dict(row.parameters) for family, row in kept},
    }
    scored = fold_key(blend, fold.index)
    return delivered_row(model, file, dataset, about, seed=seed, scored={scored.name: scored.needed(inputs)})
