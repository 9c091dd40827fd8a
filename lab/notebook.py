"""How does a notebook run a lab? `lab.run("quantum", frame, target="churn")` gives a finished run that shows its report."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab import flow, registry
from lab.data.frames import from_frame
from lab.data.load import load
from lab.data.positive import with_positive
from lab.errors import DataError
from lab.flow import Finished
from lab.plain_table import with_plain_table
from lab.protocol import Dataset
from lab.reading.how import How
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
    by: str | None = None,
    time: str | None = None,
    independent: bool = False,
    weights: str | None = None,
    positive: str | None = None,
    notify: Callable[[str], None] = lambda sentence: None,
    **settings: Any,
) -> Finished:
    """Run a lab on a table, as `lab run` does.

    A script calls it below `if __name__ == "__main__":`, since trials run in processes of their own.

    Parameters
    ----------
    lab : str
        Its name: "quantum", "edge", "interpretability", or that of any installed lab.
    table : str, path, or data frame
        A file, the name of a built-in table, or a data frame of pandas, polars or Arrow.
    name : str
        What to call a data frame in the report.
    target, seed, workers, notify, drop, task, by, time, independent, weights, positive
        As in `lab.flow.run` and `lab.load`.
    out : path, optional
        The folder of all runs, else a temporary one.
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
    values = make(chosen.settings_type, settings)  # before the table is read: it costs nothing to refuse
    about = {"drop": drop, "task": task, "by": by, "time": time, "independent": independent, "weights": weights}
    dataset = _read(table, target, name, positive, about | {"tasks": getattr(chosen, "tasks", ("classes",))})
    if isinstance(table, str | Path):
        with_plain_table(chosen, dataset, str(table), values, {**about, "how": How()})
    return flow.run(
        chosen, dataset, values, seed=seed, workers=workers, notify=notify,
        out=Path(tempfile.mkdtemp(prefix="lab-")) if out is None else Path(out),
        command=_repeat(lab, str(table) if isinstance(table, str | Path) else name, target, seed, settings),
    )  # fmt: skip


def _read(table: Any, target: str | None, name: str, positive: str | None, about: Mapping[str, Any]) -> Dataset:
    if isinstance(table, str | Path):
        return load(str(table), target, positive=positive, **about)
    dataset = from_frame(table, _named(target, name), name=name, **about)
    return dataset if positive is None else with_positive(dataset, positive)


def _named(target: str | None, name: str) -> str:
    if target is None:
        raise DataError(f'{name}: no target given; name the column to predict with target="COLUMN"')
    return target


def _repeat(lab: str, table: str, target: str | None, seed: int, settings: dict[str, Any]) -> str:
    given = {"target": target, "seed": seed, **settings}
    words = ", ".join(f"{key}={value!r}" for key, value in given.items() if value is not None)
    return f"lab.run({lab!r}, {table!r}, {words})"
