"""What must a reader know of the checkpoint that took part? Which file it was, under which licence, and how many rows it read."""

from collections.abc import Iterable

from lab.learning.folds import Fold, split
from lab.learning.foundation.checkpoint import Checkpoint
from lab.learning.foundation.family import LABEL
from lab.learning.foundation.limits import rows_in_context
from lab.protocol import Dataset, Evidence, Table

__all__ = ["evidence_of"]


def evidence_of(checkpoint: Checkpoint | None, dataset: Dataset, folds: Iterable[Fold]) -> Evidence:
    """Describe it in a table, and say where it read only a sample of the training rows; nothing without one."""
    if checkpoint is None:
        return Evidence()
    learned, most = max(len(split(dataset, fold)[0]) for fold in folds), rows_in_context(len(dataset.kinds))
    rows = (
        ("file", checkpoint.name),
        ("SHA-256", checkpoint.digest),
        ("licence of the file", checkpoint.licence or "the file does not say; it is yours to know"),
        ("predicts", f"up to {checkpoint.most_classes} classes" if checkpoint.most_classes else "a number"),
        ("values of its network", f"{checkpoint.n_values:,}"),
        ("rows that it reads before it answers", f"{min(learned, most):,} of {learned:,} training rows"),
    )
    caption = (
        f"The {LABEL} was trained elsewhere, on other tables, and learns nothing here: it reads the training rows and answers. "
        "It is not tuned. Whether this table was among those that it was trained on, no file tells."
    )
    sampled = f"the {LABEL} read a sample of {most:,} of {learned:,} training rows in each fold, all others learned from all of them"
    return Evidence(
        tables=(Table("The checkpoint that was given", caption, ("what", "value"), rows),),
        caveats=(sampled,) if learned > most else (),
    )
