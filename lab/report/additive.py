"""What does an additive model, laid open as plain data, say for one set of values? The panel's arithmetic in Python.

The report's script does the same in the browser; a test holds the two against each other.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from lab.protocol import Input, Term, WhatIf

__all__ = ["answer", "contributions", "linked", "place"]

Value = float | str | None


def contributions(model: WhatIf, values: Sequence[Value]) -> list[float]:
    """What each term adds for one value per input (None is missing), in the order of the terms.

    >>> age = Input("age", "number", 40.0, 18.0, 90.0)
    >>> step = Term("age", (0,), ((30.0, 50.0),), (0.0, -1.0, 0.5, 2.0))
    >>> contributions(WhatIf("t", "c", "p", "logit", 0.0, (age,), (step,)), [50.0])
    [2.0]
    """
    return [_value(model, term, values) for term in model.terms]


def answer(model: WhatIf, values: Sequence[Value]) -> float:
    """What the model gives for one value per input: a probability for the logit link."""
    return linked(model, model.intercept + math.fsum(contributions(model, values)))


def linked(model: WhatIf, total: float) -> float:
    """Turn the sum into the answer."""
    if model.link == "identity":
        return total
    return 1 / (1 + math.exp(-total)) if total >= 0 else math.exp(total) / (1 + math.exp(total))


def place(kind: Input, bins: Sequence[Any], value: Value) -> int:
    """Find the place of a value in `Term.values`."""
    if value is None:
        return 0
    if kind.kind == "category":
        return 1 + (list(bins).index(value) if value in bins else len(bins))
    return 1 + bisect_right(bins, float(value))


def _value(model: WhatIf, term: Term, values: Sequence[Value]) -> float:
    found: Any = term.values
    for where, bins in zip(term.inputs, term.bins, strict=True):
        found = found[place(model.inputs[where], bins, values[where])]
    if not term.origins:
        return float(found)
    at = values[term.inputs[0]]
    if at is None:
        return float(found[0])
    distance = float(at) - term.origins[place(model.inputs[term.inputs[0]], term.bins[0], at) - 1]
    return float(sum(c * distance**power for power, c in enumerate(found)))
