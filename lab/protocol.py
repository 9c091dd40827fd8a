"""The vocabulary of the laboratory: what flows from a table to a verdict.

    file -> Dataset -> context -> [Trial] -> rows -> Evidence -> Verdict -> record

A lab is a list of sections and a judge. A section is one part of the report: it plans its trials, owns their keys and the
types of their rows, and turns the rows into evidence; `lab.sections` puts the parts together.

Everything here is a fact (a frozen dataclass) or a role (a Protocol). The module imports nothing heavy, so that
a command line can read a lab's settings without paying for its libraries.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from lab.belonging import ALONE, Belonging
from lab.exhibits import Figure, Frame, Input, Kind, Number, Table, Term, WhatIf
from lab.understood import Contents

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = [
    "ALONE",
    "Answer",
    "Belonging",
    "Control",
    "Dataset",
    "Estimate",
    "Evidence",
    "Figure",
    "Frame",
    "Input",
    "Key",
    "Kind",
    "Lab",
    "Question",
    "Row",
    "Rows",
    "Section",
    "Table",
    "Task",
    "Term",
    "Trial",
    "Verdict",
    "WhatIf",
]

Answer = Literal["yes", "no", "undecided"]
Task = Literal["classes", "number"]
Row = dict[str, Any]
"""A row without a type of its own, as a small lab may use it."""
Rows = Mapping[str, Any]
"""Rows by the key of their trial, each of the type that the trial names; read one by `Key.found`."""
RowT = TypeVar("RowT")
ContextT = TypeVar("ContextT", contravariant=True)


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
    belonging : Belonging
        Which rows belong together, and in which order they came.
    whole : Dataset, optional
        The table of which these rows are a sample.
    taken : numpy.ndarray of shape (n_rows,), int64, optional
        Row numbers of a sample in the whole table.
    positive : str
        The class that is looked for, where the user or the metric says so: the second of two.
    left_out : mapping of str to str
        Columns that are no features though nobody said so, and why.
    unread : tuple of str
        Those of free text among them.
    contents : Contents, optional
        What the table held when it was read, column by column.
    """

    name: str
    features: "pd.DataFrame"
    target: "np.ndarray"
    target_name: str
    classes: tuple[str, ...]
    kinds: Mapping[str, Kind]
    digest: str
    notes: tuple[str, ...] = ()
    belonging: Belonging = ALONE
    whole: "Dataset | None" = None
    taken: "np.ndarray | None" = None
    positive: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    contents: Contents | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.target)

    @property
    def rows_in_table(self) -> int:
        """Number of rows of the whole table, whether these are all of it or a sample."""
        return self.n_rows if self.whole is None else self.whole.n_rows

    @property
    def task(self) -> Task:
        """Whether classes or a number are to be predicted."""
        return "classes" if self.classes else "number"


@dataclass(frozen=True)
class Trial(Generic[RowT]):
    """One independent unit of work.

    Attributes
    ----------
    key : str
        Stable name, unique in its plan, of letters, digits, `.`, `_` and `-`: it names the stored file.
    function : callable
        A module-level function `function(dataset, *, seed, **arguments)` that returns a row of `row_type`. It prints
        nothing and writes nothing.
    arguments : mapping
        Plain keyword arguments.
    seed : int
        The only source of randomness.
    exclusive : bool
        Whether nothing else may run on the machine meanwhile (timings).
    needs : tuple of str
        Keys of trials whose rows are handed over as `function(..., inputs={key: row})`; of those that are not needed
        (see `unless`) there is none.
    kind : str
        Trials of one kind take times in proportion to their costs; one of them is the pilot of the others.
        The function's name unless given.
    cost : float
        Seconds expected, roughly; only ratios within a kind matter once its pilot has run. Above 0.
    row_type : type
        What the function returns: a frozen dataclass of plain values, numpy arrays and further such dataclasses, or a
        plain, JSON-able dict. Arrays are stored in one `.npz` beside the rest.
    rows_in_cost : bool
        Whether the cost counts the rows from which it learns, so that it costs the same whatever the size of the sample.
    limit_s : float, optional
        Seconds after which it is taken to hang, counted from when it is handed to its process: then that is ended, with
        all that it started, and the trial has failed. Without it the larger of 10 minutes and 20 times what others
        of its kind took; an hour where none has finished yet (see `lab.work.limits`).
    at_home : bool
        Whether it runs on the machine of the command, wherever the others run: it needs the credentials of its user, say.
    unless : str
        Key of an earlier trial that must have run before this one, and whose row, a dataclass with a field `is_settled`, may say
        that this one is not needed: then it does not run, and whoever needs it does without its row.
    """

    key: str
    function: Callable[..., RowT]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    exclusive: bool = False
    needs: tuple[str, ...] = ()
    kind: str = ""
    cost: float = 1.0
    row_type: type = dict
    limit_s: float | None = None
    rows_in_cost: bool = False
    at_home: bool = False
    unless: str = ""

    def __post_init__(self) -> None:
        """Name the kind after the function where it has no name."""
        if not self.kind:
            object.__setattr__(self, "kind", self.function.__name__)


