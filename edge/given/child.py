"""How does a model of somebody's answer? Loaded and asked in this process, which keeps itself within limits.

`python -m edge.given.child FOLDER` reads model and rows from the folder, limits its own memory and processor time, loads the
model, asks it (one row, then 256, then all) and writes what it says and answers beside them; `edge.given.guard` starts it.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.given.asked import BATCH, UNEVEN, Asked, Limits, Output, Tried, keep_within, uneven_refusal
from edge.given.tree_files.forest import UnusableError
from lab.errors import SettingsError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__: list[str] = []

_ASKED_ALONE, _SOME = 8, 256
"""So many rows are asked one by one, and so many in one call that holds others."""
_NO_MEMORY = ("bad_alloc", "Failed to allocate", "length_error", "out of memory", "would require more")


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


@dataclass(frozen=True)
class _Loaded:
    """A model: what it says of itself, how rows are asked, and what shows beside their answers that it can be served."""

    tried: Tried
    ask: Callable[[slice], list[Any]]
    require_served: Callable[[], None] = lambda: None


def _onnx(model: bytes, asked: Asked) -> _Loaded:
    """Load an ONNX file."""
    from edge.session import session

    ready = session(model)
    outputs = [Output(o.name, o.type, list(o.shape or ())) for o in ready.get_outputs()]
    fed = {name: matrix if matrix.dtype != object else _written(matrix) for name, matrix in asked.inputs.items()}
    return _Loaded(Tried(outputs), lambda rows: ready.run(None, {name: matrix[rows] for name, matrix in fed.items()}))


def _written(texts: "np.ndarray") -> "np.ndarray":
    """Give texts of shape (n_rows, n_columns) as a device hands them over: empty where missing."""
    import pandas as pd

    written = texts.copy()
    written[pd.isna(texts)] = ""
    return written


def _skops(model: bytes, asked: Asked, name: str) -> _Loaded:
    """Load an estimator."""
    import numpy as np

    from edge.exporting.seen import plain_name, text_of
    from edge.given.estimator_answers import gives_labels_alone, with_probabilities
    from edge.given.estimator_columns import as_asked, columns_asked, refuses_unknown
    from edge.given.estimator_trial import require_served
    from edge.given.estimators import from_content

    estimator, table = from_content(model, name), _table(asked)
    answers, classes = with_probabilities(estimator), np.asarray(estimator.classes_)
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
        return [np.asarray(answers.predict_proba(as_asked(estimator, table.iloc[rows])), dtype=np.float64)]

    def served() -> None:
        rows = table.iloc[: asked.n_known or len(table)]
        require_served(estimator, rows, target=asked.target, refuses_unknown=refuses, name=name)

    alone = gives_labels_alone(estimator)
    tried = Tried(outputs, classes=known, columns=columns, refuses_unknown=refuses, labels_alone=alone)
    return _Loaded(tried, ask, served)


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
        tried, ask, doing = made.tried, made.ask, "answer"
        known = {
            "classes": tried.classes,
            "columns": tried.columns,
            "refuses_unknown": tried.refuses_unknown,
            "labels_alone": tried.labels_alone,
        }
        alone = [ask(slice(row, row + 1)) for row in range(min(_ASKED_ALONE, asked.n_rows))]
        some = ask(slice(0, _SOME))
        given = [ask(slice(first, first + BATCH)) for first in range(0, asked.n_rows, BATCH)]
        made.require_served()
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
    except UnusableError as error:  # what a booster inside it says of its rows
        return {"refused": f"{request['name']} {error}"}, {}
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


def _serve(folder: Path) -> None:
    import numpy as np

    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    found, answers = _try(folder, request, _read(folder, request))
    np.savez(folder / "answers.npz", **answers)
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
