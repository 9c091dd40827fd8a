"""What must be settled before a library is imported? That it sends nothing, and reads no code or settings beside the data.

Importing any package of this project calls `silence`; the command line calls `close_path`; the processes that run trials
are started under `for_processes` and call `leave_current_folder`.

What the dependencies do by themselves, found by tracing the system calls of a run of each lab and by searching their
sources for hosts, sockets and folders of the user:

- onnxruntime (1.32) sends usage to its maker and keeps a device identifier below the user's cache folder unless
  ORT_DISABLE_TELEMETRY is 1 before its library is loaded; its call `disable_telemetry_events` comes too late.
- matplotlib (brought by PennyLane, Qiskit and imodels) keeps a list of fonts, stevedore (brought by Qiskit) one of entry
  points, numba compiled functions of imodels beside their sources: all in our cache folder here, by MPLCONFIGDIR,
  XDG_CACHE_HOME and NUMBA_CACHE_DIR.
- matplotlib reads `matplotlibrc`, numba `.numba_config.yaml` and PennyLane `config.toml` from the current folder before
  any other place, and no variable forbids it: so trials, and the compilation of the simulator, run in another folder.
- CatBoost keeps a folder of its progress in the current one unless it is told not to (`allow_writing_files`), as it is here.
- TabICL fetches a checkpoint from a hub in one function, which is replaced here (`lab.learning.foundation.in_context`); the client
  of that hub, `huggingface_hub`, is told to stay offline in processes that run trials.
- scikit-learn, SHAP, imodels, CatBoost, Dask and Qiskit's Runtime client reach the network in functions that we never call, the
  last two but where `--devices`, `--scheduler` and `--backend` ask for it; none looks for updates. The others have no such code.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = [
    "cache_folder",
    "close_path",
    "for_processes",
    "leave_current_folder",
    "make_cache_folder",
    "running_under",
    "silence",
]

SILENT = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",  # the convention of consoledonottrack.com, for plug-ins and what dependencies will bring
}
_PACKAGE = Path(__file__).parent


def silence() -> None:
    """Switch telemetry off for this process and those that it starts, whatever the variables were before."""
    os.environ.update(SILENT)


def cache_folder() -> Path:
    """Folder in which we and the libraries under us keep what is made once on a machine; it need not exist.

    `LAB_CACHE_DIR`, or `future-tech-lab` in the user's cache directory.

    Raises
    ------
    RuntimeError
        If there is no home directory.
    """
    chosen = os.environ.get("LAB_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute()
    base = "~/Library/Caches" if sys.platform == "darwin" else os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "future-tech-lab"


def for_processes() -> dict[str, str]:
    """Variables of a process that runs trials: silent, no module from its current folder, caches in our own folder."""
    path = _absolute(os.environ.get("PYTHONPATH", ""))
    made = {**SILENT, "HF_HUB_OFFLINE": "1", "PYTHONSAFEPATH": "1", "PYTHONPATH": path}
    try:
        cache = str(cache_folder())
    except RuntimeError:  # no home directory: the libraries find none either
        return made
    places = {"MPLCONFIGDIR": f"{cache}/matplotlib", "NUMBA_CACHE_DIR": f"{cache}/numba"}
    return {**made, "LAB_CACHE_DIR": cache, "XDG_CACHE_HOME": cache, **places, "MPLBACKEND": "agg"}


def make_cache_folder() -> None:
    """Make the cache folder, for this user alone, before a library makes it for more; where it cannot be, nothing is kept."""
    with suppress(OSError, RuntimeError):
        cache_folder().mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def running_under(variables: Mapping[str, str]) -> Iterator[None]:
    """Have the processes that are started meanwhile see these variables."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def close_path() -> None:
    """Take the current folder out of the module path, where a relative or empty entry of PYTHONPATH put it there.

    A folder that PYTHONPATH names in full stays, and so does the one in which this package lies. What Python itself has
    imported before this is called is out of reach.
    """
    entries = [Path(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    trusted = {str(entry) for entry in entries if entry.is_absolute()} | {str(_PACKAGE.parent)}
    beside = {str(entry.absolute()) for entry in entries} - trusted if "PYTHONPATH" in os.environ else set()
    sys.path[:] = [entry for entry in sys.path if Path(entry).is_absolute() and entry not in beside]


def leave_current_folder() -> None:
    """Go to the folder of this package: whoever can put a file there can change our code, so that none is hostile."""
    os.chdir(_PACKAGE)


def _absolute(path: str) -> str:
    """Keep the entries that do not depend on the current folder.

    >>> _absolute(os.pathsep.join(["", ".", "/somewhere", "relative"]))
    '/somewhere'
    """
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if Path(entry).is_absolute())
