"""The face of the edge laboratory: its settings, its question, its plan, its evidence and its verdict."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from edge import budget, building
from edge.plan import beyond_the_verdict, families_of
from edge.settings import Settings
from edge.timing import trials as timing_trials
from edge.verdict import verdict_on
from lab.errors import SettingsError
from lab.protocol import Control, Dataset, Evidence, Question, Row, Trial, Verdict

__all__ = ["LAB", "EdgeLab"]


class EdgeLab:
    """Candidates exported to ONNX, proven equal, and measured on this CPU at batch 1."""

    name = "edge"
    summary = "Can a model run inside a latency, memory and size budget, and what accuracy does that cost?"
    settings_type = Settings
    demo_data = "digits"
    demo_settings: ClassVar[Mapping[str, Any]] = {
        "effort": "quick",
        "p99_ms": 1.0,
        "size_mb": 1.0,
        "models": ("logistic", "forest", "mlp"),
    }

    def prepare(self, notify: Callable[[str], None]) -> None:
        """Nothing has to be prepared."""

    def question(self, dataset_name: str, settings: Settings) -> Question:
        """Word the question."""
        memory = f", {settings.memory_mb:g} MB of memory" if settings.memory_mb else ""
        return Question(
            f"Can a model of {dataset_name} run at the edge within {settings.p99_ms:g} ms and {settings.size_mb:g} MB{memory}, "
            "and what accuracy does that cost?",
            "edge computing",
        )

    def plan(self, dataset: Dataset, settings: Settings, *, seed: int) -> Sequence[Trial]:
        """Score all models on the folds, build the candidates on one fold, then time them with nothing else running."""
        from edge import candidates, operation
        from lab.learning import comparison, folds, scoring

        if len(set(settings.models)) != len(settings.models) or not settings.models:
            raise SettingsError(
                "models names a candidate twice or none at all; name each once, such as --models mlp,forest"
            )
        folds.require_rows_per_class(dataset, settings.folds)
        operation.check(dataset, settings)
        metric = scoring.primary_metric(settings.metric, dataset)
        scored = comparison.trials(
            (candidates.group(dataset, settings.model),),
            folds=settings.folds,
            repeats=settings.repeats,
            seed=seed,
            metric=metric,
            candidates=settings.candidates,
            search_rows=candidates.SEARCH_ROWS,
        )
        fold = folds.Fold(settings.folds, settings.repeats, seed, 0)
        families = families_of(dataset, settings)
        keys = {family.name: f"build-{family.name}" for family in families}
        known = {trial.key: trial for trial in scored}
        first = {family.name: known[comparison.key_of(family, fold.index)] for family in families}
        built = [
            Trial(keys[f.name], building.build, {"family": f, "fold": fold}, seed=first[f.name].seed, needs=(first[f.name].key,))
            for f in families
        ]  # fmt: skip
        needs = tuple(keys.values())
        timing = {"families": families, "fold": fold, "rounds": settings.rounds}
        timed = Trial("time", timing_trials.time_all, timing, exclusive=True, needs=needs, cost=0.2 * settings.rounds)
        served = [
            Trial(f"serve-{f.name}", timing_trials.serve, {"family": f, "processes": 6}, exclusive=True, needs=(keys[f.name],),
                  cost=1.5)
            for f in families if settings.serving or settings.memory_mb is not None
        ]  # fmt: skip
        at_work = operation.trials(settings, families, fold, scorer=metric.scorer, seed=seed)
        return [*scored, *built, timed, *served, *at_work, *beyond_the_verdict(settings, families, fold, keys)]

    def inputs(self, settings: Settings) -> Sequence[Path]:
        """Name the files of the model that was given, and of the runtime that a browser loads."""
        from edge import inputs

        return inputs.files(settings)

    def summarise(self, dataset: Dataset, settings: Settings, rows: Mapping[str, Row]) -> Evidence:
        """Gather accuracy, size, equality, latency and footprint of every candidate."""
        from edge import candidates
        from edge.evidence import summarise

        group = candidates.group(dataset, settings.model)
        return summarise(dataset, settings, rows, group, families_of(dataset, settings))

    def judge(self, evidence: Evidence, settings: Settings) -> Verdict:
        """Pass the most accurate candidate that meets every budget; fail where none can."""
        candidates: Sequence[str] = evidence.facts["candidates"]
        decision = (
            budget.decide(candidates, evidence.estimates, settings, factor=evidence.facts["factor"])
            if candidates
            else None
        )
        unmeasured = [evidence.facts["labels"][name] for name in evidence.facts["unmeasured"]]
        if decision is None or (unmeasured and decision.status != "pass"):
            sentence = (
                f"The {' and the '.join(unmeasured)} could not be measured, and no other candidate is shown to fit."
            )
            return Verdict("undecided", "Undecided", sentence, ("a run in which every candidate can be measured",))
        return verdict_on(decision, evidence)

    def controls(self) -> Sequence[Control]:
        """Stand-ins whose latency is known."""
        from edge.controls.latency import CONTROLS

        return CONTROLS


LAB = EdgeLab()
