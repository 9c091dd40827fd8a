"""How is an average of models handed over? Its members learn from all rows and become one graph.

Their weights follow from what the members said of the outer test rows of the first repetition: they cost no fit.
"""

from collections.abc import Sequence

from edge.delivery.trials import DELIVER, DeliveredRow, delivered_row
from edge.exporting import originals
from edge.exporting.ensemble import WeightedAverage, joined
from lab.learning.blending import Blend, outer_weights
from lab.learning.families import Family
from lab.learning.folds import Fold
from lab.learning.outer import fold_key
from lab.protocol import Dataset, Rows
from lab.wording import count

__all__ = ["deliver_ensemble"]


def deliver_ensemble(
    dataset: Dataset,
    *,
    seed: int,
    blend: Blend,
    members: Sequence[Family],
    folds: Sequence[Fold],
    scorer: str,
    inputs: Rows,
) -> DeliveredRow:
    """Weigh the members that learned from all rows, and join their files: a trial's function.

    `inputs` are the members' rows of the given folds, and what was delivered of each.
    """
    said = [[fold_key(family, fold.index).needed(inputs) for family in members] for fold in folds]
    weighed = zip(members, outer_weights(blend, said, dataset.target, scorer), strict=True)
    kept = [(family, float(weight), DELIVER.of(family.name).needed(inputs)) for family, weight in weighed if weight > 0]
    weights = {family.label: weight for family, weight, _ in kept}
    known = [row.original for _, _, row in kept if row.original is not None]
    model = WeightedAverage([originals.from_bytes(each) for each in known], list(weights.values()))
    file = joined([row.onnx.tobytes() for _, _, row in kept], model.weights, dataset)
    about = {
        "model": f"{blend.label}: {count(len(kept), 'member')}",
        "weights": weights,
        "parameters": {family.label: dict(row.parameters) for family, _, row in kept},
    }
    return delivered_row(model, file, dataset, about, seed=seed)
