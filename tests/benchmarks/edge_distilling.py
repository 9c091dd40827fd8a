"""What does a teacher bring? The distilled network beside the same network without one, and beside all other candidates.

Three folds, once or as often as `--repeats` says: accuracy, log loss, size of the file that learned from all rows, and the
median and p99 of single calls, timed in turn. Without `--candidates` every family keeps its defaults. Three lines are the
student alone: taught by probabilities of rows kept aside (as shipped, and with less weight on the label), and by labels. The
last two are the averages of the usual candidates, each one file. A star stands where no other model is as accurate, as small
and as fast: on the Pareto front. `--front` leaves the three lines of the student alone out. 50000x30 is a generated table;
any number of rows may stand there.

python tests/benchmarks/edge_distilling.py [digits 50000x30 FILE.csv:TARGET ...] [--repeats N] [--candidates N] [--front]
"""

import argparse
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
from edge_run import write_table

from edge.boosters.family import CATBOOST
from edge.candidates import SEARCH_ROWS, group
from edge.delivery.ensemble import deliver_ensemble
from edge.delivery.trials import DELIVER, deliver
from edge.distilling.family import DISTILLED
from edge.exporting import device
from edge.session import session
from edge.timing import latency
from edge.timing.calls import bound_call
from lab.data.load import load
from lab.learning.blending import blend_fold
from lab.learning.families import CONSTANT
from lab.learning.folds import all_folds
from lab.learning.outer import fold_key, score_fold

WIDTH = (16,)


def student(hard):
    def build(features, seed):
        return DISTILLED.build(features, seed).set_params(model__hidden_layer_sizes=WIDTH, model__hard=hard)

    words = "labels only" if hard == 1 else f"{100 * hard:.0f} % label"
    return replace(DISTILLED, name=f"student{hard}", label=f"student of {WIDTH[0]}, {words}", build=build, space={})


def families(data, *, students):
    asked = (CATBOOST.name, DISTILLED.name)
    known = [family for family in group(data, None, asked=asked).families if family.name != CONSTANT.name]
    return [*known, *(student(hard) for hard in students)]


def named(name):
    n_rows, made, _ = name.partition("x30")
    if not (made and n_rows.isdigit()):
        path, _, target = name.partition(":")
        return load(path, target or None)
    with tempfile.TemporaryDirectory() as folder:
        write_table(Path(folder) / "table.csv", int(n_rows))
        return load(str(Path(folder) / "table.csv"), "y")


def timed(data, files):
    rows = [device.device_rows_at(data, np.arange(i, i + 1)) for i in range(min(200, data.n_rows))]
    alternatives = {}
    for name, content in files.items():
        ready = session(content)
        alternatives[name] = bound_call(ready, [device.feeds(data, row, ready) for row in rows])
    return latency.measure(alternatives, rounds=20)


def learned(data, models, *, repeats, candidates):
    """Rows of all models by key: of every fold, and of what is delivered; the averages add no fit."""
    folds, usual, rows = all_folds(3, repeats, 0), group(data, None), {}
    for family in models:
        how = {"family": family, "scorer": "accuracy", "candidates": candidates, "search_rows": SEARCH_ROWS}
        for fold in folds:
            rows[fold_key(family, fold.index).name] = score_fold(data, seed=7, fold=fold, **how)
        rows[DELIVER.of(family.name).name] = deliver(data, seed=7, keeps_original=True, **how)
    for blend in usual.blends:
        how = {"blend": blend, "scorer": "accuracy", "inputs": rows}
        for fold in folds:
            members = {family.name: fold_key(family, fold.index).name for family in usual.blended}
            rows[fold_key(blend, fold.index).name] = blend_fold(data, seed=7, fold=fold, members=members, **how)
        first = {"members": usual.blended, "fold": folds[0]}
        rows[DELIVER.of(blend.name).name] = deliver_ensemble(data, seed=7, blend=blend, inputs=rows, **first)
    return rows


def table(name, data, *, repeats, candidates, students=(0.25, 0.5, 1.0)):
    print(f"\n{name}: {data.n_rows} rows, {len(data.classes)} classes")
    print(f"  {'model':34}{'accuracy':>9}{'log loss':>9}{'kB':>9}{'p50 us':>8}{'p99 us':>8}")
    models = families(data, students=students)
    rows, every = learned(data, models, repeats=repeats, candidates=candidates), (*models, *group(data, None).blends)
    files = {model.name: DELIVER.of(model.name).needed(rows).onnx.tobytes() for model in every}
    times, lines = timed(data, files), []
    for model in every:
        scored = [fold_key(model, fold.index).needed(rows) for fold in all_folds(3, repeats, 0)]
        loss = np.mean([row.beside["log loss (nats)"] for row in scored])
        p50, p99 = (1e-3 * np.quantile(times[model.name], share) for share in (0.5, 0.99))
        size = 1e-3 * len(files[model.name])
        lines.append((model.label, 100 * np.mean([row.score for row in scored]), loss, size, p50, p99))
    for label, accuracy, loss, size, p50, p99 in lines:
        here = (-accuracy, size, p50)
        beaten = any(all(np.less_equal((-line[1], line[3], line[4]), here)) for line in lines if line[0] != label)
        star = " " if beaten else "*"
        print(f"{star} {label:34}{accuracy:9.2f}{loss:9.3f}{size:9.1f}{p50:8.1f}{p99:8.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=["digits", "breast-cancer"])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--candidates", type=int, default=1)
    parser.add_argument("--front", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in given.tables:
        more = {"students": ()} if given.front else {}
        table(name, named(name), repeats=given.repeats, candidates=given.candidates, **more)


if __name__ == "__main__":
    main()
