"""Does the watch keep its promise, how soon does it see what changed, does it say when, and how fast is it?

    python tests/benchmarks/watch_stream.py --null STREAMS [--rows N]             # false alarms on streams without drift
        [--first SEED] [--season no|yes|both] [--workers N]                       # a part of many, which adds to others; at once
    python tests/benchmarks/watch_stream.py --drift STREAMS [--rows N] [--alone]  # delays by kind of drift, beside others or alone
    python tests/benchmarks/watch_stream.py --replay STREAMS                      # the same of tables that are replayed (--stream)
    python tests/benchmarks/watch_stream.py --fresh MODELS [--rows N]             # models as good as training said: taken for worse?
    python tests/benchmarks/watch_stream.py --speed [--rows N]                    # rows a second on one core, and memory up to N

The streams: 12 columns (normal, heavy tails, counts, a rare event, categories, values missing now and then), a logistic
model, and labels with every row; the reference has 4,000 rows that the model has not learned from. Each kind of drift begins in
the middle. Delay: rows from there to the first alarm of a signal that changed; too early: an alarm before it; wrong: an alarm of a
signal that did not change. Coverage: how often the interval of the first of these alarms covers the row where the change began.

With --replay: tables of 400, 1,200 or 4,000 rows of rare events, counts, zeros with a few values, missing values, a constant and
many categories, as the replay of a table feeds them to the same engine: false alarms, beside Kolmogorov-Smirnov tests of windows of
a hundred rows at p < 0.05 (as they are, and corrected over columns and windows) and the population stability index above 0.2; the
delay after a rare event has become less rare; and rows a second of a replay with each of the lab's models.

Beside the watch: ADWIN, KSWIN and Page-Hinkley of river, the martingale of MAPIE, and Evidently, in an environment of their own below
the folder of --peers; `drift_peers.py` says with which settings, and how it is made.
"""

import argparse
import itertools
import json
import math
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("steady", "load", "heavy", "count", "events", "kind", "gaps", "level", "clock", "one", "two", "three")
REFERENCE, BATCH, KIND, HOURS = 4_000, 5_000, ("a", "b", "c"), 24
SHOWN_EVERY = 10  # streams
MILESTONES = (2_000_000, 5_000_000)  # of --speed, beside powers of ten
CHANGED = {
    "mean": {"load"}, "variance": {"steady"}, "rare event": {"events"}, "new category": {"kind"}, "missing": {"gaps"},
    "label flip": {"errors", "calibration"}, "slow ramp": {"level"}, "seasonal look-alike": {"clock"},
}  # fmt: skip
ANSWERS = {"predicted class", "confidence of the predictions", "errors", "calibration"}


