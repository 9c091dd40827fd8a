"""The face of the quantum laboratory: its settings, its question, its plan, its evidence and its verdict."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lab.decisions import side_of_margin
from lab.errors import SettingsError
from lab.protocol import Control, Dataset, Estimate, Evidence, Question, Row, Trial, Verdict
from lab.settings import ComparisonSettings, option
from lab.wording import amount, difference, rough, settling
from quantum.hardware import DEVICES

__all__ = ["LAB", "QuantumLab", "Settings"]


@dataclass(frozen=True)
class Settings(ComparisonSettings):
    """What a user may set; the defaults of the prices are third-party figures and can be replaced."""

    efforts: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {
            "folds": 3,
            "repeats": 1,
            "candidates": 2,
            "steps": 60,
            "max_rows": 500,
            "sweep": 0,
            "largest": 8,
            "hardware_rows": 50,
        },
        "thorough": {"repeats": 5, "candidates": 10, "steps": 300, "max_rows": 2_000},
    }

    qubits: int = option(4, "qubits of the circuits, at most", minimum=1, maximum=12)
    steps: int = option(150, "training steps", minimum=10, maximum=5_000)
    margin: float = option(
        0.01, "an advantage up to this much of the metric does not count (0.01 is 1 point)", minimum=0, maximum=1
    )
    max_rows: int = option(1_000, "rows used at most (a stratified sample)", minimum=50, maximum=100_000)
    sweep: int = option(
        3, "folds of the scores against qubits and depth; 0 leaves them out, else at least 2", minimum=0, maximum=20
    )
    largest: int = option(
        14,
        "qubits of the largest circuit whose gradients are studied; 0 leaves it out, else at least 6",
        minimum=0,
        maximum=16,
    )
    devices: tuple[str, ...] = option(
        ("sherbrooke", "torino", "fez"), "device models to transpile for", choices=DEVICES
    )
    shots: int = option(1_024, "executions of a circuit for one expectation", minimum=1, maximum=1_000_000)
    hardware_rows: int = option(
        100, "test rows predicted under each device's noise; 0 leaves the noise out", minimum=0, maximum=10_000
    )
    backend: str = option("", "run these rows on this machine too (or on a model of one: fake_torino)")
    spend: float = option(0.0, "dollars that --backend may cost; nothing is sent that would cost more", minimum=0)
    execution_s: float = option(
        0.00035, "device seconds for one execution (IBM Quantum documentation, read 2026)", above=0
    )
    overhead_s: float = option(2.0, "device seconds for one job (IBM Quantum documentation, read 2026)", minimum=0)
    rate: float = option(
        1.60, "dollars for one device second (third-party transcription of IBM's price, May 2026)", minimum=0
    )


class QuantumLab:
    """A simulated variational quantum classifier against tuned classical models on the same folds."""

    name = "quantum"
    summary = "Does a quantum classifier help on this data yet, and what would it cost on hardware?"
    settings_type = Settings
    demo_data = "breast-cancer"
    demo_settings: ClassVar[Mapping[str, Any]] = {"effort": "quick", "repeats": 2}

    def prepare(self, notify: Callable[[str], None]) -> None:
        """Compile the simulator for this processor; once after the installation."""
        from quantum.native import warm_up

        warm_up(notify)

    def question(self, dataset_name: str, settings: Settings) -> Question:
        """Word the question."""
        del settings
        return Question(
            f"Does a quantum classifier help on {dataset_name} yet, and what would it cost on hardware?",
            "quantum computing",
        )

    def plan(self, dataset: Dataset, settings: Settings, *, seed: int) -> Sequence[Trial]:
        """Score every model on every fold, and examine the circuit once on all rows."""
        from lab import comparison, folds, scoring
        from quantum import sweep
        from quantum.families import groups
        from quantum.hardware_trials import hardware_trials
        from quantum.learning import watch_learning
        from quantum.limits import require_qubits
        from quantum.scale import could_train
        from quantum.trials import examine_circuit

        folds.require_rows_per_class(dataset, settings.folds)
        require_qubits(dataset, settings.qubits)
        if 0 < settings.largest < 6:
            raise SettingsError(
                f"largest is {settings.largest}; a decay needs circuits of 2, 4 and 6 qubits, so use 0 or 6 to 16"
            )
        if settings.sweep == 1:
            raise SettingsError(
                "sweep is 1, and one fold leaves no rows to train on; use 0 to leave it out, or at least 2"
            )
        if settings.backend:
            from quantum.backend import open_backend, require_allowed
            from quantum.hardware import Price

            executions = (settings.hardware_rows + 2) * settings.shots  # two circuits measure the readout
            rates = {"overhead_s": settings.overhead_s, "execution_s": settings.execution_s, "rate": settings.rate}
            price = Price.of(executions, jobs=1, **rates)
            require_allowed(settings.backend, dollars=price.dollars, spend=settings.spend)
            open_backend(settings.backend, settings.qubits)
        metric = scoring.primary_metric(settings.metric, dataset)
        sides = groups(settings.qubits, settings.steps, len(dataset.classes))
        scored = comparison.trials(
            sides,
            folds=settings.folds,
            repeats=settings.repeats,
            seed=seed,
            metric=metric,
            candidates=settings.candidates,
        )
        arguments = {
            "family": sides[0].families[0],
            "scorer": metric.scorer,
            "candidates": settings.candidates,
            "devices": settings.devices,
        }
        seeds = {key: comparison.seed_of(key, seed) for key in ("circuit", "learning", "scale", "sweep")}
        sizes = sweep.plan(
            settings.qubits,
            len(dataset.classes),
            folds=settings.sweep,
            steps=settings.steps,
            scorer=metric.scorer,
            seed=seeds["sweep"],
        )
        scale = [
            Trial(
                "scale", could_train, {"largest": settings.largest}, seed=seeds["scale"], needs=("circuit",), cost=5.0
            )
        ]
        noisy = hardware_trials(
            sides[0].families[0],
            folds.all_folds(settings.folds, settings.repeats, seed)[0],
            seed=seed,
            scorer=metric.scorer,
            candidates=settings.candidates,
            rows=settings.hardware_rows,
            devices=settings.devices,
            shots=settings.shots,
            backend=settings.backend,
        )
        return [
            Trial("circuit", examine_circuit, arguments, seed=seeds["circuit"]),
            *scored,
            *(sizes if settings.sweep else ()),
            *(noisy if settings.hardware_rows else ()),
            Trial("learning", watch_learning, {"steps": settings.steps}, seed=seeds["learning"], needs=("circuit",)),
            *(scale if settings.largest else ()),
        ]

    def summarise(self, dataset: Dataset, settings: Settings, rows: Mapping[str, Row]) -> Evidence:
        """Compare the sides, say what carried the score, and price the hardware."""
        from quantum.evidence import summarise

        return summarise(dataset, settings, rows)

    def judge(self, evidence: Evidence, settings: Settings) -> Verdict:
        """Answer "is the quantum classifier better than the best classical model by more than the margin?"."""
        advantage, facts = evidence.estimates["advantage"], evidence.facts
        margin = facts["margin"]
        than = f"the best classical model in {facts['metric']}"
        sentence = f"The best quantum model is {difference(advantage, than)}"
        price = _price(evidence)
        side = side_of_margin(advantage, margin)
        if side == "above":
            caution = _caution(evidence)
            return Verdict(
                "yes",
                "Yes, in simulation",
                f"{sentence}{caution}. {price}",
                ("noise of real hardware, which is not in this score",),
            )
        if side == "below":
            reasons = ("another encoding of the data, or a task with a structure that the circuit shares",)
            short = f"not the {amount(margin, advantage.unit)} above that would count"
            return Verdict("no", "Not yet", f"{sentence}, {short}. {price}", reasons)
        settle = settling(facts["rows_to_settle"], settings.max_rows)
        return Verdict(
            "undecided",
            "Undecided",
            f"{sentence}; an advantage of {amount(margin, advantage.unit)} would count, and {settle}. {price}",
            (
                f"more rows: this run could tell an advantage that lies {amount(facts['detectable'], advantage.unit)} from the margin",
            ),
        )

    def controls(self) -> Sequence[Control]:
        """Tables whose truth is known."""
        from quantum.controls import CONTROLS

        return CONTROLS


def _caution(evidence: Evidence) -> str:
    """Say what speaks against a need for a quantum computer even where the score is better."""
    words = {
        "entanglement": "entanglement is not shown to matter",
        "surrogate": "a classical model with the circuit's frequencies is not shown to be worse",
    }
    found = [words[name] for name in words if name in evidence.estimates and evidence.estimates[name].low <= 0]
    return f"; {' and '.join(found)}, so no quantum computer may be needed" if found else ""


def _price(evidence: Evidence) -> str:
    training: Estimate | None = evidence.estimates.get("training_dollars")
    if training is None:
        return "The price of hardware could not be computed."
    hours, predictions = evidence.estimates["training_hours"], evidence.estimates["predictions_dollars"]
    return (
        f"On hardware its training would take about {rough(hours.value)} device hours and {rough(training.value)} dollars, "
        f"1,000 predictions {rough(predictions.value)} dollars."
    )


LAB = QuantumLab()
