"""Which trials explain the verdict without deciding it, and which families are candidates?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edge import building
from edge.settings import Settings
from edge.timing import trials as timing_trials
from lab.protocol import Dataset, Trial

__all__ = ["beyond_the_verdict", "families_of"]


def beyond_the_verdict(
    settings: Settings, families: Sequence[Any], fold: Any, keys: Mapping[str, str]
) -> Iterator[Trial]:
    """List the trials that explain but decide nothing: batches, originals in processes of their own, and variants."""
    built = tuple(keys.values())
    each = [{"family": family, "fold": fold} for family in families]
    if settings.batches:
        for family, arguments, key in zip(families, each, built, strict=True):
            yield Trial(
                f"batches-{family.name}", timing_trials.in_batches, arguments, exclusive=True, needs=(key,), cost=1.5
            )
        every, seconds = {"families": tuple(families)}, 1.5 * len(families)
        yield Trial("serve-originals", timing_trials.serve_originals, every, exclusive=True, needs=built, cost=seconds)
    if settings.variants:
        for family, arguments, key in zip(families, each, built, strict=True):
            yield Trial(f"vary-{family.name}", building.vary, arguments, needs=(key,), cost=2.0)
        varied = tuple(f"vary-{family.name}" for family in families)
        timing = {"families": tuple(families), "fold": fold, "rounds": settings.rounds}
        seconds = 0.1 * settings.rounds
        yield Trial("time-variants", timing_trials.time_variants, timing, exclusive=True, needs=varied, cost=seconds)


def families_of(dataset: Dataset, settings: Settings) -> tuple[Any, ...]:
    """List the candidates for the device: the given model alone, or those that the user chose."""
    from edge.candidates import group

    known = {family.name: family for family in group(dataset, settings.model).families}
    return (known["given"],) if settings.model else tuple(known[name] for name in settings.models)
