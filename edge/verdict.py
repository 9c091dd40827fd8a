"""How is the edge verdict worded? The sentence that carries it, what belongs to it, and what would change it."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.budget.decision import EQUALITY, GAIN, LOSS, Decision, Item
from edge.budget.said import figure_of, may_exceed, missed, name_of, of_loss
from edge.naming import model_named
from edge.next_steps import chances_of, steps_of
from edge.settings import CANDIDATES, Settings
from edge.stream.verdict import SEEN
from edge.would_change import budgets, would_settle
from lab.first_screen import first_that_fits, in_a_row
from lab.protocol import Estimate, Evidence, Verdict
from lab.wording import about_size, amount, capital, listed, opening, settled_by_curves

__all__ = ["verdict_on"]


def verdict_on(decision: Decision, evidence: Evidence, settings: Settings) -> Verdict:
    """Word the verdict on the candidate that decides."""
    facts = evidence.facts
    who = model_named(facts["labels"][decision.name])
    short = [item for item in decision.items if item.status == decision.status]
    details = in_a_row([_details(decision, evidence), _left_out(settings)])
    steps, chances = steps_of(decision, evidence, settings), chances_of(decision)
    if decision.status == "pass":
        changes = budgets(decision.items, "below")
        return Verdict("yes", "Yes", _fits(decision, evidence, who), changes, details, steps, chances)
    if decision.status == "fail":
        changes = (*budgets(short, "of at least"), "a smaller model of another kind")
        return Verdict("no", "No", _misses(short, who, facts), changes, details, steps, chances)
    changes = would_settle(short, facts, settings.max_rows)
    sentence = _may_fit(decision, short, who, facts)
    return Verdict("undecided", "Undecided", sentence, changes, details, steps, chances)


def _fits(decision: Decision, evidence: Evidence, who: str) -> str:
    found, name, metric = evidence.estimates, decision.name, evidence.facts["metric"]
    p99 = found[f"{name}.p99_ms"]
    fast = f"{capital(who)} fits every budget: 99 of 100 answers come within {amount(p99.value, 'ms')}"
    then = found.get(f"{name}.drop_at_size")
    if then is not None:
        expected = f"{about_size(evidence.facts)} it should be {_side(then)} the best other model"
        return first_that_fits(f"{fast}, and {expected}.", f"{fast}.")
    against = f"it is {_side(found[f'{name}.drop'])} the model chosen as best in training"
    by_metric = "" if metric == "accuracy" else f" by {metric}"
    return first_that_fits(f"{fast}, and {against}{by_metric}.", f"{fast}, and {against}.", f"{fast}.")


def _side(loss: Estimate) -> str:
    return of_loss(loss, "").partition(" (")[0].strip()


def _misses(short: Sequence[Item], who: str, facts: Mapping[str, Any]) -> str:
    about = about_size(facts) if facts.get("size") is not None else ""
    start = f"No candidate fits: the most accurate one, {who},"
    if len(short) == 1:
        said = missed(short[0], about)
        return first_that_fits(f"{start} {said}.", f"No candidate fits: the most accurate one {said}.")
    names = listed([name_of(item) for item in short])
    return first_that_fits(f"{start} misses its budgets for {names}.", f"{start} misses {len(short)} of its budgets.")


def _may_fit(decision: Decision, short: Sequence[Item], who: str, facts: Mapping[str, Any]) -> str:
    """Say which items may be beyond their budgets, which has none, and of which it is open only because of other programs."""
    start = f"{capital(who)} may fit, but"
    busy = [item for item in short if item.busy]
    unsaid = [item for item in short if item.unsaid]
    others = [item for item in short if not item.busy and not item.unsaid]
    reasons = []
    if busy:
        names = listed([name_of(item) for item in busy])
        reasons.append(f"its {names} {'is' if len(busy) == 1 else 'are'} undecided because the machine was busy")
    if unsaid:
        reasons.append(f"what it loses {about_size(facts)} cannot be said")
    if len(short) == 1 and unsaid:
        reason = f"{reasons[0]}: {facts['curve_fault'][decision.name]}"
        return first_that_fits(f"{start} {reason}.", f"{start} {reasons[0]}.")
    if len(short) == 1 and others:
        return first_that_fits(f"{start} {may_exceed(others[0])}.", f"{start} its {name_of(others[0])} is not certain.")
    if others:
        names = listed([name_of(item) for item in others])
        reasons.append(f"its {names} {'is' if len(others) == 1 else 'are'} not certain")
    return first_that_fits(
        f"{start} {listed(reasons)}.", f"{start} it is not certain to meet {len(short)} of its budgets."
    )


_STANDARD = "the model chosen as best in training"
"""What a loss is against: in each fold the model with the best inner score, which another one may beat on the test rows."""


def _details(decision: Decision, evidence: Evidence) -> str:
    """Say every figure of the candidate with its interval, and what is expected of it at the size that the verdict is about.

    Where a stream has the room below the sentence, the figures stand in the picture and its table alone.
    """
    found, facts, name = evidence.estimates, evidence.facts, decision.name
    measured = [figure_of(item) for item in decision.items if item.name not in (GAIN, *EQUALITY) and not _is_loss(item)]
    standard = _STANDARD if facts["metric"] == "accuracy" else f"{_STANDARD} by {facts['metric']}"
    who, size = model_named(facts["labels"][name]), facts.get("size")
    start = capital(who) if size is None else f"{opening('The', facts)}{who.removeprefix('the')}"
    said = [*measured, f"{start} is {of_loss(found[f'{name}.drop'], standard)}."] if SEEN not in facts else []
    if "assumed_classes" in facts:
        said.append(f"{capital(facts['assumed_classes'])}.")
    said += [f"{capital(note)}." for note in facts.get("said_of_model", ())]
    then = found.get(f"{name}.drop_at_size")
    if size is None:
        return in_a_row(said)
    if then is None:
        said.append(f"What it loses with {size:,} rows cannot be said: {facts['curve_fault'][name]}.")
        return in_a_row(said)
    said.append(f"With {size:,} rows we expect it to be {of_loss(then, 'the best of the other models')}.")
    if any(item.size is not None and item.status == "undecided" for item in decision.items):
        said.append(f"{capital(settled_by_curves(facts['curve_settles'][name], facts))}.")
    return in_a_row(said)


def _left_out(settings: Settings) -> str:
    """Say which of the usual candidates are none, since the settings name others; nothing of a given model.

    They are still models with which the candidates are compared.
    """
    missing = [name for name in CANDIDATES if name not in settings.models]
    if settings.model is not None or not missing:
        return ""
    return f"Of the usual candidates, {listed(missing)} {'was' if len(missing) == 1 else 'were'} left out (--models)."


def _is_loss(item: Item) -> bool:
    return item.name == LOSS or item.size is not None
