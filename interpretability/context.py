"""What do all parts of the interpretability report share? The table, the two sides, the metric, resolved once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from interpretability.models import classifiers, limited, regressors
from interpretability.settings import Settings
from lab.errors import SettingsError
from lab.learning import comparison, folds, planning, scoring
from lab.learning.comparison import Comparison, Group
from lab.learning.families import CONSTANT, Family
from lab.learning.foundation.checkpoint import Checkpoint
from lab.learning.foundation.family import family_of
from lab.learning.foundation.trying import taken_in
from lab.learning.scoring import Metric
from lab.learning.settled import Looks, Rule
from lab.protocol import Dataset, Key, Rows, Trial

__all__ = ["Context", "context_of"]


@dataclass(frozen=True, eq=False)
class Context:
    """What all sections of a run share.

    Attributes
    ----------
    glass, black : Group
        The two sides of the question.
    nothing : Group
        A constant prediction, which every side must beat: two models that have learned nothing are level, and the readable one
        costs nothing.
    steps : tuple of Family
        The small models of the price of reading; none where only the verdict is wanted.
    too_large : tuple of str
        Labels of readable models that were left out because they are never as small as the user wants.
    checkpoint : Checkpoint, optional
        Of the tabular foundation model among the black boxes, where the user named one.
    """

    dataset: Dataset
    settings: Settings
    seed: int
    metric: Metric
    glass: Group
    black: Group
    nothing: Group
    steps: tuple[Family, ...]
    too_large: tuple[str, ...] = ()
    checkpoint: Checkpoint | None = None

    @property
    def is_full(self) -> bool:
        """Whether more than the verdict is wanted."""
        return self.settings.depth == "full"

    @property
    def margin(self) -> float:
        """A loss up to this much does not matter, in the metric's unit."""
        return self.settings.margin * self.metric.factor

    @property
    def splits(self) -> dict[str, Any]:
        """Arguments of the trials that go through the folds of the first repetition."""
        return {
            "folds": self.settings.folds,
            "repeats": self.settings.repeats,
            "scorer": self.metric.scorer,
            "fold_seed": self.seed,
        }

    @property
    def both(self) -> Mapping[str, tuple[Family, ...]]:
        """Families by side."""
        return {"glass": self.glass.families, "black": self.black.families}

    @property
    def looks(self) -> Looks:
        """At what confidence the run is judged, and when it ends."""
        return Looks.of(self.settings)

    @property
    def rule(self) -> Rule:
        """When the answer is firm: on which side of the margin the loss lies, and who must have learned something for it."""
        return Rule("black", "glass", self.margin, above="black", below="glass")

    def compared(self, rows: Rows, *more: Group) -> Comparison:
        """Gather the scores of both sides, and of further groups, over the repetitions that were used."""
        return comparison.compare(
            self.dataset,
            (self.glass, self.black, *more),
            rows,
            folds=self.settings.folds,
            repeats=self.looks.used(rows),
            metric=self.metric,
        )

    def scored(self, *groups: Group, candidates: int) -> list[Trial[Any]]:
        """List the trials that score groups on the folds."""
        return [
            *planning.trials(
                groups,
                folds=self.settings.folds,
                repeats=self.settings.repeats,
                seed=self.seed,
                metric=self.metric,
                candidates=candidates,
            )
        ]

    def follow_up(
        self,
        key: Key[Any],
        function: Any,
        arguments: Mapping[str, Any],
        *,
        needs: tuple[Key[Any], ...],
        exclusive: bool = False,
    ) -> Trial[Any]:
        """Make a trial that follows on the verdict."""
        seed = planning.seed_of(key.name, self.seed)
        return key.trial(function, arguments, seed=seed, exclusive=exclusive, needs=needs, kind=key.name, cost=3.0)


def context_of(dataset: Dataset, settings: Settings, *, seed: int) -> Context:
    """Resolve the context of a run.

    Raises
    ------
    SettingsError, DataError
        If the settings do not fit the table.
    """
    folds.require_rows(dataset, settings.folds)
    metric = scoring.primary_metric(settings.metric, dataset)
    if metric.unit and settings.margin > 1:
        raise SettingsError(f"margin is {settings.margin:g}; for {metric.label} it must be from 0 to 1")
    _require_weighable(dataset, settings)
    if dataset.task == "number":
        glass, black, steps = regressors.glass(len(dataset.kinds)), regressors.black(), regressors.ladder()
    else:
        n_classes = len(dataset.classes)
        glass, black = classifiers.glass(n_classes, len(dataset.kinds)), classifiers.black()
        steps = classifiers.ladder(n_classes)
    checkpoint = None if settings.checkpoint is None else taken_in(settings.checkpoint, n_classes=len(dataset.classes))
    if checkpoint is not None:
        black = replace(black, families=(*black.families, family_of(checkpoint)))
    too_large: tuple[str, ...] = ()
    if settings.parts is not None:
        glass, too_large = limited.at_most(glass, settings.parts)
        steps = limited.steps_within(steps, settings.parts)
    constant = CONSTANT if dataset.classes else regressors.CONSTANT
    nothing = Group("constant", "baseline", (constant,), is_side=False)
    steps = steps if settings.depth == "full" else ()
    return Context(dataset, settings, seed, metric, glass, black, nothing, steps, too_large, checkpoint)


def _require_weighable(dataset: Dataset, settings: Settings) -> None:
    """Raise SettingsError where rows have weights and a part of the report that cannot count them is asked for."""
    asked = next((flag for flag, value in (("groups", settings.groups), ("privacy", settings.privacy)) if value), None)
    if dataset.belonging.weighted and asked:
        raise SettingsError(
            f"--{asked} counts all rows alike, and --weights says that they count differently; leave out one of the two"
        )
