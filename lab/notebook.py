"""How does a notebook run a lab? `lab.run("quantum", frame, target="churn")` gives a finished run that shows its report."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lab import flow, registry
from lab.data.frames import from_frame
from lab.data.load import load
from lab.errors import DataError
from lab.flow import Finished
from lab.settings import make

__all__ = ["run"]


def run(
    lab: str,
    table: Any,
    *,
    target: str | None = None,
    name: str = "table",
    seed: int = 0,
    out: Path | str | None = None,
    workers: int | None = None,
    drop: Sequence[str] = (),
    task: str = "auto",
    notify: Callable[[str], None] = lambda sentence: None,
    **settings: Any,
) -> Finished:
    """Run a lab on a table, as `lab run` does.

    Call it from a script below `if __name__ == "__main__":`, since trials run in processes of their own; a notebook needs
    nothing of the kind.

    Parameters
    ----------
    lab : str
        Its name: "quantum", "edge", "interpretability", or that of any installed lab.
    table : str, path, or data frame
        A file, the name of a built-in table, or a data frame of pandas, polars or Arrow.
    target : str, optional
        The column to predict; built-in tables know theirs.
    name : str
        What to call a data frame in the report.
    seed : int
        Decides folds, searches and models.
    out : path, optional
        The folder of all runs; a temporary one unless given.
    workers : int, optional
        Processes; default is the number of cores.
    drop : sequence of str
        Columns to leave out.
    task : {"auto", "classes", "number"}
        What the target is.
    notify : callable
        Told in sentences what has to be prepared, and how long it takes.
    **settings
        Those of the lab, by name: `effort="quick"`.

    Returns
    -------
    Finished
        The record (`run.record`), the folder (`run.folder`), and the report where a notebook shows it.

    Raises
    ------
    LabError
        If the table or a setting cannot be used: says where, what was found, and the way out.
    """
    chosen = registry.find(lab)
    values = make(chosen.settings_type, settings)
    if isinstance(table, str | Path):
        dataset = load(str(table), target, drop=drop, task=task)
    else:
        dataset = from_frame(table, _named(target, name), name=name, drop=drop, task=task)
    folder = Path(tempfile.mkdtemp(prefix="lab-")) if out is None else Path(out)
    return flow.run(
        chosen,
        dataset,
        values,
        out=folder,
        seed=seed,
        workers=workers,
        command=_repeat(lab, name if not isinstance(table, str | Path) else str(table), target, seed, settings),
        notify=notify,
    )


def _named(target: str | None, name: str) -> str:
    if target is None:
        raise DataError(f'{name}: no target given; name the column to predict with target="COLUMN"')
    return target


def _repeat(lab: str, table: str, target: str | None, seed: int, settings: dict[str, Any]) -> str:
    given = {"target": target, "seed": seed, **settings}
    words = ", ".join(f"{key}={value!r}" for key, value in given.items() if value is not None)
    return f"lab.run({lab!r}, {table!r}, {words})"
