"""The face of the quantum laboratory: its settings, its question, its plan, its evidence and its verdict."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from lab.decisions import side_of_margin
from lab.errors import SettingsError
from lab.protocol import Control, Dataset, Evidence, Question, Row, Trial, Verdict
from lab.wording import amount, difference, settling
from quantum.settings import Settings
from quantum.verdict import caution_about, price_in_words

__all__ = ["LAB", "QuantumLab"]


class QuantumLab:
    """A simulated variational quantum classifier against tuned classical models on the same folds."""

    name = "quantum"
    summary = "Does a quantum classifier help on this data yet, and what would it cost on hardware?"
    settings_type = Settings
    demo_data = "breast-cancer"
    demo_settings: ClassVar[Mapping[str, Any]] = {"effort": "quick", "repeats": 2}

    def prepare(self, notify: Callable[[str], None]) -> None:
        """Compile the simulator for this processor; once after the installation."""
        from quantum.simulator.native import warm_up

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
        from lab.learning import comparison, folds, scoring
        from quantum.hardware.trials import hardware_trials
        from quantum.models.families import groups
        from quantum.models.limits import require_qubits
        from quantum.study import sizes as sweep
        from quantum.study.learning import watch_learning
        from quantum.study.scale import could_train
        from quantum.study.trials import examine_circuit

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
            from quantum.hardware.backend import open_backend, require_allowed
            from quantum.hardware.price import Price

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
        price = price_in_words(evidence)
        side = side_of_margin(advantage, margin)
        if side == "above":
            caution = caution_about(evidence)
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


LAB = QuantumLab()
