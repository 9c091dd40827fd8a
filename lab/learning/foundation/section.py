"""Which checkpoint took part as a tabular foundation model? A section of the report of every lab that takes one."""

from typing import Any, Protocol

from lab.learning.folds import all_folds, split
from lab.learning.foundation.checkpoint import Checkpoint
from lab.learning.foundation.family import LABEL
from lab.learning.foundation.limits import rows_in_context
from lab.protocol import Dataset, Evidence, Rows, Table, Trial

__all__ = ["evidence", "plan"]


class _Folded(Protocol):
    """Settings that say into how many folds the rows are split."""

    @property
    def folds(self) -> int: ...


class _Context(Protocol):
    """What a lab shares that takes a checkpoint; None where the user named none."""

    @property
    def checkpoint(self) -> Checkpoint | None: ...
    @property
    def dataset(self) -> Dataset: ...
    @property
    def settings(self) -> _Folded: ...
    @property
    def seed(self) -> int: ...


def plan(context: _Context) -> list[Trial[Any]]:
    """Nothing of its own: it is scored as every other family."""
    del context
    return []


def evidence(context: _Context, rows: Rows) -> Evidence:
    """Say which file it was, its licence, and where it read only a sample of the training rows; nothing without one."""
    del rows
    checkpoint, dataset = context.checkpoint, context.dataset
    if checkpoint is None:
        return Evidence()
    folds = all_folds(context.settings.folds, 1, context.seed)  # those of the first repetition: all are of like size
    learned, most = max(len(split(dataset, fold)[0]) for fold in folds), rows_in_context(len(dataset.kinds))
    said = (
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
        tables=(Table("The checkpoint that was given", caption, ("what", "value"), said),),
        caveats=(sampled,) if learned > most else (),
    )
