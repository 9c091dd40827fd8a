"""Hand-made rows of the edge lab's trials: two candidates, a third model that only sets the standard, and what was timed."""

import dataclasses

import numpy as np

from edge.browser.trials import BROWSER, Browsed, BrowserModelRow, BrowserRow
from edge.building.trials import BUILD, BuiltRow
from edge.delivery.trials import DELIVER, DeliveredRow
from edge.exporting.parity import Parity
from edge.footprint.trials import ORIGINALS, SERVE, OriginalRow, OriginalsRow, ServedRow
from edge.load.sweep import LoadRun
from edge.load.trials import LOAD, LoadRow
from edge.places.device_rows import Placed
from edge.places.process import Machine, ProcessRow
from edge.places.trials import PLACES, PlacesRow
from edge.stream.changes import Change
from edge.stream.rows import STREAM, SignalRow, StreamRow
from edge.throughput.trials import THROUGHPUT, ThroughputRow
from edge.timing.trials import TIME, TimedRow
from edge.timing.watched import Noise
from edge.variants.trials import TIME_VARIANTS, VARY, VariantRow, VariantTimesRow, VariedRow
from lab.protocol import Estimate
from samples.golden import fold_rows, said

STRENGTH = {"logistic": 0.9, "mlp": 1.0, "forest": 1.2, "constant": 0.0}
INNER = {
    "logistic": [0.6, 0.6, 0.9, 0.6, 0.6, 0.6],
    "mlp": [0.7, 0.7, 0.7, 0.5, 0.5, 0.7],
    "forest": [0.8, 0.5, 0.5, 0.8, 0.8, 0.8],
    "constant": [0.1] * 6,
}
FOLDED = {name: said(name, strength) for name, strength in STRENGTH.items()}


WEIGHTS = (
    {"logistic": 0.25, "boosting": 0.75}, {"boosting": 1.0}, {"mlp": 0.5, "boosting": 0.5}, {"forest": 1.0},
    {"logistic": 0.2, "boosting": 0.8}, {"boosting": 0.4, "forest": 0.6},
)  # fmt: skip
"""Of the members of a weighted average, fold by fold."""


def _built(size_bytes, nodes, form, promise, holds_rows, **parity):
    parity = {kind.replace("_", " "): Parity(*numbers) for kind, numbers in parity.items()}
    return BuiltRow(np.zeros(size_bytes, np.uint8), size_bytes, nodes, form, promise, holds_rows, {}, parity)


BUILT = {
    "logistic": _built(2_530, 5, "lean", "exact; always", False,
                       test_rows=(16, 2e-7, 0, 0), beyond_their_range=(16, 5e-7, 0, 0)),
    "mlp": _built(40_000, 9, "converter", "by a library; as it says", True,
                  test_rows=(16, 3e-6, 0, 0), beyond_their_range=(16, 4e-5, 2, 1), on_split_thresholds=(16, 1e-8, 0, 2)),
}  # fmt: skip


def _delivered(content, form, **parity):
    compared = {kind.replace("_", " "): Parity(*numbers) for kind, numbers in parity.items()}
    return DeliveredRow(np.frombuffer(content, np.uint8), 48, form, "on split thresholds" in compared, {}, compared)


DELIVERED = {
    "logistic": _delivered(b"a graph", "lean", rows_of_the_table=(48, 2e-7, 0, 0), beyond_their_range=(48, 5e-7, 0, 0)),
    "mlp": _delivered(
        b"x" * 40_001, "converter", rows_of_the_table=(48, 3e-6, 0, 0), beyond_their_range=(48, 4e-5, 2, 1),
        on_split_thresholds=(48, 1e-8, 0, 2),
    ),
}  # fmt: skip
"""Of the candidates that learned from all rows; the second is made up to earn every remark."""


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


DISTURBED = {"logistic onnx": np.arange(20) % 3, "mlp onnx": np.zeros(20, np.int64)}
"""Calls of each round that other programs may have lengthened: none, one or two of a hundred."""


def served(step):
    """Processes that only serve; the third of six is the median, the first and the last are its interval."""
    return ServedRow((0.30, 0.33, 0.31, 0.36, 0.35, 0.34), tuple(float(step + i) for i in (5, 1, 3, 0, 2, 4)))


def _ms(value):
    return None if value is None else Estimate(value, 0.6 * value, 2 * value, "ms")


def share(value, low, high):
    return Estimate(value, low, high, "share")


def run(view, rate, p99, *, use=0.1, misses=(0.004, 0.002, 0.007), p50=0.5, least=None):
    wake = (None, None) if view == "hot" else (21.04, 1_500.06)
    return LoadRun(
        view=view, pattern="at random (Poisson)", rate=rate, use=use, calls=1_000, seconds=1.0, misses=share(*misses),
        p50=_ms(p50), p90=_ms(2 * p50), p99=_ms(p99), p99_9=None, wake_up_p50_us=wake[0], wake_up_p99_us=wake[1],
        curve=((p50, 0.5), (2 * p50, 0.9), (4 * p50, 0.9995)), least_misses=None if least is None else share(*least),
    )  # fmt: skip


