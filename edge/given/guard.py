"""Does a model file of somebody's end, and in how much memory? It is first loaded and asked in a process with limits.

`python -m edge.given.guard FOLDER` reads model and rows from the folder, limits its own memory and processor time, loads the
model, asks it (one row, then 256, then all) and writes what it says and answers beside them; nowhere else can it write, and it has no
network, where the system keeps to that (`lab.host.confinement`). The process that runs the lab loads the model in no case; its
workers do only after that. macOS does not keep the limit on memory; the limit on time holds everywhere.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lab.errors import SettingsError
from lab.host.children import run_child
from lab.host.scratch import scratch_folder

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = [
    "BATCH",
    "LIMITS",
    "UNEVEN",
    "Asked",
    "CannotAnswerError",
    "Limits",
    "Output",
    "Tried",
    "ask_under_limits",
    "keep_within",
    "uneven_refusal",
]

_ASKED_ALONE, UNEVEN = 8, 1e-3
"""So many rows are asked one by one; their answers may differ by rounding from those to batches, relative to what is above 1."""
BATCH = 2_000
"""Rows that a model is asked at once, at most: here, and wherever the lab asks a file of the user's."""
_GB = 10**9
_NO_MEMORY = ("bad_alloc", "Failed to allocate", "length_error", "out of memory", "would require more")
_RUNTIMES = {"onnx": "ONNX Runtime", "skops": "scikit-learn"}
Kind = Literal["onnx", "skops"]


class CannotAnswerError(SettingsError):
    """A model was loaded, and raised what its library raises where rows are none of its own."""


