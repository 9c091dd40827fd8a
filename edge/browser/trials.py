"""What work is done in a browser? Every candidate is loaded, asked and timed there, and its answers are compared with ours."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from edge.browser.measure import InBrowser, Timing, measure_in_browser
from edge.browser.runtime_files import WebRuntime, find_chromium, find_runtime
from edge.building.trials import BUILD
from edge.exporting import device, parity
from edge.session import OUTPUT, session
from lab.learning.folds import Fold, split
from lab.protocol import Dataset, Key, Row, Rows

__all__ = ["BROWSER", "IDENTITY", "in_browser"]

BROWSER = Key("browser", dict)

IDENTITY = "identity"
_ROWS = 200
"""Rows of each kind: test rows (which are timed), rows beyond their range, rows on split thresholds."""


def in_browser(
    dataset: Dataset,
    *,
    seed: int,
    names: tuple[str, ...],
    fold: Fold,
    rounds: int,
    web_runtime: str | None,
    inputs: Rows,
) -> Row:
    """Measure every candidate, and an identity model, each in a fresh browser.

    Returns
    -------
    dict
        `models`: by name what `edge.browser.measure.InBrowser` holds but for the answers, and `rows`, `largest` (difference of
        a probability from this machine's, row by row at batch 1) and `flips` (labels that differ); or `lost`: the
        reason. `version`: that of the runtime's package.
    """
    chromium, runtime = find_chromium(), find_runtime(web_runtime)
    _, test = split(dataset, fold)
    table = device.device_rows(dataset)
    chosen = test[:_ROWS]
    seen = table.iloc[chosen] if isinstance(table, pd.DataFrame) else table[chosen]
    width = len(device.device_columns(dataset)[0]) or 1
    nothing = {"numbers": np.arange(width * len(chosen), dtype=np.float32).reshape(len(chosen), width)}
    timing, timed = Timing(rounds), len(chosen)
    models = {IDENTITY: _one(device.identity_model(width), nothing, timed, timing, chromium, runtime)}
    for name in names:
        content = BUILD.of(name).needed(inputs).onnx.tobytes()
        ready = session(content)
        rows = [
            seen,
            parity.beyond_range(dataset, seen, seed=seed),
            parity.at_thresholds(content, dataset, seen, seed=seed),
        ]
        parts = [device.feeds(dataset, part, ready) for part in rows if part is not None]
        fed = {kind: np.concatenate([part[kind] for part in parts]) for kind in parts[0]}
        models[name] = _one(content, fed, timed, timing, chromium, runtime)
    return {"models": models, "version": runtime.version}


def _one(
    content: bytes, fed: Mapping[str, np.ndarray], timed: int, timing: Timing, chromium: str, runtime: WebRuntime
) -> Row:
    try:
        found = measure_in_browser(content, fed, timed=timed, timing=timing, chromium=chromium, runtime=runtime)
    except RuntimeError as error:
        return {"lost": str(error)}
    return _without_answers(found) | _compared(content, fed, found.answers)


def _without_answers(found: InBrowser) -> Row:
    row: dict[str, Any] = asdict(found)
    del row["answers"]
    return row


def _compared(content: bytes, fed: Mapping[str, np.ndarray], there: np.ndarray) -> Row:
    """Compare the browser's answers with this machine's; both were asked row by row."""
    ready = session(content)
    here = np.concatenate(
        [
            ready.run([OUTPUT], {kind: matrix[row : row + 1] for kind, matrix in fed.items()})[0]
            for row in range(len(there))
        ]
    )
    if here.shape != there.shape or not np.isfinite(there).all():
        return {"rows": len(here), "largest": 1.0, "flips": len(here)}
    flips = int((here.argmax(axis=1) != there.argmax(axis=1)).sum())
    return {"rows": len(here), "largest": float(np.abs(here - there).max()), "flips": flips}
