"""How is the interpretability verdict worded? The sentence that carries it, what belongs to it, and what to do now."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

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
    count,
    difference,
    exact,
    longer_curves,
    on_the_rows_used,
    repetitions,
    settled_by_curves,
    settling,
    states,
)

__all__ = ["verdict"]

_BEST, _OTHER = "the best readable model", "the best black box"


def verdict(evidence: Evidence, *, max_rows: int, parts: int | None = None) -> Verdict:
    """Answer "can a readable model be used without a loss that matters?".

    Parameters
    ----------
    evidence : Evidence
        With the estimate "loss" and the facts of the comparison.
    max_rows : int
        Rows that a run uses at most: more of them would settle it only with another setting.
    parts : int, optional
        So many parts a readable model has at most, where the user set it.
    """
    found = _answer(evidence, max_rows)
    limit = "" if parts is None else f"Only readable models of at most {count(parts, 'part')} were allowed."
    return dataclasses.replace(found, details=in_a_row([limit, found.details, repetitions(evidence.facts)]))


def _answer(evidence: Evidence, max_rows: int) -> Verdict:
    facts = evidence.facts
    if facts.get("size") is not None and facts["curve_fault"] is not None:
        return _unsaid(evidence, max_rows)
    side = side_of_margin(_deciding(evidence), facts["margin"])
    if side == "undecided":
        return _open(evidence, max_rows)
    over = evidence.estimates.get("over_constant" if side == "below" else "black_over_constant")
    if over is not None and over.low <= 0:
        return _nothing_learned(evidence, over, side)
    return _yes(evidence) if side == "below" else _no(evidence)


def _yes(evidence: Evidence) -> Verdict:
    facts, loss = evidence.facts, _deciding(evidence)
    shown = amount(loss.high, loss.unit)
    return Verdict(
        "yes",
        "Nothing that matters",
        _sentence(evidence),
        (
            f"a black box of a kind that was not tried{_such_as(facts, 'black')}",
            *([f"a margin below {shown}"] if loss.high > 0 and shown != amount(0.0, loss.unit) else []),
        ),
        in_a_row([_on_the_sample(evidence), f"A loss {_margin(evidence)} would matter."]),
        (
            f"Use the readable model, the {facts['readable']}{_file(facts)}.",
            "Let somebody who knows the business read it before it is used: the report draws what it does with the columns that weigh "
            "most.",
        ),
        _chances(evidence),
    )


def _no(evidence: Evidence) -> Verdict:
    facts, loss = evidence.facts, _deciding(evidence)
    missing = _such_as(facts, "glass")
    steps = [
        f"Keep the black box, the {facts['black_box']}, where every point counts; where people must follow the reasons, the readable "
        f"{facts['readable']}{_file(facts)} costs about {amount(abs(loss.value), loss.unit)}.",
        "To narrow the gap, add columns that say in one number what now takes several (a ratio, a trend), and repeat the run.",
    ]
    return Verdict(
        "no",
        "It costs accuracy",
        _sentence(evidence),
        (
            "features with which the readable model's terms suffice",
            f"a margin above {amount(loss.low, loss.unit)}",
            *([f"a readable model of a kind that was not tried{missing}"] if missing else []),
        ),
        in_a_row([_on_the_sample(evidence), _spared(facts["margin"], loss.unit)]),
        tuple(steps),
        _chances(evidence),
    )


def _open(evidence: Evidence, max_rows: int) -> Verdict:
    facts, loss = evidence.facts, _deciding(evidence)
    settle = settling(facts["rows_to_settle"], in_table=facts["rows_in_table"], max_rows=max_rows)
    more = [
        f"more rows: this run could detect a loss that lies {amount(facts['detectable'], loss.unit)} from the margin"
    ]
    if facts.get("size") is not None:
        settle, more = settled_by_curves(facts["curve_settles"], facts), [longer_curves(facts)]
    elif facts["rows_to_settle"] is None:
        more = []
    missing = _such_as(facts, "black")
    return Verdict(
        "undecided",
        "Undecided",
        _sentence(evidence, start="Too close to call: "),
        (
            *more,
            "a wider margin, if a larger loss would not matter",
            *([f"a black box of a kind that was not tried{missing}"] if missing else []),
        ),
        in_a_row([_on_the_sample(evidence), f"A loss {_margin(evidence)} would matter, and {settle}."]),
        (
            f"Use the readable model, the {facts['readable']}{_file(facts)}, if being able to read it is worth a loss of "
            f"up to {amount(loss.high, loss.unit)}.",
            to_settle(facts, max_rows=max_rows),
        ),
        _chances(evidence),
    )


def _unsaid(evidence: Evidence, max_rows: int) -> Verdict:
    """The verdict where the learning curves lead nowhere."""
    facts = evidence.facts
    start = f"What holds {about_size(facts)} cannot be said"
    sentence = first_that_fits(f"{start}: {facts['curve_fault']}.", f"{start}.")
    return Verdict(
        "undecided",
        "Undecided",
        sentence,
        (longer_curves(facts),),
        in_a_row([f"{capital(facts['curve_fault'])}." if sentence == f"{start}." else "", _on_the_sample(evidence)]),
        (to_settle(facts, max_rows=max_rows),),
    )


def _nothing_learned(evidence: Evidence, over: Estimate, side: Literal["above", "below"]) -> Verdict:
    """The verdict where the side that a firm answer speaks for is not shown to have learned anything."""
    model, meaning = {
        "below": (_BEST, "reading costs nothing"),
        "above": (_OTHER, "nothing is given up"),
    }[side]
    return Verdict(
        "undecided",
        "Undecided",
        f"{capital(model)} is not shown to be better than a constant prediction; where nothing has been learned, {meaning}.",
        ("columns that say more about the target", "more rows"),
        in_a_row(
            [
                f"{capital(model)} is {difference(over, 'a constant prediction')}.",
                _sentence(evidence),
                _on_the_sample(evidence),
            ]
        ),
        ("Look for columns that say more about the target: nothing is shown to have been learned from these.",),
    )


def _spared(margin: float, unit: str) -> str:
    return f"A loss of up to {exact(margin, unit)} would not matter." if margin else ""


def _deciding(evidence: Evidence) -> Estimate:
    """Give the loss that the verdict is about: on the rows used, or at the size that is asked about."""
    return evidence.estimates.get("loss_at_size", evidence.estimates["loss"])


def _margin(evidence: Evidence) -> str:
    return at_least(evidence.facts["margin"], _deciding(evidence).unit)


def _sentence(evidence: Evidence, *, start: str = "") -> str:
    """Say what is lost with its interval; the metric is left out where there is no room for it."""
    at_size = "loss_at_size" in evidence.estimates
    full, brief = compared(_BEST, _deciding(evidence).negated(), _OTHER, evidence.facts, is_expected=at_size)
    return capital(first_that_fits(f"{start}{full}", f"{start}{brief}", full, brief))


def _on_the_sample(evidence: Evidence) -> str:
    return on_the_rows_used(_BEST, evidence.estimates["loss"].negated(), _OTHER, evidence.facts)


def _file(facts: Mapping[str, Any]) -> str:
    return f" ({facts['readable_file']} in the run's folder)" if "readable_file" in facts else ""


def _such_as(facts: Mapping[str, Any], side: str) -> str:
    """Name what a side lacks because its library is not installed, and how to get it; nothing where all are there."""
    missing = facts.get(f"untried_{side}")
    return f", such as {missing} (pip install 'future-tech-lab[models]')" if missing else ""


def _chances(evidence: Evidence) -> dict[str, float]:
    """How likely each state is: by the Bayesian t-test of the comparison, or else by the interval at the size that is asked about.

    Chances under the assumptions of `lab.stats.regions_of` and `lab.decisions.chance_below`.
    """
    facts, loss = evidence.facts, _deciding(evidence)
    chances = (facts["probability_costs"], facts["probability_equal"], facts["probability_gains"])
    if "loss_at_size" in evidence.estimates:
        gains, equal, costs = chances_of_sides(loss, facts["margin"])
        chances = (costs, equal, gains)
    return states("readable model", chances, facts["margin"], loss.unit)
