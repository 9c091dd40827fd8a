"""Which columns are features, and which teach nothing, or too much? Each is judged alone, beside the target."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from lab.data.columns import feature, holds_prose, length_fault, why_useless
from lab.data.encoded import encoded_target
from lab.data.leaks import leak_of, near_leak_of
from lab.errors import DataError
from lab.protocol import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Judged", "judged", "readable"]


@dataclass
class Judged:
    """Columns as features by name, with their kinds; and those that are left out, with the reason."""

    columns: "dict[str, NDArray]" = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def judged(
    table: pa.Table, without: Collection[str | None], codes: "NDArray", classes: Sequence[str], name: str
) -> Judged:
    """Judge every column but those named in `without`: what it holds, and whether it teaches anything of the target.

    Parameters
    ----------
    codes : array of shape (n_rows,)
        The target: codes of the classes, or numbers.

    Raises
    ------
    DataError
        If a column holds what is no feature.
    """
    found = Judged()
    for column in table.column_names:
        if column in without:
            continue
        with readable(table, column, name):
            if fault := length_fault(table[column]):
                found.left_out[column] = f"it holds {fault}"
                continue
            values, kind = feature(table[column], column, name)
        about = (values, kind, codes, len(classes))
        if holds_prose(values, kind):
            found.unread.append(column)
            found.left_out[column] = "it holds free text"
        elif reason := why_useless(values, kind, column) or leak_of(*about) or encoded_target(*about):
            found.left_out[column] = reason
        else:
            if warning := near_leak_of(*about):
                found.warnings.append(f"column {column!r} {warning}")
            found.columns[column], found.kinds[column] = values, kind
    return found


@contextlib.contextmanager
def readable(table: pa.Table, column: str, name: str) -> Iterator[None]:
    """Turn what Arrow cannot convert (a type of another world, a date beyond the calendar) into a sentence."""
    try:
        yield
    except (pa.ArrowException, OverflowError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{name}: column {column!r} holds {table[column].type} that cannot be read ({reason}); use numbers, booleans, "
            f"dates or texts, or --drop {column!r}"
        ) from error
