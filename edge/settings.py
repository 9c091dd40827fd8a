"""What may a user set in the edge laboratory?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lab.settings import ComparisonSettings, option

__all__ = ["Settings", "deadline_ms"]


_CANDIDATES = ("logistic", "forest", "extra-trees", "boosting", "mlp")


@dataclass(frozen=True)
class Settings(ComparisonSettings):
    """What a user may set."""

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {
            "folds": 2,
            "candidates": 1,
            "rounds": 20,
            "max_rows": 2_500,
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
            "load_seconds": 3.0,
        },
    }

    p99_ms: float = option(1.0, "latency budget: 99 % of single calls end within this many milliseconds", above=0)
    size_mb: float = option(5.0, "size budget of the model's file in megabytes (10^6 bytes)", above=0)
    memory_mb: float | None = option(None, "peak memory budget of a process that only serves, in megabytes", above=0)
    max_drop: float = option(
        0.01, "accuracy budget: loss against the best model tried (0.01 is 1 point)", minimum=0, maximum=1
    )
    models: tuple[str, ...] = option(_CANDIDATES, "candidates for the device", choices=_CANDIDATES)
    model: str | None = option(None, "judge this file instead of our models: .onnx, or .skops (an estimator)")
    variants: bool = option(True, "also try smaller models of each family: fewer trees, narrower layers, float16, int8")
    batches: bool = option(
        True, "also measure rows per second by batch size, and a process that serves by scikit-learn"
    )
    serving: bool = option(
        True, "also measure cold start and memory of processes that only serve; with --memory-mb in any case"
    )
    metric: str = option("accuracy", "primary metric: a scorer of scikit-learn; auto is the ROC AUC")
    tolerance: float = option(
        1e-4, "largest difference of a probability between original and exported model", minimum=0, maximum=1
    )
    folds: int = option(3, "outer folds", minimum=2, maximum=20)
    repeats: int = option(2, "repetitions of the folds", minimum=1, maximum=20)
    candidates: int = option(3, "settings tried for each model in each fold", minimum=1, maximum=100)
    rate: float | None = option(
        None, "your rate in calls per second, at random times: how many answers are late is then a budget", above=0
    )
    deadline_ms: float | None = option(
        None, "deadline of an answer under load, from its scheduled arrival; p99_ms unless given", above=0
    )
    max_misses: float = option(
        0.01, "share of answers that may be late at your rate (0.01 is 1 %)", minimum=0, maximum=1
    )
    load: bool = option(
        True, "also call the candidates at rates from nearly idle to nearly full; with --rate in any case"
    )
    load_seconds: float = option(
        0.2, "seconds of load at each rate of the sweep; at your rate up to 100 times as many", above=0, maximum=600
    )
    stream: bool = option(
        False, "the rows are in time order: train on the first half, replay the second, and watch it for drift"
    )
    false_alarms: float = option(
        0.05, "bound on the chance of any false alarm over the whole stream", above=0, maximum=0.5
    )
    label_delay: int = option(
        0, "rows of the stream after which a label is known: until then accuracy is estimated", minimum=0
    )
    cores: tuple[int, ...] = option((), "cores on which to measure too, by number", minimum=0)
    threads: int = option(1, "threads of one call there; 0 is one on each core", minimum=0, maximum=1_024)
    devices: str | None = option(
        None,
        "address of a Dask scheduler: its workers with the tag device=1 get the models and test rows and measure too",
    )
    browser: bool = option(
        False, "measure in headless Chromium too, by onnxruntime-web, which npm installs (see --web-runtime)"
    )
    web_runtime: str | None = option(
        None, "folder of the npm package onnxruntime-web; node_modules here or above unless given"
    )
    rounds: int = option(30, "interleaved rounds of the timing", minimum=20, maximum=1_000)
    max_rows: int = option(8_000, "rows used at most (a stratified sample)", minimum=50, maximum=1_000_000)


def deadline_ms(settings: "Settings") -> float:
    """Give the deadline of a response under load: the latency budget unless the user gave one."""
    return settings.p99_ms if settings.deadline_ms is None else settings.deadline_ms
