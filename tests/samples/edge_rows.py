"""Hand-made rows of the edge lab's trials: two candidates, a third model that only sets the standard, and what was timed."""

import numpy as np

from samples.golden import fold_rows, said

STRENGTH = {"logistic": 0.9, "mlp": 1.0, "forest": 1.2}
INNER = {
    "logistic": [0.6, 0.6, 0.9, 0.6, 0.6, 0.6],
    "mlp": [0.7, 0.7, 0.7, 0.5, 0.5, 0.7],
    "forest": [0.8, 0.5, 0.5, 0.8, 0.8, 0.8],
}
FOLDED = {name: said(name, strength) for name, strength in STRENGTH.items()}
BUILT = {
    "logistic": {"size_bytes": 2_530, "nodes": 5, "form": "lean", "promise": "exact; always",
                 "parity": {"test rows": (16, 2e-7, 0, 0), "beyond their range": (16, 5e-7, 0, 0)}},
    "mlp": {"size_bytes": 40_000, "nodes": 9, "form": "converter", "promise": "by a library; as it says",
            "parity": {"test rows": (16, 3e-6, 0, 0), "beyond their range": (16, 4e-5, 2, 1),
                       "on split thresholds": (16, 1e-8, 0, 2)}},
}  # fmt: skip


def nanoseconds(name, typical, *, rounds=20, calls=100, drift=1.0):
    """Times of calls; rounds drift apart by up to the factor `drift`."""
    rng = np.random.default_rng(sum(name.encode()))
    slow = np.linspace(1.0, drift, rounds)[:, None]
    return (slow * typical * (1 + rng.exponential(0.2, size=(rounds, calls)))).astype(np.int64)


TIMES = {
    "harness": nanoseconds("harness", 60),
    "identity": nanoseconds("identity", 4_000),
    "logistic onnx": nanoseconds("logistic", 9_000),
    "logistic sklearn": nanoseconds("logistic sklearn", 300_000),
    "mlp onnx": nanoseconds("mlp", 30_000, drift=2.0),
    "mlp sklearn": nanoseconds("mlp sklearn", 500_000, rounds=10, calls=20),  # too few calls for its p99
}


def served(name, step):
    return {"cold_start_s": [0.30, 0.33, 0.31, 0.36, 0.35, 0.34], "peak_mib": [step + i for i in (5, 1, 3, 0, 2, 4)]}


def _ms(value):
    return None if value is None else {"value": value, "low": 0.6 * value, "high": 2 * value, "unit": "ms",
                                       "confidence": 0.95}  # fmt: skip


def run(view, rate, p99, *, use=0.1, misses=(0.004, 0.002, 0.007), p50=0.5):
    value, low, high = misses
    wake = (None, None) if view == "hot" else (21.04, 1_500.06)
    return {
        "view": view, "pattern": "at random (Poisson)", "rate": rate, "use": use, "calls": 1_000, "seconds": 1.0,
        "misses": {"value": value, "low": low, "high": high, "unit": "share", "confidence": 0.95},
        "p50": _ms(p50), "p90": _ms(2 * p50), "p99": _ms(p99), "p99.9": None,
        "wake_up_p50_us": wake[0], "wake_up_p99_us": wake[1],
        "curve": [(p50, 0.5), (2 * p50, 0.9), (4 * p50, 0.9995)],
    }  # fmt: skip


LOADED = {
    "logistic": {"service_ms": 0.5, "core": 1, "runs": [
        run("hot", 2_000.0, 1.5), run("sweep", 100.0, 1.0, p50=3.0), run("sweep", 200.0, 2.0), run("sweep", 300.0, 8.0),
        run("rate", 50.0, 3.0, misses=(0.02, 0.01, 0.03)), run("rate", 50.0, 9.0, misses=(0.5, 0.4, 0.6)),
    ]},
    "mlp": {"service_ms": 30.0, "core": 1, "runs": [
        run("hot", 33.0, 31.0), run("sweep", 10.0, 35.0), run("rate", 50.0, 70.0, use=1.5, misses=(0.9, 0.8, 0.95)),
    ]},
}  # fmt: skip


def variant(size_bytes, wrong, original_wrong, *, flips, neighbours, peak_mib):
    """Right answers on 40 rows: the first `wrong` of them are not."""
    return {"right": np.arange(40) >= wrong, "original_right": np.arange(40) >= original_wrong,
            "size_bytes": size_bytes, "flips": flips, "neighbours": neighbours, "peak_mib": peak_mib}  # fmt: skip


