"""What work is done in a browser? Every candidate is loaded, asked and timed there, and its answers are compared with ours."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge.browser.measure import BrowserTimes, InBrowser, Timing, measure_in_browser
from edge.browser.runtime_files import WebRuntime, find_chromium, find_runtime
from edge.building.trials import BUILD
from edge.exporting import device, parity
from edge.session import OUTPUT, session
from lab.learning.folds import Fold, split
from lab.privacy.cells import without_cells
from lab.protocol import Dataset, Key, Rows

__all__ = ["BROWSER", "IDENTITY", "Browsed", "BrowserModelRow", "BrowserRow", "in_browser"]

IDENTITY = "identity"
_ROWS = 200
"""Rows of each kind: test rows (which are timed), rows beyond their range, rows on split thresholds."""


@dataclass(frozen=True, eq=False)
class BrowserModelRow(BrowserTimes):
    """What a model took in a browser, and its answers beside this machine's, row by row at batch 1.

    Attributes
    ----------
    rows : int
        Rows compared.
    largest : float
        Largest difference of a probability.
    flips : int
        Labels that differ.
    """

    rows: int
    largest: float
    flips: int


@dataclass(frozen=True, eq=False)
class Browsed:
    """A model in a browser: what was found, or why it was lost."""

    found: BrowserModelRow | None = None
    lost: str = ""


@dataclass(frozen=True)
class BrowserRow:
    """Every candidate and the identity model by name, and the version of the runtime's package."""

    models: Mapping[str, Browsed]
    version: str


BROWSER = Key("browser", BrowserRow)


def in_browser(
    dataset: Dataset,
    *,
    seed: int,
    names: tuple[str, ...],
    fold: Fold,
    rounds: int,
    web_runtime: str | None,
    inputs: Rows,
) -> BrowserRow:
    """Measure every candidate, and an identity model, each in a fresh browser."""
    chromium, runtime = find_chromium(), find_runtime(web_runtime)
    _, test = split(dataset, fold)
    chosen = test[:_ROWS]
    seen = device.device_rows_at(dataset, chosen)
    width = len(device.device_columns(dataset)[0]) or 1
    nothing = {"numbers": np.arange(width * len(chosen), dtype=np.float32).reshape(len(chosen), width)}
    timing, timed = Timing(rounds), len(chosen)
    models = {IDENTITY: _one(device.identity_model(width), nothing, timed, timing, chromium, runtime)}
    for name in names:
        built = BUILD.of(name).needed(inputs)
        content = built.onnx.tobytes()
        ready = session(content)
        rows = [
            seen,
            parity.beyond_range(dataset, seen, seed=seed, takes_unknown=built.takes_unknown),
            parity.at_thresholds(content, dataset, seen, seed=seed),
        ]
        parts = [device.feeds(dataset, part, ready) for part in rows if part is not None]
        fed = {kind: np.concatenate([part[kind] for part in parts]) for kind in parts[0]}
        models[name] = _one(content, fed, timed, timing, chromium, runtime)
    told = {name: dataclasses.replace(found, lost=without_cells(found.lost, dataset)) for name, found in models.items()}
    return BrowserRow(told, runtime.version)


def _one(
    content: bytes, fed: Mapping[str, np.ndarray], timed: int, timing: Timing, chromium: str, runtime: WebRuntime
) -> Browsed:
    try:
        found = measure_in_browser(content, fed, timed=timed, timing=timing, chromium=chromium, runtime=runtime)
    except RuntimeError as error:
        return Browsed(lost=str(error))
    return Browsed(_compared(content, fed, found))


def _compared(content: bytes, fed: Mapping[str, np.ndarray], found: InBrowser) -> BrowserModelRow:
    """Compare the browser's answers with this machine's; both were asked row by row."""
    there, ready = found.answers, session(content)
    here = np.concatenate(
        [
            ready.run([OUTPUT], {kind: matrix[row : row + 1] for kind, matrix in fed.items()})[0]
            for row in range(len(there))
        ]
    )
    largest, flips = 1.0, len(here)
    if here.shape == there.shape and np.isfinite(there).all():
        largest = float(np.abs(here - there).max())
        flips = int((here.argmax(axis=1) != there.argmax(axis=1)).sum())
    times = {name: value for name, value in vars(found).items() if name != "answers"}
    return BrowserModelRow(**times, rows=len(here), largest=largest, flips=flips)
