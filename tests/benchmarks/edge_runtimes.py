"""Is the artefact that the lab recommends the fastest? Every model on every runtime, batch 1, one thread, in one run.

    python tests/benchmarks/edge_runtimes.py [--quick] [--tables T ...] [--models M ...] [--compile-seconds S] [--peers DIR]

What the lab recommends is the leanest form of its export that no row tells from the original (`edge.exporting.parity`), called by
bound buffers (`edge.timing.calls`). Rounds are interleaved within each model: runtime A, B, C, A, B, C, ... Peers that are not
installed (OpenVINO, Treelite, TL2cgen) are installed into DIR (default `.peers/edge`). A runtime takes part only if its
probabilities agree with scikit-learn's to 1e-3; otherwise the reason is listed. The end is a list of all rows with the
recommended artefact's time over the fastest one's, and the reason where that is above 1.1. Each row says how long its
fit, its exports with all comparisons, and its timing took.

Trees see the raw numbers and all others scaled ones, as in the lab's own families. The support vector machine learns
from at most 5,000 rows (its time to fit grows with their square); all others from all.
"""

import argparse
import copy
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from edge_peers import CompiledTrees, by_openvino, by_treelite, install, n_nodes
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from edge.exporting.device import Exported, convert, feeds, to_files
from edge.exporting.parity import compare, leanest_equal
from edge.session import session
from edge.timing.calls import bound_call, plain_call
from edge.timing.latency import Alternative, measure, on_one_core
from lab.protocol import Dataset

TABLES = ("digits", "breast-cancer", "large")
ROWS = 200
CLOSE = 1.1
RECOMMENDED = "recommended, bound"
SVM_ROWS = 5_000
MOST_CONVERTED = 2_000_000
_A_ROUND = 0.03  # seconds that one alternative's round takes at most, about


def numbers_of(table: str, *, quick: bool) -> tuple[np.ndarray, np.ndarray]:
    if table == "digits":
        return load_digits(return_X_y=True)
    if table == "breast-cancer":
        return load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    n_rows = 5_000 if quick else 50_000
    numbers = rng.normal(size=(n_rows, 30))
    score = numbers[:, :8].sum(axis=1) / 2 + 2 * numbers[:, 8] * numbers[:, 9] + rng.normal(size=n_rows)
    return numbers, (score > 0).astype(int)


@lru_cache(maxsize=1)
def prepared(table: str, quick: bool) -> tuple[Dataset, np.ndarray, StandardScaler, np.ndarray]:
    """Give the table, its numbers, the fitted scaler, and the scaled numbers."""
    numbers, target = numbers_of(table, quick=quick)
    names = [f"x{place}" for place in range(numbers.shape[1])]
    dataset = Dataset(
        table, pd.DataFrame(numbers, columns=names), target.astype(np.int64), "y",
        tuple(str(label) for label in np.unique(target)), dict.fromkeys(names, "number"), "0" * 64,
    )  # fmt: skip
    scaler = StandardScaler().fit(numbers)
    return dataset, numbers, scaler, scaler.transform(numbers)


MODELS: dict[str, Callable[[], object]] = {
    "logistic": lambda: LogisticRegression(max_iter=2_000),
    "forest-100": lambda: RandomForestClassifier(100, random_state=0),
    "forest-300": lambda: RandomForestClassifier(300, random_state=0, n_jobs=-1),
    "boosting": lambda: HistGradientBoostingClassifier(random_state=0),
    "mlp-100": lambda: MLPClassifier((100,), max_iter=30, random_state=0),
    "mlp-256-128": lambda: MLPClassifier((256, 128), max_iter=30, random_state=0),
    "svm-rbf": lambda: CalibratedClassifierCV(SVC(), ensemble=False, cv=3),
    "neighbours": KNeighborsClassifier,
}


@lru_cache(maxsize=1)
def forest(table: str, quick: bool) -> RandomForestClassifier:
    """Fit 300 trees once; the first 100 of them are the forest of 100 trees of the same seed."""
    dataset, numbers, _, _ = prepared(table, quick)
    with threadpool_limits(None):
        return MODELS["forest-300"]().fit(numbers, dataset.target).set_params(n_jobs=None)