def stream(seed: int, n_rows: int, drift: str = "", at: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Make the same stream everywhere: columns and labels; the drift begins at a row."""
    rng = np.random.default_rng(seed)
    rows = np.arange(n_rows)
    later = rows >= at if drift else np.zeros(n_rows, dtype=bool)

    def only(name: str) -> np.ndarray:
        return later & (drift == name)

    hour = rows // 50 % HOURS
    made: dict[str, np.ndarray] = {
        "steady": rng.normal(size=n_rows) * np.where(only("variance"), 1.5, 1.0),
        "load": rng.normal(size=n_rows) + np.where(only("mean"), 0.3, 0.0),
        "heavy": rng.standard_cauchy(n_rows),
        "count": rng.poisson(3, n_rows).astype(float),
        "events": (rng.random(n_rows) < np.where(only("rare event"), 0.02, 0.002)).astype(float),
        "level": 100 + rng.normal(size=n_rows) + only("slow ramp") * (rows - at) * 4 / max(n_rows - at, 1),
        "clock": np.sin(2 * np.pi * hour / HOURS) + rng.normal(size=n_rows) / 2
        + only("seasonal look-alike") * np.sin(2 * np.pi * hour / HOURS),
    }  # fmt: skip
    kind = rng.integers(0, 3, n_rows)
    made["kind"] = np.array(KIND, dtype=object)[kind]
    made["kind"][only("new category") & (rng.random(n_rows) < 0.05)] = "d"
    made["gaps"] = np.where(rng.random(n_rows) < np.where(only("missing"), 0.1, 0.02), np.nan, rng.normal(size=n_rows))
    made |= {name: rng.normal(size=n_rows) for name in ("one", "two", "three")}
    wanted = made["one"] + made["two"] + rng.logistic(size=n_rows) / 2 > 0
    flip = only("label flip") & (rng.random(n_rows) < 0.15)
    return {name: made[name] for name in NAMES}, wanted ^ flip


class Answering:
    """The model: it knows how the labels come about."""

    def of_blocks(self, columns, block):
        score = 2 * (columns["one"] + columns["two"])
        sure = 1 / (1 + np.exp(-score))
        return np.stack([1 - sure, sure], axis=1)


def monitor(seed: int, *, season: bool = False):
    """Open a watch with a reference of its own."""
    import pandas as pd

    from edge.watch.monitor import EdgeMonitor, Plan
    from edge.watch.profiling import answered_by, profile_of
    from edge.watch.seasons import Calendar, seasons_at
    from lab.protocol import Dataset

    columns, labels = stream(1_000_000 + seed, REFERENCE)
    kinds = {name: "category" if name == "kind" else "number" for name in NAMES}
    target = labels.astype(np.int64)
    table = Dataset("reference", pd.DataFrame(columns), target, "label", ("no", "yes"), kinds, "")
    answered = answered_by(Answering().of_blocks(columns, 0), target, is_own=True)
    calendar = Calendar("time", ("hour",)) if season else None
    seasons = seasons_at(times(0, REFERENCE) / 86_400, ("hour",)) if season else None
    profile = profile_of(table, seed=seed, answered=answered, seasons=seasons, n_seasons=HOURS if season else 1)
    return EdgeMonitor(Plan("benchmark", profile, calendar, 0.05, seed), Answering())


def times(first: int, n_rows: int) -> np.ndarray:
    """Seconds since 1970: 50 rows an hour."""
    return (first + np.arange(n_rows)) * 72.0


def watched(seed: int, n_rows: int, drift: str = "", *, season: bool = False) -> list:
    """Watch a stream to its end; gives the alarms."""
    from lab.watching.protocol import Batch

    columns, labels = stream(seed, n_rows, drift, n_rows // 2)
    watch = monitor(seed, season=season)
    words = np.where(labels, "yes", "no")
    found = []
    for first in range(0, n_rows, BATCH):
        part = slice(first, first + BATCH)
        cells = {name: values[part] for name, values in columns.items()}
        cells |= {"time": times(first, len(words[part]))} if season else {}
        found += watch.take(Batch(cells, first, labels=words[part].tolist()))
    return [each for each in found if each.kind == "alarm"]


def raised(seed: int, n_rows: int, season: bool) -> set[str]:
    """Give the signals that raise an alarm on a stream without drift."""
    # without the name of the season `clock` comes in waves, which is no exchangeable stream: it is left to the one with it
    return {each.facts["signal"] for each in watched(seed, n_rows, season=season)} - (set() if season else {"clock"})


def null(seeds: range, n_rows: int, workers: int, seasons: Sequence[bool]) -> None:
    """Count streams without drift that raise an alarm; the counts so far are printed, so that a part of it is evidence, too."""
    from lab.stats import largest_rate, rate

    with ProcessPoolExecutor(workers) as pool:
        for season in seasons:
            named, count, by_signal = "season named" if season else "no season", 0, Counter()
            waited = [pool.submit(raised, seed, n_rows, season) for seed in seeds]
            for ended, each in enumerate(as_completed(waited), start=1):
                count += bool(each.result())
                by_signal.update(each.result())
                if ended % SHOWN_EVERY == 0 or ended == len(waited):
                    found, most = rate(count, ended), largest_rate(count, ended)
                    print(f"{named}: {count} of {ended} streams of {n_rows:,} rows raised a false alarm, "
                          f"{100 * found.value:.1f} % (95 %: at most {100 * most:.1f} %), promised 5 %; {dict(by_signal)}",
                          flush=True)  # fmt: skip


def drifts(n_streams: int, n_rows: int, peers: Path | None) -> None:
    """Show delays, coverage and wrong alarms by kind of drift, and those of other libraries."""
    at = n_rows // 2
    known = {} if peers is None else peer(peers, n_streams, n_rows)
    print(f"streams of {n_rows:,} rows, the change begins at row {at + 1:,}; {n_streams} streams of each kind")
    print("kind                 who            found   median delay   interval covers   too early   wrong signal")
    for drift, names in CHANGED.items():
        season = drift == "seasonal look-alike"
        delays, covered, early, wrong, found = [], 0, 0, 0, 0
        for seed in range(n_streams):
            alarms = watched(seed, n_rows, drift, season=season)
            ours = [each for each in alarms if season or each.facts["signal"] != "clock"]
            early += any(each.row < at for each in ours)
            right = [each for each in ours if each.facts["signal"] in names and each.row >= at]
            wrong += any(
                each.facts["signal"] not in names | (ANSWERS if drift == "label flip" else set()) for each in ours
            )
            if right:
                first = min(right, key=lambda each: each.row)
                found += 1
                covered += first.facts["earliest"] <= at <= first.facts["latest"]
                delays.append(first.row - at + 1)
        shown = f"{np.median(delays):12,.0f}" if delays else f"{'-':>12}"
        print(
            f"{drift:20} {'watch':12} {found:4} of {n_streams:<4} {shown} {covered:12} of {found:<4} {early:10} {wrong:12}"
        )
        for who, lines in known.items():
            delays = [delay for delay, _ in lines[drift] if delay is not None]
            shown = f"{np.median(delays):12,.0f}" if delays else f"{'-':>12}"
            early = sum(is_early for _, is_early in lines[drift])
            print(f"{'':20} {who:12} {len(delays):4} of {n_streams:<4} {shown} {'none':>12} {'':8} {early:9} {'':>12}")


def as_numbers(columns: dict[str, np.ndarray], labels: np.ndarray) -> dict[str, np.ndarray]:
    """What a detector of numbers is fed: categories by their letter, a missing value as one far away, and the errors."""
    fed = {name: values for name, values in columns.items() if name != "kind"}
    fed["kind"] = np.array([ord(letter) for letter in columns["kind"]], dtype=float)
    fed["gaps"] = np.nan_to_num(columns["gaps"], nan=-10)
    fed["errors"] = ((columns["one"] + columns["two"] > 0) != labels).astype(float)
    return fed


def peer(peers: Path, n_streams: int, n_rows: int) -> dict:
    """Let other libraries watch the same streams, in their environment; nothing where that is not there, which is said."""
    command = [peers / "drift/bin/python", Path(__file__).with_name("drift_peers.py"), str(n_streams), str(n_rows)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"other libraries did not run: {error}")
        return {}
    said = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("FOUND "))[6:])
    for name, why in said["missing"].items():
        print(f"{name} did not run: {why}")
    return said["found"]


def speed(n_rows: int) -> None:
    """Rows a second of CPU time with 30 columns and an exported logistic regression, with and without labels, and memory."""
    import pandas as pd
    import psutil

    from edge.delivery.trials import deliver
    from edge.session import session
    from edge.watch.monitor import EdgeMonitor, Plan
    from edge.watch.predicting import Predictor
    from edge.watch.profiling import profile_of
    from lab.learning.families import LOGISTIC
    from lab.protocol import Dataset
    from lab.watching.protocol import Batch

    names = [f"x{column}" for column in range(30)]  # rows are made batch by batch: the stream is never there as a whole
    rng = np.random.default_rng(0)
    table = rng.normal(size=(REFERENCE, 30))
    target = (table[:, :5].sum(axis=1) + rng.normal(size=REFERENCE) > 0).astype(np.int64)
    data = Dataset(
        "made", pd.DataFrame(table, columns=names), target, "y", ("no", "yes"), dict.fromkeys(names, "number"), ""
    )
    content = deliver(data, seed=0, family=LOGISTIC, scorer="accuracy", candidates=1).onnx.tobytes()
    for with_labels in (False, True):
        watch = EdgeMonitor(
            Plan("speed", profile_of(data, seed=0), None, 0.05, 0), Predictor(session(content), tuple(names), ())
        )
        seconds, first = 0.0, 0
        while first < n_rows:
            rows = rng.normal(size=(BATCH, 30))
            words = np.where(rows[:, 0] > 0, "yes", "no").tolist() if with_labels else None
            batch = Batch({name: rows[:, place].tolist() for place, name in enumerate(names)}, first, labels=words)
            began = time.process_time()
            watch.take(batch)
            seconds += time.process_time() - began
            first += BATCH
            if math.log10(first).is_integer() or first in MILESTONES or first == n_rows:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                memory = psutil.Process().memory_info().rss / 2**20
                what = "with labels" if with_labels else "no labels"
                print(f"{what:12} {first:12,} rows: {first / seconds:10,.0f} rows a second, "
                      f"state {len(watch.state()) / 1e6:5.2f} MB, memory {memory:,.0f} MB, "
                      f"peak {peak:,.0f} MB (wanted: 50,000, and flat)")  # fmt: skip


def fresh(n_models: int, n_rows: int) -> None:
    """Count models that are told to be worse than in training on rows of the kind that they learned from, and that are not."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    from edge.watch.group import threshold_of
    from edge.watch.labels import Judged
    from edge.watch.profiling import answered_by
    from edge.watch.worse import Worse
    from lab.stats import largest_rate, rate

    made = {
        "logistic regression": LogisticRegression(max_iter=1_000),
        "forest": RandomForestClassifier(50, random_state=0),
        "nearest neighbours": KNeighborsClassifier(5),
    }
    print(f"{n_models} models of each kind, {n_rows:,} fresh labels each; rows that they learned from; wrongly told to be worse, and "
          "found where 10 and 20 points of the labels more are wrong than before")  # fmt: skip
    for (name, model), n_train in itertools.product(made.items(), (100, 300, 2_000)):
        count, found = 0, [0, 0]
        for seed in range(n_models):
            rng = np.random.default_rng(seed)
            rows = rng.normal(size=(n_train + n_rows, 8))
            target = (rows[:, :3].sum(axis=1) + rng.logistic(size=len(rows)) > 0).astype(np.int64)
            learned, asked = slice(n_train), slice(n_train, None)
            said = cross_val_predict(model, rows[learned], target[learned], cv=5, method="predict_proba")
            right = model.fit(rows[learned], target[learned]).predict(rows[asked]) == target[asked]
            flips = rng.random(n_rows)
            for place, share in enumerate((0.0, 0.1, 0.2)):
                watch = Worse(answered_by(said, target[learned]), n_train, threshold=threshold_of(13, 0.05))
                answers = right & ~(flips < share / max(right.mean(), share))
                judged = Judged(np.arange(n_rows), np.full(n_rows, 0.9), answers, np.ones(n_rows, dtype=bool))
                raised = bool(watch.take(judged, last=n_rows - 1, is_known=False))
                if place:
                    found[place - 1] += raised
                else:
                    count += raised
        told, most = rate(count, n_models), largest_rate(count, n_models)
        print(
            f"  {name:20} {n_train:6,} rows: {count} ({100 * told.value:.1f} %, 95 %: at most {100 * most:.1f} %), found {found}"
        )


def sparse(rng: np.random.Generator, n_rows: int) -> dict[str, np.ndarray]:
    """Columns in which a change is easily overlooked, or a chance event taken for one."""
    made = {f"event {share}": (rng.random(n_rows) < share).astype(float) for share in (0.0005, 0.002, 0.01, 0.03, 0.1)}
    made |= {f"count {mean}": rng.poisson(mean, n_rows).astype(float) for mean in (0.3, 8)}
    made["zeros"] = np.where(rng.random(n_rows) < 0.97, 0, rng.exponential(1, n_rows))
    made |= {"heavy tails": rng.standard_cauchy(n_rows), "constant": np.full(n_rows, 5.0)}
    made["missing"] = np.where(rng.random(n_rows) < 0.01, np.nan, rng.normal(size=n_rows))
    made["categories"] = np.array([f"z{value}" for value in rng.zipf(1.3, n_rows)], dtype=object)
    return made


def replayed(columns: dict[str, np.ndarray], right: np.ndarray, seed: int) -> dict[str, int]:
    """Replay a table beside a model that is right where that is said; gives the row of each alarm, by signal."""
    import pandas as pd

    from edge.stream.answers import Answers
    from edge.stream.trials import parts
    from edge.stream.watched import watched as watch
    from lab.protocol import Dataset

    features = pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})
    kinds = {name: "category" if values.dtype == object else "number" for name, values in columns.items()}
    n_rows = len(right)
    train, begin = parts(n_rows)
    table = Dataset("made", features, np.zeros(n_rows, dtype=np.int64), "y", ("no", "yes"), kinds, "")
    sure = np.random.default_rng(seed).uniform(0.5, 1, n_rows - train)
    answers = Answers(np.stack([sure, 1 - sure], axis=1), (~right[train:]).astype(np.int64), begin - train, 0)
    found = watch(table, answers, train=train, begin=begin, false_alarms=0.05, seed=seed)
    return {each.name: each.alarm for each in found if each.alarm is not None}


