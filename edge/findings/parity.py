"""Is the exported model the same model? The table of differences."""

from collections.abc import Mapping, Sequence

from lab.learning.families import Family
from lab.protocol import Row, Table

__all__ = ["parity_table"]


def parity_table(there: Sequence[Family], rows: Mapping[str, Row]) -> Table:
    """List the differences of every candidate from its original, by kind of rows."""
    found = tuple(
        (
            family.label,
            rows[f"build-{family.name}"]["form"],
            where,
            parity["rows"],
            parity["largest"],
            parity["noticeable"],
            parity["flips"],
        )
        for family in there
        for where, parity in rows[f"build-{family.name}"]["parity"].items()
    )
    columns = ("model", "form", "rows", "count", "largest difference", "rows beyond 1e-5", "flipped labels")
    caption = (
        "The exported model against the original, which sees float64 rows: probabilities and labels. "
        "The form is the leanest that no row of the training part told from the original."
    )
    return Table("Is the exported model the same model?", caption, columns, found)
