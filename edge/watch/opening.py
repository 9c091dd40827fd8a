"""With what is a model watched? Its file, the profile that it carries or a reference table, and the user's settings.

A file that a run left knows its columns, classes and profile. One of somebody else's is taken in as any given model is
(`edge.given`), and compared with a table that the user gives; rows of that table must be none that the model learned from.
"""

import contextlib
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from edge.exporting import device, parity
from edge.given.asked import Asked
from edge.given.family import AsDeviceSees, export_given, family_of
from edge.given.fixed_work import require_fixed_work
from edge.given.guard import ask_under_limits
from edge.given.outside_data import take_in_data
from edge.session import session
from edge.watch.advice import Costs
from edge.watch.inflow import BLOCK
from edge.watch.monitor import EdgeMonitor, Plan
from edge.watch.predicting import Predictor
from edge.watch.profile import ENTRY, Profile, read_profile
from edge.watch.profiling import answered_by, profile_of, values_of
from edge.watch.seasons import Calendar, n_seasons, named_seasons, seasons_at
from lab.errors import InputError
from lab.protocol import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lab.learning.families import Family

__all__ = ["open_monitor"]

_FEWEST = 200
_AT_ONCE = 2_000


@dataclasses.dataclass(frozen=True, eq=False)
class _Model:
    """A model's file: its digest, what predicts, and of one that a run left its profile, the kinds of its columns, and its classes."""

    digest: str
    predictor: Predictor
    profile: Profile | None = None
    kinds: dict[str, Any] | None = None
    classes: tuple[str, ...] = ()


def open_monitor(
    model: Path,
    reference: Dataset | None = None,
    *,
    false_alarms: float = 0.05,
    season: str = "",
    time: str | None = None,
    seed: int = 0,
    cost_of_waiting: float | None = None,
    cost_of_retraining: float | None = None,
    predict: bool = True,
) -> EdgeMonitor:
    """Open a watch of a model.

    Parameters
    ----------
    model : Path
        The `edge-model.onnx` of a run, or a file that `lab run edge --model` takes.
    reference : Dataset, optional
        What rows are compared with, instead of the profile that the file carries: rows that the model did not learn from.
    false_alarms : float
        The chance that any alarm ever is false, in (0, 0.5].
    season : str
        `hour`, `weekday`, or both with a comma: what comes again with them in the reference is no change.
    time : str, optional
        The column of times for the seasons; the only one of dates unless told.
    seed : int
        Decides how ties are broken.
    cost_of_waiting, cost_of_retraining : float, optional
        Prices in any unit, above 0: of each wrong answer that need not be, and of training again. Both or neither.
    predict : bool
        Whether the model is asked; without that only columns and times are watched.

    Raises
    ------
    InputError
        If the file, the table or a setting cannot be used.
    """
    if not 0 < false_alarms <= 0.5:
        raise InputError(f"false_alarms is {false_alarms:g}; it must be above 0 and at most 0.5")
    costs, seasons = _costs(cost_of_waiting, cost_of_retraining), named_seasons(season)
    calendar, days = _calendar(reference, seasons, time)
    found, reference = _read(model, reference, None if calendar is None else calendar.column)
    profile = found.profile if reference is None else _compared_with(found, reference, seasons, days, seed=seed)
    if profile is None:
        raise InputError(
            f"{model.name} has no training profile; run lab run edge again, or give the table that it is compared with by --reference"
        )
    plan = Plan(found.digest, profile, calendar, false_alarms, seed, costs)
    return EdgeMonitor(plan, found.predictor if predict else None)


def _costs(waiting: float | None, retraining: float | None) -> Costs | None:
    for name, value in (("cost_of_waiting", waiting), ("cost_of_retraining", retraining)):
        if value is not None and not (np.isfinite(value) and value > 0):
            raise InputError(f"{name} is {value:g}; it must be a number above 0")
    if (waiting is None) != (retraining is None):
        raise InputError("cost_of_waiting and cost_of_retraining are held against each other; give both, or neither")
    return None if waiting is None or retraining is None else Costs(waiting, retraining)


def _calendar(
    reference: Dataset | None, seasons: tuple[str, ...], time: str | None
) -> "tuple[Calendar | None, NDArray[np.float64] | None]":
    """Find the column of times, and read those of the reference."""
    if not seasons:
        return None, None
    if reference is None:
        raise InputError(
            "season needs rows with times to compare with; give a table with a column of times by --reference"
        )
    dates = [name for name, kind in reference.kinds.items() if kind == "date"]
    column = time if time is not None else dates[0] if len(dates) == 1 else None
    if column is None or column not in dates:
        known = f"its columns of dates: {', '.join(dates)}" if dates else "it has no column of dates"
        raise InputError(f"season needs the column of times in {reference.name} ({known}); name it with --time")
    return Calendar(column, seasons), reference.features[column].to_numpy(np.float64)


def _without(dataset: Dataset, column: str) -> Dataset:
    kinds = {name: kind for name, kind in dataset.kinds.items() if name != column}
    return dataclasses.replace(dataset, features=dataset.features[list(kinds)], kinds=kinds)


