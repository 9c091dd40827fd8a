"""What is a model of somebody's asked, within which limits, and what comes of it? What a process with limits is told, and tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BATCH", "LIMITS", "UNEVEN", "Asked", "Kind", "Limits", "Output", "Tried", "keep_within", "uneven_refusal"]

UNEVEN = 1e-3
"""Answers to rows one by one may differ by rounding from those to batches, relative to what is above 1."""
BATCH = 2_000
"""Rows that a model is asked at once, at most: under limits, and wherever the lab asks a file of the user's."""
Kind = Literal["onnx", "skops"]


@dataclass(frozen=True)
class Limits:
    """Seconds from the start of the process to its end, and bytes of address space beyond what it has at the start."""

    seconds: float = 120.0
    memory: int = 4 * 10**9


LIMITS = Limits()


@dataclass(frozen=True)
class Output:
    """What ONNX Runtime says of an output: its name, type (such as `tensor(float)`) and shape."""

    name: str
    type: str
    shape: Sequence[Any]


@dataclass(frozen=True, eq=False)
class Asked:
    """What a model is asked.

    Attributes
    ----------
    inputs : mapping of str to array of shape (n_rows, n_columns)
        By name of the input: numbers in the type that it takes, or texts (object) with None where missing.
    order : tuple of (str, int)
        For an estimator: the columns of its table, each by its input and its place there.
    names : tuple of str
        For an estimator: the names of these columns.
    usual : tuple of str
        For an estimator: those of them that the lab's models use.
    n_known : int
        So many of the first rows stand in the table; 0: all of them. The others were moved beyond its range.
    target : str
        The column to predict.
    truths : tuple of str
        For an estimator: its columns of numbers that hold true and false.
    """

    inputs: "Mapping[str, np.ndarray]"
    order: tuple[tuple[str, int], ...] = ()
    names: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    n_known: int = 0
    target: str = ""
    truths: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True, eq=False)
class Tried:
    """What came of it.

    Attributes
    ----------
    outputs : list of Output
        All that an ONNX file gives; of an estimator, its probabilities.
    answers : mapping of str to array of shape (n_rows, n)
        What was answered, by name of the output, as far as it is a matrix of numbers.
    classes : tuple of str
        Those that an estimator knows, in its order.
    labels : mapping of str to list of str
        What was answered, by name of the output, as far as it is one label a row.
    columns : tuple of str
        The columns that an estimator wants, in its order.
    refuses_unknown : bool
        Whether an estimator refuses a category that it has not learned.
    uneven : mapping of str to float
        By how much answers to a row differ where others are asked with it, by name of the output.
    labels_alone : bool
        Whether an estimator gives labels, which became probabilities of 0 and 1.
    """

    outputs: list[Output]
    answers: "Mapping[str, np.ndarray]" = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    refuses_unknown: bool = False
    uneven: Mapping[str, float] = field(default_factory=dict)
    labels_alone: bool = False


def keep_within(limits: Limits) -> None:
    """Keep this process within the limits, and within those that it was started with."""
    try:
        import resource
    except ImportError:  # not POSIX: the time is kept from outside
        return
    seconds, (_, last) = int(limits.seconds) + 1, resource.getrlimit(resource.RLIMIT_CPU)
    last = seconds + 1 if last == resource.RLIM_INFINITY else min(last, seconds + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (min(seconds, last), last))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    statistics = Path("/proc/self/statm")
    if statistics.exists():
        now = int(statistics.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)  # that of a process with limits which has started this one
        allowed = now + limits.memory if most == resource.RLIM_INFINITY else min(most, now + limits.memory)
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))


def uneven_refusal(name: str, apart: float) -> str:
    """Say that answers depend on the other rows of a call."""
    return (
        f"{name} answers a row otherwise when other rows are asked with it (by up to {apart:.2g}), so that no single call gives what "
        "was scored; export it for inference (in PyTorch after model.eval())"
    )
