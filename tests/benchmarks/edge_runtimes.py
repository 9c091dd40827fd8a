"""Is the artefact that the lab recommends the fastest? Every model on every runtime, batch 1, one thread, in one run.

python tests/benchmarks/edge_runtimes.py [--quick] [--peers DIR]

Rounds are interleaved within each model: runtime A, B, C, A, B, C, ... Peers that are not installed (openvino,
treelite with tl2cgen) are installed into DIR (default `.peers/edge`) and put behind the path of this process. A
runtime takes part only if its probabilities agree with scikit-learn's to 1e-3; otherwise the reason is listed.
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from edge.calls import bound_call, plain_call
from edge.latency import Alternative, measure, on_one_core
from edge.lowering import NotLoweredError, lower
from edge.runtime import session

PEERS = ["openvino", "treelite", "tl2cgen"]
ROWS = 200


def tables(*, quick: bool) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    digits, cancer = load_digits(return_X_y=True), load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    n_rows = 5_000 if quick else 50_000
    numbers = rng.normal(size=(n_rows, 30))
    score = numbers[:, :8].sum(axis=1) / 2 + 2 * numbers[:, 8] * numbers[:, 9] + rng.normal(size=n_rows)
    return {"digits": digits, "breast cancer": cancer, f"{n_rows} x 30": (numbers, (score > 0).astype(int))}


def models() -> dict[str, object]:
    return {
        "logistic regression": LogisticRegression(max_iter=2_000),
        "random forest 100": RandomForestClassifier(100, random_state=0),
        "random forest 300": RandomForestClassifier(300, random_state=0),
        "gradient boosting": HistGradientBoostingClassifier(random_state=0),
        "MLP 100": MLPClassifier((100,), max_iter=30, random_state=0),
        "MLP 256-128": MLPClassifier((256, 128), max_iter=30, random_state=0),
        "RBF support vectors": SVC(probability=True, random_state=0),
        "k nearest neighbours": KNeighborsClassifier(),
    }


def by_sklearn(model, rows):
    return Alternative(lambda i: model.predict_proba(rows[i : i + 1]), len(rows), 10)


def by_onnx(content: bytes, rows, *, bound: bool, output: str):
    ready = session(content)
    given = ready.get_inputs()[0]
    kind = np.float64 if given.type == "tensor(double)" else np.float32
    if bound:
        return bound_call(ready, [{"numbers": row[None].astype(kind)} for row in rows])
    if output == "probabilities" and given.name == "numbers":
        return plain_call(ready, [{"numbers": row[None].astype(kind)} for row in rows])
    fed = [{given.name: row[None].astype(kind)} for row in rows]
    return Alternative(lambda i: ready.run([output], fed[i])[0], len(rows), 200)


def converted(model, n_numbers: int) -> bytes:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    graph = to_onnx(model, initial_types=[("numbers", FloatTensorType([None, n_numbers]))], options={"zipmap": False})
    return graph.SerializeToString()


def by_openvino(content: bytes, rows):
    import openvino as ov

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "m.onnx"
        file.write_bytes(content)
        settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        compiled = ov.Core().compile_model(str(file), "CPU", settings)
    ask = compiled.create_infer_request()
    place = next(p for p, out in enumerate(compiled.outputs) if "probabilities" in out.get_names())
    fed = [row[None].astype(np.float32) for row in rows]

    def call(i: int):
        ask.infer([fed[i]], share_inputs=True, share_outputs=True)
        return ask.get_output_tensor(place).data

    return Alternative(call, len(rows), 100)


def by_tl2cgen(model, rows, scale):
    import tl2cgen
    import treelite

    folder = tempfile.mkdtemp()
    library = Path(folder) / "m.so"
    made = treelite.sklearn.import_model(model)
    tl2cgen.export_lib(made, toolchain="gcc", libpath=str(library), params={"parallel_comp": 4})
    predictor = tl2cgen.Predictor(str(library), nthread=1)
    fed = [
        tl2cgen.DMatrix(scale(row[None]), dtype="float32" if "Hist" not in type(model).__name__ else "float64")
        for row in rows
    ]
    return Alternative(lambda i: np.atleast_2d(np.squeeze(predictor.predict(fed[i]))), len(rows), 100)


def agrees(call: Callable[[int], object], expected: np.ndarray) -> str:
    found = np.array([np.ravel(call(i)).copy() for i in range(len(expected))])
    if found.shape[1] == 1 and expected.shape[1] == 2:
        found = np.hstack([1 - found, found])
    if found.shape != expected.shape:
        return f"answers of shape {found.shape}"
    far = float(np.abs(found - expected).max())
    return "" if far <= 1e-3 else f"differs by {far:.2g}"


def candidates(model, scaler, last, rows, n_numbers: int) -> dict[str, Callable[[], Alternative]]:
    made: dict[str, Callable[[], Alternative]] = {"scikit-learn": lambda: by_sklearn(model, rows)}
    made["converter plain"] = lambda: by_onnx(converted(model, n_numbers), rows, bound=False, output="probabilities")
    made["OpenVINO"] = lambda: by_openvino(converted(model, n_numbers), rows)
    try:
        forms = lower(model, n_numbers=n_numbers, n_texts=0, missing=False)
    except NotLoweredError:
        return made
    content = forms[0].graph.SerializeToString()
    made["OpenVINO"] = lambda: by_openvino(content, rows)  # it does not know the converter's own operators
    made["lean plain"] = lambda: by_onnx(content, rows, bound=False, output="probabilities")
    made["lean bound"] = lambda: by_onnx(content, rows, bound=True, output="probabilities")
    if hasattr(last, "estimators_") or hasattr(last, "_predictors"):
        made["TL2cgen"] = lambda: by_tl2cgen(last, rows, scaler.transform)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="5,000 rows instead of 50,000, and fewer rounds")
    parser.add_argument("--peers", type=Path, default=Path(".peers/edge"))
    given = parser.parse_args()
    if not (given.peers / "complete").exists():
        print(f"installing {', '.join(PEERS)} ...", flush=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(given.peers), *PEERS]
        if subprocess.run([*command, "openvino-telemetry"], check=False).returncode == 0:
            (given.peers / "complete").touch()
    sys.path.append(str(given.peers))
    warnings.simplefilter("ignore")
    print(f"{'table':16}{'model':24}{'runtime':18}{'p50 (us)':>10}{'of fastest':>12}")
    for title, (numbers, target) in tables(quick=given.quick).items():
        for name, last in models().items():
            if given.quick and name == "RBF support vectors":
                continue
            with threadpool_limits(1), on_one_core():
                scaler = StandardScaler()
                model = make_pipeline(scaler, last).fit(numbers, target)
                show(title, name, model, scaler, last, numbers, rounds=7 if given.quick else 21)


def show(title, name, model, scaler, last, numbers, *, rounds: int) -> None:
    rows = numbers[np.random.default_rng(1).choice(len(numbers), ROWS, replace=False)]
    expected = model.predict_proba(rows)
    ready, reasons = {}, {}
    for runtime, make in candidates(model, scaler, last, rows, numbers.shape[1]).items():
        try:
            alternative = make()
            reason = agrees(alternative.call, expected)
        except Exception as error:  # noqa: BLE001 - a peer that cannot run this model is listed with its reason
            reason = " ".join(str(error).split())[-160:] or type(error).__name__
        if reason:
            reasons[runtime] = reason
        else:
            ready[runtime] = alternative
    times = {
        runtime: float(np.median(np.median(t, axis=1))) / 1e3 for runtime, t in measure(ready, rounds=rounds).items()
    }
    fastest = min(times.values())
    for runtime, median in sorted(times.items(), key=lambda pair: pair[1]):
        print(f"{title:16}{name:24}{runtime:18}{median:10.1f}{median / fastest:12.2f}", flush=True)
    for runtime, reason in reasons.items():
        print(f"{title:16}{name:24}{runtime:18}{'-':>10}   {reason}", flush=True)


if __name__ == "__main__":
    main()