def _read(path: Path, reference: Dataset | None, time: str | None) -> tuple[_Model, Dataset | None]:
    """Read a model's file: one of a run by what it says of itself, another one by the reference.

    Gives the reference as well, without the column of times where the model does not take it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror or error}); give the path of a model file") from error
    if path.suffix == ".onnx" and (own := _own(path, content)) is not None:
        return own, reference
    if reference is None:
        raise InputError(
            f"{path.name} was not left by a run of lab run edge, and tells nothing of its data; give the table that it is compared "
            "with by --reference"
        )
    family, reference = _family_of(path, reference, time)
    given = family.build(reference.features, 0)
    rows = device.device_rows_at(reference, np.arange(min(reference.n_rows, _AT_ONCE)))
    file = parity.leanest_equal(AsDeviceSees(given, reference), export_given(given, reference), reference, rows, seed=0)
    digest = hashlib.sha256(content).hexdigest()
    return _Model(digest, Predictor(session(file.content), given.shape.numbers, given.shape.texts)), reference


def _family_of(path: Path, reference: Dataset, time: str | None) -> "tuple[Family, Dataset]":
    """Take in a model of somebody else's; the column of times is kept where it takes the table with it alone."""
    if time is None:
        return family_of(str(path), reference), reference
    without = _without(reference, time)
    try:
        return family_of(str(path), without), without
    except InputError:
        with contextlib.suppress(InputError):
            return family_of(str(path), reference), reference
        raise


def _own(path: Path, content: bytes) -> _Model | None:
    """Read the file of a run; None where it is another one."""
    try:
        graph = onnx.load_from_string(content)
        said = {entry.key: entry.value for entry in graph.metadata_props}
        if ENTRY not in said:
            return None
        inputs = {name: tuple(part["columns"]) for name, part in json.loads(said["inputs"]).items()}
        require_fixed_work(graph.graph, path.name)
        take_in_data(graph, path)
        whole = graph.SerializeToString()
        ask_under_limits(whole, _some_rows(graph, inputs), name=path.name)  # before it runs in this process
        ready = session(whole)
    except InputError:
        raise
    except Exception as error:  # parser and runtime raise types of their own libraries
        raise InputError(f"{path.name} is not an ONNX file or is damaged; run lab run edge again") from error
    profile = read_profile(said[ENTRY], path.name)
    kinds = {column.name: column.kind for column in profile.columns}
    predictor = Predictor(ready, inputs.get("numbers", ()), inputs.get("texts", ()))
    if {*predictor.numbers, *predictor.texts} != set(kinds):
        raise InputError(
            f"{path.name} has a training profile of other columns than its graph takes; run lab run edge again"
        )
    return _Model(hashlib.sha256(content).hexdigest(), predictor, profile, dict(kinds), profile.classes)


def _some_rows(graph: onnx.ModelProto, inputs: dict[str, tuple[str, ...]]) -> Asked:
    """Make rows of zeros and of texts that nobody knows, in the types that a graph takes."""
    types = {given.name: given.type.tensor_type.elem_type for given in graph.graph.input}
    kinds = {onnx.TensorProto.STRING: object, onnx.TensorProto.DOUBLE: np.float64}
    made = {name: np.zeros((BLOCK, len(inputs[name])), kinds.get(kind, np.float32)) for name, kind in types.items()}
    return Asked(
        {name: np.full(rows.shape, "", dtype=object) if rows.dtype == object else rows for name, rows in made.items()}
    )


def _compared_with(
    model: _Model, reference: Dataset, seasons: tuple[str, ...], days: "NDArray[np.float64] | None", *, seed: int
) -> Profile:
    """Make the profile of a reference table, with what the model answers to it."""
    if model.kinds is not None:
        reference = _as_known(reference, model.kinds, model.classes)
    if reference.n_rows < _FEWEST:
        raise InputError(f"{reference.name} has {reference.n_rows} rows; a reference needs at least {_FEWEST}")
    columns = {name: values_of(reference, name) for name in reference.kinds}
    answered = answered_by(model.predictor.of_blocks(columns, BLOCK), reference.target, is_own=True)
    if days is None:
        return profile_of(reference, seed=seed, answered=answered)
    found = seasons_at(days, seasons)
    kept = np.flatnonzero(found >= 0)
    part = dataclasses.replace(
        reference, features=reference.features.iloc[kept].reset_index(drop=True), target=reference.target[kept]
    )
    return profile_of(part, seed=seed, answered=answered, seasons=found[kept], n_seasons=n_seasons(seasons))


def _as_known(reference: Dataset, kinds: dict[str, Any], classes: tuple[str, ...]) -> Dataset:
    """Give a reference the columns of the model; raises InputError where it has them not, or other classes."""
    wrong = [name for name, kind in kinds.items() if reference.kinds.get(name) != kind]
    if wrong:
        raise InputError(
            f"{reference.name} has no column {wrong[0]!r} that holds what the model takes ({kinds[wrong[0]]}); give a table like "
            "the one that the model learned from"
        )
    unknown = sorted(set(reference.classes) - set(classes))
    if unknown:
        raise InputError(
            f"{reference.name} has the class {unknown[0]!r}, which the model does not know; give its own table"
        )
    target = np.array([classes.index(name) for name in reference.classes])[reference.target]
    return dataclasses.replace(
        reference, features=reference.features[list(kinds)], kinds=kinds, target=target, classes=classes
    )
