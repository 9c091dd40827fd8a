"""Does a model file of somebody's end, and in how much memory? It is first loaded and asked in a process with limits.

That process (`edge.given.child`) can write into a folder of its own only, and has no network, where the system keeps to that
(`lab.host.confinement`). The process that runs the lab loads the model in no case; its workers do only after that. macOS does
not keep the limit on memory; the limit on time holds everywhere.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.given.asked import LIMITS, Asked, Kind, Limits, Output, Tried
from lab.errors import SettingsError
from lab.host.children import run_child
from lab.host.scratch import scratch_folder

__all__ = ["CannotAnswerError", "ask_under_limits"]

_GB = 10**9
_RUNTIMES = {"onnx": "ONNX Runtime", "skops": "scikit-learn"}


class CannotAnswerError(SettingsError):
    """A model was loaded, and raised what its library raises where rows are none of its own."""


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
            done = run_child("edge.given.child", str(folder), timeout=limits.seconds, confined_to=str(folder))
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
        labels_alone=bool(found.get("labels_alone")),
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
