"""How is the quantum verdict worded? What speaks against a need for hardware, and what it would cost."""

from lab.decisions import side_of_margin
from lab.protocol import Estimate, Evidence, Verdict
from lab.wording import amount, count, difference, longer_curves, opening, rough, settled_by_curves, settling

__all__ = ["caution_about", "price_in_words", "verdict"]


def verdict(evidence: Evidence, *, max_rows: int) -> Verdict:
    """Answer "is the quantum classifier better than the best classical model by more than the margin?".

    Parameters
    ----------
    evidence : Evidence
        With the estimate "advantage" and the facts of the comparison.
    max_rows : int
        Rows that a run uses at most: more of them would settle it only with another setting.
    """
    facts, price = evidence.facts, price_in_words(evidence)
    margin, size = facts["margin"], facts.get("size")
    sentence, advantage = _found(evidence)
    if size is not None and facts["curve_fault"] is not None:
        said = f"{sentence}; what holds with {size:,} rows cannot be said: {facts['curve_fault']}. {price}"
        return Verdict("undecided", "Undecided", said, (longer_curves(facts),))
    side = side_of_margin(advantage, margin)
    over = evidence.estimates.get("over_constant")
    if side == "above" and over is not None and over.low <= 0:
        return Verdict(
            "undecided",
            "Undecided",
            f"{sentence}, but it is not shown to be better than a constant prediction: it is {difference(over, 'one')}. {price}",
            ("columns that say more about the target", "more rows"),
        )
    if side == "above":
        caution = caution_about(evidence)
        return Verdict(
            "yes",
            "Yes, in simulation",
            f"{sentence}{caution}. {price}",
            ("the noise of real hardware, which this score does not include",),
        )
    if side == "below":
        reasons = ("another encoding of the data, or a task whose structure the circuit shares",)
        short = f"not the {amount(margin, advantage.unit)} above that would count"
        return Verdict("no", "Not yet", f"{sentence}, {short}. {price}", reasons)
    settle = settling(facts["rows_to_settle"], in_table=facts["rows_in_table"], max_rows=max_rows)
    more = f"more rows: this run could detect an advantage that lies {amount(facts['detectable'], advantage.unit)} from the margin"
    if size is not None:
        settle, more = settled_by_curves(facts["curve_settles"], facts), longer_curves(facts)
    return Verdict(
        "undecided",
        "Undecided",
        f"{sentence}; an advantage of {amount(margin, advantage.unit)} would count, and {settle}. {price}",
        (more,),
    )


def _found(evidence: Evidence) -> tuple[str, Estimate]:
    """Say what was found, and what is expected at the size that the verdict is about; and give that advantage."""
    advantage, facts = evidence.estimates["advantage"], evidence.facts
    than = f"the best classical model in {facts['metric']}"
    size = facts.get("size")
    start = "The" if size is None else opening("The", facts)
    sentence = f"{start} best quantum model is {difference(advantage, than)}"
    then = evidence.estimates.get("advantage_at_size")
    if then is None:
        return sentence, advantage
    return f"{sentence}; with {size:,} rows we expect it {difference(then, 'the classical model')}", then


def caution_about(evidence: Evidence) -> str:
    """Say what speaks against a need for a quantum computer even where the score is better.

    It is about the best quantum model as a whole, whichever family stands for it in a fold.
    """
    words = {
        "entanglement": "entanglement is not shown to matter",
        "surrogate": "a classical model with the circuit's frequencies is not shown to be worse",
    }
    found = [words[name] for name in words if name in evidence.estimates and evidence.estimates[name].low <= 0]
    without, folds = evidence.facts.get("unentangled_folds", 0), evidence.facts.get("scored_folds", 0)
    if without:
        found.insert(0, f"it has no entanglement at all in {without} of {count(folds, 'fold')}")
    if without and without == folds:
        return f"; {' and '.join(found)}, so no quantum computer is needed"
    return f"; {' and '.join(found)}, so no quantum computer may be needed" if found else ""


def price_in_words(evidence: Evidence) -> str:
    """Say what training and predicting on hardware would cost."""
    training: Estimate | None = evidence.estimates.get("training_dollars")
    if training is None:
        return "The price of hardware could not be computed."
    hours, predictions = evidence.estimates["training_hours"], evidence.estimates["predictions_dollars"]
    return (
        f"On hardware, training the variational circuit would take about {rough(hours.value)} device hours and "
        f"{rough(training.value)} dollars, 1,000 predictions {rough(predictions.value)} dollars."
    )
