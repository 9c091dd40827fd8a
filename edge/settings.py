"""What may a user set in the edge laboratory?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lab.settings import CURVE_ROWS, CurveSettings, option

__all__ = ["CANDIDATES", "MODEL_FILE", "Settings", "deadline_ms"]

MODEL_FILE = "edge-model.onnx"
"""Name of the file that a run leaves beside its report."""

CANDIDATES = ("logistic", "forest", "extra-trees", "boosting", "mlp", "ensemble")
"""Candidates for the device, unless the user names others."""


@dataclass(frozen=True)
class Settings(CurveSettings):
    """What a user may set."""

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {
            "folds": 2,
            "candidates": 2,
            "rounds": 20,
            "max_rows": 2_500,
            "curve_rows": 10_000,
            "variants": False,
            "batches": False,
            "serving": False,
            "load": False,
            "load_seconds": 0.06,
        },
        "thorough": {
            "repeats": 5,
            "folds": 5,
            "candidates": 10,
            "rounds": 100,
            "max_rows": 100_000,
            "curve_rows": 1_000_000,
            "load_seconds": 3.0,
        },
    }

    p99_ms: float = option(1.0, "latency budget: 99 % of single calls finish within this many milliseconds", above=0)
    size_mb: float = option(5.0, "budget for the size of the model file, in megabytes (10^6 bytes)", above=0)
    memory_mb: float | None = option(
        None, "budget for the peak memory of a process that only serves the model, in megabytes", above=0
    )
    max_drop: float = option(
        0.01,
        "accuracy budget: largest loss against the model chosen as best in training (0.01 is 1 point)",
        minimum=0,
        maximum=1,
    )
    models: tuple[str, ...] = option(
        CANDIDATES,
        "candidate models for the device: single models, and the ensemble, a weighted average of them as one file (only if named: "
        "average, with equal weights; catboost, lightgbm, xgboost; distilled, a small network taught by larger models; "
        "TabICL is not offered: it would need its training rows on the device)",
        choices=(*CANDIDATES, "average", "catboost", "lightgbm", "xgboost", "distilled"),
    )
    model: str | None = option(
        None,
        "evaluate this model file instead of our models: .onnx, .skops (a scikit-learn estimator), or a file of XGBoost (.json, "
        ".ubj), LightGBM (.txt) or CatBoost (.cbm, .json)",
    )
    classes: tuple[str, ...] = option(
        (), "the classes of the target in the order of the model file's outputs, where it does not name them: ok,fraud"
    )
    output: str | None = option(
        None,
        "what the outputs of the model file are, where it does not say: probabilities, logits (scores before a softmax or sigmoid), "
        "or sigmoid (each the probability of its class alone)",
        choices=("probabilities", "logits", "sigmoid"),
    )
    unseen: bool = option(False, "the model file has learned from none of the rows on which it is judged")
    variants: bool = option(True, "also try smaller models of each family: fewer trees, narrower layers, float16, int8")
    batches: bool = option(
        True, "also measure throughput (rows per second) by batch size, and a process that serves with scikit-learn"
    )
    serving: bool = option(
        True, "also measure cold start and memory of processes that only serve (always done with --memory-mb)"
    )
    metric: str = option(
        "auto",
        "primary metric, the name of a scikit-learn scorer; auto means accuracy, or ROC AUC where the rarest class has "
        "fewer than a tenth as many rows as the largest",
    )
    tolerance: float = option(
        1e-4,
        "largest allowed difference in a probability between the original and the exported model",
        minimum=0,
        maximum=1,
    )
    folds: int = option(3, "number of outer cross-validation folds", minimum=2, maximum=20)
    repeats: int = option(2, "repetitions of the cross-validation", minimum=1, maximum=20)
    candidates: int = option(3, "hyperparameter settings tried for each model in each fold", minimum=1, maximum=100)
    rate: float | None = option(
        None,
        "expected load in calls per second, arriving at random: the share of late answers then becomes a budget (below 2 a second, "
        "calls are offered at 2: each finds an idle model at either)",
        above=0,
    )
    deadline_ms: float | None = option(
        None, "deadline for an answer under load, from its scheduled arrival (default: the value of --p99-ms)", above=0
    )
    max_misses: float = option(0.01, "share of answers that may be late at --rate (0.01 is 1 %)", minimum=0, maximum=1)
    load: bool = option(
        True, "also measure the candidates under load, from nearly idle to nearly saturated (always done with --rate)"
    )
    load_seconds: float = option(
        0.2, "seconds of load at each call rate of the sweep; up to 100 times as many at --rate", above=0, maximum=600
    )
    stream: bool = option(
        False, "the rows are in time order: train on the first half, replay the second half and monitor it for drift"
    )
    false_alarms: float = option(
        0.05, "upper bound on the probability of any false drift alarm over the whole stream", above=0, maximum=0.5
    )
    label_delay: int = option(
        0, "delay, in rows of the stream, until a label is known; until then accuracy is estimated", minimum=0
    )
    cores: tuple[int, ...] = option((), "numbers of the CPU cores on which to measure as well", minimum=0)
    threads: int = option(1, "threads per call on these cores; 0 means one per core", minimum=0, maximum=1_024)
    devices: str | None = option(
        None,
        "address of a Dask scheduler: its workers with the resource device=1 receive the models and test rows and measure as well",
    )
    browser: bool = option(
        False, "also measure in headless Chromium with onnxruntime-web, installed by npm (see --web-runtime)"
    )
    web_runtime: str | None = option(
        None, "folder of the npm package onnxruntime-web (default: found in node_modules here or above)"
    )
    rounds: int = option(30, "interleaved timing rounds", minimum=20, maximum=1_000)
    curve_rows: int = option(
        40_000, f"{CURVE_ROWS} (models that learn fast learn from all)", minimum=0, maximum=10_000_000
    )
    max_rows: int = option(8_000, "most rows to use (a stratified sample is drawn)", minimum=50, maximum=1_000_000)


def deadline_ms(settings: "Settings") -> float:
    """Give the deadline of a response under load: the latency budget unless the user gave one."""
    return settings.p99_ms if settings.deadline_ms is None else settings.deadline_ms
