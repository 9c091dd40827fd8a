"""The vocabulary of the laboratory: what flows from a table to a verdict.

    file -> Dataset -> [Trial] -> rows -> Evidence -> Verdict -> record

Everything here is a fact (a frozen dataclass) or a role (a Protocol). The module imports nothing heavy, so that
a command line can read a lab's settings without paying for its libraries.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = [
    "Answer",
    "Control",
    "Dataset",
    "Estimate",
    "Evidence",
    "Figure",
    "Frame",
    "Input",
    "Kind",
    "Lab",
    "Question",
    "Row",
    "Table",
    "Task",
    "Term",
    "Trial",
    "Verdict",
    "WhatIf",
]

Kind = Literal["number", "boolean", "date", "category"]
Answer = Literal["yes", "no", "undecided"]
Task = Literal["classes", "number"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What the run answers, in words that a director understands."""

    text: str
    trend: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """A checked table with something to predict; made only by `lab.data`, and never validated again after that.

    Attributes
    ----------
    name : str
        What to call the table on screen.
    features : pandas.DataFrame of shape (n_rows, n_features)
        float64 columns for kinds number, boolean (0 or 1) and date (days since 1970-01-01), with NaN where missing;
        object columns of `str` for kind category, with None where missing. No infinite value, no constant column.
    target : numpy.ndarray of shape (n_rows,), int64 or float64
        Codes into `classes`, or the numbers to predict; nothing missing, nothing infinite.
    target_name : str
        The target column.
    classes : tuple of str
        The 2 to 20 class labels in code order; for two classes the second one is the "positive" one. Empty where the
        target is a number.
    kinds : mapping of str to Kind
        The kind of every feature, in column order.
    digest : str
        SHA-256 of the file's bytes, as `sha256sum` prints it (built-in tables: of their CSV text).
    notes : tuple of str
        What a reader must know about the table: columns left out and why, suspected leakage.
    """

    name: str
    features: "pd.DataFrame"
    target: "np.ndarray"
    target_name: str
    classes: tuple[str, ...]
    kinds: Mapping[str, Kind]
    digest: str
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.target)

    @property
    def task(self) -> Task:
        """Whether classes or a number are to be predicted."""
        return "classes" if self.classes else "number"


@dataclass(frozen=True)
class Trial:
    """One independent unit of work.

    Attributes
    ----------
    key : str
        Stable name, unique in its plan, of letters, digits, `.`, `_` and `-`: it names the stored file.
    function : callable
        A module-level function `function(dataset, *, seed, **arguments)` that returns a plain, JSON-able row;
        numpy arrays in it are stored in one `.npz` beside it. It prints nothing and writes nothing.
    arguments : mapping
        Plain keyword arguments.
    seed : int
        The only source of randomness.
    exclusive : bool
        Whether nothing else may run on the machine meanwhile (timings).
    needs : tuple of str
        Keys of trials whose rows are handed over as `function(..., inputs={key: row})`.
    kind : str
        Trials of one kind take times in proportion to their costs; one of them is the pilot of the others.
        The function's name unless given.
    cost : float
        Seconds expected, roughly; only ratios within a kind matter once its pilot has run. Above 0.
    """

    key: str
    function: Callable[..., Row]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    exclusive: bool = False
    needs: tuple[str, ...] = ()
    kind: str = ""
    cost: float = 1.0

    def __post_init__(self) -> None:
        """Name the kind after the function where it has no name."""
        if not self.kind:
            object.__setattr__(self, "kind", self.function.__name__)


