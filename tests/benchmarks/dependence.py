"""Is it noticed that rows belong together, and is nothing suspected where they do not?

Tables of a known process: groups of 4 to 20 rows that lie close together and share what is not in their columns (named by a text,
by an integer, or by no column), random walks in time (with and without a date), and copied rows. And tables of independent
rows of every shape that could be mistaken for them. Each goes through `lab.data.load.check` and `lab.learning.suspicion`, as
in a run. Files and built-in tables are taken for independent too.

Printed for each kind: of how many tables something was said, and the exact 95 % interval of that share. Wanted: at least 95 of 100
of the first, at most 1 of 100 of the others. The thresholds of the modules were chosen with tables of seeds below
5,000,000, where those of the default begin.

python tests/benchmarks/dependence.py [--tables 100] [--first 5000000] [--only WORD] [--jobs 2] [FILE:TARGET ...]
"""

import argparse
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pyarrow as pa
from scipy.special import expit

from lab.data.builtin import TABLES
from lab.data.load import check, load
from lab.learning.suspicion import suspicions
from lab.stats import rate


def grouped(rng, name=None, number=False, as_text=True):
    """Groups around centres, and a target that is partly of the columns and mostly of the group."""
    n_columns, n_groups = int(rng.integers(4, 13)), int(rng.integers(25, 120))
    groups = np.repeat(np.arange(n_groups), rng.integers(4, 21, n_groups))
    centres, own = rng.normal(size=(n_groups, n_columns)), rng.normal(size=n_groups)
    x = centres[groups] + rng.uniform(0.2, 0.4) * rng.normal(size=(len(groups), n_columns))
    said = x[:, :3] @ rng.normal(0, 0.5, 3) + 1.2 * own[groups]
    columns = _columns(x)
    if name:
        known = rng.permutation(9 * n_groups)[:n_groups]
        columns[name] = [f"K{known[group]:05d}" for group in groups] if as_text else known[groups]
    return _shuffled(rng, columns | {"y": _target(rng, said, number)})


def walk(rng, date=False, number=False):
    """Columns and target that wander in time."""
    n_rows, n_columns = int(rng.integers(200, 1_500)), int(rng.integers(4, 13))
    x = np.cumsum(rng.normal(size=(n_rows, n_columns)), axis=0) / np.sqrt(n_rows)
    said = np.cumsum(rng.normal(size=n_rows)) * 4 / np.sqrt(n_rows)
    columns = _columns(x + 0.02 * rng.normal(size=x.shape))
    if not date:
        return columns | {"y": _target(rng, said, number)}
    days = np.datetime64("2024-01-01") + np.arange(n_rows).astype("timedelta64[D]")
    return _shuffled(rng, columns | {"seen": days, "y": _target(rng, said, number)})


def copied(rng):
    """Rows that stand there two to five times; in half of the tables one column of them is measured anew."""
    x = rng.normal(size=(int(rng.integers(60, 400)), int(rng.integers(4, 13))))

    rows = np.repeat(np.arange(len(x)), rng.integers(2, 6, len(x)))
    target, x = _target(rng, x[:, 0] + rng.normal(size=len(x)), False)[rows], x[rows]
    if rng.random() < 0.5:
        x[:, rng.integers(x.shape[1])] = rng.normal(size=len(x))
    return _shuffled(rng, _columns(x) | {"y": target})


def _columns(x):
    return {f"x{place}": x[:, place] for place in range(x.shape[1])}


def _target(rng, said, number):
    if number:
        return said + 0.3 * rng.normal(size=len(said))
    chances = expit(4 * (said - np.median(said)) / said.std())
    return np.where(rng.random(len(said)) < chances, "yes", "no")


def _shuffled(rng, columns):
    order = rng.permutation(len(columns["y"]))
    return {name: np.asarray(values)[order] for name, values in columns.items()}


