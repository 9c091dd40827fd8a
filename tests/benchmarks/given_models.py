"""Is every model file judged as its owner runs it? Kinds of files by table: taken, refused, and wrong, against the file's own library.

python tests/benchmarks/given_models.py                            # all kinds, minutes
python tests/benchmarks/given_models.py --parts networks,boosters  # some of the modules of tests/benchmarks/given
python tests/benchmarks/given_models.py --only WORD                # kinds whose name holds it

A part is a module with `cases()`, see `given/case.py`. A file counts as taken where no probability differs by more than 1e-5 and no
label at all, neither of what is scored nor of what is served; as wrong where one does, where it should have been refused and is not,
or where it is refused and should not be. Of pipelines any may be refused. Exit code 1 where anything is wrong.
"""

import argparse
import collections
import importlib
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from edge.exporting import parity  # noqa: E402 - the path is set above
from edge.exporting.device import device_rows, feeds  # noqa: E402
from edge.given.family import AsDeviceSees, export_given, family_of  # noqa: E402
from edge.lab import LAB  # noqa: E402
from edge.session import OUTPUT, session  # noqa: E402
from edge.settings import Settings  # noqa: E402
from lab.data.load import load  # noqa: E402
from lab.errors import LabError  # noqa: E402
from lab.plain_table import with_plain_table  # noqa: E402
from lab.reading.how import How  # noqa: E402

_FAR, _TIE = 1e-5, 1e-6


def outcome(case, folder):
    """Take a file in and compare: "taken", "refused", or what is wrong; and the sentence, where there is one."""
    table, file = folder / "table.csv", folder / f"model{case.suffix}"
    case.frame.to_csv(table, index=False)
    file.write_bytes(case.content)
    dataset = load(str(table), "y")
    with_plain_table(
        LAB,
        dataset,
        str(table),
        Settings(model=str(file)),
        {"how": How(), "by": None, "time": None, "weights": None, "drop": ()},
    )
    try:
        family = family_of(str(file), dataset, **case.options)
    except LabError as error:
        return ("refused" if case.expected is None or case.may_be_refused else "wrongly refused"), str(error)
    if case.expected is None:
        return "wrongly taken", ""
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    found = model.predict_proba(dataset.features)
    wanted = case.expected(pd.read_csv(table))[list(dataset.classes)].to_numpy()
    apart, flips = np.abs(found - wanted).max(), (found.argmax(axis=1) != wanted.argmax(axis=1)).sum()
    if not apart <= _FAR or flips:
        return "wrong", f"by up to {apart:.2g}, {flips} labels"
    served = parity.leanest_equal(
        AsDeviceSees(model, dataset), export_given(model, dataset), dataset, device_rows(dataset), seed=0
    )
    ready = session(served.content)
    found = ready.run([OUTPUT], feeds(dataset, device_rows(dataset), ready))[0]
    top = np.sort(wanted, axis=1)[:, -2:]
    flips = ((found.argmax(axis=1) != wanted.argmax(axis=1)) & (top[:, 1] - top[:, 0] > _TIE)).sum()
    return ("wrong", f"{flips} labels of what is served") if flips else ("taken", "")


def parts():
    """Find the modules that have cases."""
    return sorted(
        path.stem for path in (HERE / "given").glob("*.py") if "def cases(" in path.read_text(encoding="utf-8")
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", help=f"with commas between: {', '.join(parts())} (default: all)")
    parser.add_argument("--only", default="", help="a word of the kind")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = given.parts.split(",") if given.parts else parts()
    if unknown := [name for name in chosen if name not in parts()]:
        parser.error(f"no part {unknown[0]!r}; parts: {', '.join(parts())}")
    rows, wrong = collections.defaultdict(collections.Counter), []
    for name in chosen:
        for case in importlib.import_module(f"benchmarks.given.{name}").cases():
            if given.only not in case.kind:
                continue
            with tempfile.TemporaryDirectory() as folder:
                what, sentence = outcome(case, Path(folder))
            rows[case.kind][what if what in ("taken", "refused") else "wrong"] += 1
            if what not in ("taken", "refused"):
                wrong.append(f"{case.kind}, {case.table}: {what}: {sentence}")
                print(wrong[-1], file=sys.stderr, flush=True)
    print(f"{'kind':60}{'taken':>8}{'refused':>9}{'wrong':>7}")
    for kind, counts in rows.items():
        print(f"{kind[:59]:60}{counts['taken']:8}{counts['refused']:9}{counts['wrong']:7}")
    total = sum(rows.values(), collections.Counter())
    print(f"{'all':60}{total['taken']:8}{total['refused']:9}{total['wrong']:7}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