@dataclass(frozen=True)
class Estimate:
    """A number with its uncertainty and its unit; `low` and `high` bound the interval of the given confidence."""

    value: float
    low: float
    high: float
    unit: str
    confidence: float = 0.95


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
    start: float | str | None
    low: float = 0.0
    high: float = 1.0
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
    values : sequence
        What is added: place 0 is for a missing value, then one for each bin or category, and for categories one more
        for any other. Two inputs: rows of such sequences. One number may have, instead of a number, the coefficients
        of a polynomial in each place, lowest power first: in x - `origins[bin]`.
    origins : tuple of float
        For polynomials: one origin for each bin.
    """

    name: str
    inputs: tuple[int, ...]
    bins: tuple[tuple[Any, ...], ...]
    values: tuple[Any, ...]
    origins: tuple[float, ...] = ()


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
    intercept: float
    inputs: tuple[Input, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Evidence:
    """What was found, without judgement.

    Attributes
    ----------
    estimates : mapping of str to Estimate
        The numbers that `judge` reads, by name.
    facts : mapping
        Plain values that `judge` reads beside them (names of the models compared, say).
    figures : tuple of Figure
        The first one is the picture of the first screen.
    tables : tuple of Table
        Further evidence.
    caveats : tuple of str
        What limits the evidence, a sentence each.
    panels : tuple of WhatIf
        Models that a reader of the report can try.
    """

    estimates: Mapping[str, Estimate]
    facts: Mapping[str, Any]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    caveats: tuple[str, ...] = ()
    panels: tuple[WhatIf, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The answer: one of three, the short form of it, the sentence that carries it, and what would change it."""

    answer: Answer
    headline: str
    sentence: str
    would_change: tuple[str, ...] = ()


@dataclass(frozen=True)
class Control:
    """Work whose right answer is known.

    Attributes
    ----------
    name : str
        Short name.
    truth : str
        What is true by construction, as a sentence.
    wrong : tuple of Answer
        The answers that contradict the truth.
    function : callable
        A module-level function `function(*, seed)` that returns the lab's Answer.
    exclusive : bool
        Whether nothing else may run on the machine meanwhile.
    right : Answer, optional
        The answer that finds the truth, where one side truly wins by more than the margin; None where undecided will do.
    """

    name: str
    truth: str
    wrong: tuple[Answer, ...]
    function: Callable[..., Answer]
    exclusive: bool = False
    right: Answer | None = None


class Lab(Protocol):
    """What a laboratory is; `lab.testing.check_lab` says whether an object keeps to it.

    `plan`, `summarise` and `judge` are pure: the same arguments give the same result. A lab that can predict numbers too
    says so by an attribute `tasks = ("classes", "number")`; without it, it is never handed a table whose target is a number.
    A lab may also have `files(rows)`: it returns the files, by their names, that a run leaves beside its report; and
    `inputs(settings)`: it returns the paths of all files beside the table that its plan and its trials read, a model's say.
    It is called after `plan`. A file of another content makes another run, and one that changes meanwhile ends it.
    """

    @property
    def name(self) -> str:
        """What to call it on the command line and in file names: small letters."""
        ...

    @property
    def summary(self) -> str:
        """Its question in one line."""
        ...

    @property
    def settings_type(self) -> type[Any]:
        """A frozen dataclass whose fields are made by `lab.settings.option`."""
        ...

    @property
    def demo_data(self) -> str:
        """The built-in table that `lab demo` uses."""
        ...

    @property
    def demo_settings(self) -> Mapping[str, Any]:
        """Settings under which that takes less than a minute on two cores."""
        ...

    def prepare(self, notify: Callable[[str], None]) -> None:
        """Do what must be done once on a machine before trials run, and say so first if it takes a while."""
        ...

    def question(self, dataset_name: str, settings: Any) -> Question:
        """Word the question for a table of that name."""
        ...

    def plan(self, dataset: Dataset, settings: Any, *, seed: int) -> Sequence[Trial]:
        """List the work; raises `SettingsError` or `DataError` where the settings do not fit the table."""
        ...

    def summarise(self, dataset: Dataset, settings: Any, rows: Mapping[str, Row]) -> Evidence:
        """Turn the rows of the finished trials into evidence; failed trials are missing from `rows`."""
        ...

    def judge(self, evidence: Evidence, settings: Any) -> Verdict:
        """Answer the question from the evidence alone."""
        ...

    def controls(self) -> Sequence[Control]:
        """List the work on which the truth is known."""
        ...
