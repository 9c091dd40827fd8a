"""Which dates do texts spell? In the order of day and month that the whole column allows, with times and zones.

A column whose dates may be read either way is told from others by nothing: the day is taken to come first then, and that is said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Dated", "are_short_days", "dates_of", "dates_spelled"]

_DAY_FIRST = "%d{0}%m{0}%Y", "%d{0}%m{0}%y"
_MONTH_FIRST = "%m{0}%d{0}%Y", "%m{0}%d{0}%y"
_ENDS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", ", %H:%M")
_WORDS = (
    "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%d/%b/%Y", "%d/%b/%y", "%b-%d-%Y",
    "%a %d %b %Y",
    "%d. %B %Y", "%d. %b %Y", "%A, %B %d, %Y", "%a, %d %b %Y", "%b %d %Y", "%B %d %Y", "%d%b%Y", "%d.%b.%Y",
)  # fmt: skip
_MONTHS = (
    "%b-%y",
    "%b %Y",
    "%B %Y",
    "%Y-%m",
    "%m/%Y",
    "%b-%Y",
    "%B-%Y",
    "%B %y",
    "%B-%y",
    "%Y/%m",
    "%m.%Y",
    "%y-%b",
    "%Y-%b",
)
_YEAR_FIRST = ("%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d")
_QUARTERS = "%YQ%q"
_QUARTER = re.compile(r"(\d{4})[\s/._-]?[Qq]([1-4])|[Qq]([1-4])[\s/._-]?(\d{4})")
_DIGITS = ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S")
_SHORT_DAY, _FEWEST_DAYS = "%y%m%d", 20
_LIKE = re.compile(r"(?=(?:.*\d){2})[\w\s.,/:+-]{5,40}")
_GERMAN = {
    "Januar": "January", "Jänner": "January", "Februar": "February", "März": "March", "Mai": "May", "Juni": "June", "Juli": "July",
    "Oktober": "October", "Dezember": "December", "Mär": "Mar", "Mrz": "Mar", "Okt": "Oct", "Dez": "Dec",
}  # fmt: skip
_MONTH_OF_GERMANS = re.compile(rf"\b({'|'.join(sorted(_GERMAN, key=len, reverse=True))})\b")
_SOME = 2_000


@dataclass(frozen=True, eq=False)
class Dated:
    """What texts say as dates.

    Attributes
    ----------
    values : numpy.ndarray of shape (n_texts,) of datetime64[us]
        Moments in UTC where a zone is named, else as written; NaT where a text is no date of the format.
    form : str
        As `time.strftime` writes it; "ISO 8601" for all that this standard allows, "%YQ%q" for quarters of years in any order.
    is_ambiguous : bool
        Whether the month may come first as well.
    """

    values: np.ndarray
    form: str
    is_ambiguous: bool = False

    @property
    def share(self) -> float:
        """How many of the texts are dates, from 0 to 1."""
        return float(np.mean(~np.isnat(self.values))) if len(self.values) else 0.0


def dates_of(texts: Sequence[str], form: str) -> Dated:
    """Read texts in one format; "ISO 8601" takes dates, times and zones of the standard."""
    if form == _QUARTERS:
        return Dated(np.array([_quarter(text) for text in texts], dtype="datetime64[us]"), form)
    series = pd.Series([_MONTH_OF_GERMANS.sub(lambda m: _GERMAN[m[0]], text) for text in texts], dtype=object)
    how = "ISO8601" if form == "ISO 8601" else form
    found = pd.to_datetime(series, format=how, errors="coerce", utc=True)
    return Dated(found.dt.tz_localize(None).to_numpy().astype("datetime64[us]"), form)


def are_short_days(texts: Sequence[str]) -> bool:
    """Whether all of many different texts are days of six digits such as 230115, and no months of a year such as 202301.

    >>> are_short_days([f"23{month:02d}{day:02d}" for month in (1, 2) for day in range(10, 25)])
    True
    >>> are_short_days([f"{year}{month:02d}" for year in range(2001, 2013) for month in range(1, 13)])
    False
    """
    if len(set(texts)) < _FEWEST_DAYS or any(len(text) != len("230115") or not text.isdecimal() for text in texts):
        return False
    days = [int(text[4:]) for text in texts]
    return max(days) > 12 and all(
        1 <= int(text[2:4]) <= 12 and 1 <= day <= 31 for text, day in zip(texts, days, strict=True)
    )


def _quarter(text: str) -> str:
    """Give the first day of a quarter."""
    found = _QUARTER.fullmatch(text)
    if found is None:
        return "NaT"
    year, quarter = found[1] or found[4], int(found[2] or found[3])
    return f"{year}-{3 * quarter - 2:02d}-01"


def dates_spelled(texts: Sequence[str], *, fewest: float) -> Dated | None:
    """Find the format that most of the texts have; None where no format has at least the share `fewest` of them.

    Some texts are tried in all formats, and all texts in the few that are left.
    """
    if not texts or np.mean([_LIKE.fullmatch(text) is not None for text in texts[:_SOME]]) < fewest:
        return None
    some = texts[:: 1 + len(texts) // _SOME]
    left = [form for form in _candidates(some) if dates_of(some, form).share >= fewest]
    found = [each for each in (dates_of(texts, form) for form in left) if each.share >= fewest]
    if not found:
        return None
    best = max(found, key=lambda each: each.share)  # the first of several
    others = [each for each in found if each is not best and each.share == best.share and _differ(each, best)]
    return Dated(
        best.values, best.form, bool(others) and "." not in best.form
    )  # nobody writes the month first with points


def _differ(one: Dated, other: Dated) -> bool:
    both = ~np.isnat(one.values) & ~np.isnat(other.values)
    return bool(np.any(one.values[both] != other.values[both]))


def _candidates(texts: Sequence[str]) -> list[str]:
    """List the formats to try for texts, by their signs: the day before the month, and years of four digits first."""
    signs = {sign for sign in "/.-" if any(sign in text for text in texts)}
    with_words = any(re.search(r"[^\W\d_]{3}", text) for text in texts)
    with_times = any(":" in text for text in texts)
    ends = _ENDS[1:] if with_times else _ENDS[:1]
    if all(text.isdecimal() for text in texts):
        return [_SHORT_DAY] if are_short_days(texts) else list(_DIGITS)
    found = ["ISO 8601"] if "-" in signs or "T" in "".join(texts[:20]) else []
    if any(_QUARTER.fullmatch(text) for text in texts):
        found.append(_QUARTERS)
    if with_words:
        return [*found, *(form + end for form in _WORDS for end in ends), *_MONTHS]
    for sign in sorted(signs):
        found += [form.format(sign) + end for end in ends for form in (*_DAY_FIRST, *_MONTH_FIRST)]
    return [*found, *(form + end for form in _YEAR_FIRST for end in ends), *(() if with_times else _MONTHS)]
