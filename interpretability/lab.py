"""The face of the interpretability laboratory: its settings, its question, its plan, its evidence and its verdict."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from interpretability.settings import MODEL_FILE, Settings
from lab.decisions import side_of_margin
from lab.protocol import Control, Dataset, Estimate, Evidence, Question, Rows, Section, Verdict
from lab.wording import amount, difference, longer_curves, opening, settled_by_curves, settling

if TYPE_CHECKING:
    from interpretability.context import Context

__all__ = ["LAB", "InterpretabilityLab"]


class InterpretabilityLab:
    """Tuned glass-box families against tuned black-box families on the same folds."""

    name = "interpretability"
    summary = "What do we give up, if anything, by using a model that we can read?"
    settings_type = Settings
    tasks = ("classes", "number")
    demo_data = "breast-cancer"
    demo_settings: ClassVar[Mapping[str, Any]] = {"effort": "quick"}

    def prepare(self, notify: Callable[[str], None]) -> None:
        """Nothing has to be prepared."""

    def question(self, dataset_name: str, settings: Settings) -> Question:
        """Word the question."""
        del settings
        return Question(
            f"What do we give up on {dataset_name} by using a model that we can read?", "interpretable models"
        )

    def context(self, dataset: Dataset, settings: Settings, *, seed: int) -> "Context":
        """Resolve the sides, the small models and the metric."""
        from interpretability.context import context_of

        return context_of(dataset, settings, seed=seed)

    def sections(self) -> Sequence[Section["Context"]]:
        """List the parts of the report."""
        from interpretability.follow_up import editing, explaining, known_truth, privacy, speed, stress
        from interpretability.groups import section as groups
        from interpretability.reading import read
        from interpretability.sides import at_random, finalists, price, scores

        return (
            scores,
            at_random,
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
        facts = evidence.facts
        margin, size = facts["margin"], facts.get("size")
        sentence, loss = _found(evidence)
        if size is not None and facts["curve_fault"] is not None:
            return _unsaid(sentence, facts)
        side = side_of_margin(loss, margin)
        if (nothing := _nothing_learned(evidence, side)) is not None:
            return Verdict(
                "undecided",
                "Undecided",
                f"{sentence}, but {nothing}",
                ("columns that say more about the target", "more rows"),
            )
        if side == "below":
            return Verdict(
                "yes",
                "Nothing that matters",
                f"{sentence}; a loss of {amount(margin, loss.unit)} would matter.",
                (
                    f"a black box of a kind that was not tried{_such_as(facts, 'black')}",
                    f"a margin below {amount(max(loss.high, 0.0), loss.unit)}",
                ),
            )
        if side == "above":
            return Verdict(
                "no",
                "It costs accuracy",
                f"{sentence}; more than the {amount(margin, loss.unit)} that would not matter.",
                (
                    "features with which the readable model's terms suffice",
                    f"a margin above {amount(loss.low, loss.unit)}",
                    *[
                        f"a readable model of a kind that was not tried{found}"
                        for found in [_such_as(facts, "glass")]
                        if found
                    ],
                ),
            )
        settle = settling(facts["rows_to_settle"], in_table=facts["rows_in_table"], max_rows=settings.max_rows)
        more = f"more rows: this run could detect a loss that lies {amount(facts['detectable'], loss.unit)} from the margin"
        if size is not None:
            settle, more = settled_by_curves(facts["curve_settles"], facts), longer_curves(facts)
        return Verdict(
            "undecided",
            "Undecided",
            f"{sentence}; a loss of {amount(margin, loss.unit)} would matter, and {settle}.",
            (
                more,
                "a wider margin, if a larger loss would not matter",
                *[f"a black box of a kind that was not tried{found}" for found in [_such_as(facts, "black")] if found],
            ),
        )

    def files(self, rows: Rows) -> Mapping[str, bytes]:
        """Leave the readable model beside the report, as an ONNX file."""
        from interpretability.reading.read import READ

        row = READ.found(rows)
        return {} if row is None or row.export is None else {MODEL_FILE: row.export.file.tobytes()}

    def controls(self) -> Sequence[Control]:
        """Tables whose truth is known."""
        from interpretability.controls import CONTROLS

        return CONTROLS


def _found(evidence: Evidence) -> tuple[str, Estimate]:
    """Say what was found, and on how many rows; and give the loss that the verdict is about."""
    loss, facts = evidence.estimates["loss"], evidence.facts
    black = f"the best black box in {facts['metric']}"
    sentence = f"{opening('The', facts)} best readable model is {difference(_gain(loss), black)}"
    then = evidence.estimates.get("loss_at_size")
    if then is None:
        return sentence, loss
    return f"{sentence}; with {facts['size']:,} rows we expect it {difference(_gain(then), 'the black box')}", then


def _nothing_learned(evidence: Evidence, side: str) -> str | None:
    """Say where the side that a firm answer speaks for is not shown to have learned anything; None where it is."""
    name, model = {"below": ("over_constant", "it"), "above": ("black_over_constant", "that black box")}.get(
        side, ("", "")
    )
    over = evidence.estimates.get(name)
    if over is None or over.low > 0:
        return None
    meaning = {
        "below": "Where nothing has been learned, reading costs nothing.",
        "above": "Where nothing has been learned, nothing is given up.",
    }[side]
    return f"{model} is not shown to be better than a constant prediction: it is {difference(over, 'one')}. {meaning}"


def _such_as(facts: Mapping[str, Any], side: str) -> str:
    """Name what a side lacks because its library is not installed, and how to get it; nothing where all are there."""
    missing = facts.get(f"untried_{side}")
    return f", such as {missing} (pip install 'future-tech-lab[models]')" if missing else ""


def _gain(loss: Estimate) -> Estimate:
    return Estimate(-loss.value, -loss.high, -loss.low, loss.unit, loss.confidence)


def _unsaid(sentence: str, facts: Mapping[str, Any]) -> Verdict:
    """The verdict where the learning curves lead nowhere."""
    said = f"{sentence}; what holds with {facts['size']:,} rows cannot be said: {facts['curve_fault']}."
    return Verdict("undecided", "Undecided", said, (longer_curves(facts),))


LAB = InterpretabilityLab()