LOADED = {
    "logistic": LoadRow(0.5, (
        run("hot", 2_000.0, 1.5), run("sweep", 100.0, 1.0, p50=3.0), run("sweep", 200.0, 2.0), run("sweep", 300.0, 8.0),
        run("rate", 50.0, 3.0, misses=(0.02, 0.01, 0.03), least=(0.015, 0.005, 0.02)), run("rate", 50.0, 9.0, misses=(0.5, 0.4, 0.6)),
    ), 1),
    "mlp": LoadRow(30.0, (
        run("hot", 33.0, 31.0), run("sweep", 10.0, 35.0), run("rate", 50.0, 70.0, use=1.5, misses=(0.9, 0.8, 0.95)),
    ), 1),
}  # fmt: skip


def variant(size_bytes, wrong, original_wrong, *, flips, neighbours, peak_mib):
    """Right answers on 40 rows: the first `wrong` of them are not."""
    right, original_right = ((np.arange(40) >= count).astype(np.int8) for count in (wrong, original_wrong))
    return VariantRow(
        np.zeros(size_bytes, np.uint8), size_bytes, right, original_right, 1e-6, flips, neighbours, peak_mib
    )


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
    "one thread": ((900.0, 1_000.0, 1_200.0, 950.0, 990.0, 1_100.0), (5e3, 4e3, 6e3, 4.5e3, 5.5e3, 5.2e3)),
    "all threads": ((800.0, 810.0, 820.0, 830.0, 840.0, 850.0), (9e3, 9.1e3, 9.2e3, 9.3e3, 9.4e3, 9.5e3)),
    "scikit-learn": ((90.0, 91.0, 92.0, 93.0, 94.0, 95.0),),
}
BATCHED = ThroughputRow({"one thread": (1, 8), "all threads": (1, 8), "scikit-learn": (1,)}, 2, RATES)
MACHINE = Machine("3", {}, "S", "P", 4, None, "")
PLACED = PlacesRow({
    "this machine, core(s) 0": {
        "logistic": Placed(ProcessRow(0.5, LOADED["logistic"].runs, MACHINE, (0,), 1, 61.26)),
        "mlp": Placed(lost="it fell"),
    },
})  # fmt: skip


def browsed(name, typical, loads_s, *, model_bytes, largest, flips, runtime_s):
    times = nanoseconds(name, typical)
    return BrowserModelRow(
        times, loads_s, runtime_s, 10_000_000, model_bytes, "Chromium", "1.30.0", 0.005, 48, largest, flips
    )


BROWSED = {
    "logistic": browsed("b1", 200_000, (0.3, 0.1, 0.2), model_bytes=2_530, largest=3e-4, flips=1, runtime_s=0.5),
    "identity": browsed("b2", 90_000, (0.1, 0.1, 0.1), model_bytes=100, largest=0.0, flips=0, runtime_s=0.7),
}
IN_BROWSER = BrowserRow({
    "logistic": Browsed(BROWSED["logistic"]), "mlp": Browsed(lost="no answer"), "identity": Browsed(BROWSED["identity"]),
}, "1.30.0")  # fmt: skip


STREAMED = StreamRow(
    family="mlp", train=350, begin=500, learned=350, n_rows=1_000,
    findings=(
        SignalRow(
            "age", True, np.array([-1.0, -9.0, 0.2]), np.array([549, 599, 749]), 749, (640, 610, 670), Change("median", 1.5, 4.5)
        ),
        SignalRow("income", True, np.array([-1.0, 0.1]), np.array([549, 719]), 719, (700, 690, 705), Change("median", 2.0, 1.0)),
        SignalRow("errors", False, np.array([-2.0, 0.4]), np.array([559, 799]), 799, (650, 640, 660)),
    ),
    accuracy=((599, share(0.9, 0.82, 0.95)), (699, share(0.7, 0.6, 0.78))),
    estimated=((599, 0.91), (699, 0.85), (799, 0.8)),
    history_accuracy=share(0.92, 0.88, 0.95), stream_accuracy=share(0.8, 0.76, 0.84),
    before=share(0.9, 0.86, 0.93), after=share(0.6, 0.5, 0.7),
    waiting=20, expected=share(0.75, 0.65, 0.85), promised=share(0.62, 0.55, 0.7), kept=share(0.6, 0.5, 0.7),
    dates=("since",), rows_per_second=12_345.6,
)  # fmt: skip
"""Rows 0 to 349 train, 350 to 499 are the history, 500 to 999 the stream; errors are the last signal."""


def stream(**changes):
    return dataclasses.replace(STREAMED, **changes)


def rows():
    """All rows of a run."""
    found = {}
    for name, folds in FOLDED.items():
        found |= fold_rows(name, folds, INNER[name], accuracy=True)
    for place, (name, built) in enumerate(BUILT.items()):
        found[BUILD.of(name).name] = built
        found[DELIVER.of(name).name] = DELIVERED[name]
        found[SERVE.of(name).name] = served(40 + 20 * place)
        found[LOAD.of(name).name] = LOADED[name]
        found[VARY.of(name).name] = VariedRow(VARIED[name])
    found[THROUGHPUT.of("logistic").name] = BATCHED
    found[TIME.name] = TimedRow(TIMES, 3, DISTURBED, Noise(lost=0.2, others=0.1, repeated=4))
    found[TIME_VARIANTS.name] = VariantTimesRow(VARIANT_TIMES, LEVELS)
    found[ORIGINALS.name] = OriginalsRow({"logistic": OriginalRow(1.5, 200.0)})
    return found | {PLACES.name: PLACED, BROWSER.name: IN_BROWSER, STREAM.name: STREAMED}
