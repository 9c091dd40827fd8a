"""Can a checkpoint be loaded, and does it answer? Tried in a process with limits before a run begins, in this one in no case.

That process can write nowhere but into a folder of its own, and reaches no network, where the system keeps to that
(`lab.host.confinement`); it looks for no updates and sends nothing in any case (`lab.environment`).

`python -m lab.learning.foundation.trying FILE CLASSES FOLDER` is that process; it writes what it found into the folder.
"""

import importlib.util
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from lab.cleaning import short
from lab.environment import for_processes, running_under
from lab.errors import LabError, SettingsError
from lab.host.children import limit_self, run_child
from lab.host.scratch import scratch_folder
from lab.learning.foundation.checkpoint import Checkpoint, read_checkpoint
from lab.wording import listed

__all__ = ["taken_in"]

_LIBRARIES = ("tabicl", "torch", "safetensors")
_KNOWN, _NEXT = (2, 2), (3, 0)
"""Versions of TabICL whose network and estimators are known: from the first, and below the second."""
_ROWS, _COLUMNS = 40, 4
_FOUND = "found.json"
_SECONDS, _MEMORY, _TIMES = 300, 8 * 10**9, 6
_INSTALL = "pip install 'future-tech-lab[tabicl]'"


def taken_in(path: str, *, n_classes: int) -> Checkpoint:
    """Read a checkpoint, and have it answer made-up rows of so many classes (0: of a number).

    Raises
    ------
    SettingsError
        If the libraries are missing or of another version, the file is no such checkpoint, or it cannot answer.
    """
    _require_libraries()
    checkpoint = read_checkpoint(path, n_classes=n_classes)
    # TabICL has numba keep what it compiled, in the one place where the process may write
    with scratch_folder() as folder, running_under({**for_processes(), "NUMBA_CACHE_DIR": str(folder)}):
        asked = (checkpoint.path, str(n_classes), str(folder))
        try:
            done = run_child(__name__, *asked, timeout=_SECONDS, confined_to=str(folder))
        except subprocess.TimeoutExpired as error:
            raise SettingsError(
                f"{checkpoint.name} did not answer {_ROWS} rows within {_SECONDS} s; give a smaller one, or leave out --checkpoint"
            ) from error
        found = folder / _FOUND
        said = json.loads(found.read_text(encoding="utf-8")) if found.exists() else {}
    if "refused" in said:
        raise SettingsError(said["refused"])
    if said.get("digest") != checkpoint.digest:
        reason = said.get("reason", f"the process that tried it ended with exit code {done.returncode}")
        raise SettingsError(
            f"{checkpoint.name} cannot be used: {reason}; give another checkpoint, or leave out --checkpoint"
        )
    return checkpoint


def _require_libraries() -> None:
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"--checkpoint needs {listed(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed: {_INSTALL}"
        )
    version = metadata.version("tabicl")
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if not _KNOWN <= numbers < _NEXT:
        raise SettingsError(
            f"TabICL {version} is installed, and the lab knows versions from {_KNOWN[0]}.{_KNOWN[1]} to below {_NEXT[0]}: {_INSTALL}"
        )


def _try(path: str, n_classes: int) -> dict[str, str]:
    """Load a checkpoint and have it answer, in this process."""
    import numpy as np

    checkpoint = read_checkpoint(path, n_classes=n_classes)
    from lab.learning.foundation.in_context import InContextClassifier, InContextRegressor

    rng = np.random.default_rng(0)
    rows, target = rng.normal(size=(_ROWS, _COLUMNS)), np.arange(_ROWS) % (n_classes or _ROWS)
    if n_classes:
        said = InContextClassifier(checkpoint, random_state=0).fit(rows, target).predict_proba(rows)
    else:
        said = InContextRegressor(checkpoint, random_state=0).fit(rows, target.astype(float)).predict(rows)
    if not np.isfinite(said).all():
        return {"reason": "it answers what is no number"}
    return {"digest": checkpoint.digest}


def main(path: Path, n_classes: int, folder: Path) -> None:
    """Try a checkpoint, and write what was found."""
    limit_self(_MEMORY + _TIMES * path.stat().st_size, _SECONDS)
    try:
        found = _try(str(path), n_classes)
    except LabError as error:
        found = {"refused": str(error)}
    except MemoryError:
        found = {"reason": "it takes too much memory"}
    except Exception as error:  # noqa: BLE001  # whatever a library raises of a file that somebody else made
        found = {"reason": short(f"{type(error).__name__}: {' '.join(str(error).split())}", 200)}
    (folder / _FOUND).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
