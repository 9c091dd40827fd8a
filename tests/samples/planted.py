"""Tables with a singular value in every kind of column, and a search that knows every spelling of such a value.

A day is a number of five digits, which a clock shows too now and then: `without_the_clock` takes away what a clock, a digest or
the system's choice of a port has written, by patterns that fit nothing else.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

__all__ = ["NUMBERS", "PLANTED", "TEXTS", "leaks_in", "spellings", "table_of", "without_the_clock"]

NUMBERS = {
    "highest": 98_765_432.25,
    "lowest": -87_654_321.75,
    "in a gap": 14_321_987.5,
    "the median": 5_123_457.25,
    "a code": 73_194_862.0,
    "beside missing ones": 61_728_394.5,
    "a target": 76_543_219.25,
}
DAYS = {"first day": date(1911, 3, 17), "last day": date(2087, 11, 5), "day in a gap": date(2019, 3, 14)}
TEXTS = {"category": "Zaphod Beeblebrox", "remark": "quite alone, at 7 Orchard Lane"}
PLANTED: dict[str, float | date | str] = {**NUMBERS, **DAYS, **TEXTS}


def table_of(n_rows: int, *, target: str) -> dict[str, list]:
    """Make columns of plain cells (None is missing), the target among them: classes, or a number.

    Each planted value stands in one row, each in another one.
    """
    rng = np.random.default_rng(n_rows)
    signal = rng.normal(size=n_rows)
    positive = (signal + 0.6 * rng.normal(size=n_rows) > 0).astype(int)
    positive[:20] = np.arange(20) % 2
    level = 3_000_000 + 500_000 * signal
    pay = np.where(np.arange(n_rows) % 2, level, level + 20_000_000 + 123.4567 * rng.normal(size=n_rows))
    half = (n_rows - 1) // 2  # of an odd number of values one is the median; of an even number of rows one is empty
    steady = np.concatenate([-1 - rng.exponential(size=half), [0.0], 1 + rng.exponential(size=half)])
    order = np.argsort(signal[: len(steady)] + 2 * rng.normal(size=len(steady)))
    steady_cells: list = [None] * n_rows
    for row, distance in zip(order, np.sort(steady), strict=True):
        steady_cells[row] = NUMBERS["the median"] + 400_000 * distance
    start = np.datetime64("2010-01-01") + (rng.integers(0, 1_500, n_rows) + 4_000 * (signal > 0)).astype(
        "timedelta64[D]"
    )
    days = [moment.item() for moment in start]
    code = rng.integers(10_000_000, 99_999_999, n_rows).tolist()
    group = rng.choice(["north", "south", "east"], n_rows).tolist()
    alone = [False] * n_rows
    left, right = rng.random(n_rows) < 0.5, signal > 0.4
    left[4], right[4] = True, True
    left[(np.arange(n_rows) != 4) & right] = False  # both hold in one row only
    present = [None] * n_rows
    pay_cells: list = pay.tolist()
    pay_cells[0], pay_cells[1], pay_cells[2] = NUMBERS["highest"], NUMBERS["lowest"], NUMBERS["in a gap"]
    days[3], days[5], days[6] = DAYS["first day"], DAYS["last day"], DAYS["day in a gap"]
    code[7], group[8], alone[9] = int(NUMBERS["a code"]), TEXTS["category"], True
    for row, value in zip((10, 11, 12), (1.5, NUMBERS["beside missing ones"], 2.5), strict=True):
        present[row] = value
    mostly: list = (70_000_000 + 1_000_000 * signal).tolist()
    for row in (13, 14, 15):  # missing in three rows only
        mostly[row] = None
    remarks = [f"remark {row} of them" for row in range(n_rows)]
    remarks[16] = TEXTS["remark"]
    numbers: list = (40_000 + 9_000 * signal + 3_000 * rng.normal(size=n_rows)).tolist()
    numbers[17] = NUMBERS["a target"]
    outcome = ["yes" if flag else "no" for flag in positive] if target == "classes" else numbers
    return {
        "pay": pay_cells, "steady": steady_cells, "since": days, "figure": code, "group": group, "alone": alone,
        "left": left.tolist(), "right": right.tolist(), "partly": present, "mostly": mostly, "remark": remarks,
        "signal": signal.round(2).tolist(), "outcome": outcome,
    }  # fmt: skip


@dataclass(frozen=True)
class _Forms:
    texts: tuple[str, ...]
    numbers: tuple[float, ...]


def spellings(value: float | date | str) -> _Forms:
    """List how a value may be written: in full, to 6 and to 4 digits, with separators, as a float32, as a day."""
    if isinstance(value, str):
        return _Forms((value, value.split(",")[0]), ())
    if isinstance(value, date):
        days = (value - date(1970, 1, 1)).days
        forms = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%b %d, %Y", "%d %b %Y", "%B %d, %Y", "%d %B %Y", "%m/%d/%Y")
        return _Forms((*(value.strftime(form) for form in forms), str(days), f"{days:,}"), (float(days),))
    rounded = [
        value,
        float(np.float32(value)),
        float(round(value)),
        *(float(f"{value:.{digits}g}") for digits in (6, 4)),
    ]
    return _Forms(tuple(dict.fromkeys(_written(rounded))), tuple(dict.fromkeys(rounded)))


def _written(numbers: list[float]) -> Iterator[str]:
    for number in map(abs, numbers):
        digits = f"{number:,.10f}".rstrip("0").rstrip(".")
        for separator in (",", "", " ", "_", "\u202f", "\u00a0", "'", "&nbsp;"):
            yield digits.replace(",", separator)
        yield from (repr(number), f"{number:.6g}", f"{number:.4g}", f"{number:e}", f"{number:.3e}", f"{number:.5e}")
        yield f"{number / 1e6:.4g}M"
        yield f"{number / 1e6:.6g}M"


def leaks_in(content: str | bytes, wanted: dict[str, float | date | str]) -> list[str]:
    """Name the planted values that are found in a text, or in a file's bytes (numbers of any width, texts in UTF-8)."""
    found = []
    for name, value in wanted.items():
        forms = spellings(value)
        if isinstance(content, bytes):
            there = any(packed in content for packed in _packed(forms, value))
        else:
            held = (form for form in forms.texts if form in content)  # before the others are compiled as patterns
            there = any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\d|\.\d)", content) for form in held)
        if there:
            found.append(name)
    return found


