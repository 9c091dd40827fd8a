"""What does it do to the verdict that a given model may know the rows? It is said at once; a yes that may be flattered is held."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lab.first_screen import in_a_row
from lab.protocol import Evidence, Verdict
from lab.wording import capital

__all__ = ["with_what_it_knows"]

_MOST_STEPS = 3
_JUDGE = "Judge the given model on rows that it has not learned from"
_HELD = "The given model fits every budget, but it may have learned from these rows: it scores far above the lab's own models."
_ROWS = "rows that the given model has not learned from, or --unseen if these are such rows"


def with_what_it_knows(verdict: Verdict, evidence: Evidence) -> Verdict:
    """Begin the details with what is known of a given model and the rows; a yes on a suspect score is undecided.

    Whether the score is suspect is decided by `edge.accuracy.learned`.
    """
    found: Mapping[str, Any] | None = evidence.facts.get("learned")
    if found is None:
        return verdict
    said = f"{capital(found['sentence'])}."
    if not found["is_suspect"]:
        return replace(verdict, details=in_a_row([said, verdict.details]))
    changes = (_ROWS, *verdict.would_change)
    if verdict.answer != "yes":
        steps = (f"{_JUDGE}.", *verdict.next_steps)[:_MOST_STEPS]
        return replace(verdict, details=in_a_row([said, verdict.details]), would_change=changes, next_steps=steps)
    steps = (
        f"{_JUDGE}, and say --unseen.",
        "If it has learned from none of these rows, repeat the command with --unseen: then it is that much better.",
    )
    details = in_a_row([said, verdict.sentence, verdict.details])
    return Verdict("undecided", "Undecided", _HELD, changes, details, steps)
