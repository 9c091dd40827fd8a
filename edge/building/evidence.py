"""Is the exported model the same model? The numbers that the verdict reads, the table of differences, and what a file keeps."""

from collections.abc import Mapping

from edge.building.trials import BuiltRow
from lab.protocol import Estimate, Table

__all__ = ["parity_table", "remarks", "size_and_parity"]


def size_and_parity(name: str, built: BuiltRow) -> dict[str, Estimate]:
    """Give size, largest difference and flipped labels of a candidate; the worst kind of rows counts."""
    return {
        f"{name}.size_mb": _exact(built.size_bytes / 1e6, "MB"),
        f"{name}.parity": _exact(max(parity.largest for parity in built.parity.values()), ""),
        f"{name}.flips": _exact(sum(parity.flips for parity in built.parity.values()), "labels"),
    }


def parity_table(built: Mapping[str, BuiltRow]) -> Table:
    """List the differences of every candidate (by the words for a reader) from its original, by kind of rows."""
    found = tuple(
        (label, row.form, where, parity.rows, parity.largest, parity.noticeable, parity.flips)
        for label, row in built.items()
        for where, parity in row.parity.items()
    )
    columns = ("model", "form", "rows", "count", "largest difference", "rows beyond 1e-5", "flipped labels")
    caption = (
        "Probabilities and labels of the exported model against those of the original, which gets float64 rows. "
        "The form is the leanest one that no training row could tell apart from the original."
    )
    return Table("Is the exported model the same model?", caption, columns, found)


def remarks(built: Mapping[str, BuiltRow]) -> tuple[str, ...]:
    """Say which files hold rows of the training data."""
    return tuple(
        f"the file of the {label} contains training rows: anyone who has the device can read them"
        for label, row in built.items()
        if row.holds_rows
    )


def _exact(value: float, unit: str) -> Estimate:
    return Estimate(float(value), float(value), float(value), unit)
