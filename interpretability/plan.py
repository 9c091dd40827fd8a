"""Which trials answer the question? Every family on every fold, then the finalists read, explained, stressed and timed."""

from collections.abc import Sequence
from typing import Any

from interpretability.follow_up import editing, explaining, finalists, known_truth, privacy, speed, stress
from interpretability.models import classes as families
from interpretability.models import numbers as number_families
from interpretability.reading import read as reading
from interpretability.scale import has_one_sum
from lab.learning import comparison
from lab.learning.comparison import Group
from lab.learning.families import Family
from lab.learning.scoring import Metric
from lab.protocol import Dataset, Trial

__all__ = ["groups_of", "steps_of", "trials"]


def groups_of(dataset: Dataset) -> tuple[Group, Group]:
    """Give the two sides of the question."""
    if dataset.task == "number":
        return number_families.glass(len(dataset.kinds)), number_families.black()
    return families.glass(len(dataset.classes), len(dataset.kinds)), families.black()


def steps_of(dataset: Dataset, settings: Any) -> tuple[Family, ...]:
    """List the small models of the price curve; none where only the verdict is wanted."""
    if settings.depth != "full":
        return ()
    return number_families.ladder() if dataset.task == "number" else families.ladder(len(dataset.classes))


def trials(dataset: Dataset, settings: Any, metric: Metric, seed: int) -> list[Trial]:
    """List the work of a run."""
    sides = groups_of(dataset)
    shared = {"folds": settings.folds, "repeats": settings.repeats, "seed": seed, "metric": metric}
    plan = comparison.trials(sides, candidates=settings.candidates, **shared)
    if settings.depth != "full":
        return plan
    steps = steps_of(dataset, settings)
    plan += comparison.trials((Group("steps", "step", steps, is_side=False),), candidates=0, **shared)
    return [*plan, *_follow_up(dataset, settings, metric, sides, steps, [trial.key for trial in plan], seed)]


def _follow_up(
    dataset: Dataset,
    settings: Any,
    metric: Metric,
    sides: tuple[Group, Group],
    steps: Sequence[Family],
    scored: Sequence[str],
    seed: int,
) -> list[Trial]:
    glass, black = sides
    readable = (*glass.families, *steps)
    folds = {"folds": settings.folds, "repeats": settings.repeats}
    splits = folds | {"scorer": metric.scorer, "fold_seed": seed}
    search = {"scorer": metric.scorer, "candidates": settings.candidates}
    both = {"glass": glass.families, "black": black.families}
    wanted: list[tuple[str, Any, dict[str, Any], bool]] = [
        ("read", reading.read_finalist, {"role": "glass", "families": readable, **search}, False),
        ("read-simplest", reading.read_finalist, {"role": "simplest", "families": readable, **search}, False),
        ("explain", explaining.explain_black_box, {"groups": both, **splits}, False),
        ("stress-glass", stress.stress_finalist, {"side": "glass", "families": glass.families, **splits}, False),
        ("stress-black", stress.stress_finalist, {"side": "black", "families": black.families, **splits}, False),
        ("speed", speed.time_finalists, {"groups": both, "fold_seed": seed, **folds}, True),
    ]
    if len(dataset.classes) == 2:
        wanted.append(("known-truth", known_truth.explain_known, {"groups": both}, False))
    if has_one_sum(dataset):
        machine = number_families.EBM if dataset.task == "number" else families.EBM
        wanted.append(("edit", editing.edit_terms, {"family": machine, **splits}, False))
    chosen = Trial(
        "finalists",
        finalists.choose_finalists,
        {"groups": sides, "steps": tuple(steps), "metric": metric, "margin": settings.margin, **folds},
        seed=seed,
        needs=tuple(scored),
        cost=0.5,
    )
    after = [
        Trial(
            key,
            function,
            arguments,
            seed=comparison.seed_of(key, seed),
            exclusive=alone,
            needs=("finalists",),
            kind=key,
            cost=3.0,
        )
        for key, function, arguments, alone in wanted
    ]
    private = [
        Trial(
            f"private-{place:02d}",
            privacy.score_private,
            {"epsilon": epsilon, **splits},
            seed=comparison.seed_of(f"private-{place:02d}", seed),
            cost=2.0,
        )
        for place, epsilon in enumerate(settings.privacy)
    ]
    return [*private, chosen, *after]