_WRITTEN_BY_CHANCE = re.compile(
    r"""
    ^\d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d,\d{3}(?=\ (?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\ )  # when a line of the log was written
    | (?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])                                       # a SHA-256
    | (?<=tcp://127\.0\.0\.1:)\d{5}(?!\d)                                              # a port of this machine
    | (?<![\d.,])[\d,]+(?=\ (?:rows|calls)\ per\ second)                                # a measured rate
    """,
    re.MULTILINE | re.VERBOSE,
)
_TABLE = re.compile(r"<thead><tr>(?P<head>.*?)</tr></thead>\s*<tbody>(?P<body>.*?)</tbody>", re.DOTALL)
_MEASURED = re.compile(r"\((?:s|ms|us|µs)\)$|\bper second$")


def without_the_clock(text: str) -> str:
    """Take from a text what only a clock, a digest or a port can have written; in a page, the cells of columns of times and rates."""
    return _TABLE.sub(_unmeasured, _WRITTEN_BY_CHANCE.sub("", text))


def _unmeasured(table: re.Match[str]) -> str:
    names = re.findall(r"<th[^>]*>(.*?)</th>", table["head"])
    measured = [bool(_MEASURED.search(name)) for name in names]
    for place, name in enumerate(names):
        measured[place] |= place > 0 and name.strip() == "interval" and measured[place - 1]
    cells = (re.findall(r"<td.*?</td>", row, re.DOTALL) for row in table["body"].split("</tr>"))
    kept = ("".join(cell for cell, drop in zip(row, measured, strict=True) if not drop) for row in cells if row)
    return f"{table['head']}{'</tr>'.join(kept)}"


def _packed(forms: _Forms, value: float | date | str) -> Iterator[bytes]:
    if isinstance(value, str):
        yield from (text.encode() for text in forms.texts)
        return
    yield from (text.encode() for text in forms.texts if len(text) > 7)
    for number in forms.numbers:
        for signed in (number, -number):
            yield struct.pack("<d", signed)
            if not isinstance(value, date):  # four bytes of a small number are met by chance
                yield struct.pack("<f", signed)
            if signed == int(signed):
                yield struct.pack("<q", int(signed))