@dataclass(frozen=True)
class Key(Generic[RowT]):
    """The name of a trial and the type of its row, so that a type checker follows a value from the trial to the sentence.

    A section owns its keys: nothing else puts their names together or reads their rows by a string.

    Examples
    --------
    >>> built = Key("build", dict)
    >>> built.of("forest").name
    'build-forest'
    >>> built.of("forest").found({"build-forest": {"nodes": 3}, "build-mlp": {"nodes": 5}})
    {'nodes': 3}
    >>> sorted(built.all_found({"build-forest": {"nodes": 3}, "build-mlp": {"nodes": 5}, "time": {}}))
    ['forest', 'mlp']
    """

    name: str
    row_type: type[RowT]

    def of(self, part: str | int) -> "Key[RowT]":
        """Key of one of several trials of this kind: of a family, or of a fold by its number."""
        return Key(f"{self.name}-{part:02d}" if isinstance(part, int) else f"{self.name}-{part}", self.row_type)

    def trial(
        self,
        function: Callable[..., RowT],
        arguments: Mapping[str, Any] | None = None,
        *,
        seed: int = 0,
        exclusive: bool = False,
        needs: "Sequence[Key[Any]]" = (),
        kind: str = "",
        cost: float = 1.0,
        limit_s: float | None = None,
        rows_in_cost: bool = False,
        at_home: bool = False,
    ) -> Trial[RowT]:
        """Make the trial of this key; see `Trial`."""
        names, row_type = tuple(key.name for key in needs), self.row_type
        given = arguments or {}
        return Trial(
            self.name, function, given, seed, exclusive, names, kind, cost, row_type, limit_s, rows_in_cost, at_home
        )

    def found(self, rows: Rows) -> RowT | None:
        """Give the row of this key; None where its trial was not planned, or failed."""
        row: RowT | None = rows.get(self.name)
        return row

    def needed(self, rows: Rows) -> RowT:
        """Give the row of this key, which is there; raises KeyError where it is not."""
        row: RowT = rows[self.name]
        return row

    def all_found(self, rows: Rows) -> dict[str, RowT]:
        """Give the rows of all keys of this kind by their part (see `of`), in the order of the rows."""
        start = f"{self.name}-"
        return {name.removeprefix(start): row for name, row in rows.items() if name.startswith(start)}


@dataclass(frozen=True)
class Estimate:
    """A number with its uncertainty and its unit; `low` and `high` bound the interval of the given confidence."""

    value: Number
    low: Number
    high: Number
    unit: str
    confidence: Number = 0.95

    def negated(self) -> "Estimate":
        """Give the same number with the other sign: a gain where this is a loss."""
        return Estimate(-self.value, -self.high, -self.low, self.unit, self.confidence)


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

    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    caveats: tuple[str, ...] = ()
    panels: tuple[WhatIf, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The answer.

    Attributes
    ----------
    answer : Answer
        One of three.
    headline : str
        The short form of it.
    sentence : str
        The sentence that carries it: at most 30 words and 4 numbers.
    would_change : tuple of str
        What would change it.
    details : str
        Whole sentences that belong to it and stand below it in smaller letters; empty where there are none.
    next_steps : tuple of str
        What to do now: whole sentences, the first one first.
    chances : mapping of str to Number
        How likely each state of the world is, by its name in words ("better by more than 1 point"): shares that add up to 1,
        in the order of the words. Empty where the evidence allows none.
    """

    answer: Answer
    headline: str
    sentence: str
    would_change: tuple[str, ...] = ()
    details: str = ""
    next_steps: tuple[str, ...] = ()
    chances: Mapping[str, Number] = field(default_factory=dict)


class Section(Protocol[ContextT]):
    """One part of a lab's report; a module with these two functions is one.

    Both are pure: the same arguments give the same result.
    """

    def plan(self, context: ContextT) -> Sequence[Trial[Any]]:
        """List the work; empty where the settings do not ask for it. Raises InputError where they do not fit the table."""
        ...

    def evidence(self, context: ContextT, rows: Rows) -> Evidence:
        """Turn the rows of the finished trials into evidence; rows of failed trials are missing."""
        ...


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
        A module-level function `function(lab, *, seed)`, or a partial one of it, that returns the lab's Answer.
    exclusive : bool
        Whether nothing else may run on the machine meanwhile.
    right : Answer, optional
        The answer that finds the truth, where one side truly wins by more than the margin; None where undecided will do.
    least : float
        The share of runs that are expected to find it at least; without effect where nothing is to be found.
    table : callable, optional
        A module-level function `table(*, seed)` that returns the table of which the control asks: by it the rates of
        tables are found that are like a user's (see `lab.likeness`). None where no table decides, but a clock, say.
    """

    name: str
    truth: str
    wrong: tuple[Answer, ...]
    function: Callable[..., Answer]
    exclusive: bool = False
    right: Answer | None = None
    least: float = 0.9
    table: Callable[..., Dataset] | None = None


class Lab(Protocol):
    """What a laboratory is; `lab.testing.check_lab` says whether an object keeps to it.

    `judge` is pure, and so are the sections. A lab that can predict numbers too says so by an attribute
    `tasks = ("classes", "number")`; without it, it is never handed a table whose target is a number. One whose models, scores and
    intervals count rows by their weights says so by `weighs = True`; without it, it is never handed weights.
    A lab may also have `files(rows)`: it returns the files, by their names, that a run leaves beside its report;
    `chosen_files(evidence, rows)`, the same for files that depend on what was found; and
    `inputs(settings)`: it returns the paths of all files beside the table that its context and its trials read, a model's
    say. It is called after `context`. A file of another content makes another run, and one that changes meanwhile ends it.
    Where users would look for a setting that other labs have, `lacks` may say why there is none: the end of a sentence by the
    setting's name.
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

    def context(self, dataset: Dataset, settings: Any, *, seed: int) -> Any:
        """Resolve once what all sections share: the table, the settings, the seed, the metric, the families.

        Raises `SettingsError` or `DataError` where the settings do not fit the table.
        """
        ...

    def sections(self) -> Sequence[Section[Any]]:
        """List the parts of the report in their order; the first figure of the first part is the first screen's."""
        ...

    def judge(self, evidence: Evidence, settings: Any) -> Verdict:
        """Answer the question from the evidence alone."""
        ...

    def controls(self) -> Sequence[Control]:
        """List the work on which the truth is known."""
        ...
