"""What stands in a binary file of CatBoost? The library writes it out as JSON, in a process with limits, as any file of somebody's.

`python -m edge.given.tree_files.binary FOLDER` reads the folder's `model.cbm` and writes `model.json` beside it.
"""

import functools
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from edge.given.asked import LIMITS, keep_within
from edge.given.tree_files.forest import UnusableError
from lab.host.children import run_child
from lab.host.scratch import scratch_folder

__all__ = ["as_json"]

_LARGEST = 2**28


@functools.lru_cache(maxsize=2)
def as_json(content: bytes, name: str) -> bytes:
    """Give a binary model in the library's JSON format.

    Raises
    ------
    UnusableError
        If the library is not installed, or cannot read the file within limits.
    """
    if importlib.util.find_spec("catboost") is None:
        raise UnusableError(
            "is read by CatBoost, which is not installed; run  pip install 'future-tech-lab[models]'  or save it with format='json'"
        )
    with scratch_folder() as folder:
        (folder / "model.cbm").write_bytes(content)
        try:
            done = run_child(
                "edge.given.tree_files.binary", str(folder), timeout=LIMITS.seconds, confined_to=str(folder)
            )
        except subprocess.TimeoutExpired as error:
            raise UnusableError(
                f"was not read by CatBoost within {LIMITS.seconds:g} s; save the model again"
            ) from error
        written, said = folder / "model.json", folder / "said.json"
        if done.returncode or not written.exists() or written.stat().st_size > _LARGEST:
            reason = json.loads(said.read_text(encoding="utf-8")) if said.exists() else f"exit code {done.returncode}"
            raise UnusableError(f"cannot be read by CatBoost ({reason}); save the model again")
        return written.read_bytes()


def _write_out(folder: Path) -> int:
    from catboost import CatBoost

    keep_within(LIMITS)
    try:
        model = CatBoost()
        model.load_model(str(folder / "model.cbm"))
        model.save_model(str(folder / "model.json"), format="json")
    except Exception as error:  # noqa: BLE001 - the library raises one type for all
        reason = " ".join(str(error).split())[-150:]
        (folder / "said.json").write_text(json.dumps(reason), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_write_out(Path(sys.argv[1])))
