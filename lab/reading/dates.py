"""Which dates do texts spell? In the order of day and month that the whole column allows, with times and zones.

A column whose dates may be read either way is told from others by nothing: the day is taken to come first then, and that is said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

__all__ = ["Dated", "are_short_days", "dates_of", "dates_spelled"]

_DAY_FIRST = "%d{0}%m{0}%Y", "%d{0}%m{0}%y"
_MONTH_FIRST = "%m{0}%d{0}%Y", "%m{0}%d{0}%y"
_ENDS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", ", %H:%M")
_WORDS = (
    "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%d/%b/%Y", "%d/%b/%y", "%b-%d-%Y",
    "%a %d %b %Y",
    "%d. %B %Y", "%d. %b %Y", "%A, %B %d, %Y", "%a, %d %b %Y", "%B %d %Y", "%b %d %Y", "%d%b%Y", "%d.%b.%Y",
)  # fmt: skip
_MONTHS = (
    "%B-%y", "%b-%y", "%B %Y", "%b %Y", "%Y-%m", "%m/%Y", "%B-%Y", "%b-%Y", "%B %y", "%Y/%m", "%m.%Y", "%y-%b", "%Y-%b",
)  # fmt: skip
_YEAR_FIRST = ("%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d")
_QUARTERS, _WEEKS = "%YQ%q", "%G-W%V"
_WEEK = re.compile(r"\d{4}-?[Ww]\d{2}")
_QUARTER = re.compile(r"(\d{4})[\s/._-]?[Qq]([1-4])|[Qq]([1-4])[\s/._-]?(\d{4})")
_DIGITS = ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S")
_SHORT_DAY, _FEWEST_DAYS = "%y%m%d", 20
_LIKE = re.compile(r"(?=(?:.*\d){2})[\w\s.,/:+-]{5,40}")
_MONTH_WORDS = {
    "January": "januar jänner janvier enero gennaio janeiro januari",
    "February": "februar février febrero febbraio fevereiro februari",
    "March": "märz mars marzo março maart", "April": "avril abril aprile", "May": "mai mayo maggio maio mei",
    "June": "juni juin junio giugno junho", "July": "juli juillet julio luglio julho",
    "August": "août aout agosto augustus", "September": "septembre septiembre settembre setembro",
    "October": "oktober octobre octubre ottobre outubro", "November": "novembre noviembre novembro",
    "December": "dezember décembre diciembre dicembre dezembro",
    "Jan": "jän janv ene gen", "Feb": "févr fév fev", "Mar": "mär mrz mrt", "Apr": "avr abr", "Jun": "giu", "Jul": "juil lug",
    "Aug": "ago aoû", "Sep": "sept set", "Oct": "okt ott out", "Dec": "dez déc dic",
}  # fmt: skip
"""Months in German, French, Spanish, Italian, Portuguese and Dutch."""
_ENGLISH = {word: name for name, words in _MONTH_WORDS.items() for word in (name.casefold(), *words.split())}
_SHORTENED = {name.casefold(): name for name in _MONTH_WORDS if len(name) == len("Jan")} | {"nov": "Nov"}
_WORDS_OF_MONTHS = "|".join(sorted({**_ENGLISH, **_SHORTENED}, key=len, reverse=True))
_MONTH = re.compile(rf"(?:\bde )?\b({_WORDS_OF_MONTHS})\b(?:\.(?=[\s,-]|$))?(?: de\b)?", re.IGNORECASE)
_SOME = 2_000


@dataclass(frozen=True, eq=False)
class Dated:
    """What texts say as dates.

    Attributes
    ----------
    values : numpy.ndarray of shape (n_texts,) of datetime64[us]
        Moments in UTC where a zone is named, else as written; NaT where a text is no date of the format.
    form : str
        As `time.strftime` writes it; "ISO 8601" for all that this standard allows, "%YQ%q" for quarters of years in any order,
        "%G-W%V" for weeks of the calendar.
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
    if form == _WEEKS:
        texts, form = [f"{text.replace('-', '').upper()}1" for text in texts], "%GW%V%u"
        return replace(dates_of(texts, form), form=_WEEKS)
    is_short = "%b" in form
    series = pd.Series(
        [_MONTH.sub(lambda month: _in_english(month[1], is_short), text) for text in texts], dtype=object
    )
    how = "ISO8601" if form == "ISO 8601" else form
    found = pd.to_datetime(series, format=how, errors="coerce", utc=True)
    return Dated(found.dt.tz_localize(None).to_numpy().astype("datetime64[us]"), form)


@lru_cache(maxsize=4 * _SOME)
def _with_english_months(text: str, is_short: bool) -> str:
    return _MONTH.sub(lambda month: _in_english(month[1], is_short), text)


def _in_english(word: str, is_short: bool) -> str:
    """Name a month as `time.strptime` knows it, in three letters or whole.

    >>> _in_english("Févr", True), _in_english("gennaio", True), _in_english("gennaio", False), _in_english("sept", False)
    ('Feb', 'Jan', 'January', 'Sep')
    """
    name = _ENGLISH.get(word.casefold()) or _SHORTENED[word.casefold()]
    return name[:3] if is_short else name


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
    if texts and all(_WEEK.fullmatch(text) for text in texts):
        return [_WEEKS]
    if with_words:
        return [*found, *(form + end for form in _WORDS for end in ends), *_MONTHS]
    for sign in sorted(signs):
        found += [form.format(sign) + end for end in ends for form in (*_DAY_FIRST, *_MONTH_FIRST)]
    return [*found, *(form + end for form in _YEAR_FIRST for end in ends), *(() if with_times else _MONTHS)]