def fitted(table: str, name: str, *, quick: bool):
    """Fit a model on a table; gives what answers raw rows."""
    dataset, numbers, scaler, scaled = prepared(table, quick)
    if name == "forest-300":
        return forest(table, quick)
    if name == "forest-100":
        first = copy.copy(forest(table, quick))
        first.estimators_, first.n_estimators = first.estimators_[:100], 100
        return first
    if name == "boosting":
        return MODELS[name]().fit(numbers, dataset.target)
    few = np.random.default_rng(2).permutation(len(scaled))[: SVM_ROWS if name == "svm-rbf" else None]
    return make_pipeline(scaler, MODELS[name]().fit(scaled[few], dataset.target[few]))


@dataclass(frozen=True)
class Line:
    """A row of the table: microseconds at the median by runtime, why others are missing, and the lab's form."""

    title: str
    times: dict[str, float]
    reasons: dict[str, str]
    form: str
    far: str
    seconds: tuple[float, float, float]

    @property
    def ratio(self) -> float:
        return self.times.get(RECOMMENDED, float("inf")) / min(self.times.values())

    def why(self) -> str:
        """Say why the recommended artefact is not the fastest."""
        if RECOMMENDED not in self.times:
            return self.reasons.get(RECOMMENDED, "it was not timed")
        first = min(self.times, key=self.times.__getitem__)
        behind = 1 - 1 / self.ratio
        saved = self.times[RECOMMENDED] - self.times[first]
        causes = {
            "C by ctypes": f"compiled C spares {saved:.1f} us of the runtime's own, but needs a compiler for each device",
            "lean float32, bound": f"the leaner form is told from the original ({self.far})",
            "OpenVINO": f"OpenVINO computes in float32, which is told from the original ({self.far})"
            if self.far
            else "",
        }
        return causes.get(first) or f"{first} takes {100 * behind:.0f} % less; the reason is not known"


def by_sklearn(model, rows: np.ndarray) -> Alternative:
    start = time.perf_counter()
    for place in range(3):
        model.predict_proba(rows[place : place + 1])
    each = (time.perf_counter() - start) / 3
    return Alternative(lambda i: model.predict_proba(rows[i : i + 1]), len(rows), int(np.clip(_A_ROUND / each, 3, 100)))


def by_onnx(content: bytes, dataset: Dataset, rows: np.ndarray, *, bound: bool) -> Alternative:
    ready = session(content)
    fed = [feeds(dataset, row[None], ready) for row in rows]
    made = bound_call(ready, fed) if bound else plain_call(ready, fed)
    start = time.perf_counter()
    made.call(0)
    each = time.perf_counter() - start
    return Alternative(made.call, made.n_rows, int(np.clip(_A_ROUND / each, 3, made.calls)))


def agrees(call: Callable[[int], object], expected: np.ndarray) -> str:
    found = np.array([np.ravel(call(i)).copy() for i in range(len(expected))])
    if found.shape[1] == 1 and expected.shape[1] == 2:
        found = np.hstack([1 - found, found])
    if found.shape != expected.shape:
        return f"answers of shape {found.shape}"
    far = float(np.abs(found - expected).max())
    return "" if far <= 1e-3 else f"differs by {far:.2g}"


def candidates(
    model, dataset: Dataset, rows: np.ndarray, chosen: Exported, forms: list[Exported], given
) -> dict[str, Callable[[], Alternative]]:
    trees = hasattr(model, "estimators_") or hasattr(model, "_predictors")

    @cache
    def by_converter() -> bytes:
        if trees and n_nodes(model) > MOST_CONVERTED:
            raise RuntimeError(f"{n_nodes(model):,} nodes: the converter would take minutes (not tried)")
        return convert(model, dataset).content

    made: dict[str, Callable[[], Alternative]] = {
        RECOMMENDED: lambda: by_onnx(chosen.content, dataset, rows, bound=True),
        "recommended, plain": lambda: by_onnx(chosen.content, dataset, rows, bound=False),
        "scikit-learn": lambda: by_sklearn(model, rows),
        "converter, plain": lambda: by_onnx(by_converter(), dataset, rows, bound=False),
        "converter, bound": lambda: by_onnx(by_converter(), dataset, rows, bound=True),
        "OpenVINO": lambda: by_openvino(forms[0].content, rows),
    }
    if forms[0].form != chosen.form:
        made["lean float32, bound"] = lambda: by_onnx(forms[0].content, dataset, rows, bound=True)
    if trees:
        compiled = CompiledTrees(model, rows, peers=given.peers, limit=given.compile_seconds)
        made["Treelite GTIL"] = lambda: by_treelite(model, rows)
        made["TL2cgen predictor"] = compiled.by_predictor
        made["C by ctypes"] = compiled.by_ctypes
    return made


