"""Which numbers of a record are reached by a golden test? Their names, with those of models and devices left open.

A number that is added to a lab needs its golden test: the tests that run the labs for real compare what they find.
"""

import re

_MODELS = (
    r"^(logistic|forest|extra-trees|boosting|mlp|ensemble|average|catboost|lightgbm|xgboost|distilled|given|identity)\.|"
    r"^(logistic|forest|extra-trees|boosting|mlp|ensemble|average|catboost|lightgbm|xgboost|distilled|given) "
)


def generic(name):
    """Leave out which model or device a number is of.

    >>> generic("mlp.p99_ms"), generic("mlp onnx.p99"), generic("change_torino_read")
    ('MODEL.p99_ms', 'MODEL onnx.p99', 'change_DEVICE_read')
    """
    name = re.sub(r"^change_\w+?_(read|mitigated)$", r"change_DEVICE_\1", name)
    return re.sub(_MODELS, lambda found: "MODEL" + found[0][-1], name)


QUANTUM_ESTIMATES = {
    "advantage", "over_constant", "quantum", "entanglement", "training", "surrogate", "circuit_entanglement", "kernel_entanglement",
    "decay", "training_hours", "training_dollars",
    "training_dollars_spsa", "kernel_dollars", "kernel_predictions_dollars", "predictions_dollars",
    "change_DEVICE_read", "change_DEVICE_mitigated",
}  # fmt: skip
QUANTUM_FACTS = {
    "metric", "margin", "n_rows", "detectable", "rows_to_settle", "rows_in_table", "probability_better", "probability_equal",
    "probability_worse", "pennylane_distance", "unentangled_folds", "scored_folds", "prices", "quantum_chosen",
    "classical_chosen",
}  # fmt: skip
EDGE_ESTIMATES = {
    *(f"MODEL.{what}" for what in ("p99_ms", "size_mb", "parity", "flips", "memory_mb", "cold_start_s", "drop", "score",
                                   "misses", "p99", "gain", "least_p99_ms", "least_misses")),
    "MODEL onnx.p99", "MODEL sklearn.p99", "harness.p50_us", "stream_loss",
}  # fmt: skip
EDGE_FACTS = {
    "candidates",
    "unmeasured",
    "labels",
    "limits",
    "metric",
    "factor",
    "core",
    "highest_rate",
    "stream",
    "stream_in_short",
    "stream_seen",
    "n_rows",
    "rows_in_table",
    "model_file",
}
INTERPRETABILITY_ESTIMATES = {"loss", "glass", "black", "over_constant", "black_over_constant"}
INTERPRETABILITY_FACTS = {
    "metric", "margin", "n_rows", "readable", "readable_file", "black_box", "simplest", "untried_black", "untried_glass", "detectable",
    "rows_to_settle", "rows_in_table", "probability_costs", "probability_equal", "probability_gains",
}  # fmt: skip
DELIVERED_ESTIMATES, DELIVERED_FACTS = {"delivered"}, {"delivered_rows"}
AT_SIZE_ESTIMATES = {"loss_at_size"}
AT_SIZE_FACTS = {"size", "curve_rows", "curve_reach", "curve_fault", "curve_settles"}
EDGE_AT_SIZE_ESTIMATES = {"MODEL.drop_at_size"}
EDGE_AT_SIZE_FACTS = AT_SIZE_FACTS
QUANTUM_AT_SIZE_ESTIMATES = {"advantage_at_size"}
