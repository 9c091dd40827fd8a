"""What does a report show beside its numbers? Tables, pictures and panels, as plain data; re-exported by `lab.protocol`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Figure", "Frame", "Input", "Kind", "Number", "Table", "Term", "WhatIf"]

Kind = Literal["number", "boolean", "date", "category"]
Number = int | float
"""A number that is stored; read back, a whole one stays whole, so that a record written again is the same to the byte."""


@dataclass(frozen=True)
class Table:
    """Rows of plain values under named columns (units in the names), with one sentence that says what to see."""

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Frame:
    """One state of a figure that a reader can move through: its label (a training step, say) and its picture."""

    label: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A picture as a Vega-Lite description with its data inside, and one sentence that says what to see.

    Attributes
    ----------
    title, caption : str
        What it is, and what to see.
    spec : mapping
        The picture.
    frames : tuple of Frame
        Where given, the report puts a slider under the picture that moves through them. One of them must have the
        same `spec` as the figure: it is the one that is seen first, and the only one without a script. Give all
        of them the same scales, or the axes jump.
    """

    title: str
    caption: str
    spec: Mapping[str, Any]
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Input:
    """One feature that a reader can set in a `WhatIf` panel.

    Attributes
    ----------
    name : str
        The column.
    kind : Kind
        As in `Dataset.kinds`.
    start : float, str or None
        Where it stands first; None is missing, a boolean is 0 or 1.
    low, high : float
        The range of a number or a date (days since 1970-01-01).
    whole : bool
        Whether only whole numbers make sense.
    choices : tuple of str
        The categories that can be chosen; all others, and any unseen one, use the last value of a term.
    can_be_missing : bool
        Whether a reader may take the value away.
    """

    name: str
    kind: Kind
    start: Number | str | None
    low: Number = 0.0
    high: Number = 1.0
    whole: bool = False
    choices: tuple[str, ...] = ()
    can_be_missing: bool = False


@dataclass(frozen=True)
class Term:
    """What one feature, or two together, add to the sum of an additive model; plain data (see `lab.report.additive`).

    Attributes
    ----------
    name : str
        The words for a reader.
    inputs : tuple of int
        One or two places in `WhatIf.inputs`.
    bins : tuple of (tuple of float or tuple of str)
        For each input its cut points (ascending; a value on a cut belongs to the bin above it), or the categories.
    values : tuple of float or of tuple of float
        What is added: place 0 is for a missing value, then one for each bin or category, and for categories one more
        for any other. Two inputs: rows of such sequences. One number may have, instead of a number, the coefficients
        of a polynomial in each place, lowest power first: in x - `origins[bin]`.
    origins : tuple of float
        For polynomials: one origin for each bin.
    """

    name: str
    inputs: tuple[int, ...]
    bins: tuple[tuple[Number | str, ...], ...]
    values: tuple[Number | tuple[Number, ...], ...]
    origins: tuple[Number, ...] = ()


@dataclass(frozen=True)
class WhatIf:
    """An additive model laid open as plain data, for a panel in which a reader moves the features.

    Attributes
    ----------
    title, caption : str
        What it is, and what to see.
    output : str
        What the model gives: `probability of 'yes'`, or the target's name with its unit.
    link : {"logit", "identity"}
        "logit": the answer is 1 / (1 + exp(-sum)); "identity": the sum itself.
    intercept : float
        Where the sum begins.
    inputs, terms : tuple
        The features and what they add.
    """

    title: str
    caption: str
    output: str
    link: Literal["logit", "identity"]
    intercept: Number
    inputs: tuple[Input, ...]
    terms: tuple[Term, ...]
