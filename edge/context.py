"""What do all parts of an edge report share? The table, the settings and what follows from both, resolved once."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.settings import Settings
from lab.learning.comparison import Group
from lab.learning.families import Family
from lab.learning.folds import Fold
from lab.learning.scoring import Metric
from lab.protocol import Dataset

__all__ = ["Context"]


@dataclass(frozen=True, eq=False)
class Context:
    """What every section reads.

    Attributes
    ----------
    dataset : Dataset
        The table, sampled already.
    settings : Settings
        As the user gave them, checked against the table and this machine.
    seed : int
        Decides folds, searches and models.
    metric : Metric
        The primary one.
    group : Group
        All models that set the standard of accuracy.
    families : tuple of Family
        Those of them that are candidates for the device, in the user's order.
    """

    dataset: Dataset
    settings: Settings
    seed: int
    metric: Metric
    group: Group
    families: tuple[Family, ...]

    @property
    def fold(self) -> Fold:
        """The outer fold on which the candidates are built and measured."""
        return Fold(self.settings.folds, self.settings.repeats, self.seed, 0)

    @property
    def labels(self) -> Mapping[str, str]:
        """The words for a reader, by the candidate's name."""
        return {family.name: family.label for family in self.families}
