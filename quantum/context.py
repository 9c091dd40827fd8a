"""What do all sections of a run share? The table, the settings, the seed, the metric and the models, resolved once."""

from dataclasses import dataclass

from lab.errors import SettingsError
from lab.learning.comparison import Group
from lab.learning.families import Family
from lab.learning.folds import require_rows_per_class
from lab.learning.foundation.checkpoint import Checkpoint
from lab.learning.foundation.family import family_of
from lab.learning.foundation.trying import taken_in
from lab.learning.planning import seed_of
from lab.learning.scoring import Metric, primary_metric
from lab.learning.settled import Looks, Rule
from lab.protocol import Dataset
from quantum.hardware.backend import open_backend, require_allowed
from quantum.hardware.rates import Price
from quantum.models.families import groups, qubits_to_try, variational
from quantum.models.limits import Qubits, qubits_for
from quantum.settings import Settings

__all__ = ["Context", "resolve"]

_READOUT_CIRCUITS = 2
"""Circuits that measure the readout errors in the same job."""


@dataclass(frozen=True, eq=False)
class Context:
    """A table with settings that fit it.

    Attributes
    ----------
    dataset : Dataset
    settings : Settings
    seed : int
        Of the run.
    metric : Metric
        The primary one, which alone carries the verdict.
    groups : tuple of Group
        The quantum side, the classical side, and the ablations, which are no side.
    qubits : Qubits
        How large the circuits are.
    checkpoint : Checkpoint, optional
        Of the tabular foundation model on the classical side, where the user named one.
    """

    dataset: Dataset
    settings: Settings
    seed: int
    metric: Metric
    groups: tuple[Group, Group, Group]
    qubits: Qubits
    checkpoint: Checkpoint | None = None

    @property
    def variational(self) -> Family:
        """The variational circuit, which the sections beside the comparison look into."""
        return self.groups[0].families[0]

    @property
    def on_hardware(self) -> Family:
        """The variational circuit on as many qubits as can be simulated under noise; more where the user named a number."""
        n_qubits = self.qubits.hardware
        return variational(n_qubits, self.settings.steps, qubits_to_try(n_qubits, len(self.dataset.classes)), "quantum")

    @property
    def margin(self) -> float:
        """An advantage counts only above this, in the metric's unit."""
        return self.metric.factor * self.settings.margin

    @property
    def looks(self) -> Looks:
        """At what confidence the run is judged, and when it ends."""
        return Looks.of(self.settings)

    @property
    def rule(self) -> Rule:
        """When the answer is firm: on which side of the margin the advantage lies, and who must have learned something for it."""
        return Rule("quantum", "classical", self.margin, above="quantum")

    def seed_of(self, key: str) -> int:
        """Seed of a trial that depends on nothing but its key and the run's seed."""
        return seed_of(key, self.seed)


def resolve(dataset: Dataset, settings: Settings, *, seed: int) -> Context:
    """Check the settings against the table, and choose the metric and the models.

    Raises
    ------
    SettingsError
        If a setting does not fit the table or another setting, or the backend cannot be used.
    DataError
        If a class has too few rows for the folds.
    """
    require_rows_per_class(dataset, settings.folds)
    qubits = qubits_for(dataset, settings.qubits)
    if 0 < settings.largest < 6:
        raise SettingsError(
            f"largest is {settings.largest}; a decay needs circuits of 2, 4 and 6 qubits, so use 0 or 6 to 16"
        )
    if settings.sweep == 1:
        raise SettingsError("sweep is 1, and one fold leaves no rows to train on; use 0 to leave it out, or at least 2")
    if settings.backend:
        _require_backend(settings, qubits.hardware)
    metric = primary_metric(settings.metric, dataset)
    n_classes = len(dataset.classes)
    checkpoint = None if settings.checkpoint is None else taken_in(settings.checkpoint, n_classes=n_classes)
    more = () if checkpoint is None else (family_of(checkpoint),)
    sides = groups(qubits, settings.steps, n_classes=n_classes, more=more)
    return Context(dataset, settings, seed, metric, sides, qubits, checkpoint)


def _require_backend(settings: Settings, n_qubits: int) -> None:
    """Raise SettingsError where the run on a machine would cost too much, or the machine cannot be used."""
    executions = (settings.hardware_rows + _READOUT_CIRCUITS) * settings.shots
    price = Price.of(executions, jobs=1, **settings.rates)
    require_allowed(settings.backend, dollars=price.dollars, spend=settings.spend)
    open_backend(settings.backend, n_qubits)
