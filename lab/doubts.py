"""What forbids a firm answer whatever the scores say? Rows that seem to belong together, and classes of too few rows.

The labs judge as if their rows were what they look like. Where that is doubtful the verdict is held: undecided, with the
reason and what the user can say to it, until it is said.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from lab.first_screen import first_that_fits, fits, in_a_row
from lab.learning import at_random
from lab.learning.giveaways import giveaways, unread
from lab.learning.recognition import Recognition
from lab.learning.shortage import Shortage, shortage
from lab.learning.undeclared import Suspicion, suspicions
from lab.protocol import Belonging, Dataset, Evidence, Question, Table, Verdict
from lab.wording import capital

__all__ = ["Doubts", "about", "doubts_about", "held", "with_doubts"]

_SMALL = ("A", "An", "It", "No", "The", "Too", "What", "With")
"""Words that begin a sentence and are no names."""
_MOST_STEPS = 3


@dataclass(frozen=True)
class Doubts:
    """What is doubtful about a table.

    Attributes
    ----------
    suspicions : tuple of Suspicion
        What is sure holds the verdict; what is not is asked beside it.
    short : Shortage or None
        Of what there is too little for an interval.
    """

    suspicions: tuple[Suspicion, ...] = ()
    short: Shortage | None = None

    @property
    def all(self) -> tuple[Suspicion | Shortage, ...]:
        """All of them, the gravest first."""
        return (*self.suspicions, *([self.short] if self.short else []))

    @property
    def reasons(self) -> tuple[str, ...]:
        """What holds a verdict, a sentence each."""
        return tuple(each.sentence for each in self.all if each.is_firm)

    @property
    def questions(self) -> tuple[str, ...]:
        """What only the user knows, and would change the answer, a sentence each."""
        return tuple(f"{each.sentence}; {each.way_out}" for each in self.suspicions if not each.is_firm)


def doubts_about(whole: Dataset, used: Dataset, *, seed: int) -> Doubts:
    """Look for what belongs together or gives the target away in the whole table, and for too few of something in the rows used."""
    return Doubts((*suspicions(whole, seed=seed), *giveaways(whole, seed=seed), *unread(whole)), shortage(used))


def about(question: Question, belonging: Belonging) -> Question:
    """Say in a question for which rows it is asked, and by what they count."""
    counted = f"with rows counted by {belonging.weighted!r}" if belonging.weighted else ""
    said = ", ".join(filter(None, (question.text.rstrip("?"), _rows_meant(belonging), counted)))
    return dataclasses.replace(question, text=f"{said}?") if said != question.text.rstrip("?") else question


def held(verdict: Verdict, doubts: Doubts, used: Dataset, evidence: Evidence) -> Verdict:
    """Hold a firm verdict where there are doubts, and say for which rows it is meant, and on how many of the table it rests.

    The sentence of a verdict that is held is the reason; all else stands in the details. Where the evidence says what
    recognition is worth, so do they. A verdict that is held has no chances: they would be those of another table.
    """
    verdict = _for_whom(_of_a_sample(verdict, used), _rows_meant(used.belonging))
    recognised = at_random.sentence(evidence, used.belonging)
    beside = [_sentence(words) for words in (*([recognised] if recognised else []), *doubts.questions)]
    ways_out = (*(each.way_out for each in doubts.all), *verdict.would_change)
    if not doubts.reasons:
        details = in_a_row([verdict.details, *beside])
        asked = tuple(each.step for each in doubts.suspicions)
        steps = (*verdict.next_steps[: _MOST_STEPS - len(asked[:1])], *asked[:1])
        return dataclasses.replace(verdict, details=details, would_change=ways_out, next_steps=steps)
    firm = [each for each in doubts.all if each.is_firm]
    sentence = first_that_fits(_sentence(firm[0].seen), _sentence(firm[0].in_short))
    otherwise = f"Were it not for that, the answer would be: {verdict.headline[0].lower()}{verdict.headline[1:]}."
    how = (_sentence(each.sentence.removeprefix(f"{firm[0].seen}: ")) for each in firm)
    details = in_a_row(
        [
            *(words for words in how if words != sentence),
            "" if verdict.answer == "undecided" else otherwise,
            verdict.sentence,
            verdict.details,
            *beside,
        ]
    )
    steps = tuple(each.step for each in firm)[:_MOST_STEPS]
    return Verdict("undecided", "Undecided", sentence, ways_out, details, steps)


def _continued(sentence: str) -> str:
    """Let a sentence go on after other words; a name that it begins with stays as it is."""
    first, _, rest = sentence.partition(" ")
    return f"{first.lower()} {rest}" if first in _SMALL else sentence


def _sentence(words: str) -> str:
    return f"{capital(words)}."


def _for_whom(verdict: Verdict, rows: str) -> Verdict:
    """Say for which rows a verdict is meant: in the sentence where there is room, or else before the details."""
    if not rows:
        return verdict
    composed = f"{capital(rows)}, {_continued(verdict.sentence)}"
    if fits(composed):
        return dataclasses.replace(verdict, sentence=composed)
    return dataclasses.replace(verdict, details=in_a_row([f"The answer is {rows}.", verdict.details]))


def _of_a_sample(verdict: Verdict, used: Dataset) -> Verdict:
    """Say in the details that only a sample of the table was used; a lab that carries its answer on to all rows has said so."""
    of = used.rows_in_table
    sample = f"{used.n_rows:,} of {of:,} rows"
    if of == used.n_rows or sample in verdict.details:
        return verdict
    return dataclasses.replace(
        verdict,
        details=in_a_row([f"This rests on {sample}.", verdict.details]),
        would_change=(*verdict.would_change, f"using more of the rows (--max-rows {of})"),
    )


def with_doubts(evidence: Evidence, doubts: Doubts) -> Evidence:
    """Add to the evidence what is doubtful, and how much of a plain model's score is recognising what was seen before."""
    reasons = [f"{each.sentence}; {each.way_out}" for each in doubts.all if each.is_firm]
    measured = [(each.seen, each.found) for each in doubts.suspicions if each.found is not None]
    facts = {"doubts": reasons} if reasons else {}
    return dataclasses.replace(
        evidence,
        facts={**evidence.facts, **facts},
        tables=(*evidence.tables, *([_table(measured)] if measured else [])),
        caveats=(*reasons, *doubts.questions, *evidence.caveats),
    )


def _table(measured: Sequence[tuple[str, Recognition]]) -> Table:
    caption = (
        "A plain model (a forest) is scored twice on the same rows: once with related rows in its training data, and once "
        "without. Shown is the share of the target's variation that it explains beyond a constant prediction (below 0 it is worse "
        "than one); the difference is recognition, which is lost on new ones."
    )
    rows = tuple((what, 100 * found.known, 100 * found.new, 100 * found.share) for what, found in measured)
    columns = ("suspicion", "seen before (%)", "new (%)", "recognition (points)")
    return Table("How much of a plain model's score is recognition?", caption, columns, rows)


def _rows_meant(belonging: Belonging) -> str:
    meant = []
    if belonging.by:
        meant.append(f"new values of {belonging.by!r}")
    if belonging.time:
        meant.append(f"rows later in {belonging.time!r}")
    return f"for {' and '.join(meant)}" if meant else ""