def windows(columns: dict[str, np.ndarray], size: int = 100) -> tuple[bool, bool, bool]:
    """Whether KS, KS corrected, and PSI raise an alarm on the numbers of the second half of a table, against the first."""
    from scipy.stats import ks_2samp

    p, largest = [], 0.0
    for values in (each for each in columns.values() if each.dtype != object):
        begin = len(values) // 2
        history, parts = values[:begin], values[begin:][: (len(values) - begin) // size * size].reshape(-1, size)
        edges = np.unique(np.nanquantile(history, np.linspace(0, 1, 11)[1:-1]))
        usual = np.bincount(np.searchsorted(edges, history), minlength=len(edges) + 1) / begin
        for part in parts:
            p.append(ks_2samp(history, part, nan_policy="omit").pvalue)
            share = np.bincount(np.searchsorted(edges, part), minlength=len(edges) + 1) / size
            one, other = np.maximum(share, 1e-4), np.maximum(usual, 1e-4)
            largest = max(largest, float(((one - other) * np.log(one / other)).sum()))
    return min(p) < 0.05, min(p) < 0.05 / len(p), largest > 0.2


def replay(n_streams: int) -> None:
    """Show false alarms of replays, beside those of common tests of windows, and delays after a rare event became less rare."""
    from lab.stats import rate

    counts, by_signal = np.zeros(4, dtype=int), {}
    for seed in range(n_streams):
        rng = np.random.default_rng(seed)
        n_rows = int(rng.choice([400, 1_200, 4_000]))
        made = sparse(rng, n_rows)
        raised = replayed(made, rng.random(n_rows) < 0.9, seed)
        counts += [bool(raised), *windows(made)]
        for name in raised:
            by_signal[name] = by_signal.get(name, 0) + 1
    print(f"replays without drift that raised an alarm, of {n_streams} (95 % intervals); by signal {by_signal}")
    for who, count in zip(
        ("replay, promised 5 %", "KS p < 0.05", "KS corrected", "PSI > 0.2"), counts.tolist(), strict=True
    ):
        found = rate(count, n_streams)
        print(f"  {who:22} {count:4}: {100 * found.value:5.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f})")
    print("a rare event at row 3,000 of 4,000: rate before and after, median delay, found of 20 streams")
    for before, after in ((0.001, 0.02), (0.001, 0.05), (0.03, 0.1), (0.03, 0.95)):
        delays = []
        for seed in range(20):
            rng = np.random.default_rng(seed)
            event = (rng.random(4_000) < np.where(np.arange(4_000) < 3_000, before, after)).astype(float)
            others = {str(place): rng.normal(size=4_000) for place in range(7)}
            alarm = replayed({"event": event, **others}, rng.random(4_000) < 0.9, seed).get("event", math.inf)
            delays.append(alarm - 3_000 + 1)
        found = [delay for delay in delays if delay < math.inf]
        print(f"  {before} to {after}: {np.median(delays):,.0f} rows, {len(found)} of 20")


def models(n_rows: int = 20_000) -> None:
    """Replay a table with each model: predicting, watching, and estimating accuracy; at least 20,000 rows a second are wanted."""
    import pandas as pd

    from edge.stream.trials import replay as replay_with
    from lab.learning import families
    from lab.protocol import Dataset

    names = [f"x{column}" for column in range(30)]
    rng = np.random.default_rng(0)
    table = rng.normal(size=(n_rows, 30))
    target = (table[:, :5].sum(axis=1) + rng.normal(size=n_rows) > 0).astype(np.int64)
    kinds = dict.fromkeys(names, "number")
    data = Dataset("made", pd.DataFrame(table, columns=names), target, "y", ("no", "yes"), kinds, "")
    print(f"replays of {n_rows:,} rows x 30 columns, rows a second of CPU time (wanted: 20,000)")
    for family in (families.LOGISTIC, families.FOREST, families.EXTRA_TREES, families.BOOSTING, families.MLP):
        row = replay_with(
            data, seed=0, families=(family,), scorer="accuracy", candidates=1, false_alarms=0.05, label_delay=1_000,
            train_rows=8_000,
        )  # fmt: skip
        print(f"  {family.label:24} {row.rows_per_second:10,.0f}")


def main() -> None:
    """Read the options and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--null", type=int, metavar="STREAMS", help="count false alarms")
    parser.add_argument(
        "--first", type=int, default=0, metavar="SEED", help="with --null: the first stream, to add to others"
    )
    parser.add_argument(
        "--season", choices=("no", "yes", "both"), default="both", help="with --null: is the season named?"
    )
    parser.add_argument("--workers", type=int, default=1, help="with --null: so many processes")
    parser.add_argument("--drift", type=int, metavar="STREAMS", help="delays by kind of drift, so many streams of each")
    parser.add_argument(
        "--fresh", type=int, metavar="MODELS", help="are models as good as training said taken for worse?"
    )
    parser.add_argument("--speed", action="store_true", help="rows a second and memory")
    parser.add_argument(
        "--replay", type=int, metavar="STREAMS", help="false alarms and delays of replayed tables, and speed"
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of a stream")
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", help="folder of the peers' environments")
    parser.add_argument("--alone", action="store_true", help="without other libraries")
    options = parser.parse_args()
    if options.null:
        seeds = range(options.first, options.first + options.null)
        null(
            seeds,
            options.rows,
            options.workers,
            {"no": (False,), "yes": (True,), "both": (False, True)}[options.season],
        )
    if options.drift:
        drifts(options.drift, options.rows, None if options.alone else options.peers)
    if options.fresh:
        fresh(options.fresh, options.rows)
    if options.speed:
        speed(options.rows)
    if options.replay:
        replay(options.replay)
        models()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