DEPENDENT = {
    "groups named by a text": lambda rng: grouped(rng, name=rng.choice(["customer", "who"])),
    "groups named by a text, a number to predict": lambda rng: grouped(rng, name="patient_id", number=True),
    "groups named by an integer": lambda rng: grouped(rng, name=rng.choice(["machine", "v"]), as_text=False),
    "groups without a name": grouped,
    "groups without a name, a number to predict": lambda rng: grouped(rng, number=True),
    "random walks with a date": lambda rng: walk(rng, date=True),
    "random walks with a date, a number to predict": lambda rng: walk(rng, date=True, number=True),
    "random walks without a date": walk,
    "random walks without a date, a number to predict": lambda rng: walk(rng, number=True),
    "copied rows": copied,
}


def _size(rng):
    return int(np.exp(rng.uniform(np.log(60), np.log(5_000)))), int(rng.integers(4, 13))


def _classes(rng, said, most=10):
    """Cut a number with some noise into 2 to 10 classes of about equal counts."""
    noisy = said + rng.uniform(0.1, 1) * said.std() * rng.normal(size=len(said))
    n_classes = int(rng.integers(2, most + 1 if len(said) > 300 else 4))
    edges = np.quantile(noisy, np.linspace(0, 1, n_classes + 1)[1:-1])
    return np.array([f"c{code}" for code in np.searchsorted(edges, noisy)])


def plain(rng, drawn=lambda rng, n, k: rng.normal(size=(n, k)), number=False):
    x = drawn(rng, *_size(rng))
    said = x[:, :3] @ rng.normal(size=3) + np.abs(x[:, 0])
    return _columns(x) | {"y": said + said.std() * rng.normal(size=len(x)) if number else _classes(rng, said)}


def blobs(rng):
    """Few wide clouds, each of a class with some errors: rows of a cloud are independent draws of it."""
    n, k = _size(rng)
    cloud = rng.integers(0, rng.integers(2, 9), n)
    x = rng.normal(0, 3, (9, k))[cloud] + rng.normal(size=(n, k))
    wrong = rng.random(n) < 0.1
    return _columns(x) | {"y": [f"c{code}" for code in np.where(wrong, rng.integers(0, 2, n), cloud % 2)]}


def parity(rng):
    n, k = _size(rng)
    x = rng.integers(0, 2, (n, k))
    beside = rng.normal(size=(n, rng.integers(0, 3)))
    return _columns(np.column_stack([x, beside])) | {"y": _flipped(rng, x[:, :3].sum(axis=1) % 2)}


def checkerboard(rng):
    n, _ = _size(rng)
    x = rng.uniform(0, 4, (n, 2))
    return _columns(x) | {"y": _flipped(rng, np.floor(x).sum(axis=1).astype(int) % 2)}


def _flipped(rng, codes):
    wrong = rng.random(len(codes)) < rng.uniform(0, 0.2)
    return np.where(wrong, 1 - codes, codes)


def categories(rng, levels=(2, 8), beside=0):
    """Categories with effects of their levels; with many levels too few rows tell of each of them."""
    n, k = _size(rng)
    n = max(n, 300) if levels[0] > 20 else n
    made, said = {}, rng.normal(size=n)
    for place in range(1 if beside else min(k, 6)):
        count = int(rng.integers(levels[0], levels[1] + 1))
        codes, effects = rng.integers(0, count, n), rng.normal(size=count)
        made[("city", "colour", "shape", "brand", "season", "trade")[place]] = [f"L{code}" for code in codes]
        said = said + 1.5 * effects[codes]
    x = rng.normal(size=(n, beside))
    return made | _columns(x) | {"y": _classes(rng, said + (x[:, 0] if beside else 0))}


def ages(rng):
    n, k = _size(rng)
    age = np.clip(rng.normal(45, 15, n).round(), 18, 90)
    x = rng.normal(size=(n, k))
    return {"age": age, **_columns(x), "y": _classes(rng, ((age - 45) / 15) ** 2 + x[:, 0])}


