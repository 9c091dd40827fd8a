"""Does a model file of somebody's end, and in how much memory? It is first loaded and asked in a process with limits.

`python -m edge.given.guard FOLDER` reads model and rows from the folder, limits its own memory and processor time, loads the
model, asks it (one row, then 256, then all) and prints its outputs as JSON. The process that runs the lab loads the
model only after that. macOS does not keep the limit on memory; the limit on time holds everywhere.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import SettingsError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BATCH", "LIMITS", "Limits", "Output", "ask_under_limits"]

BATCH = 2_000
"""Rows that a model is asked at once, at most: here, and wherever the lab asks a file of the user's."""
_GB = 10**9


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


def ask_under_limits(
    model: bytes, rows: "Mapping[str, np.ndarray]", *, name: str, limits: Limits = LIMITS
) -> list[Output]:
    """Load a model in a fresh process, and have it answer rows there.

    Parameters
    ----------
    model : bytes
        An ONNX file without data elsewhere.
    rows : mapping of str to array of shape (n_rows, n_columns)
        What to ask, by name of the input.
    name : str
        The file, for messages.

    Raises
    ------
    SettingsError
        If the model cannot be loaded, cannot answer, takes too long or too much memory, or brings the process down.
    """
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "model.onnx").write_bytes(model)
        Path(folder, "limits.json").write_text(json.dumps(asdict(limits)), encoding="utf-8")
        stored: dict[str, Any] = {
            str(place): v.astype(str) if v.dtype == object else v for place, v in enumerate(rows.values())
        }
        np.savez(Path(folder, "rows.npz"), **stored)
        Path(folder, "names.json").write_text(json.dumps(list(rows)), encoding="utf-8")
        command = [
            sys.executable,
            "-P",
            "-m",
            "edge.given.guard",
            folder,
        ]  # -P: no module from the folder that lab runs in
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=limits.seconds, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise _too_long(name, limits) from error
    said = done.stdout.strip().splitlines()
    found: dict[str, Any] = json.loads(said[-1]) if not done.returncode and said else {"ended": done.returncode}
    if "outputs" in found:
        return [Output(**output) for output in found["outputs"]]
    raise _refusal(found, name, limits)


def _refusal(found: Mapping[str, Any], name: str, limits: Limits) -> SettingsError:
    """Say why a model was refused, by what its process printed or how it ended."""
    if "memory" in found:
        return SettingsError(
            f"{name} takes more than {limits.memory / _GB:g} GB of memory to {found['memory']}; make the model smaller"
        )
    if "reason" in found:
        way_out = "export it again" if found["doing"] == "load" else "give a model of this table's columns"
        cannot = "be loaded by ONNX Runtime" if found["doing"] == "load" else "answer the rows of this table"
        return SettingsError(f"{name} cannot {cannot}: {found['reason']}; {way_out}")
    if found["ended"] in _out_of_time():
        return _too_long(name, limits)
    return SettingsError(
        f"{name} brings ONNX Runtime down (the process that tried it ended with exit code {found['ended']}); export it again"
    )


def _too_long(name: str, limits: Limits) -> SettingsError:
    return SettingsError(
        f"{name} did not answer rows within {limits.seconds:g} s; the lab asks it for thousands of answers: make the model faster"
    )


def _out_of_time() -> tuple[int, ...]:
    import signal

    return (-signal.SIGXCPU,) if hasattr(signal, "SIGXCPU") else ()


def _limit(limits: Limits) -> None:
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


def _try(folder: Path) -> dict[str, Any]:
    import numpy as np

    from edge.session import session

    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    with np.load(folder / "rows.npz", allow_pickle=False) as stored:
        matrices = [stored[str(place)] for place in range(len(names))]
    rows = {n: m.astype(object) if m.dtype.kind == "U" else m for n, m in zip(names, matrices, strict=True)}
    model = (folder / "model.onnx").read_bytes()
    _limit(Limits(**json.loads((folder / "limits.json").read_text(encoding="utf-8"))))
    doing = "load"
    try:
        ready = session(model)
        doing = "answer"
        n_rows = len(next(iter(rows.values())))
        asked = [(0, 1), (0, 256), *((first, first + BATCH) for first in range(0, n_rows, BATCH))]
        for first, last in asked:
            ready.run(None, {name: matrix[first:last] for name, matrix in rows.items()})
    except MemoryError:
        return {"memory": doing}
    except Exception as error:  # noqa: BLE001 - the runtime raises types of its own library
        reason = " ".join(str(error).split())
        if any(
            word in reason
            for word in ("bad_alloc", "Failed to allocate", "length_error", "out of memory", "would require more")
        ):
            return {"memory": doing}
        return {"doing": doing, "reason": reason[:200]}
    return {"outputs": [{"name": o.name, "type": o.type, "shape": list(o.shape or ())} for o in ready.get_outputs()]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_try(Path(sys.argv[1]))) + "\n")
