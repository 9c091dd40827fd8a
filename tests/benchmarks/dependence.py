"""Is it noticed that rows belong together, or that a column was recorded late, and is nothing suspected where that is not so?

The tables are those of `dependence_tables`: groups that a column names or none does, walks in time, copied rows; and independent
rows of every shape that could be mistaken for them. Each goes through `lab.data.load.check` and `lab.learning.undeclared`, as in a
run. Files and built-in tables are taken for independent too.

Printed for each kind: of how many tables something was said that holds the verdict, the exact 95 % interval of that share, and of
how many more a question was asked. Wanted: at least 95 of 100 of the first, at most 1 of 100 of the others. Few groups look like
the levels of a category, or like clouds of independent rows: there a question is all that can be wanted, and without a name
nothing. Groups in the order of the file that no column tells apart are not recognised by any model: no score is too high by
them, intervals may be too narrow, and nothing is said.

The thresholds of the modules were chosen with tables of seeds below 5,000,000, where those of the default begin.

Set OPENBLAS_NUM_THREADS=1: the threads of several jobs stand in one another's way.

python tests/benchmarks/dependence.py [--tables 100] [--first 5000000] [--only WORD] [--jobs 2] [FILE:TARGET ...]
"""

import argparse
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pyarrow as pa
from dependence_tables import DEPENDENT, INDEPENDENT, LATE, made

from lab.data.builtin import TABLES
from lab.data.load import check, load
from lab.learning.giveaways import giveaways
from lab.learning.undeclared import suspicions
from lab.stats import rate


def said_of(job):
    """What is said of one generated table, firmly and as a question; empty where nothing is."""
    warnings.simplefilter("ignore")
    columns = made(*job)
    number = np.asarray(columns["y"]).dtype.kind == "f"
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return _said(check(table, "y", name="t", content=b"", task="number" if number else "classes"))


def _said(dataset):
    """What is suspected, what was left out for leakage, and copies of more than one row in a hundred; what is only asked."""
    copies, found = dataset.belonging.copies, suspicions(dataset, seed=0)
    many = [f"{copies} copies"] if copies > dataset.n_rows / 100 else []
    firm, asked = ([each.sentence for each in found if each.is_firm == firm] for firm in (True, False))
    late = [each.sentence for each in giveaways(dataset, seed=0) if each.what == "late"]
    leaks = [reason for reason in dataset.left_out.values() if "(leakage)" in reason]
    return "; ".join([*many, *leaks, *late, *firm]), "; ".join(asked)


def _print(title, found):
    noticed, asked = sum(bool(firm) for firm, _ in found), sum(bool(asked) and not firm for firm, asked in found)
    share = rate(noticed, len(found))
    print(
        f"{title}: {noticed} of {len(found)} (95 % interval {100 * share.low:.1f} to {100 * share.high:.1f} %), "
        f"asked of {asked} more",
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
    for (kind, seed), (firm, asked) in zip(jobs, said, strict=True):
        if bool(firm) != (kind not in INDEPENDENT):
            print(
                f"    {'missed' if kind not in INDEPENDENT else 'false alarm'}: {kind}, seed {seed} {firm or asked}",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE:TARGET")
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--first", type=int, default=5_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    report("dependent rows, noticed", DEPENDENT, arguments)
    report("columns recorded after the outcome, noticed", LATE, arguments)
    report("independent rows, suspected", INDEPENDENT, arguments)
    real = [(name, None) for name in TABLES] + [tuple(name.rsplit(":", 1)) for name in arguments.files]
    for name, target in real:
        firm, asked = _said(load(name, target))
        print(f"  {name}: {firm or asked or 'nothing is said'}", flush=True)


if __name__ == "__main__":
    main()