def sorted_by_label(rng):
    made = plain(rng, number=bool(rng.integers(2)))
    order = np.argsort(made["y"], kind="stable")
    return {name: np.asarray(values)[order] for name, values in made.items()}


def dated(rng):
    """A date that rises from row to row and has nothing to do with the target."""
    made = plain(rng)
    n = len(made["y"])
    days = np.datetime64("2020-01-01") + np.sort(rng.integers(0, 1_500, n)).astype("timedelta64[D]")
    return {"seen": days} | made


def with_missing(rng):
    made = plain(rng)
    share = rng.uniform(0.05, 0.5)
    return {
        name: values if name == "y" else np.where(rng.random(len(values)) < share, np.nan, values)
        for name, values in made.items()
    }


INDEPENDENT = {
    "normal": plain,
    "uniform": lambda rng: plain(rng, lambda rng, n, k: rng.uniform(-1, 1, (n, k))),
    "heavy tails": lambda rng: plain(rng, lambda rng, n, k: rng.standard_t(1.5, (n, k))),
    "numbers to predict": lambda rng: plain(rng, number=True),
    "clouds": blobs,
    "parity": parity,
    "checkerboard": checkerboard,
    "categories": categories,
    "categories of 30 to 60 levels": lambda rng: categories(rng, (30, 60), beside=int(rng.integers(2, 8))),
    "ages": ages,
    "sorted by the target": sorted_by_label,
    "a rising date": dated,
    "missing values": with_missing,
    "all-zero rows": lambda rng: plain(rng, lambda rng, n, k: rng.poisson(0.2, (n, 4 * k)).astype(float)),
}


def said_of(job):
    """What is said of one generated table; empty where nothing is."""
    kind, seed = job
    warnings.simplefilter("ignore")
    columns = {**DEPENDENT, **INDEPENDENT}[kind](np.random.default_rng(seed))
    return _said(
        check(pa.table({n: pa.array(v) for n, v in columns.items()}), "y", name="t", content=b"", **_task(columns))
    )


def _task(columns):
    return {"task": "number" if np.asarray(columns["y"]).dtype.kind == "f" else "classes"}


def _said(dataset):
    """What is suspected, and copies if they are more than an accident of one row in a hundred."""
    copies = dataset.belonging.copies
    many = [f"{copies} copies"] if copies > dataset.n_rows / 100 else []
    return "; ".join([*many, *(suspicion.sentence for suspicion in suspicions(dataset, seed=0))])


def _print(title, found):
    noticed = sum(map(bool, found))
    share = rate(noticed, len(found))
    print(
        f"{title}: {noticed} of {len(found)} (95 % interval {100 * share.low:.1f} to {100 * share.high:.1f} %)",
        flush=True,
    )


def report(title, kinds, arguments):
    """Print what is said of `arguments.tables` tables, the kinds in turn."""
    names = [name for name in kinds if arguments.only in name]
    jobs = [(names[i % len(names)], arguments.first + i) for i in range(arguments.tables if names else 0)]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        said = list(pool.map(said_of, jobs))
    for name in names:
        _print(f"  {name}", [words for (kind, _), words in zip(jobs, said, strict=True) if kind == name])
    if jobs:
        _print(title, said)
    for (kind, seed), words in zip(jobs, said, strict=True):
        if bool(words) != (kind in DEPENDENT):
            print(f"    {'missed' if kind in DEPENDENT else 'false alarm'}: {kind}, seed {seed} {words}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE:TARGET")
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--first", type=int, default=5_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    report("dependent rows, noticed", DEPENDENT, arguments)
    report("independent rows, suspected", INDEPENDENT, arguments)
    real = [(name, None) for name in TABLES] + [tuple(name.rsplit(":", 1)) for name in arguments.files]
    for name, target in real:
        print(f"  {name}: {_said(load(name, target)) or 'nothing is said'}", flush=True)


if __name__ == "__main__":
    main()
