"""Do the settings fit the table, this machine, and the files and devices that they name? Resolved once into a context."""

from edge import candidates, metrics
from edge.boosters import family as boosters
from edge.browser import runtime_files
from edge.context import Context
from edge.places import devices, process
from edge.settings import Settings
from edge.stream import trials as stream_trials
from lab.errors import SettingsError
from lab.learning import folds, scoring
from lab.protocol import Dataset

__all__ = ["resolve"]


def resolve(dataset: Dataset, settings: Settings, *, seed: int) -> Context:
    """Check the settings, and give what all sections share.

    Raises
    ------
    InputError
        If the settings contradict one another, or do not fit the table, this machine, the devices or the model's file.
    """
    if len(set(settings.models)) != len(settings.models) or not settings.models:
        raise SettingsError("models names a candidate twice or names none; name each once, such as --models mlp,forest")
    folds.require_rows_per_class(dataset, settings.folds)
    _require_places(settings)
    if settings.stream:
        if dataset.belonging.weighted:
            raise SettingsError(
                "--stream counts all rows alike, and --weights says that they count differently; leave out one of the two"
            )
        stream_trials.require_stream(dataset, settings.label_delay)
    metric = scoring.primary_metric(metrics.named(settings.metric, dataset), dataset)
    group = candidates.group(
        dataset,
        settings.model,
        asked=() if settings.model else settings.models,
        classes=settings.classes,
        output=settings.output,
        unseen=settings.unseen,
    )
    families = candidates.for_device(group, settings)
    boosters.require(family.name for family in group.families)
    return Context(dataset, settings, seed, metric, group, families)


def _require_places(settings: Settings) -> None:
    """Raise SettingsError where a place that the settings name is not there."""
    process.require_cores(settings.cores)
    if settings.browser:
        runtime_files.find_chromium()
        runtime_files.find_runtime(settings.web_runtime)
    elif settings.web_runtime is not None:
        raise SettingsError("web_runtime is given, but only browser uses it; add --browser")
    if settings.devices is not None:
        devices.connect(settings.devices)
