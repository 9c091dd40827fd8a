"""What do all parts of an edge report share? The table, the settings and what follows from both, resolved once."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.candidates import Candidate
from edge.settings import Settings
from lab.learning.blending import Blend
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
        All models that set the standard of accuracy, and their averages.
    families : tuple of Candidate
        Those of them that are candidates for the device, in the user's order.
    """

    dataset: Dataset
    settings: Settings
    seed: int
    metric: Metric
    group: Group
    families: tuple[Candidate, ...]

    @property
    def fold(self) -> Fold:
        """The outer fold on which the candidates are built and measured."""
        return Fold(self.settings.folds, self.settings.repeats, self.seed, 0)

    @property
    def labels(self) -> Mapping[str, str]:
        """The words for a reader, by the candidate's name."""
        return {family.name: family.label for family in self.families}

    @property
    def single(self) -> tuple[Family, ...]:
        """Candidates that are one model each."""
        return tuple(each for each in self.families if isinstance(each, Family))

    @property
    def blends(self) -> tuple[Blend, ...]:
        """Candidates that are averages of models."""
        return tuple(each for each in self.families if isinstance(each, Blend))

    @property
    def learned(self) -> tuple[Family, ...]:
        """Models that are fitted and exported: the single candidates, and all that an average among the candidates combines."""
        known = {each.name for each in self.single}
        members = self.group.blended if self.blends else ()
        return (*self.single, *(each for each in members if each.name not in known))