@dataclass(frozen=True)
class Limits:
    """Seconds from the start of the process to its end, and bytes of address space beyond what it has at the start."""

    seconds: float = 120.0
    memory: int = 4 * _GB


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
    """

    outputs: list[Output]
    answers: "Mapping[str, np.ndarray]" = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    refuses_unknown: bool = False
    uneven: Mapping[str, float] = field(default_factory=dict)


def ask_under_limits(
    model: bytes,
    asked: Asked,
    *,
    name: str,
    kind: Kind = "onnx",
    limits: Limits = LIMITS,
    check_classes: Callable[[tuple[str, ...]], object] = lambda classes: None,
) -> Tried:
    """Load a model in a fresh process, and have it answer rows there.

    Parameters
    ----------
    model : bytes
        An ONNX file without data elsewhere, or a skops file.
    name : str
        The file, for messages.
    check_classes : callable
        Takes the classes that an estimator knows; what it raises has precedence over a failure to answer.

    Raises
    ------
    SettingsError
        If the model cannot be loaded, cannot answer, takes too long or too much memory, or brings the process down.
    """
    import numpy as np

    with scratch_folder() as folder:
        (folder / "model").write_bytes(model)
        numbers = {str(place): v for place, v in enumerate(asked.inputs.values()) if v.dtype != object}
        texts = {str(place): v.tolist() for place, v in enumerate(asked.inputs.values()) if v.dtype == object}
        np.savez(folder / "rows.npz", **numbers)  # type: ignore[arg-type]  # its stub takes a name for an option
        request = {
            "name": name, "kind": kind, "limits": asdict(limits), "inputs": list(asked.inputs), "texts": texts,
            "order": asked.order, "names": asked.names, "usual": asked.usual, "n_known": asked.n_known, "target": asked.target,
            "truths": asked.truths,
        }  # fmt: skip
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        try:
            done = run_child("edge.given.guard", str(folder), timeout=limits.seconds, confined_to=str(folder))
        except subprocess.TimeoutExpired as error:
            raise _too_long(name, limits) from error
        return _told(folder, done.returncode, asked.n_rows, request, limits, check_classes)


def _told(
    folder: Path,
    code: int,
    n_rows: int,
    request: Mapping[str, Any],
    limits: Limits,
    check: Callable[[tuple[str, ...]], object],
) -> Tried:
    """Read what the process wrote; the classes are checked first, where it came to know them."""
    import numpy as np

    name, said = request["name"], folder / "found.json"
    found: dict[str, Any] = {"ended": code}
    if not code and said.exists():
        found = json.loads(said.read_text(encoding="utf-8"))
    if found.get("classes"):
        check(tuple(found["classes"]))
    if "outputs" not in found:
        raise _refusal(found, request, limits)
    outputs = [Output(**output) for output in found["outputs"]]
    with np.load(folder / "answers.npz", allow_pickle=False) as stored:
        answers = {output.name: stored[str(place)] for place, output in enumerate(outputs) if str(place) in stored}
    labels = {outputs[int(place)].name: said for place, said in found["labels"].items() if len(said) == n_rows}
    full = {output: answer for output, answer in answers.items() if len(answer) == n_rows}
    if not full and not labels:
        raise SettingsError(f"{name} does not give one answer for each row; give a model of this table's columns")
    uneven = {outputs[int(place)].name: apart for place, apart in found["uneven"].items()}
    columns = tuple(found.get("columns", ()))
    return Tried(
        outputs,
        full,
        tuple(found["classes"]),
        labels,
        columns,
        refuses_unknown=bool(found.get("refuses_unknown")),
        uneven=uneven,
    )


def _refusal(found: Mapping[str, Any], request: Mapping[str, Any], limits: Limits) -> SettingsError:
    """Say why a model was refused, by what its process wrote or how it ended."""
    name, runtime = request["name"], _RUNTIMES[request["kind"]]
    if "refused" in found:
        return SettingsError(found["refused"])
    if "memory" in found:
        return SettingsError(
            f"{name} takes more than {limits.memory / _GB:g} GB of memory to {found['memory']}; make the model smaller"
        )
    if "reason" in found:
        way_out = "export it again" if found["doing"] == "load" else "give a model of this table's columns"
        cannot = f"be loaded by {runtime}" if found["doing"] == "load" else "answer the rows of this table"
        kind = SettingsError if found["doing"] == "load" else CannotAnswerError
        return kind(f"{name} cannot {cannot}: {found['reason']}; {way_out}")
    if found["ended"] in _out_of_time():
        return _too_long(name, limits)
    return SettingsError(
        f"{name} crashes {runtime} (the process that tried it ended with exit code {found['ended']}); export it again"
    )


def _too_long(name: str, limits: Limits) -> SettingsError:
    return SettingsError(
        f"{name} did not answer rows within {limits.seconds:g} s; the lab asks it for thousands of answers: make the model faster"
    )


def _out_of_time() -> tuple[int, ...]:
    import signal

    return (-signal.SIGXCPU,) if hasattr(signal, "SIGXCPU") else ()


def keep_within(limits: Limits) -> None:
    """Keep this process within the limits."""
    try:
        import resource
    except ImportError:  # not POSIX: the time is kept from outside
        return
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    statistics = Path("/proc/self/statm")
    if statistics.exists():
        now = int(statistics.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + limits.memory, now + limits.memory))


def _read(folder: Path, request: Mapping[str, Any]) -> Asked:
    import numpy as np

    with np.load(folder / "rows.npz", allow_pickle=False) as stored:
        numbers = {int(place): stored[place] for place in stored}
    texts = {int(place): np.array(rows, dtype=object) for place, rows in request["texts"].items()}
    inputs = dict(
        zip(request["inputs"], ((numbers | texts)[place] for place in range(len(request["inputs"]))), strict=True)
    )
    return Asked(
        inputs, tuple((name, place) for name, place in request["order"]), tuple(request["names"]), tuple(request["usual"]),
        request["n_known"], request["target"], tuple(request["truths"]),
    )  # fmt: skip


def _onnx(model: bytes, asked: Asked) -> tuple[Tried, Callable[[slice], list[Any]]]:
    """Load an ONNX file; gives what it says of itself, and how rows are asked."""
    from edge.session import session

    ready = session(model)
    outputs = [Output(o.name, o.type, list(o.shape or ())) for o in ready.get_outputs()]
    fed = {name: matrix if matrix.dtype != object else _written(matrix) for name, matrix in asked.inputs.items()}
    return Tried(outputs), lambda rows: ready.run(None, {name: matrix[rows] for name, matrix in fed.items()})


def _written(texts: "np.ndarray") -> "np.ndarray":
    """Give texts of shape (n_rows, n_columns) as a device hands them over: empty where missing."""
    import pandas as pd

    written = texts.copy()
    written[pd.isna(texts)] = ""
    return written


def _skops(model: bytes, asked: Asked, name: str) -> tuple[Tried, Callable[[slice], list[Any]]]:
    """Load an estimator; gives what it says of itself, and how rows are asked. With the last rows it is tried as it is served."""
    import numpy as np

    from edge.exporting.seen import plain_name, text_of
    from edge.given.estimator_columns import as_asked, columns_asked, refuses_unknown
    from edge.given.estimator_trial import require_served
    from edge.given.estimators import from_content

    estimator, table = from_content(model, name), _table(asked)
    classes = np.asarray(estimator.classes_)
    known = tuple(str(label) for label in classes.ravel()[:1_000].tolist())
    outputs = [Output("probabilities", "tensor(double)", [None, len(known)])]
    numbers = {str(column) for column in table if table[column].dtype == np.float64}
    columns = columns_asked(estimator, asked.names, asked.usual, numbers=numbers, name=name)
    for column in set(columns) - set(table):  # numbers that are names to the model
        values = table[plain_name(column)]
        written = (
            values.map({1.0: "True", 0.0: "False"})
            if plain_name(column) in asked.truths
            else values.map(text_of, na_action="ignore")
        )
        table[column] = written.astype(object)
    refuses = refuses_unknown(estimator)
    table = _with_known_texts(table[list(columns)], asked) if refuses else table[list(columns)]

    def ask(rows: slice) -> list[Any]:
        found = [np.asarray(estimator.predict_proba(as_asked(estimator, table.iloc[rows])), dtype=np.float64)]
        if rows.stop >= asked.n_rows:
            known = table.iloc[: asked.n_known or len(table)]
            require_served(estimator, known, target=asked.target, refuses_unknown=refuses, name=name)
        return found

    return Tried(outputs, classes=known, columns=columns, refuses_unknown=refuses), ask


def _with_known_texts(table: "pd.DataFrame", asked: Asked) -> "pd.DataFrame":
    """Give the rows beyond the table the texts of its own rows, for a model that refuses others."""
    import numpy as np

    n_known = asked.n_known or len(table)
    rows = np.r_[0:n_known, 0 : len(table) - n_known]
    texts = [str(column) for column in table if table[column].dtype != np.float64]
    return table.assign(**{column: table[column].to_numpy()[rows] for column in texts})


def _table(asked: Asked) -> "pd.DataFrame":
    """Give the rows as the table that they come from."""
    import pandas as pd

    columns = [pd.Series(asked.inputs[name][:, place]) for name, place in asked.order]
    table = pd.concat(columns, axis=1)
    table.columns = pd.Index(asked.names)
    return table


def _try(folder: Path, request: Mapping[str, Any], asked: Asked) -> tuple[dict[str, Any], dict[str, Any]]:
    """Load and ask; gives what is to be said, and the answers by place of the output."""
    model, doing, known = (folder / "model").read_bytes(), "load", dict[str, Any]()
    keep_within(Limits(**request["limits"]))
    try:
        made = _onnx(model, asked) if request["kind"] == "onnx" else _skops(model, asked, request["name"])
        (tried, ask), doing = made, "answer"
        known = {"classes": tried.classes, "columns": tried.columns, "refuses_unknown": tried.refuses_unknown}
        alone = [ask(slice(row, row + 1)) for row in range(min(_ASKED_ALONE, asked.n_rows))]
        some = ask(slice(0, 256))
        given = [ask(slice(first, first + BATCH)) for first in range(0, asked.n_rows, BATCH)]
        answers, labels, uneven = {}, {}, {}
        for place, parts in enumerate(zip(*given, strict=True)):
            key, others = str(place), [_together([each[place] for each in alone]), _together([some[place]])]
            whole = _together(list(parts))
            if whole is None:
                continue
            if whole.dtype.kind == "f":
                answers[key] = whole
            else:
                labels[key] = [str(label) for label in whole.ravel().tolist()]
            uneven[key] = max((_apart(whole, other) for other in others if other is not None), default=0.0)
            if uneven[key] > UNEVEN and request["kind"] == "skops":
                return {"refused": uneven_refusal(request["name"], uneven[key])}, {}
    except MemoryError:
        return known | {"memory": doing}, {}
    except SettingsError as error:
        return {"refused": str(error)}, {}
    except Exception as error:  # noqa: BLE001 - the runtime raises types of its own library
        reason = " ".join(str(error).split())
        if any(word in reason for word in _NO_MEMORY):
            return known | {"memory": doing}, {}
        from edge.given.estimators import other_version

        about = other_version(model) if request["kind"] == "skops" else ""
        return known | {"doing": doing, "reason": reason[:200] + about}, {}
    return known | {
        "outputs": [asdict(output) for output in tried.outputs],
        "labels": labels,
        "uneven": uneven,
    }, answers


def _together(parts: Sequence[Any]) -> "np.ndarray | None":
    """Put the answers of several calls together: numbers of (n_rows, n), or labels (n_rows, 1); None if neither."""
    import numpy as np

    arrays = [np.asarray(part) for part in parts if isinstance(part, np.ndarray)]
    if len(arrays) != len(parts) or any(array.ndim not in (1, 2) for array in arrays):
        return None
    columns = [array.reshape(len(array), -1) for array in arrays]
    if len({(each.shape[1], each.dtype.kind) for each in columns}) != 1:
        return None
    kind = columns[0].dtype.kind
    if kind == "f" or (kind in "iuObU" and columns[0].shape[1] == 1):
        return np.concatenate(columns)
    return None


def _apart(answers: "np.ndarray", others: "np.ndarray") -> float:
    """How far answers to the same rows are apart that were asked among others, or alone; shapes (n_rows, n) and (fewer rows, n)."""
    import numpy as np

    first = answers[: len(others)]
    if first.shape != others.shape:
        return 0.0  # what has no row for each row is refused for that
    if first.dtype.kind != "f":
        return float((first != others).any())
    differ = np.abs(np.where(first == others, 0.0, first - others))  # infinite ones too
    return float(np.nanmax(differ / np.maximum(1.0, np.abs(first)), initial=0.0))


def uneven_refusal(name: str, apart: float) -> str:
    """Say that answers depend on the other rows of a call."""
    return (
        f"{name} answers a row otherwise when other rows are asked with it (by up to {apart:.2g}), so that no single call gives what "
        "was scored; export it for inference (in PyTorch after model.eval())"
    )


def _serve(folder: Path) -> None:
    import numpy as np

    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    found, answers = _try(folder, request, _read(folder, request))
    np.savez(folder / "answers.npz", **answers)
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
