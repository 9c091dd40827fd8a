"""The face of the interpretability laboratory: its settings, its question, its plan, its evidence and its verdict."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from lab.decisions import rows_to_settle, side_of_margin
from lab.protocol import Control, Dataset, Evidence, Question, Row, Trial, Verdict
from lab.settings import ComparisonSettings, option
from lab.wording import amount, count, difference, settling

if TYPE_CHECKING:
    from lab.comparison import Comparison

__all__ = ["LAB", "InterpretabilityLab", "Settings"]


@dataclass(frozen=True)
class Settings(ComparisonSettings):
    """What a user may set."""

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"folds": 3, "repeats": 1, "candidates": 2, "max_rows": 1_000},
        "thorough": {"repeats": 5, "candidates": 12, "max_rows": 20_000},
    }

    margin: float = option(
        0.01, "a loss up to this much of the metric does not matter (0.01 is 1 point)", minimum=0, maximum=1
    )
    max_rows: int = option(5_000, "rows used at most (a stratified sample)", minimum=50, maximum=1_000_000)


class InterpretabilityLab:
    """Tuned glass-box families against tuned black-box families on the same folds."""

    name = "interpretability"
    summary = "What do we give up, if anything, by using a model that we can read?"
    settings_type = Settings
    demo_data = "breast-cancer"
    demo_settings: ClassVar[Mapping[str, Any]] = {"repeats": 2, "candidates": 3}

    def prepare(self, notify: Callable[[str], None]) -> None:
        """Nothing has to be prepared."""

    def question(self, dataset_name: str, settings: Settings) -> Question:
        """Word the question."""
        del settings
        return Question(
            f"What do we give up on {dataset_name} by using a model that we can read?", "interpretable models"
        )

    def plan(self, dataset: Dataset, settings: Settings, *, seed: int) -> Sequence[Trial]:
        """Score every family on every fold, and read every glass-box family once on all rows."""
        from interpretability.families import BLACK, GLASS
        from interpretability.reading import read_model
        from lab import comparison, folds, scoring

        folds.require_rows_per_class(dataset, settings.folds)
        metric = scoring.primary_metric(settings.metric, dataset)
        scored = comparison.trials(
            (GLASS, BLACK),
            folds=settings.folds,
            repeats=settings.repeats,
            seed=seed,
            metric=metric,
            candidates=settings.candidates,
        )
        read = [
            Trial(
                f"read-{family.name}",
                read_model,
                {"family": family, "scorer": metric.scorer, "candidates": settings.candidates},
                seed=comparison.seed_of(f"read-{family.name}", seed),
            )
            for family in GLASS.families
        ]
        return [*scored, *read]

    def summarise(self, dataset: Dataset, settings: Settings, rows: Mapping[str, Row]) -> Evidence:
        """Compare the best readable model with the best black box and lay the readable one open."""
        from interpretability.families import BLACK, GLASS
        from lab import comparison, scoring
        from lab.record import figures_of, tables_of

        metric = scoring.primary_metric(settings.metric, dataset)
        found = comparison.compare(
            dataset, (GLASS, BLACK), rows, folds=settings.folds, repeats=settings.repeats, metric=metric
        )
        glass, black = found.best["glass"], found.best["black"]
        margin = settings.margin * metric.factor
        loss = found.difference(black, glass)
        winner = max(GLASS.families, key=lambda family: (glass.chosen.count(family.label), family.name))
        read = rows.get(f"read-{winner.name}", {"figures": [], "tables": []})
        detectable = found.detectable(black, glass)
        parts = found.regions(black, glass, margin)
        return Evidence(
            estimates={"loss": loss, "glass": found.mean(glass), "black": found.mean(black)},
            facts={
                "metric": metric.label,
                "margin": margin,
                "n_rows": dataset.n_rows,
                "readable": winner.label,
                "detectable": detectable,
                "rows_to_settle": rows_to_settle(loss, margin, dataset.n_rows, detectable=detectable),
                "probability_costs": parts.better,
                "probability_equal": parts.equal,
                "probability_gains": parts.worse,
            },
            figures=(
                _headline(found, settings),
                *figures_of(read["figures"]),
                found.calibration(dataset.target, dataset.classes),
            ),
            tables=(*tables_of(read["tables"]), found.table(dataset.target), found.choices()),
            caveats=(
                *found.caveats(),
                "the readable model shown was fitted on all rows, tuned in the same way as inside the folds",
                "the probabilities of the regions and the intervals treat the folds' shared training rows by the corrected t",
            ),
        )

    def judge(self, evidence: Evidence, settings: Settings) -> Verdict:
        """Answer "can a readable model be used without a loss that matters?"."""
        loss, facts = evidence.estimates["loss"], evidence.facts
        margin = facts["margin"]
        gain = type(loss)(-loss.value, -loss.high, -loss.low, loss.unit, loss.confidence)
        than = f"the best black box in {facts['metric']}"
        sentence = f"The best readable model is {difference(gain, than)}"
        side = side_of_margin(loss, margin)
        if side == "below":
            return Verdict(
                "yes",
                "Nothing that matters",
                f"{sentence}; a loss of {amount(margin, loss.unit)} would matter.",
                (
                    "a black box of a kind that was not tried",
                    f"a margin below {amount(max(loss.high, 0.0), loss.unit)}",
                ),
            )
        if side == "above":
            return Verdict(
                "no",
                "It costs accuracy",
                f"{sentence}; more than the {amount(margin, loss.unit)} that would not matter.",
                (
                    "features that make the readable model's terms enough",
                    f"a margin above {amount(loss.low, loss.unit)}",
                ),
            )
        settle = settling(facts["rows_to_settle"], settings.max_rows)
        return Verdict(
            "undecided",
            "Undecided",
            f"{sentence}; a loss of {amount(margin, loss.unit)} would matter, and {settle}.",
            (
                f"more rows: this run could tell a loss that lies {amount(facts['detectable'], loss.unit)} from the margin",
                "a wider margin, if a larger loss would not matter",
            ),
        )

    def controls(self) -> Sequence[Control]:
        """Tables whose truth is known."""
        from interpretability.controls import CONTROLS

        return CONTROLS


def _headline(found: "Comparison", settings: Settings) -> Any:
    caption = (
        f"{found.metric.label}, {settings.repeats} x {settings.folds}-fold cross-validation, all models on the same folds, "
        f"{count(settings.candidates, 'candidate')} each. Bars are 95 % intervals of each mean; the verdict rests on the paired "
        "difference fold by fold."
    )
    return found.figure("All models", caption)


LAB = InterpretabilityLab()
