"""Which numbers do texts spell? With signs for decimals and thousands of any country, currencies, per cent, brackets for minus.

A column is read in one spelling. What `1.234` means is told by the others: `1.234,5`, `1.234.567` or `12.5` beside it say it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Sign", "Spelled", "numbers_of", "spelled_numbers"]

_CURRENCIES = (
    "US$", "A$", "C$", "R$", "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₪", "฿", "zł", "Kč", "kr.", "kr", "Fr.", "Ft", "lei",
    "EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "CAD", "AUD", "NZD", "CNY", "INR", "BRL",
    "MXN", "ZAR", "TRY", "RUB",
)  # fmt: skip
_MONEY = "|".join(re.escape(word) for word in sorted(_CURRENCIES, key=len, reverse=True))
_BLANKS = " \u00a0\u2009\u202f\t"
_NUMBER = re.compile(
    rf"""(?P<text>')?(?:(?P<bound>[<>≤≥]=?)[{_BLANKS}]*)?(?P<open>\()?[{_BLANKS}]*(?P<minus>[-+−])?[{_BLANKS}]*(?P<before>{_MONEY})?[{_BLANKS}]*(?P<later>[-−])?
    (?P<digits>(?:\d[\d.,'’{_BLANKS}]*\d|\d)(?:[eE][-+]?\d{{1,3}})?|[.,]\d+(?:[eE][-+]?\d{{1,3}})?)(?P<end>[.,][-–—]{{0,2}})?
    [{_BLANKS}]*(?P<behind>{_MONEY}|%|‰|[^\W\d_]{{1,10}}(?:[²³]|/[^\W\d_]{{1,6}})?|°[CF]?)?[{_BLANKS}]*(?P<trailing>[-−])?(?P<close>\))?""",
    re.VERBOSE,
)
_GROUPED = {sign: re.compile(rf"\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+") for sign in ".,"}
_BY_BLANKS = re.compile(rf"\d{{1,3}}(?:(?P<sign>['’{_BLANKS}])\d{{3}})(?:(?P=sign)\d{{3}})*(?P<rest>[.,]\d*)?")
_INFINITE = {word: float(word) for word in ("inf", "+inf", "-inf", "infinity", "-infinity")}
_PLAIN = {
    sign: rf"^-?(\d+|\d{{1,3}}({re.escape(other)}\d{{3}})+)({re.escape(sign)}\d+)?$"
    for sign, other in ((".", ","), (",", "."))
}
_MOST_BOUNDS = 0.2
_SOME = 5_000
"""Of more different texts, so many tell how they are spelled."""
Sign = Literal[".", ","]
_FEWEST_WHOLE = 0.02
"""Where decimals are written without zeros at their ends, so few numbers of three places are whole ones of up to three digits."""


@dataclass(frozen=True, eq=False)
class Spelled:
    """What texts say as numbers.

    Attributes
    ----------
    values : numpy.ndarray of shape (n_texts,)
        The numbers, NaN where a text is none.
    how : tuple of str
        What was found in the spelling beyond plain digits and a decimal point, in words.
    decimal : {".", ",", None}
        The decimal sign that the texts prove; None where they prove none.
    sign, unit : str, str or None
        The decimal sign and the unit by which they were read; None where most have no unit.
    """

    values: "NDArray[np.float64]"
    how: tuple[str, ...]
    decimal: Sign | None
    sign: Sign = "."
    unit: str | None = None


def spelled_numbers(texts: Sequence[str], counts: "NDArray[np.int64]", *, usual: Sign | None) -> Spelled:
    """Read texts as numbers of one spelling.

    Parameters
    ----------
    texts : sequence of str
        Different texts without blanks around them.
    counts : array of shape (n_texts,)
        In how many rows each stands.
    usual : {".", ",", None}
        The decimal sign that other columns prove, or that goes with the separator of the file; it decides what nothing here does.
    """
    some = slice(None, None, 1 + len(texts) // _SOME)
    found = [_NUMBER.fullmatch(text) for text in texts[some]]
    if _are_bounds(found, counts[some]):
        return Spelled(np.full(len(texts), np.nan), (), None)
    unit = _unit(found, counts[some])
    parts = [match if match is not None and _fits(match, unit) else None for match in found]
    digits = [None if match is None else match["digits"] for match in parts]
    decimal, is_sure = _decimal(digits, counts[some], usual)
    values = numbers_of(texts, decimal, unit) if any(parts) else _infinite(texts)
    how = _in_words(parts, values[some], decimal, unit)
    return Spelled(values, how, decimal if is_sure else None, decimal, unit)


def _are_bounds(found: Sequence["re.Match[str] | None"], counts: "NDArray[np.int64]") -> bool:
    """Whether a fifth of the rows say less than a number, or more: then they are classes (`<30`, `>=30`), and no measurements."""
    bounds = sum(int(count) for match, count in zip(found, counts, strict=True) if match is not None and match["bound"])
    return bounds > _MOST_BOUNDS * int(counts.sum())


def _infinite(texts: Sequence[str]) -> "NDArray[np.float64]":
    return np.array([_INFINITE.get(text.casefold(), np.nan) for text in texts], dtype=np.float64)


def numbers_of(texts: Sequence[str], decimal: Sign, unit: str | None) -> "NDArray[np.float64]":
    """Compute the numbers of a known spelling, NaN where a text is none: those of digits alone at once, others one by one."""
    array = pa.array(texts, pa.string())
    sign = "," if decimal == "." else "."
    is_plain = pc.match_substring_regex(array, _PLAIN[decimal])
    plain = pc.filter(array, is_plain)
    numbers = pc.cast(pc.replace_substring(pc.replace_substring(plain, sign, ""), decimal, "."), pa.float64())
    values = np.full(len(texts), np.nan)
    kept = is_plain.to_numpy(zero_copy_only=False).astype(bool)
    values[kept] = numbers.to_numpy(zero_copy_only=False)
    for place in np.flatnonzero(~kept).tolist():
        match = _NUMBER.fullmatch(texts[place])
        if match is not None and _fits(match, unit):
            values[place] = _value(match, decimal)
        else:
            values[place] = _INFINITE.get(texts[place].casefold(), np.nan)
    return values


def _unit(found: Sequence["re.Match[str] | None"], counts: "NDArray[np.int64]") -> str | None:
    """Find what most numbers have behind them: a currency, per cent, a unit. Another one beside it is no number of this column."""
    often: dict[str, int] = {}
    for match, count in zip(found, counts, strict=True):
        if match is not None:
            word = match["behind"] or ""
            often[word] = often.get(word, 0) + int(count)
    most = max(often, key=often.__getitem__, default="")
    return most or None


def _fits(match: "re.Match[str]", unit: str | None) -> bool:
    """Whether a number has the unit of the others, or none, and its brackets are closed."""
    behind = match["behind"]
    if behind is not None and behind != unit and behind not in _CURRENCIES:
        return False
    if bool(match["open"]) != bool(match["close"]):
        return False
    signs = [match["minus"], match["later"], match["trailing"], match["open"]]
    return sum(sign is not None for sign in signs) <= 1


def _decimal(digits: Sequence[str | None], counts: "NDArray[np.int64]", usual: Sign | None) -> tuple[Sign, bool]:
    """Say which sign is the decimal one, and whether the numbers prove it."""
    votes = {".": 0, ",": 0}  # for the sign as the decimal one
    lone: dict[str, int] = {".": 0, ",": 0}  # three digits behind one sign: may be either
    whole = small = 0
    for text, count in zip(digits, counts.tolist(), strict=True):
        if text is None:
            continue
        sign = _decimal_of(text)
        if sign is None:
            whole += count
            small += count if len(text) <= 3 else 0
        elif sign.startswith("?"):
            lone[sign[1]] += count
        else:
            votes[sign] += count
    if votes["."] or votes[","]:
        decimal: Sign = "." if votes["."] >= votes[","] else ","
        return decimal, True
    if not (lone["."] or lone[","]):
        return usual or ".", False
    parts: Sign = "." if lone["."] >= lone[","] else ","
    other: Sign = "," if parts == "." else "."
    if whole and whole == small and whole >= _FEWEST_WHOLE * (whole + lone[parts]):
        return other, False  # 889 beside 1.367: decimals would have one or two places now and then
    return usual or ".", False


def _decimal_of(text: str) -> str | None:
    """Say which decimal sign digits prove; "?." or "?," where that sign may part thousands as well; None where there is none."""
    plain = re.split("[eE]", text)[0]
    if grouped := _BY_BLANKS.fullmatch(plain):
        return grouped["rest"][0] if grouped["rest"] else None
    points, commas = plain.count("."), plain.count(",")
    if points and commas:
        return "." if plain.rfind(".") > plain.rfind(",") else ","
    if not points and not commas:
        return None
    sign, often = (".", points) if points else (",", commas)
    if often > 1:
        return ("," if sign == "." else ".") if _GROUPED[sign].fullmatch(plain) else None
    return f"?{sign}" if _GROUPED[sign].fullmatch(plain) and not plain.startswith("0") else sign


def _value(match: "re.Match[str]", decimal: Sign) -> float:
    """Compute the number that digits say; NaN where they are not grouped in threes."""
    mantissa, *power = re.split("[eE]", match["digits"])
    sign = "," if decimal == "." else "."
    before, _, after = mantissa.partition(decimal)
    if sign in after or decimal in after:
        return np.nan
    if sign in before:
        if not _GROUPED[sign].fullmatch(before):
            return np.nan
        before = before.replace(sign, "")
    elif re.search(rf"['’{_BLANKS}]", before):
        if not _BY_BLANKS.fullmatch(before):
            return np.nan
        before = re.sub(rf"['’{_BLANKS}]", "", before)
    if not after.isdigit() and after:
        return np.nan
    try:
        number = float(f"{before or '0'}.{after or '0'}" + (f"e{power[0]}" if power else ""))
    except ValueError:
        return np.nan
    is_minus = match["open"] or any((match[name] or "") in ("-", "−") for name in ("minus", "later", "trailing"))
    return -number if is_minus else number


def _in_words(
    parts: Sequence["re.Match[str] | None"], values: "NDArray[np.float64]", decimal: Sign, unit: str | None
) -> tuple[str, ...]:
    there = [match for match, value in zip(parts, values, strict=True) if match is not None and not np.isnan(value)]
    other = "." if decimal == "," else ","
    digits = [match["digits"] for match in there]
    found = []
    if decimal == "," and any("," in text for text in digits):
        found.append("a decimal comma")
    if any(other in text for text in digits):
        found.append(f"thousands parted by {'points' if other == '.' else 'commas'}")
    if any(_BY_BLANKS.fullmatch(re.split("[eE]", text)[0]) for text in digits):
        found.append("thousands parted by blanks or apostrophes")
    money = {match["before"] for match in there} | {
        match["behind"] for match in there if match["behind"] in _CURRENCIES
    }
    if words := sorted(word for word in money if word):
        found.append(f"the currency {', '.join(words)}" if len(words) == 1 else f"the currencies {', '.join(words)}")
    if unit and unit not in _CURRENCIES:
        found.append("signs for per cent (12 % is 12)" if unit == "%" else f"the unit {unit}")
    if any(match["open"] for match in there):
        found.append("brackets for minus")
    if bounds := sorted({match["bound"] for match in there if match["bound"]}):
        found.append(f"signs for limits ({bounds[0]} 5 is 5)")
    return tuple(found)
