"""What does the quantum verdict say beside its sentence? What speaks against a need for hardware, and what hardware would cost."""

from collections.abc import Mapping

from lab.first_screen import in_a_row
from lab.protocol import Evidence
from lab.wording import capital, count, listed, rough
from quantum.settings import RATE_SOURCE, Settings

__all__ = ["best_of", "caution_about", "needs_no_device", "plain", "price_in_words", "usual"]

_CIRCUIT, _KERNEL = "variational circuit", "quantum kernel"
_WITHOUT_DEVICE = ("product kernel", "single qubit with data re-uploading")
"""Models of qubits that no gate joins: any laptop computes them."""


def usual(chosen: Mapping[str, int]) -> str:
    """Name the model that stood for a side most often, as it is said in a sentence; `chosen` are folds by label.

    >>> usual({"logistic regression": 2, "neural network (MLP)": 4})
    'neural network'
    """
    return plain(max(chosen, key=chosen.__getitem__))  # the first of several, as in the picture


def _often(chosen: Mapping[str, int]) -> str:
    """Say how often that model stood for its side, beside the others.

    >>> _often({"logistic regression": 2, "neural network (MLP)": 4}), _often({"extra trees": 3, "nearest neighbours": 3})
    ('most often', 'as often as any other')
    """
    folds = list(chosen.values())
    return "most often" if folds.count(max(folds)) == 1 else "as often as any other"


def best_of(chosen: Mapping[str, int], side: str) -> str:
    """Say in apposition how often that model was the best of its side.

    >>> best_of({"logistic regression": 2, "neural network (MLP)": 4}, "classical")
    'most often the best classical model'
    >>> best_of({"extra trees": 3, "nearest neighbours": 3}, "classical")
    'the best classical model as often as any other'
    """
    how, best = _often(chosen), f"the best {side} model"
    return f"{how} {best}" if how == "most often" else f"{best} {how}"


def plain(label: str) -> str:
    """Leave out of a label what stands in brackets."""
    return label.partition(" (")[0]


def needs_no_device(label: str) -> bool:
    """Whether a quantum model, by its label, is one that any laptop computes however many qubits it has."""
    return label in _WITHOUT_DEVICE


def caution_about(evidence: Evidence) -> str:
    """Say what speaks against a need for a quantum computer even where the score is better; nothing where nothing does.

    It is about the best quantum model as a whole, whichever family stands for it in a fold.
    """
    words = {
        "entanglement": "its entanglement is not shown to matter",
        "surrogate": "a classical model with the circuit's frequencies is not shown to be worse",
    }
    found = [words[name] for name in words if name in evidence.estimates and evidence.estimates[name].low <= 0]
    without, folds = evidence.facts.get("unentangled_folds", 0), evidence.facts.get("scored_folds", 0)
    if without:
        found.insert(0, f"the best quantum model has no entanglement at all in {without} of {count(folds, 'fold')}")
    elif found:
        found[0] = found[0].replace("its entanglement", "the entanglement of the best quantum model")
    if not found:
        return ""
    needed = "is" if without and without == folds else "may be"
    return f"{capital(listed(found))}, so no quantum computer {needed} needed."


def price_in_words(evidence: Evidence, settings: Settings) -> str:
    """Say what training and predicting on hardware would cost, over the ways of training, and whose price it is.

    The price is that of the variational circuit, and of the quantum kernel where that stood for the quantum side most often.
    """
    found = evidence.estimates
    if "training_dollars" not in found:
        return "The price of hardware could not be computed."
    low, high = sorted(found[name].value for name in ("training_dollars", "training_dollars_spsa"))
    source = RATE_SOURCE if settings.rate == Settings.rate else "set by the user"
    circuit = (
        f"Training the {_CIRCUIT} once on hardware would cost about {rough(low)} to {rough(high)} dollars, depending on the way "
        f"of training, and 1,000 predictions {rough(found['predictions_dollars'].value)} dollars, at {settings.rate:.2f} dollars a "
        f"second ({source})."
    )
    return in_a_row([_of_the_best(evidence), circuit])


def _of_the_best(evidence: Evidence) -> str:
    """Say which model was the best most often, and its own price, where that is not the circuit."""
    chosen: Mapping[str, int] = evidence.facts["quantum_chosen"]
    label = usual(chosen)
    if label == _CIRCUIT:
        return ""
    folds = list(chosen.values())
    most = f"The best quantum model was {_often(chosen)} the {label} ({max(folds)} of {count(sum(folds), 'fold')})"
    if label == _KERNEL:
        training, predicting = (
            rough(evidence.estimates[name].value) for name in ("kernel_dollars", "kernel_predictions_dollars")
        )
        return f"{most}: training it on hardware would cost about {training} dollars, 1,000 predictions up to {predicting} dollars."
    other = "needs no quantum computer" if needs_no_device(label) else "has no price of its own here"
    return f"{most}, which {other}."
