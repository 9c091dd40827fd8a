"""What does a what-if panel show before anybody moves it, and without a script? Worked out here, drawn by the page."""

import dataclasses
import json
import math
from dataclasses import dataclass

from lab.cleaning import clean_values
from lab.protocol import WhatIf
from lab.report.additive import contributions, linked

__all__ = ["FirstState", "first_state"]


@dataclass(frozen=True)
class FirstState:
    """The start of a panel: `rows` are (term, words, left end and width of the bar from 0 to 100, its side)."""

    model: str
    answer: float
    said: str
    rows: tuple[tuple[str, str, float, float, str], ...]


def first_state(panel: WhatIf) -> FirstState:
    """Work out the panel for the values where its inputs start."""
    parts = contributions(panel, [item.start for item in panel.inputs])
    answer = linked(panel, panel.intercept + math.fsum(parts))
    reach = max([abs(part) for part in parts] + [1e-12])
    rows = []
    for term, part in zip(panel.terms, parts, strict=True):
        width = 49 * abs(part) / reach
        side, left = ("against", 50 - width) if part < 0 else ("towards", 50.0)
        size = f"{abs(part):.2f}" if panel.link == "logit" else _rounded(abs(part), 3)
        words = ("\u2212" if part < 0 else "+") + size
        rows.append((term.name, words, round(left, 3), round(width, 3), side))
    said = f"{100 * answer:.1f} %" if panel.link == "logit" else _rounded(answer, 4)
    return FirstState(json.dumps(clean_values(dataclasses.asdict(panel)), allow_nan=False), answer, said, tuple(rows))


def _rounded(value: float, digits: int) -> str:
    """Write a number in the target's unit as the script does.

    >>> _rounded(152_345.6, 4), _rounded(0.012345, 3), _rounded(-0.0, 4)
    ('152,300', '0.0123', '0')
    """
    return f"{float(f'{value:.{digits}g}') + 0.0:,.15g}"
