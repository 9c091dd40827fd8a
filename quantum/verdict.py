"""How is the quantum verdict worded? What speaks against a need for hardware, and what it would cost."""

from lab.protocol import Estimate, Evidence
from lab.wording import rough

__all__ = ["caution_about", "price_in_words"]


def caution_about(evidence: Evidence) -> str:
    """Say what speaks against a need for a quantum computer even where the score is better."""
    words = {
        "entanglement": "entanglement is not shown to matter",
        "surrogate": "a classical model with the circuit's frequencies is not shown to be worse",
    }
    found = [words[name] for name in words if name in evidence.estimates and evidence.estimates[name].low <= 0]
    return f"; {' and '.join(found)}, so no quantum computer may be needed" if found else ""


def price_in_words(evidence: Evidence) -> str:
    """Say what training and predicting on hardware would cost."""
    training: Estimate | None = evidence.estimates.get("training_dollars")
    if training is None:
        return "The price of hardware could not be computed."
    hours, predictions = evidence.estimates["training_hours"], evidence.estimates["predictions_dollars"]
    return (
        f"On hardware its training would take about {rough(hours.value)} device hours and {rough(training.value)} dollars, "
        f"1,000 predictions {rough(predictions.value)} dollars."
    )
