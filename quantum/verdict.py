"""How is the quantum verdict worded? The sentence that carries it, what belongs to it, and what to do now."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from lab.advice import to_settle
from lab.decisions import chances_of_sides, side_of_margin
from lab.first_screen import first_that_fits, in_a_row
from lab.protocol import Estimate, Evidence, Verdict
from lab.wording import (
    about_size,
    amount,
    at_least,
    capital,
    compared,
    difference,
    longer_curves,
    on_the_rows_used,
    repetitions,
    settled_by_curves,
    settling,
    states,
)
from quantum.said import best_of, caution_about, needs_no_device, price_in_words, usual
from quantum.settings import Settings

__all__ = ["verdict"]

_BEST, _OTHER = "the best quantum model", "the best classical one"


def verdict(evidence: Evidence, settings: Settings) -> Verdict:
    """Answer "is the quantum classifier better than the best classical model by more than the margin?".

    Parameters
    ----------
    evidence : Evidence
        With the estimate "advantage" and the facts of the comparison.
    settings : Settings
        Say how many rows a run uses at most, and at which rates a device is paid.
    """
    found = _answer(evidence, settings)
    return dataclasses.replace(found, details=in_a_row([found.details, repetitions(evidence.facts)]))


def _answer(evidence: Evidence, settings: Settings) -> Verdict:
    facts = evidence.facts
    if facts.get("size") is not None and facts["curve_fault"] is not None:
        return _unsaid(evidence, settings)
    side = side_of_margin(_deciding(evidence), facts["margin"])
    over = evidence.estimates.get("over_constant")
    if side == "above":
        return _yes(evidence, settings) if over is None or over.low > 0 else _nothing_learned(evidence, over, settings)
    return _no(evidence, settings) if side == "below" else _open(evidence, settings)


def _yes(evidence: Evidence, settings: Settings) -> Verdict:
    facts, caution = evidence.facts, caution_about(evidence)
    steps = _towards_a_device(facts["quantum_chosen"], facts["classical_chosen"], is_doubtful=bool(caution))
    return Verdict(
        "yes",
        "Yes, in simulation",
        _sentence(evidence),
        ("the noise of real hardware, which this score does not include",),
        in_a_row([_on_the_sample(evidence), caution, price_in_words(evidence, settings)]),
        steps,
        _chances(evidence),
    )


def _towards_a_device(
    quantum: Mapping[str, int], classical: Mapping[str, int], *, is_doubtful: bool
) -> tuple[str, ...]:
    best, often_best = usual(quantum), best_of(quantum, "quantum")
    if needs_no_device(best):
        return (f"Use the {best}, {often_best}, as you would a classical model: it needs no quantum computer.",)
    ask = "Ask first whether quantum hardware is needed at all: the cautions above say that it may not be."
    return (
        *([ask] if is_doubtful else []),
        f"Take the {best}, {often_best}, to a trial on a real device, and keep the {usual(classical)}, "
        f"{best_of(classical, 'classical')}, beside it: this score is simulated, without noise.",
        "See what a device changes: run the lab again with --backend NAME; --spend limits what that may cost.",
    )


def _no(evidence: Evidence, settings: Settings) -> Verdict:
    short = f"An advantage {_margin(evidence)} would count."
    return Verdict(
        "no",
        "Not yet",
        _sentence(evidence),
        ("another encoding of the data, or a task whose structure the circuit shares",),
        in_a_row([_on_the_sample(evidence), short, price_in_words(evidence, settings)]),
        (
            _stay(evidence.facts),
            "Spend nothing on quantum hardware for this table, and ask again when its columns or the devices have changed.",
        ),
        _chances(evidence),
    )


def _open(evidence: Evidence, settings: Settings) -> Verdict:
    facts = evidence.facts
    settle = settling(facts["rows_to_settle"], in_table=facts["rows_in_table"], max_rows=settings.max_rows)
    distance = amount(facts["detectable"], _deciding(evidence).unit)
    more = f"more rows: this run could detect an advantage that lies {distance} from the margin"
    if facts.get("size") is not None:
        settle, more = settled_by_curves(facts["curve_settles"], facts), longer_curves(facts)
    elif facts["rows_to_settle"] is None:
        more = "another margin: a smaller one if less would count, a wider one if only more would"
    counts = f"An advantage {_margin(evidence)} would count, and {settle}."
    return Verdict(
        "undecided",
        "Undecided",
        _sentence(evidence, start="Too close to call: "),
        (more,),
        in_a_row([_on_the_sample(evidence), counts, price_in_words(evidence, settings)]),
        (_stay(facts), to_settle(facts, max_rows=settings.max_rows)),
        _chances(evidence),
    )


def _unsaid(evidence: Evidence, settings: Settings) -> Verdict:
    """The verdict where the learning curves lead nowhere."""
    facts = evidence.facts
    start = f"What holds {about_size(facts)} cannot be said"
    sentence = first_that_fits(f"{start}: {facts['curve_fault']}.", f"{start}.")
    return Verdict(
        "undecided",
        "Undecided",
        sentence,
        (longer_curves(facts),),
        in_a_row(
            [
                f"{capital(facts['curve_fault'])}." if sentence == f"{start}." else "",
                _on_the_sample(evidence),
                price_in_words(evidence, settings),
            ]
        ),
        (_stay(facts), to_settle(facts, max_rows=settings.max_rows)),
    )


def _nothing_learned(evidence: Evidence, over: Estimate, settings: Settings) -> Verdict:
    """The verdict where the better side is not shown to have learned anything."""
    constant = f"{capital(_BEST)} is {difference(over, 'a constant prediction')}."
    return Verdict(
        "undecided",
        "Undecided",
        f"{capital(_BEST)} is ahead of the best classical one, but is not shown to be better than a constant prediction.",
        ("columns that say more about the target", "more rows"),
        in_a_row([_sentence(evidence), _on_the_sample(evidence), constant, price_in_words(evidence, settings)]),
        ("Look for columns that say more about the target: nothing is shown to have been learned from these.",),
    )


def _deciding(evidence: Evidence) -> Estimate:
    """Give the advantage that the verdict is about: on the rows used, or at the size that is asked about."""
    return evidence.estimates.get("advantage_at_size", evidence.estimates["advantage"])


def _margin(evidence: Evidence) -> str:
    return at_least(evidence.facts["margin"], _deciding(evidence).unit)


def _sentence(evidence: Evidence, *, start: str = "") -> str:
    """Say the advantage with its interval; the metric is left out where there is no room for it."""
    at_size = "advantage_at_size" in evidence.estimates
    full, brief = compared(_BEST, _deciding(evidence), _OTHER, evidence.facts, is_expected=at_size)
    return capital(first_that_fits(f"{start}{full}", f"{start}{brief}", full, brief))


def _on_the_sample(evidence: Evidence) -> str:
    return on_the_rows_used(_BEST, evidence.estimates["advantage"], _OTHER, evidence.facts)


def _stay(facts: Mapping[str, Any]) -> str:
    chosen = facts["classical_chosen"]
    return (
        f"Use the {usual(chosen)}, {best_of(chosen, 'classical')}: no quantum model is shown to be better by enough to "
        "count."
    )


def _chances(evidence: Evidence) -> dict[str, float]:
    """How likely each state is: by the Bayesian t-test of the comparison, or else by the interval at the size that is asked about.

    Chances under the assumptions of `lab.stats.regions_of` and `lab.decisions.chance_below`.
    """
    facts, found = evidence.facts, _deciding(evidence)
    chances = (facts["probability_worse"], facts["probability_equal"], facts["probability_better"])
    if "advantage_at_size" in evidence.estimates:
        chances = chances_of_sides(found, facts["margin"])
    return states("quantum", chances, facts["margin"], found.unit)
