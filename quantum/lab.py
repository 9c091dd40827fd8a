"""The face of the quantum laboratory: its settings, its question, its sections and its verdict."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lab.protocol import Control, Dataset, Evidence, Question, Section, Verdict
from quantum.settings import Settings
from quantum.verdict import verdict

if TYPE_CHECKING:
    from quantum.context import Context

__all__ = ["LAB", "QuantumLab"]


class QuantumLab:
    """A simulated variational quantum classifier against tuned classical models on the same folds."""

    name = "quantum"
    summary = "Does a quantum classifier help on this data yet, and what would it cost on hardware?"
    settings_type = Settings
    demo_data = "breast-cancer"
    demo_settings: ClassVar[Mapping[str, Any]] = {"effort": "quick", "max_rows": 600}

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

    def context(self, dataset: Dataset, settings: Settings, *, seed: int) -> "Context":
        """Check the settings against the table, and choose the metric and the models."""
        from quantum.context import resolve

        return resolve(dataset, settings, seed=seed)

    def inputs(self, settings: Settings) -> Sequence[Path]:
        """Name the checkpoint that was given."""
        return () if settings.checkpoint is None else (Path(settings.checkpoint),)

    def sections(self) -> "Sequence[Section[Context]]":
        """List the parts of the report."""
        from lab.learning.foundation import section as foundation
        from quantum.chosen_circuit import section as chosen_circuit
        from quantum.comparison import at_random
        from quantum.comparison import section as comparison
        from quantum.device_noise import section as device_noise
        from quantum.price import section as price
        from quantum.scale import section as scale
        from quantum.screen import section as screen
        from quantum.sizes import section as sizes

        return (comparison, at_random, foundation, screen, sizes, chosen_circuit, scale, device_noise, price)

    def judge(self, evidence: Evidence, settings: Settings) -> Verdict:
        """Answer "is the quantum classifier better than the best classical model by more than the margin?"."""
        return verdict(evidence, settings)

    def controls(self) -> Sequence[Control]:
        """Tables whose truth is known."""
        from quantum.controls import CONTROLS

        return CONTROLS


LAB = QuantumLab()
