"""What work is done? Build each candidate and prove it equal; time all of them together; serve each in fresh processes."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from edge import export, latency, parity, serving, variants
from edge.calls import bound_call
from edge.given import AsDeviceSees, GivenModel, export_given, is_given, original_of
from edge.runtime import session
from lab.families import Family
from lab.folds import Fold, split
from lab.protocol import Dataset, Row
from lab.tuning import tune

__all__ = ["AS_EXPORTED", "build", "serve", "time_all", "time_variants", "vary"]

AS_EXPORTED = "as exported"

_SECONDS_A_ROUND = 0.04
_TRIED = 2_000
"""Training rows on which the forms of an export are compared before one is taken; the test rows have the last word."""


def build(dataset: Dataset, *, seed: int, family: Family, fold: Fold, scorer: str, candidates: int) -> Row:
    """Tune a family on the training rows of a fold, export it, and compare it with the original on the test rows.

    Returns
    -------
    dict
        `onnx` (the file's bytes as uint8), `size_bytes`, `nodes`, `parameters`, and `parity` by kind of rows.
    """
    train, test = split(dataset, fold)
    tuned = tune(
        family, dataset.features.iloc[train], dataset.target[train], scorer=scorer, candidates=candidates, seed=seed
    )
    given = isinstance(tuned.model, GivenModel)
    model = AsDeviceSees(tuned.model, dataset) if given else export.fit_for_device(tuned.model, dataset, train)
    forms = export_given(tuned.model, dataset) if given else export.to_files(model, dataset)
    chosen = parity.leanest_equal(model, forms, dataset, _rows(dataset, train[:_TRIED]), seed=seed)
    exported = chosen.content
    unseen = _rows(dataset, test)
    compared = {
        "test rows": unseen,
        "beyond their range": parity.beyond_range(dataset, unseen, seed=seed),
        "on split thresholds": parity.at_thresholds(exported, dataset, unseen, seed=seed),
    }
    return {
        "onnx": np.frombuffer(exported, dtype=np.uint8),
        "size_bytes": len(exported),
        "nodes": _count_nodes(exported),
        "form": chosen.form,
        "promise": chosen.promise,
        "holds_rows": export.holds_rows(
            tuned.model.estimator() if given and tuned.model.intake.kind == "skops" else model
        ),
        "parameters": {name.removeprefix("model__"): value for name, value in tuned.parameters.items()},
        "set_parameters": tuned.parameters,
        "seed": seed,
        "parity": {
            where: parity.compare(model, exported, dataset, rows)
            for where, rows in compared.items()
            if rows is not None
        },
    }


def vary(dataset: Dataset, *, seed: int, family: Family, fold: Fold, inputs: Mapping[str, Row]) -> Row:
    """Make the variants of a built candidate, and compare each with the original on the test rows.

    Returns
    -------
    dict
        What `variants.describe` returns, by the variant's name; the candidate itself is `as exported`.
    """
    built = inputs[f"build-{family.name}"]
    if is_given(family):
        return {}
    train, test = split(dataset, fold)
    original = family.build(dataset.features, built["seed"]).set_params(**_tuples(built["set_parameters"]))
    model = export.fit_for_device(original, dataset, train)
    chosen = export.Exported(built["onnx"].tobytes(), built["form"], built["promise"])
    del seed  # the candidate is built again with its own
    made = variants.variants_of(model, chosen, dataset, _rows(dataset, train))
    unseen, target = _rows(dataset, test), dataset.target[test]
    return {
        name: variants.describe(model, content, dataset, unseen, target)
        for name, content in {AS_EXPORTED: chosen.content, **made}.items()
    }


def time_variants(
    dataset: Dataset, *, seed: int, families: tuple[Family, ...], fold: Fold, rounds: int, inputs: Mapping[str, Row]
) -> Row:
    """Time all variants in interleaved rounds: arrays of shape (rounds, calls) in nanoseconds by `family variant`."""
    del seed  # nothing is drawn
    _, test = split(dataset, fold)
    rows = [_rows(dataset, test[i : i + 1]) for i in range(min(len(test), 500))]
    alternatives = {}
    for family in families:
        for name, found in inputs[f"vary-{family.name}"].items():
            ready = session(found["onnx"].tobytes())
            fed = [export.feeds(dataset, row, ready) for row in rows]
            alternatives[f"{family.name} {name}"] = bound_call(ready, fed)
    with latency.on_one_core():
        return {"times": latency.measure(alternatives, rounds=rounds)}


def time_all(
    dataset: Dataset,
    *,
    seed: int,
    families: tuple[Family, ...],
    fold: Fold,
    build_seeds: Mapping[str, int],
    rounds: int,
    inputs: Mapping[str, Row],
) -> Row:
    """Time every exported candidate, its original in scikit-learn, and an identity model, in interleaved rounds.

    Returns
    -------
    dict
        `times`: arrays of shape (rounds, calls) in nanoseconds by alternative; `core`: where it ran.
    """
    del seed  # nothing is drawn
    train, test = split(dataset, fold)
    rows = [_rows(dataset, test[i : i + 1]) for i in range(min(len(test), 500))]
    width = len(export.device_columns(dataset)[0]) or 1
    nothing = [{"numbers": np.full((1, width), place, np.float32)} for place in range(len(rows))]
    alternatives = {"identity": bound_call(session(export.identity_model(width)), nothing)}
    for family in families:
        built = inputs[f"build-{family.name}"]
        ready = session(built["onnx"].tobytes())
        alternatives[f"{family.name} onnx"] = bound_call(ready, [export.feeds(dataset, row, ready) for row in rows])
        if is_given(family):
            given = original_of(family, dataset, rows)
            if given is not None:
                alternatives[f"{family.name} sklearn"] = _original(*given)
            continue
        original = family.build(dataset.features, build_seeds[family.name]).set_params(
            **_tuples(built["set_parameters"])
        )
        fitted = export.fit_for_device(original, dataset, train)
        alternatives[f"{family.name} sklearn"] = _original(fitted, rows)
    with latency.on_one_core() as core:
        times = latency.measure(alternatives, rounds=rounds)
    return {"times": times, "core": core}


def serve(dataset: Dataset, *, seed: int, family: Family, processes: int, inputs: Mapping[str, Row]) -> Row:
    """Measure cold start (seconds) and peak memory (MiB) of processes that only serve the exported model."""
    del seed
    model = inputs[f"build-{family.name}"]["onnx"].tobytes()
    row = export.feeds(dataset, _rows(dataset, np.array([0])), session(model))
    seconds, mebibytes = serving.serve_in_fresh_processes(model, row, processes=processes)
    return {"cold_start_s": seconds, "peak_mib": mebibytes}


def _original(fitted: Any, rows: list[Any]) -> latency.Alternative:
    start = time.perf_counter()
    for row in rows[:3]:
        fitted.predict_proba(row)
    each = (time.perf_counter() - start) / 3
    calls = min(20, max(4, round(_SECONDS_A_ROUND / each)))  # scikit-learn's forests take up to 10 ms a row
    return latency.Alternative(lambda i: fitted.predict_proba(rows[i]), len(rows), calls)


def _rows(dataset: Dataset, rows: np.ndarray) -> Any:
    table = export.device_rows(dataset)
    return table.iloc[rows] if isinstance(table, pd.DataFrame) else table[rows]


def _count_nodes(exported: bytes) -> int:
    import onnx

    return len(onnx.load_from_string(exported).graph.node)


def _tuples(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Turn lists, as stored, back into the tuples that scikit-learn wants."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in parameters.items()}
