"""Which tables come with the laboratory? Four real ones from scikit-learn, and six that `lab.data.business` generates."""

import functools
import importlib.resources
import io
import itertools
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TABLES", "About", "Column", "about", "load", "meanings"]

TABLES = {
    "breast-cancer": "569 rows, 30 measurements of cell nuclei, benign or malignant (real; Wolberg et al. 1995)",
    "digits": "1,797 rows, 8 x 8 grey values of handwritten digits, ten classes (real; Alpaydin and Kaynak 1998)",
    "wine": "178 rows, 13 chemical measurements, three cultivars (real; Aeberhard and Forina 1992)",
    "diabetes": "442 rows, 10 measurements of patients, the progression of diabetes a year later: a number (real; Efron et al. 2004)",
    "loans": "1,200 rows, applications for a loan, with dates, a group column and gaps; paid back or not (generated)",
    "churn": "1,000 rows, contracts of a telephone company, cancelled or not (generated)",
    "machines": "2,400 rows, inspections of pumps, breakdown within a month or not (generated)",
    "energy": "730 rows, days of a town, its demand for electricity: a number, in the order of --time day (generated)",
    "readmission": "260 rows, stays in a hospital, back within 30 days or not (generated)",
    "delivery": "1,500 rows, orders of a web shop, which of four ways of delivery was chosen (generated)",
}


@dataclass(frozen=True)
class Column:
    """What a column means, in words, and its unit: empty where it has none."""

    means: str
    unit: str

    def __str__(self) -> str:
        """Say both in one line.

        >>> str(Column("Age of the pump", "years")), str(Column("Who made the pump", ""))
        ('Age of the pump (years)', 'Who made the pump')
        """
        unit = {"": "", "not stated": " (unit not stated)"}.get(self.unit, f" ({self.unit})")
        return self.means + unit


@dataclass(frozen=True)
class About:
    """What is known of a built-in table: the column to predict, where it is from and its licence, and all its columns."""

    target: str
    licence: str
    columns: Mapping[str, Column]


def load(name: str) -> "tuple[pa.Table, bytes, str]":
    """Return (table, its CSV text as bytes, the name of its target) of a built-in table."""
    import pyarrow as pa
    from pyarrow import csv

    from lab.data.business import GENERATORS

    target = about(name).target
    table = pa.table(GENERATORS[name]() if name in GENERATORS else _from_sklearn(name, target))
    text = io.BytesIO()
    csv.write_csv(table, text)
    return table, text.getvalue(), target


@functools.cache
def about(name: str) -> About:
    """Say what is known of a built-in table, which is not loaded for it."""
    text = (importlib.resources.files("lab.data") / "words.toml").read_text(encoding="utf-8")
    known = tomllib.loads(text)[name]
    columns = {column: Column(**words) for column, words in known["columns"].items()}
    return About(known["target"], known["licence"], _pixels() | columns if name == "digits" else columns)


def meanings(name: str, columns: Collection[str]) -> dict[str, Column]:
    """Say what columns mean where they are those of the built-in table of this name; nothing where the table is another one."""
    known = about(name).columns if name in TABLES else {}
    return {column: known[column] for column in columns} if known.keys() >= set(columns) else {}


def _pixels() -> dict[str, Column]:
    places = itertools.product(range(8), repeat=2)
    return {f"pixel_{y}_{x}": Column(f"Grey value in row {y}, column {x}", "0 to 16") for y, x in places}


def _from_sklearn(name: str, target: str) -> dict[str, Any]:
    from sklearn import datasets

    if name == "diabetes":
        bunch = datasets.load_diabetes(scaled=False)
        return _features(bunch) | {target: bunch.target}
    bunch = {"breast-cancer": datasets.load_breast_cancer, "digits": datasets.load_digits, "wine": datasets.load_wine}[
        name
    ]()
    return _features(bunch) | {target: [str(bunch.target_names[code]) for code in bunch.target]}


def _features(bunch: Any) -> dict[str, Any]:
    return {str(feature): bunch.data[:, place] for place, feature in enumerate(bunch.feature_names)}
