"""The face of the edge laboratory: its settings, its question, its plan, its evidence and its verdict."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from edge import budget
from edge.budget import EQUALITY, Decision, Item
from lab.errors import SettingsError
from lab.protocol import Control, Dataset, Estimate, Evidence, Question, Row, Trial, Verdict
from lab.settings import ComparisonSettings, option
from lab.wording import amount, difference, rough

__all__ = ["LAB", "EdgeLab", "Settings"]

_CANDIDATES = ("logistic", "forest", "extra-trees", "boosting", "mlp")


@dataclass(frozen=True)
class Settings(ComparisonSettings):
    """What a user may set."""

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {
            "folds": 2,
            "candidates": 1,
            "rounds": 20,
            "max_rows": 2_500,
            "variants": False,
            "batches": False,
            "serving": False,
            "load": False,
            "load_seconds": 0.06,
        },
        "thorough": {
            "repeats": 5,
            "folds": 5,
            "candidates": 10,
            "rounds": 100,
            "max_rows": 100_000,
            "load_seconds": 3.0,
        },
    }

    p99_ms: float = option(1.0, "latency budget: 99 % of single calls end within this many milliseconds", above=0)
    size_mb: float = option(5.0, "size budget of the model's file in megabytes (10^6 bytes)", above=0)
    memory_mb: float | None = option(None, "peak memory budget of a process that only serves, in megabytes", above=0)
    max_drop: float = option(
        0.01, "accuracy budget: loss against the best model tried (0.01 is 1 point)", minimum=0, maximum=1
    )
    models: tuple[str, ...] = option(_CANDIDATES, "candidates for the device", choices=_CANDIDATES)
    model: str | None = option(None, "judge this file instead of our models: .onnx, or .skops (an estimator)")
    variants: bool = option(True, "also try smaller models of each family: fewer trees, narrower layers, float16, int8")
    batches: bool = option(
        True, "also measure rows per second by batch size, and a process that serves by scikit-learn"
    )
    serving: bool = option(
        True, "also measure cold start and memory of processes that only serve; with --memory-mb in any case"
    )
    metric: str = option("accuracy", "primary metric: a scorer of scikit-learn; auto is the ROC AUC")
    tolerance: float = option(
        1e-4, "largest difference of a probability between original and exported model", minimum=0, maximum=1
    )
    folds: int = option(3, "outer folds", minimum=2, maximum=20)
    repeats: int = option(2, "repetitions of the folds", minimum=1, maximum=20)
    candidates: int = option(3, "settings tried for each model in each fold", minimum=1, maximum=100)
    rate: float | None = option(
        None, "your rate in calls per second, at random times: how many answers are late is then a budget", above=0
    )
    deadline_ms: float | None = option(
        None, "deadline of an answer under load, from its scheduled arrival; p99_ms unless given", above=0
    )
    max_misses: float = option(
        0.01, "share of answers that may be late at your rate (0.01 is 1 %)", minimum=0, maximum=1
    )
    load: bool = option(
        True, "also call the candidates at rates from nearly idle to nearly full; with --rate in any case"
    )
    load_seconds: float = option(
        0.2, "seconds of load at each rate of the sweep; at your rate up to 100 times as many", above=0, maximum=600
    )
    stream: bool = option(
        False, "the rows are in time order: train on the first half, replay the second, and watch it for drift"
    )
    false_alarms: float = option(
        0.05, "bound on the chance of any false alarm over the whole stream", above=0, maximum=0.5
    )
    label_delay: int = option(
        0, "rows of the stream after which a label is known: until then accuracy is estimated", minimum=0
    )
    cores: tuple[int, ...] = option((), "cores on which to measure too, by number", minimum=0)
    threads: int = option(1, "threads of one call there; 0 is one on each core", minimum=0, maximum=1_024)
    devices: str | None = option(
        None,
        "address of a Dask scheduler: its workers with the tag device=1 get the models and test rows and measure too",
    )
    browser: bool = option(
        False, "measure in headless Chromium too, by onnxruntime-web, which npm installs (see --web-runtime)"
    )
    web_runtime: str | None = option(
        None, "folder of the npm package onnxruntime-web; node_modules here or above unless given"
    )
    rounds: int = option(30, "interleaved rounds of the timing", minimum=20, maximum=1_000)
    max_rows: int = option(8_000, "rows used at most (a stratified sample)", minimum=50, maximum=1_000_000)


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
        from edge import candidates, operation, trials
        from lab import comparison, folds, scoring

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
        families = _families(dataset, settings)
        keys = {family.name: f"build-{family.name}" for family in families}
        known = {trial.key: trial for trial in scored}
        first = {family.name: known[comparison.key_of(family, fold.index)] for family in families}
        built = [
            Trial(keys[f.name], trials.build, {"family": f, "fold": fold}, seed=first[f.name].seed, needs=(first[f.name].key,))
            for f in families
        ]  # fmt: skip
        needs = tuple(keys.values())
        timing = {"families": families, "fold": fold, "rounds": settings.rounds}
        timed = Trial("time", trials.time_all, timing, exclusive=True, needs=needs, cost=0.2 * settings.rounds)
        served = [
            Trial(f"serve-{f.name}", trials.serve, {"family": f, "processes": 6}, exclusive=True, needs=(keys[f.name],),
                  cost=1.5)
            for f in families if settings.serving or settings.memory_mb is not None
        ]  # fmt: skip
        at_work = operation.trials(settings, families, fold, scorer=metric.scorer, seed=seed)
        return [*scored, *built, timed, *served, *at_work, *_beyond_the_verdict(settings, families, fold, keys)]

    def inputs(self, settings: Settings) -> Sequence[Path]:
        """Name the files of the model that was given, and of the runtime that a browser loads."""
        from edge import inputs

        return inputs.files(settings)

    def summarise(self, dataset: Dataset, settings: Settings, rows: Mapping[str, Row]) -> Evidence:
        """Gather accuracy, size, equality, latency and footprint of every candidate."""
        from edge import candidates
        from edge.evidence import summarise

        group = candidates.group(dataset, settings.model)
        return summarise(dataset, settings, rows, group, _families(dataset, settings))

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
        return _verdict(decision, evidence)

    def controls(self) -> Sequence[Control]:
        """Stand-ins whose latency is known."""
        from edge.controls import CONTROLS

        return CONTROLS


def _beyond_the_verdict(
    settings: Settings, families: Sequence[Any], fold: Any, keys: Mapping[str, str]
) -> Iterator[Trial]:
    """List the trials that explain but decide nothing: batches, originals in processes of their own, and variants."""
    from edge import trials

    built = tuple(keys.values())
    each = [{"family": family, "fold": fold} for family in families]
    if settings.batches:
        for family, arguments, key in zip(families, each, built, strict=True):
            yield Trial(f"batches-{family.name}", trials.in_batches, arguments, exclusive=True, needs=(key,), cost=1.5)
        every, seconds = {"families": tuple(families)}, 1.5 * len(families)
        yield Trial("serve-originals", trials.serve_originals, every, exclusive=True, needs=built, cost=seconds)
    if settings.variants:
        for family, arguments, key in zip(families, each, built, strict=True):
            yield Trial(f"vary-{family.name}", trials.vary, arguments, needs=(key,), cost=2.0)
        varied = tuple(f"vary-{family.name}" for family in families)
        timing = {"families": tuple(families), "fold": fold, "rounds": settings.rounds}
        seconds = 0.1 * settings.rounds
        yield Trial("time-variants", trials.time_variants, timing, exclusive=True, needs=varied, cost=seconds)


def _verdict(decision: Decision, evidence: Evidence) -> Verdict:
    name, limited = decision.name, decision.items
    label = evidence.facts["labels"][name]
    found = evidence.estimates
    p99, size, loss = found[f"{name}.p99_ms"], found[f"{name}.size_mb"], found[f"{name}.drop"]
    gain = Estimate(-loss.value, -loss.high, -loss.low, loss.unit, loss.confidence)
    figures = (
        f"it answers in {rough(p99.value)} ms at p99 (95 % interval {rough(p99.low)} to {rough(p99.high)}), "
        f"takes {amount(size.value, size.unit)}, and is {difference(gain, 'the best model tried')}"
    )
    if decision.status == "pass":
        return Verdict("yes", "Yes", f"The {label} fits every budget: {figures}.", _reserve(limited))
    short = [item for item in limited if item.status == decision.status]
    causes = " and ".join(f"{item.name} ({_shown(item)})" for item in short)
    if decision.status == "fail":
        sentence = f"No candidate fits; the most accurate, the {label}, misses {causes}: {figures}."
        change = tuple(
            f"a budget for {item.name} of at least {amount(item.found.high, item.found.unit)}"
            for item in short
            if item.name not in EQUALITY
        )
        return Verdict("no", "No", sentence, (*change, "a smaller model of another kind"))
    names = " and ".join(item.name for item in short)
    sentence = f"The {label} may fit, but its {names} is not certain: {figures}."
    return Verdict("undecided", "Undecided", sentence, (*(_would_settle(item) for item in short), "a wider budget"))


def _would_settle(item: Item) -> str:
    """Say how much more work would bring the limit outside the interval, which shrinks with the square root of it."""
    what = "rounds (--rounds)" if item.found.unit == "ms" else "rows"
    half, distance = (item.found.high - item.found.low) / 2, abs(item.found.value - item.allowed)
    if 10 * distance <= half:
        return f"for {item.name} no practical number of {what}: the estimate lies on the budget"
    return f"about {max(2, math.ceil((half / distance) ** 2))} times the {what} for {item.name}, were it as estimated"


def _shown(item: Item) -> str:
    low, high, allowed = (amount(value, item.found.unit) for value in (item.found.low, item.found.high, item.allowed))
    return f"{low if low == high else f'{low} to {high}'} against {allowed} allowed"


def _reserve(limited: Sequence[Item]) -> tuple[str, ...]:
    return tuple(
        f"a budget for {item.name} below {amount(item.found.high, item.found.unit)}"
        for item in limited
        if item.found.high > 0 and item.name not in EQUALITY
    )


def _families(dataset: Dataset, settings: Settings) -> tuple[Any, ...]:
    from edge.candidates import group

    known = {family.name: family for family in group(dataset, settings.model).families}
    return (known["given"],) if settings.model else tuple(known[name] for name in settings.models)


LAB = EdgeLab()
