"""What does every candidate have to keep to? Said as facts of the record, by which a page judges budgets that a reader moves."""

from collections.abc import Mapping
from typing import Any

from edge.budget.decision import EQUALITY, GAIN
from edge.settings import Settings

__all__ = ["limits"]


def limits(settings: Settings, *, factor: float, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List what is limited, in the order of `edge.budget.decision.items` and by the same rule.

    `name` is for a reader; `estimate` and `least` end the names of a candidate's estimates (`mlp.p99_ms`; least: on a quiet
    machine); `allowed` is in their unit; `moves`: whether it is a budget that a reader may move; `above`: whether it must be
    exceeded, where all others are the most that there may be. A candidate without the estimate is undecided.
    """
    size = facts.get("size")
    loss = ("accuracy loss", "drop") if size is None else (f"accuracy loss with {size:,} rows", "drop_at_size")
    budgets: list[tuple[str, str, str | None, float | None]] = [
        ("latency (p99)", "p99_ms", "least_p99_ms", settings.p99_ms),
        ("share of late answers", "misses", "least_misses", settings.rate and settings.max_misses * 100),
        ("file size", "size_mb", None, settings.size_mb),
        ("peak memory", "memory_mb", None, settings.memory_mb),
        (*loss, None, factor * settings.max_drop),
    ]
    kept = zip((GAIN, *EQUALITY), ("gain", "parity", "flips"), (0.0, settings.tolerance, 0.0), strict=True)
    return [
        *(_limit(name, key, allowed, least=least, moves=True) for name, key, least, allowed in budgets if allowed is not None),
        *(_limit(name, key, allowed, above=name == GAIN) for name, key, allowed in kept),
    ]  # fmt: skip


def _limit(
    name: str, key: str, allowed: float, *, least: str | None = None, moves: bool = False, above: bool = False
) -> dict[str, Any]:
    return {"name": name, "estimate": key, "least": least, "allowed": allowed, "moves": moves, "above": above}
