"""What may a user set in the interpretability laboratory?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lab.settings import CHECKPOINT, SettledSettings, option

__all__ = ["Settings"]


DEPTHS = ("full", "verdict")


MODEL_FILE = "readable-model.onnx"


@dataclass(frozen=True)
class Settings(SettledSettings):
    """What a user may set."""

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"folds": 3, "repeats": 2, "candidates": 2, "max_rows": 1_000, "curve_rows": 10_000},
        "thorough": {"repeats": 5, "candidates": 12, "max_rows": 20_000, "curve_rows": 1_000_000},
    }

    margin: float = option(
        0.01,
        "largest loss in the metric that does not matter (0.01 is 1 point; in the metric's own unit if it has no points)",
        minimum=0,
    )
    max_rows: int = option(5_000, "most rows to use (a stratified sample is drawn)", minimum=50, maximum=1_000_000)
    parts: int | None = option(
        None,
        "readable models of at most so many parts: weights, curves, maps, lines of a scorecard or leaves of a tree",
        minimum=1,
    )
    depth: str = option(
        "full",
        "full: the verdict, and the models shown, explained and stress-tested; verdict: the verdict only",
        choices=DEPTHS,
    )
    checkpoint: str | None = option(None, CHECKPOINT)
    groups: str | None = option(None, "a column whose groups are compared by score, errors and calibration")
    privacy: tuple[float, ...] = option(
        (), "epsilons of the differentially private models whose cost to measure, such as 1,4", above=0, maximum=1_000
    )
