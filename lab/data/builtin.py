"""Which tables come with the laboratory? Four real ones from scikit-learn and a generated one of mixed types."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TABLES", "load"]

TABLES = {
    "breast-cancer": "569 rows, 30 measurements of cell nuclei, benign or malignant (real; Wolberg et al. 1995)",
    "digits": "1,797 rows, 8 x 8 grey values of handwritten digits, ten classes (real; Alpaydin and Kaynak 1998)",
    "wine": "178 rows, 13 chemical measurements, three cultivars (real; Aeberhard and Forina 1992)",
    "diabetes": "442 rows, 10 measurements of patients, the progression of diabetes a year later: a number (real; Efron et al. 2004)",
    "loans": "1,200 rows, numbers, dates, booleans and categories with missing values, a group column (generated)",
}


def load(name: str) -> "tuple[pa.Table, bytes, str]":
    """Return (table, its CSV text as bytes, the name of its target) of a built-in table."""
    import pyarrow as pa
    from pyarrow import csv

    frame, target = _loans() if name == "loans" else _from_sklearn(name)
    table = pa.table(frame)
    text = io.BytesIO()
    csv.write_csv(table, text)
    return table, text.getvalue(), target


def _from_sklearn(name: str) -> tuple[dict, str]:
    from sklearn import datasets

    if name == "diabetes":
        bunch = datasets.load_diabetes(scaled=False)
        columns = {str(feature): bunch.data[:, i] for i, feature in enumerate(bunch.feature_names)}
        return columns | {"progression": bunch.target}, "progression"
    bunch = {"breast-cancer": datasets.load_breast_cancer, "digits": datasets.load_digits, "wine": datasets.load_wine}[
        name
    ]()
    target = {"breast-cancer": "diagnosis", "digits": "digit", "wine": "cultivar"}[name]
    columns = {str(feature): bunch.data[:, i] for i, feature in enumerate(bunch.feature_names)}
    columns[target] = [str(bunch.target_names[code]) for code in bunch.target]
    return columns, target


def _loans(n_rows: int = 1_200, seed: int = 20_26) -> tuple[dict, str]:
    """Draw a table of loan applications from a known process.

    The log-odds of default are additive in income, debt, age and employment, plus one interaction (debt hurts the
    self-employed more); the group column `region` shifts income but has no effect of its own.
    """
    import numpy as np
    from scipy.special import expit  # here, since a list of the tables needs none of it

    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "east", "west"], n_rows, p=[0.4, 0.3, 0.2, 0.1])
    employment = rng.choice(["employed", "self-employed", "unemployed", "retired"], n_rows, p=[0.6, 0.2, 0.1, 0.1])
    age = np.clip(
        np.where(employment == "retired", rng.normal(70, 5, n_rows), rng.normal(42, 11, n_rows)), 18, 95
    ).round()
    income = np.exp(
        rng.normal(7.9, 0.5, n_rows) - 0.2 * (region == "south") - 0.6 * (employment == "unemployed")
    ).round(2)
    debt_share = rng.beta(2, 4, n_rows).round(3)
    homeowner = rng.random(n_rows) < expit((age - 45) / 10)
    applied = np.datetime64("2024-01-01") + rng.integers(0, 730, n_rows).astype("timedelta64[D]")
    log_odds = (
        -2.6
        - 1.1 * (np.log(income) - 7.9)
        + 3.5 * debt_share
        + 2.5 * debt_share * (employment == "self-employed")
        + 0.9 * (employment == "unemployed")
        - 0.4 * homeowner
        + 0.0006 * (age - 45) ** 2
    )
    default = rng.random(n_rows) < expit(log_odds)

    def with_missing(values: np.ndarray, share: float) -> list:
        gone = rng.random(n_rows) < share
        return [None if missing else value for value, missing in zip(values.tolist(), gone, strict=True)]

    return {
        "age": with_missing(age, 0.03),
        "income": with_missing(income, 0.08),
        "debt share": debt_share,
        "employment": with_missing(employment, 0.05),
        "homeowner": with_missing(homeowner, 0.04),
        "applied": applied,
        "region": region,
        "default": np.where(default, "yes", "no"),
    }, "default"