VARIED = {
    "logistic": {"as exported": variant(2_530, 6, 6, flips=0, neighbours=1e-8, peak_mib=50.0)},
    "mlp": {
        "as exported": variant(40_000, 4, 4, flips=0, neighbours=1e-7, peak_mib=60.0),
        "int8": variant(11_000, 5, 4, flips=3, neighbours=2e-3, peak_mib=55.0),
    },
}
VARIANT_TIMES = {
    "logistic as exported": nanoseconds("v1", 9_000), "mlp as exported": nanoseconds("v2", 30_000),
    "mlp int8": nanoseconds("v3", 20_000),
}  # fmt: skip
LEVELS = {"mlp disabled": nanoseconds("l1", 33_000), "mlp all": nanoseconds("l2", 30_000)}
RATES = {
    "one thread": [[900.0, 1_000.0, 1_200.0, 950.0, 990.0, 1_100.0], [5e3, 4e3, 6e3, 4.5e3, 5.5e3, 5.2e3]],
    "all threads": [[800.0, 810.0, 820.0, 830.0, 840.0, 850.0], [9e3, 9.1e3, 9.2e3, 9.3e3, 9.4e3, 9.5e3]],
    "scikit-learn": [[90.0, 91.0, 92.0, 93.0, 94.0, 95.0]],
}
BATCHED = {"batches": {"one thread": [1, 8], "all threads": [1, 8], "scikit-learn": [1]}, "threads": 2, "rates": RATES}
PLACES = {"places": {
    "this machine, core(s) 0": {
        "logistic": {"runs": LOADED["logistic"]["runs"], "device": {"processor": "P", "cores": 4}, "cores": [0],
                     "threads": 1, "peak_mib": 61.26},
        "mlp": {"lost": "it fell"},
    },
}}  # fmt: skip
BROWSER = {"version": "1.30.0", "models": {
    "logistic": {"times": nanoseconds("b1", 200_000).tolist(), "clock_step_ms": 0.005, "loads_s": [0.3, 0.1, 0.2],
                 "model_bytes": 2_530, "rows": 48, "largest": 3e-4, "flips": 1, "agent": "Chromium", "runtime_s": 0.5,
                 "runtime_bytes": 10_000_000},
    "mlp": {"lost": "no answer"},
    "identity": {"times": nanoseconds("b2", 90_000).tolist(), "clock_step_ms": 0.005, "loads_s": [0.1, 0.1, 0.1],
                 "model_bytes": 100, "rows": 48, "largest": 0.0, "flips": 0, "agent": "Chromium", "runtime_s": 0.7,
                 "runtime_bytes": 10_000_000},
}}  # fmt: skip


def share(value, low, high):
    return {"value": value, "low": low, "high": high, "unit": "share", "confidence": 0.95}


def stream(**changes):
    """Rows 0 to 349 train, 350 to 499 are the history, 500 to 999 the stream; errors are the last signal."""
    return {
        "family": "mlp", "train": 350, "begin": 500,
        "findings": [
            {"signal": "age", "column": True, "evidence": [-1.0, -9.0, 0.2], "alarm": 749, "start": [640, 610, 670],
             "late": 0, "block": 50, "change": {"of": "median", "before": 1.5, "after": 4.5}},
            {"signal": "income", "column": True, "evidence": [-1.0, 0.1], "alarm": 719, "start": [700, 690, 705],
             "late": 0, "block": 50, "change": {"of": "median", "before": 2.0, "after": 1.0}},
            {"signal": "errors", "column": False, "evidence": [-2.0, 0.4], "alarm": 799, "start": [650, 640, 660],
             "late": 20, "block": 40},
        ],
        "accuracy": [(599, share(0.9, 0.82, 0.95)), (699, share(0.7, 0.6, 0.78))],
        "estimated": [(599, 0.91), (699, 0.85), (799, 0.8)],
        "history_accuracy": share(0.92, 0.88, 0.95), "stream_accuracy": share(0.8, 0.76, 0.84),
        "before": share(0.9, 0.86, 0.93), "after": share(0.6, 0.5, 0.7),
        "waiting": 20, "expected": share(0.75, 0.65, 0.85), "unwatched": ["since"], "rows_per_second": 12_345.6,
    } | changes  # fmt: skip


def rows():
    """All rows of a run."""
    found = {}
    for name, folds in FOLDED.items():
        found |= fold_rows(name, folds, INNER[name], accuracy=True)
    for place, (name, built) in enumerate(BUILT.items()):
        keys = ("rows", "largest", "noticeable", "flips")
        parity = {where: dict(zip(keys, values, strict=True)) for where, values in built["parity"].items()}
        found[f"build-{name}"] = {**built, "parity": parity, "holds_rows": name == "mlp", "parameters": {}}
        found[f"serve-{name}"] = served(name, 40 + 20 * place)
        found[f"load-{name}"] = LOADED[name]
        found[f"vary-{name}"] = VARIED[name]
    found["batches-logistic"] = BATCHED
    found["time"] = {"times": TIMES, "core": 3}
    found["time-variants"] = {"times": VARIANT_TIMES, "levels": LEVELS}
    found["serve-originals"] = {"logistic": {"peak_mib": 200.0, "cold_start_s": 1.5}}
    found["places"], found["browser"], found["stream"] = PLACES, BROWSER, stream()
    return found