def line(table: str, name: str, given) -> Line:
    """Fit, export, check and time one model on one table."""
    clock = [time.perf_counter()]
    dataset, numbers, _, _ = prepared(table, given.quick)
    model = fitted(table, name, quick=given.quick)
    clock.append(time.perf_counter())
    rng = np.random.default_rng(1)
    rows = numbers[rng.choice(len(numbers), ROWS, replace=False)]
    tried = numbers[rng.choice(len(numbers), min(2_000, len(numbers)), replace=False)]
    forms = to_files(model, dataset)
    chosen = leanest_equal(model, forms, dataset, tried, seed=0)
    far = ""
    if forms[0].form != chosen.form:
        found = compare(model, forms[0].content, dataset, tried)
        far = f"{forms[0].form}: {found.noticeable} of {found.rows} rows beyond 1e-5, {found.flips} flipped, in their range"
    expected = model.predict_proba(rows)
    ready, reasons = {}, {}
    for runtime, make in candidates(model, dataset, rows, chosen, forms, given).items():
        try:
            alternative = make()
            reason = agrees(alternative.call, expected)
        except Exception as error:  # noqa: BLE001 - a peer that cannot run this model is listed with its reason
            reason = _short(str(error)) or type(error).__name__
        if reason:
            reasons[runtime] = reason
        else:
            ready[runtime] = alternative
    clock.append(time.perf_counter())
    with on_one_core():
        taken = measure(ready, rounds=given.rounds)
    times = {runtime: float(np.median(np.median(each, axis=1))) / 1e3 for runtime, each in taken.items()}
    clock.append(time.perf_counter())
    return Line(f"{table:14}{name:13}", times, reasons, chosen.form, far, tuple(np.diff(clock)))


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= 160 else f"{flat[:60]} ... {flat[-95:]}"


def show(found: Line) -> None:
    fastest = min(found.times.values())
    for runtime, median in sorted(found.times.items(), key=lambda pair: pair[1]):
        form = f"  {found.form}" if runtime == RECOMMENDED else ""
        print(f"{found.title} {runtime:20}{median:10.1f}{median / fastest:12.2f}{form}")
    for runtime, reason in found.reasons.items():
        print(f"{found.title} {runtime:20}{'-':>10}{'':12}  {reason}")
    words = ", ".join(
        f"{what} {each:.0f} s" for what, each in zip(("fit", "made", "timed"), found.seconds, strict=True)
    )
    print(f"{found.title} ({words})\n", flush=True)


def summary(lines: list[Line]) -> None:
    print(f"The recommended artefact's median over the fastest runtime's, {len(lines)} rows")
    for found in lines:
        near = found.ratio <= CLOSE
        print(f"{found.title}{found.ratio:6.2f}  {'within ' + str(CLOSE) if near else 'BEYOND: ' + found.why()}")
    inside = sum(found.ratio <= CLOSE for found in lines)
    portable = sum(_without_compiler(found).ratio <= CLOSE for found in lines)
    print(f"{inside} of {len(lines)} rows within {CLOSE} of the fastest of all; ", end="")
    print(f"{portable} of {len(lines)} without C that was compiled for this machine")


def _without_compiler(found: Line) -> Line:
    times = {runtime: median for runtime, median in found.times.items() if runtime != "C by ctypes"}
    return replace(found, times=times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="5,000 rows instead of 50,000, and fewer rounds")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--compile-seconds", type=float, default=45.0, help="limit for compiling one ensemble to C")
    parser.add_argument("--peers", type=Path, default=Path(".peers/edge"))
    given = parser.parse_args()
    given.rounds = 7 if given.quick else 21
    install(given.peers)
    warnings.simplefilter("ignore")
    print(f"{'table':14}{'model':13} {'runtime':20}{'p50 (us)':>10}{'of fastest':>12}")
    lines = []
    for table in given.tables:
        for name in given.models:
            with threadpool_limits(1):
                lines.append(line(table, name, given))
            show(lines[-1])
    summary(lines)


if __name__ == "__main__":
    main()
