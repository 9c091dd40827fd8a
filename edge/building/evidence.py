"""Is the exported model the same model? The numbers that the verdict reads, the table of differences, and what a file keeps."""

from collections.abc import Collection, Mapping

from edge.building.trials import BUILD, BuiltRow
from edge.context import Context
from edge.given.family import AS_GIVEN
from edge.naming import model_named
from lab.learning.folds import all_folds
from lab.learning.outer import FoldRow, fold_key
from lab.protocol import Estimate, Rows, Table

__all__ = ["built_candidates", "member_table", "parity_tables", "remarks", "size_and_parity"]


def size_and_parity(name: str, built: BuiltRow) -> dict[str, Estimate]:
    """Give size, largest difference and flipped labels of a candidate; the worst kind of rows counts."""
    return {
        f"{name}.size_mb": _exact(built.size_bytes / 1e6, "MB"),
        f"{name}.parity": _exact(max(parity.largest for parity in built.parity.values()), ""),
        f"{name}.flips": _exact(sum(parity.flips for parity in built.parity.values()), "labels"),
    }


def built_candidates(rows: Rows, names: Collection[str]) -> dict[str, BuiltRow]:
    """Give what was built of the candidates of these names; other models are built where an average needs them."""
    return {name: row for name, row in BUILD.all_found(rows).items() if name in names}


def member_table(context: Context, rows: Rows) -> tuple[Table, ...]:
    """List the weights of every member of the averages among the candidates; nothing where there is none."""
    settings, labels = context.settings, {family.name: family.label for family in context.group.blended}
    lines = []
    for blend in context.blends:
        keys = [fold_key(blend, fold.index) for fold in all_folds(settings.folds, settings.repeats, context.seed)]
        found = [row for key in keys if (row := key.found(rows)) is not None]
        measured = BUILD.of(blend.name).found(rows)
        here = {} if measured is None else measured.parameters["weights"]
        lines += [(blend.label, label, here.get(name, 0.0), *_weights(found, name)) for name, label in labels.items()]
    if not lines:
        return ()
    columns = ("model", "member", "weight in the file", "mean weight", "smallest", "largest", "folds with it")
    caption = (
        "An average answers with the weighted mean of its members' probabilities. Weights that are not equal are chosen in every "
        "outer fold by what the members said of rows kept aside in training (greedy selection); members of weight 0 are left out. "
        "The file that was measured has those of the first fold, and so has the one in the run's folder."
    )
    return (Table("What the averages consist of", caption, columns, tuple(lines)),)


def _weights(found: list[FoldRow], member: str) -> tuple[float | None, float | None, float | None, int]:
    weights = [row.parameters["weights"].get(member, 0.0) for row in found]
    if not weights:
        return None, None, None, 0
    return sum(weights) / len(weights), min(weights), max(weights), sum(weight > 0 for weight in weights)


def parity_tables(built: Mapping[str, BuiltRow]) -> tuple[Table, ...]:
    """List the differences of every candidate (by the words for a reader) from its original, by kind of rows.

    A file that was given has no original: its own answers, which are those measured, are not held against themselves.
    """
    found = tuple(
        (label, row.form, where, parity.rows, parity.largest, parity.noticeable, parity.flips)
        for label, row in built.items()
        if not row.form.startswith(AS_GIVEN)
        for where, parity in row.parity.items()
    )
    if not found:
        return ()
    columns = ("model", "form", "rows", "count", "largest difference", "rows beyond 1e-5", "flipped labels")
    caption = (
        "Probabilities and labels of the exported model against those of the original, which gets float64 rows. "
        "The form is the leanest one that no training row could tell apart from the original."
    )
    return (Table("Is the exported model the same model?", caption, columns, found),)


def remarks(built: Mapping[str, BuiltRow]) -> tuple[str, ...]:
    """Say which files hold rows of the training data."""
    return tuple(
        f"the file of {model_named(label)} contains training rows: anyone who has the device can read them"
        for label, row in built.items()
        if row.holds_rows
    )


def _exact(value: float, unit: str) -> Estimate:
    return Estimate(float(value), float(value), float(value), unit)
