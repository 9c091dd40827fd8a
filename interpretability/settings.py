"""What may a user set in the interpretability laboratory?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lab.settings import ComparisonSettings, option

__all__ = ["Settings"]


DEPTHS = ("full", "verdict")


MODEL_FILE = "readable-model.onnx"


@dataclass(frozen=True)
class Settings(ComparisonSettings):
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
    rows_then: int | None = option(
        None, "rows that you will have: the verdict is about so many", minimum=100, maximum=1_000_000_000
    )
    curve_rows: int = option(
        40_000,
        "where rows are sampled, or with --rows-then: most rows of the learning curves that say what more rows change; 0: none",
        minimum=0,
        maximum=10_000_000,
    )
    depth: str = option(
        "full",
        "full: the verdict, and the models shown, explained and stress-tested; verdict: the verdict only",
        choices=DEPTHS,
    )
    groups: str | None = option(None, "a column whose groups are compared by score, errors and calibration")
    privacy: tuple[float, ...] = option(
        (), "epsilons of the differentially private models whose cost to measure, such as 1,4", above=0, maximum=1_000
    )
