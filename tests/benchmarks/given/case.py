"""What is a case? A file, a table, and what the file's own library answers to the table as pandas reads it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Case", "tables"]


@dataclass(frozen=True, eq=False)
class Case:
    """One file for one table.

    Attributes
    ----------
    kind, table : str
        The row and the column of the matrix.
    frame : pandas.DataFrame
        The table, with the column `y` to predict.
    content : bytes
        The file.
    suffix : str
        Of its name.
    expected : callable
        Takes the frame as `pandas.read_csv` gives it, and gives a frame of probabilities, its columns the
        texts of the classes; None where the file is to be refused.
    options : mapping
        `classes` and `output`, as a user would say them.
    may_be_refused : bool
        Whether a refusal is right too: not every part of every library can be served.
    """

    kind: str
    table: str
    frame: pd.DataFrame
    content: bytes
    suffix: str
    expected: Callable[[pd.DataFrame], pd.DataFrame] | None
    options: dict[str, Any] = field(default_factory=dict)
    may_be_refused: bool = False


def tables(n=400):
    """Give tables by name: numbers of three or two classes, whole numbers, missing ones, texts beside numbers in any order."""
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(n, 4)).round(3), columns=["width", "a b", "net", "zeta"])
    wide["net"] *= 100
    place = (wide[["width", "a b", "zeta"]] + rng.normal(0, 0.3, (n, 3))).to_numpy().argmax(axis=1)
    three = wide.assign(y=np.array(["low", "mid", "high"])[place])
    two = wide.assign(y=np.where(wide["width"] - wide["a b"] + rng.normal(0, 0.5, n) > 0, "stay", "churn"))
    digits = wide.assign(y=np.array([10, 2, 1])[place])
    whole = pd.DataFrame(rng.integers(-50, 50, (n, 3)), columns=["p", "q", "r"])
    whole["y"] = (whole["p"] > whole["q"] + rng.normal(0, 10, n)).astype(int)
    gaps = two.mask(rng.random(two.shape) < 0.1).assign(y=two["y"])
    mixed = pd.DataFrame(
        {
            "job": rng.choice(["cook", "nurse", "clerk"], n),
            "age": rng.integers(18, 90, n),
            "income": rng.normal(3_000, 800, n).round(2),
            "region": rng.choice(["north", "south", "east"], n),
        }
    )
    score = (mixed["age"] - 50) / 15 + (mixed["job"] == "nurse") * 2 - (mixed["region"] == "north")
    mixed["y"] = np.where(score + rng.normal(0, 0.5, n) > 0, "stay", "leave")
    return {"three": three, "two": two, "digits": digits, "whole": whole, "gaps": gaps, "mixed": mixed}
