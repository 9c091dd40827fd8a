"""What does each column that a model sees come from? One raw number or text, and the steps on its way.

Nothing here is ONNX: the fitted steps are read off, and what they do to a column is kept in a form that the trees fold
into thresholds and the linear models into their first matrix.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Column", "Constant", "Indicator", "NotLoweredError", "Number", "Text", "text_columns"]


class NotLoweredError(Exception):
    """A part of the pipeline for which there is no lowering of our own.

    Attributes
    ----------
    part : str
        Which part, and of what kind; the message says the way out too.
    """

    def __init__(self, part: str) -> None:
        super().__init__(
            f"{part}; use another step of scikit-learn there, or have a converter make an ONNX file and give that"
        )
        self.part = part


@dataclass(frozen=True)
class Number:
    """A raw number on its way to the model.

    Attributes
    ----------
    source : int
        Place in the matrix of numbers.
    steps : tuple of (str, float)
        Elementwise float64 steps in order: `add`, `sub`, `mul` or `div` by a constant; multipliers are above 0.
    missing : float
        What the model sees where the raw number is missing; NaN where nothing fills it.
    filled : float
        The raw number that stands for a missing one; NaN where nothing fills it.
    """

    source: int
    steps: tuple[tuple[str, float], ...] = ()
    missing: float = float("nan")
    filled: float = float("nan")

    def through(self, values: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Give what the model sees for raw numbers (any shape, kept), rounded after each step as the original rounds."""
        seen = np.array(values, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            for name, constant in self.steps:
                seen = _STEPS[name](seen, constant)
        return seen

    def then(self, name: str, constant: float) -> "Number":
        """Add a step."""
        return replace(self, steps=(*self.steps, (name, constant)), missing=float(_STEPS[name](self.missing, constant)))

    def fill(self, value: float) -> "Number":
        """Put a value in the place of a missing one, if nothing did so before."""
        if not np.isnan(self.missing):
            return self
        slope, shift = self.affine()
        return replace(self, missing=value, filled=(value - shift) / slope)

    def affine(self) -> tuple[float, float]:
        """All steps as one: slope and shift."""
        slope, shift = 1.0, 0.0
        for name, constant in self.steps:
            if name in ("mul", "div"):
                slope, shift = float(_STEPS[name](slope, constant)), float(_STEPS[name](shift, constant))
            else:
                shift = float(_STEPS[name](shift, constant))
        return slope, shift


@dataclass(frozen=True)
class Text:
    """A number that depends on one raw text.

    Attributes
    ----------
    source : int
        Place in the matrix of texts.
    values : mapping of str to float
        What the model sees for each known text.
    other : float
        What it sees for all others.
    """

    source: int
    values: Mapping[str, float]
    other: float

    def then(self, name: str, constant: float) -> "Text":
        """Add a step."""
        step = _STEPS[name]
        return replace(
            self,
            values={text: float(step(value, constant)) for text, value in self.values.items()},
            other=float(step(self.other, constant)),
        )

    def fill(self, value: float) -> "Text":
        """Put a value in the place of a missing one."""
        return replace(
            self,
            values={text: value if np.isnan(known) else known for text, known in self.values.items()},
            other=value if np.isnan(self.other) else self.other,
        )


@dataclass(frozen=True)
class Constant:
    """A column that is the same number for every row."""

    value: float

    def then(self, name: str, constant: float) -> "Constant":
        """Add a step."""
        return Constant(float(_STEPS[name](self.value, constant)))

    def fill(self, value: float) -> "Constant":
        """Put a value in the place of a missing one."""
        return Constant(value) if np.isnan(self.value) else self


@dataclass(frozen=True)
class Indicator:
    """A column that says of a raw number whether it is missing.

    Attributes
    ----------
    source : int
        Place in the matrix of numbers.
    present, missing : float
        What the model sees where the raw number is there, and where it is missing.
    """

    source: int
    present: float = 0.0
    missing: float = 1.0

    def then(self, name: str, constant: float) -> "Indicator":
        """Add a step."""
        step = _STEPS[name]
        return replace(self, present=float(step(self.present, constant)), missing=float(step(self.missing, constant)))

    def fill(self, value: float) -> "Indicator":
        """Give it as it is: it is never missing."""
        del value
        return self


Column = Number | Text | Constant | Indicator


def text_columns(columns: Sequence[Column]) -> list[tuple[int, list[str]]]:
    """List the raw text columns that a model uses with all their known texts; a text's code is its place, from 1."""
    known: dict[int, set[str]] = {}
    for column in columns:
        if isinstance(column, Text):
            known.setdefault(column.source, set()).update(column.values)
    return [(source, sorted(texts)) for source, texts in sorted(known.items())]


_STEPS: Mapping[str, Any] = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}
