"""The face of the interpretability laboratory: its settings, its question, its sections and its verdict."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from interpretability.settings import MODEL_FILE, Settings
from interpretability.verdict import verdict
from lab.protocol import Control, Dataset, Evidence, Question, Rows, Section, Verdict
from lab.wording import count

if TYPE_CHECKING:
    from interpretability.context import Context

__all__ = ["LAB", "InterpretabilityLab"]


class InterpretabilityLab:
    """Tuned glass-box families against tuned black-box families on the same folds."""

    name = "interpretability"
    summary = "What do we give up, if anything, by using a model that we can read?"
    settings_type = Settings
    tasks = ("classes", "number")
    weighs = True
    demo_data = "readmission"
    demo_settings: ClassVar[Mapping[str, Any]] = {"effort": "quick", "repeats": 1}

    def prepare(self, notify: Callable[[str], None]) -> None:
        """Nothing has to be prepared."""

    def question(self, dataset_name: str, settings: Settings) -> Question:
        """Word the question."""
        limit = "" if settings.parts is None else f", of at most {count(settings.parts, 'part')},"
        return Question(
            f"What do we lose, if anything, by using a model that we can read{limit} for {dataset_name}?",
            "interpretable models",
        )

    def context(self, dataset: Dataset, settings: Settings, *, seed: int) -> "Context":
        """Resolve the sides, the small models and the metric."""
        from interpretability.context import context_of

        return context_of(dataset, settings, seed=seed)

    def inputs(self, settings: Settings) -> Sequence[Path]:
        """Name the checkpoint that was given."""
        return () if settings.checkpoint is None else (Path(settings.checkpoint),)

    def sections(self) -> Sequence[Section["Context"]]:
        """List the parts of the report."""
        from interpretability.follow_up import editing, explaining, known_truth, privacy, speed, stress
        from interpretability.groups import section as groups
        from interpretability.reading import read
        from interpretability.sides import at_random, finalists, price, scores
        from lab.learning.foundation import section as foundation

        return (
            scores,
            at_random,
            foundation,
            price,
            finalists,
            read,
            explaining,
            known_truth,
            groups,
            stress,
            privacy,
            editing,
            speed,
        )

    def judge(self, evidence: Evidence, settings: Settings) -> Verdict:
        """Answer "can a readable model be used without a loss that matters?"."""
        return verdict(evidence, max_rows=settings.max_rows, parts=settings.parts)

    def files(self, rows: Rows) -> Mapping[str, bytes]:
        """Leave the readable model beside the report, as an ONNX file."""
        from interpretability.reading.read import READ

        row = READ.found(rows)
        return {} if row is None or row.export is None else {MODEL_FILE: row.export.file.tobytes()}

    def controls(self) -> Sequence[Control]:
        """Tables whose truth is known."""
        from interpretability.controls import CONTROLS

        return CONTROLS


LAB = InterpretabilityLab()
