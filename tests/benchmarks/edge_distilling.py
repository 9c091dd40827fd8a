"""What does a teacher bring? The distilled network beside the same network without one, and beside all other candidates.

Three folds, once or as often as `--repeats` says: accuracy, log loss, size of the file that learned from all rows, and the
median and p99 of single calls, timed in turn. Without `--candidates` every family keeps its defaults. The last three lines
of a table are the student alone: taught by probabilities of rows kept aside (as shipped, and with less weight on the label),
and by labels.

python tests/benchmarks/edge_distilling.py [digits breast-cancer FILE.csv:TARGET ...] [--repeats N] [--candidates N]
"""

import argparse
import warnings
from dataclasses import replace

import numpy as np

from edge.candidates import group
from edge.delivery.trials import deliver
from edge.distilling.family import DISTILLED
from edge.exporting import device
from edge.session import session
from edge.timing import latency
from edge.timing.calls import bound_call
from lab.data.load import load
from lab.learning.families import CONSTANT
from lab.learning.folds import all_folds
from lab.learning.outer import score_fold

WIDTH = (16,)


def student(hard):
    def build(features, seed):
        return DISTILLED.build(features, seed).set_params(model__hidden_layer_sizes=WIDTH, model__hard=hard)

    words = "labels only" if hard == 1 else f"{100 * hard:.0f} % label"
    return replace(DISTILLED, name=f"student{hard}", label=f"student of {WIDTH[0]}, {words}", build=build, space={})


def families(data):
    known = [family for family in group(data, None, asked=(DISTILLED.name,)).families if family.name != CONSTANT.name]
    return [*known, *(student(hard) for hard in (0.25, 0.5, 1.0))]


def timed(data, files):
    rows = [device.device_rows_at(data, np.arange(i, i + 1)) for i in range(min(200, data.n_rows))]
    alternatives = {}
    for name, content in files.items():
        ready = session(content)
        alternatives[name] = bound_call(ready, [device.feeds(data, row, ready) for row in rows])
    return latency.measure(alternatives, rounds=20)


def table(name, data, *, repeats, candidates):
    print(f"\n{name}: {data.n_rows} rows, {len(data.classes)} classes")
    print(f"{'model':34}{'accuracy':>9}{'log loss':>9}{'kB':>8}{'p50 us':>8}{'p99 us':>8}")
    found, files, labels = {}, {}, {}
    for family in families(data):
        how = {"family": family, "scorer": "accuracy", "candidates": candidates}
        rows = [score_fold(data, seed=7, fold=fold, **how) for fold in all_folds(3, repeats, 0)]
        found[family.name] = (
            100 * np.mean([row.score for row in rows]),
            np.mean([row.beside["log loss (nats)"] for row in rows]),
        )
        labels[family.name] = family.label
        files[family.name] = deliver(data, seed=7, **how).onnx.tobytes()
    times = timed(data, files)
    for family, (accuracy, loss) in found.items():
        p50, p99 = (1e-3 * np.quantile(times[family], share) for share in (0.5, 0.99))
        size = 1e-3 * len(files[family])
        print(f"{labels[family]:34}{accuracy:9.2f}{loss:9.3f}{size:8.1f}{p50:8.1f}{p99:8.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=["digits", "breast-cancer"])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--candidates", type=int, default=1)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in given.tables:
        path, _, target = name.partition(":")
        table(name, load(path, target or None), repeats=given.repeats, candidates=given.candidates)


if __name__ == "__main__":
    main()
