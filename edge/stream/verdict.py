"""What does a stream do to the verdict? A model that fits its budgets and loses its accuracy is no yes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge.naming import model_named
from edge.settings import Settings
from lab.first_screen import first_that_fits, in_a_row
from lab.protocol import Estimate, Evidence, Verdict
from lab.wording import capital, count, listed

__all__ = ["IN_SHORT", "LOSS", "SEEN", "with_stream"]

LOSS, SEEN, IN_SHORT = "stream_loss", "stream_seen", "stream_in_short"
"""Names of the estimate and of the facts that the verdict reads."""

_MOST_STEPS, _MOST_NAMES = 3, 3
_FEW = 100  # rows after a change: too few to learn from


@dataclass(frozen=True)
class _Stream:
    """What was seen, and how it stands to the accuracy budget."""

    first: int
    rows_after: int
    before: float | None
    after: float | None
    is_alarm: bool
    is_estimated: bool
    columns: list[str]
    label: str

    def has_fallen(self, loss: Estimate | None, allowed: float) -> bool:
        """Whether more was lost than is allowed: surely, or possibly where an alarm says that the errors changed."""
        if loss is None or loss.value <= 0:
            return False
        return loss.low > allowed or (self.is_alarm and loss.high > allowed)

    def fall(self) -> str:
        """Say that accuracy fell, as a clause of three numbers."""
        fell = "is estimated to have fallen" if self.is_estimated else "fell"
        return f"accuracy {fell} {self.ends()} near row {self.first:,} of the stream"

    def ends(self) -> str:
        return f"from {100 * (self.before or 0):.0f} % to {100 * (self.after or 0):.0f} %"

    def has_risen(self) -> bool:
        """Whether an alarm says that the errors changed, and labels that they became fewer."""
        return self.is_alarm and self.after is not None and self.after > (self.before or 0)

    def drift(self) -> str:
        """Say what drifted where no accuracy was lost beyond what is allowed."""
        what = count(len(self.columns), "column") if self.columns else "what the model says"
        where = f"drifted near row {self.first:,} of the stream"
        if self.is_alarm and self.after is not None:
            rose = self.has_risen()
            return (
                f"accuracy {'rose' if rose else 'fell'} {self.ends()} in the stream{'' if rose else ', as is allowed'}"
            )
        if self.after is None:
            return f"{what} {where}, and no labels tell yet what that costs"
        shown = "estimated" if self.is_estimated else "shown"
        return f"{what} {where}, with no {shown} loss of accuracy beyond the budget"


def with_stream(verdict: Verdict, who: str | None, evidence: Evidence, settings: Settings) -> Verdict:
    """Say in the sentence of a verdict what the stream showed; a yes is undecided where accuracy fell beyond its budget.

    `who` is the candidate, as the sentence names it; None where there is none. A stream in which only columns drifted changes
    no answer: what the budgets limit is met, and that accuracy suffers is not shown.
    """
    found: Mapping[str, Any] | None = evidence.facts.get(SEEN)
    if found is None:
        return verdict
    label = str(found["label"])
    met = (
        "" if who is not None and label.partition(" (")[0] in who else f"{capital(model_named(label))} met the stream."
    )
    said = str(evidence.facts[IN_SHORT])
    if found["first"] is None:
        return replace(verdict, details=in_a_row([verdict.details, said, met]))
    details = in_a_row([said, met, verdict.details])
    stream = _Stream(**found)
    if not stream.has_fallen(evidence.estimates.get(LOSS), 100 * settings.max_drop):
        sentence = _beside(verdict, who, stream.drift())
        return replace(verdict, sentence=sentence, details=details, next_steps=_with(verdict, [*_looked_at(stream)]))
    changes = (
        f"a model that has learned from rows after row {stream.first - 1:,} of the stream",
        *verdict.would_change,
    )
    steps = _with(verdict, [_retrain(stream)])
    if verdict.answer == "no":
        sentence = _beside(verdict, None, stream.fall())
        return replace(verdict, sentence=sentence, details=details, would_change=changes, next_steps=steps)
    start = "It" if who is None else capital(who)
    fits = "fits every budget" if verdict.answer == "yes" else "may fit"
    sentence = f"{start} {fits}, but {stream.fall()}."
    if verdict.answer == "undecided":
        details = in_a_row([verdict.sentence, details])
        sentence = _beside(verdict, None, stream.fall()) if who is None else sentence
    return Verdict("undecided", "Undecided", sentence, changes, details, steps)


def _beside(verdict: Verdict, who: str | None, clause: str) -> str:
    """Add a clause to the sentence of a verdict; where that is too long a yes is said in short, another answer as it is."""
    longer = f"{verdict.sentence.removesuffix('.')}; {clause}."
    if verdict.answer == "yes" and who is not None:
        return first_that_fits(longer, f"{capital(who)} fits every budget; {clause}.")
    return first_that_fits(longer, verdict.sentence)


def _retrain(stream: _Stream) -> str:
    if stream.rows_after < _FEW:
        return (
            f"Do not rely on this accuracy now: collect more rows like those from {stream.first:,} on, of which there are only "
            f"{stream.rows_after:,}, and train on them."
        )
    return (
        f"Train a model again on rows from {stream.first:,} of the stream on ({stream.rows_after:,} so far), and judge it on later "
        "ones before it is used."
    )


def _looked_at(stream: _Stream) -> list[str]:
    """Say what to look at where something changed and accuracy is not shown to suffer; nothing where it rose."""
    if stream.has_risen():
        return []
    what = listed([repr(name) for name in stream.columns[:_MOST_NAMES]])
    what = what or ("the accuracy" if stream.is_alarm else "what the model says")
    steps = [f"Find out why {what} changed near row {stream.first:,}: a sensor, a unit, another source?"]
    if stream.after is None:
        steps.insert(0, f"Get labels for rows from {stream.first:,} on: only they tell whether accuracy suffers.")
    return steps


def _with(verdict: Verdict, steps: list[str]) -> tuple[str, ...]:
    """Put steps where they belong: before all others where accuracy fell, after the first one else."""
    others = list(verdict.next_steps)
    if steps and steps[0].startswith(("Train", "Do not")):
        return (*steps, *(step for step in others if not step.startswith("Take")))[:_MOST_STEPS]
    return (*others[:1], *steps, *others[1:])[:_MOST_STEPS]
