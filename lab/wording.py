"""How is a number said to a director? Plain words, never more certainty than the interval."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lab.numbers import number
from lab.protocol import Estimate

__all__ = [
    "about_size",
    "amount",
    "at_least",
    "capital",
    "compared",
    "count",
    "difference",
    "duration",
    "exact",
    "likelihood",
    "listed",
    "longer_curves",
    "on_the_rows_used",
    "opening",
    "percent",
    "repetitions",
    "rough",
    "settled_by_curves",
    "settling",
    "source_of",
    "states",
    "worst_control",
    "wrong_share",
]


def amount(value: float, unit: str) -> str:
    """Say a quantity with its unit.

    >>> amount(4.66, "points"), amount(0.004, "points"), amount(0.03127, ""), amount(12_345.6, "")
    ('4.7 points', '0.0 points', '0.0313', '12,300')
    >>> amount(0.00253, "MB"), amount(2.531, "MB")
    ('2.53 kB', '2.53 MB')
    >>> amount(2.5, "us"), amount(0.0123, "ms"), amount(5.5e-5, "ms")
    ('2.5 µs', '12.3 µs', '55 ns')
    >>> amount(-0.04, "points"), amount(-0.0, "ms")  # nothing has no sign
    ('0.0 points', '0 ms')
    """
    if unit == "points":
        return f"{round(value, 1) + 0.0:,.1f} points"
    value += 0.0
    if unit == "MB" and 0 < value < 0.1:
        value, unit = 1e3 * value, "kB"
    if unit == "ms" and 0 < value < 0.1:
        value, unit = (1e3 * value, "us") if value >= 1e-3 else (1e6 * value, "ns")
    if unit == "us":
        unit = "µs"
    if abs(value) < 1e-4:
        return f"{number(value)} {unit}".rstrip()
    return f"{float(f'{value:.3g}'):,.10g} {unit}".rstrip()


def at_least(margin: float, unit: str) -> str:
    """Say what a difference must be more than.

    >>> at_least(1.0, "points"), at_least(0.0, "points")
    ('of more than 1 point', 'of any size')
    """
    return f"of more than {exact(margin, unit)}" if margin else "of any size"


def exact(value: float, unit: str) -> str:
    """Say a quantity that somebody chose, a margin or a budget: with its own digits and no more.

    >>> exact(1.0, "points"), exact(0.5, "points"), exact(100 * 0.007, "points"), exact(0.01, ""), exact(5.0, "MB")
    ('1 point', '0.5 points', '0.7 points', '0.01', '5 MB')
    """
    return f"{value:.6g} {'point' if unit == 'points' and value == 1 else unit}".rstrip()


def capital(sentence: str) -> str:
    """Let words begin with a capital letter.

    >>> capital("rows seem to belong together")
    'Rows seem to belong together'
    """
    return f"{sentence[:1].upper()}{sentence[1:]}"


def likelihood(chance: float) -> str:
    """Say a chance (0 to 1) in words with its number beside them: nothing is impossible, and nothing is sure.

    The words are those of the Intergovernmental Panel on Climate Change. Alone they are read very differently; with numbers
    beside them people in 24 countries read them much more alike (Budescu, Por, Broomell and Smithson 2014, Nature Climate
    Change 4, 508-512).

    >>> likelihood(0.02), likelihood(0.23), likelihood(0.5)
    ('very unlikely (2 in 100)', 'unlikely (23 in 100)', 'about as likely as not (50 in 100)')
    >>> likelihood(0.75), likelihood(0.98)
    ('likely (75 in 100)', 'very likely (98 in 100)')
    >>> likelihood(0.0), likelihood(1.0), likelihood(0.994)
    ('very unlikely (less than 1 in 100)', 'very likely (more than 99 in 100)', 'very likely (more than 99 in 100)')
    """
    if chance < 0.01:
        return "very unlikely (less than 1 in 100)"
    if chance > 0.99:
        return "very likely (more than 99 in 100)"
    of_100 = round(100 * chance)
    bounds = ((10, "very unlikely"), (33, "unlikely"), (67, "about as likely as not"), (91, "likely"))
    word = next((word for bound, word in bounds if of_100 < bound), "very likely")
    return f"{word} ({of_100} in 100)"


def states(who: str, chances: tuple[float, float, float], margin: float, unit: str) -> dict[str, float]:
    """Name the three states of a difference, with their chances: worse, level and better by more than the margin.

    >>> list(states("quantum", (0.2, 0.5, 0.3), 1.0, "points"))
    ['quantum worse by more than 1 point', 'level (within 1 point)', 'quantum better by more than 1 point']
    >>> states("quantum", (0.4, 0.0, 0.6), 0.0, "points")
    {'quantum worse': 0.4, 'quantum better': 0.6}
    """
    worse, level, better = chances
    if not margin:
        return {f"{who} worse": worse, f"{who} better": level + better}
    said = exact(margin, unit)
    return {
        f"{who} worse by more than {said}": worse,
        f"level (within {said})": level,
        f"{who} better by more than {said}": better,
    }


def rough(value: float) -> str:
    """Say a large figure as roughly as it is known.

    >>> rough(3_181_305.0), rough(576.6), rough(0.1234)
    ('3,200,000', '580', '0.12')
    """
    return f"{float(f'{value:.2g}'):,.10g}"


def difference(estimate: Estimate, than: str) -> str:
    """Say how much better or worse than something, and the interval.

    >>> difference(Estimate(-4.7, -7.2, -2.1, "points"), "the best")
    '4.7 points below the best (95 % interval 2.1 to 7.2 points below)'
    >>> difference(Estimate(0.3, -0.4, 1.0, "points"), "the best")
    '0.3 points above the best (95 % interval 0.4 points below to 1.0 points above)'
    >>> difference(Estimate(0.01, -0.4, 1.0, "points"), "the best")
    'level with the best (95 % interval 0.4 points below to 1.0 points above)'
    >>> difference(Estimate(0.0, -0.02, 0.02, ""), "the best")
    'level with the best (95 % interval 0.02 below to 0.02 above)'
    """
    above, below = "above", "below"
    unit = estimate.unit

    def side(value: float) -> str:
        return f"{amount(abs(value), unit)} {above if value >= 0 else below}"

    if (estimate.low < 0) == (estimate.high < 0):
        near, far = sorted((abs(estimate.low), abs(estimate.high)))
        word = above if estimate.value >= 0 else below
        interval = f"{amount(near, unit).removesuffix(f' {unit}')} to {amount(far, unit)} {word}"
    else:
        interval = f"{side(estimate.low)} to {side(estimate.high)}"
    level = amount(abs(estimate.value), unit) == amount(0.0, unit)  # it would be shown as nothing
    middle = "level with" if level else side(estimate.value)
    return f"{middle} {than} ({percent(float(estimate.confidence))} interval {interval})"


def percent(share: float) -> str:
    """Say a confidence (0 to 1), to the tenth of a percent, and never more than it is.

    >>> percent(0.95), percent(1 - 0.05 / 3), percent(0.9975)
    ('95 %', '98.3 %', '99.7 %')
    """
    return f"{math.floor(1000 * share + 1e-6) / 10:g} %"


def compared(side: str, found: Estimate, other: str, facts: Mapping[str, Any], *, is_expected: bool) -> tuple[str, str]:
    """Say how one side compares with the other: in full, and without the metric where there is no room for it.

    Parameters
    ----------
    side, other : str
        "the best quantum model", "the best classical one".
    found : Estimate
        How much better the side is.
    facts : mapping
        With "metric"; where it `is_expected` only, at the "size" that the verdict is about, also "n_rows" and "rows_in_table".

    Examples
    --------
    >>> print(*compared("the best", Estimate(2.0, 1.0, 3.0, "points"), "the other", {"metric": "R²"}, is_expected=False), sep=chr(10))
    the best is 2.0 points above the other in R² (95 % interval 1.0 to 3.0 points above).
    the best is 2.0 points above the other (95 % interval 1.0 to 3.0 points above).
    """
    said = f"{about_size(facts)}, {side} should be" if is_expected else f"{side} is"
    full, brief = (f"{said} {difference(found, than)}." for than in (f"{other} in {_metric(facts)}", other))
    return full, brief


def on_the_rows_used(side: str, found: Estimate, other: str, facts: Mapping[str, Any]) -> str:
    """Say what was found on the rows that were used, where the verdict is about another number of them; see `compared`.

    >>> facts = {"metric": "R²", "size": 9_000, "n_rows": 500, "rows_in_table": 500}
    >>> on_the_rows_used("the best", Estimate(2.0, 1.0, 3.0, "points"), "the other", facts)
    'The question is about 9,000 rows. The best is 2.0 points above the other in R² (95 % interval 1.0 to 3.0 points above).'
    >>> on_the_rows_used("the best", Estimate(2.0, 1.0, 3.0, "points"), "the other", facts | {"size": None})
    ''
    """
    if facts.get("size") is None:
        return ""
    said = difference(found, f"{other} in {_metric(facts)}")
    return f"The question is about {facts['size']:,} rows. {opening(capital(side), facts)} is {said}."


def _metric(facts: Mapping[str, Any]) -> str:
    """Name the metric without what it is called further, or over what it is a mean; a sign that is turned is part of its name."""
    name: str = facts["metric"]
    return name.removesuffix(" (explained variance)").removesuffix(" (mean over classes)")


def settling(rows: int | None, *, in_table: int, max_rows: int) -> str:
    """Say how many rows would decide (see `lab.decisions.rows_to_settle`), and where they are to come from.

    >>> settling(16_000, in_table=20_000, max_rows=1_000)
    'about 16,000 rows would settle it (with --max-rows 16000)'
    >>> settling(16_000, in_table=569, max_rows=1_000)
    'about 16,000 rows would settle it (the table has only 569)'
    >>> settling(None, in_table=569, max_rows=1_000)
    'the estimate is too close to the margin to say how many rows would settle it'
    """
    if rows is None:
        return "the estimate is too close to the margin to say how many rows would settle it"
    return f"about {count(rows, 'row')} would settle it{source_of(rows, in_table=in_table, max_rows=max_rows)}"


def source_of(rows: int, *, in_table: int, max_rows: int) -> str:
    """Say where so many rows are to come from: `in_table` are there, and a run takes `max_rows` of them at most.

    >>> source_of(3_000, in_table=9_000, max_rows=5_000), source_of(9_000, in_table=9_000, max_rows=5_000)
    ('', ' (with --max-rows 9000)')
    >>> source_of(9_001, in_table=9_000, max_rows=9_000)
    ' (the table has only 9,000)'
    >>> source_of(9_001, in_table=9_000, max_rows=5_000)
    ' (the table has only 9,000, of which 5,000 were used)'
    """
    if rows > in_table:
        used = f", of which {max_rows:,} were used" if in_table > max_rows else ""
        return f" (the table has only {in_table:,}{used})"
    return f" (with --max-rows {rows})" if rows > max_rows else ""


def opening(word: str, facts: Mapping[str, Any]) -> str:
    """Begin a sentence about the rows that were used, and say so where they are a sample.

    >>> opening("The", {"n_rows": 500, "rows_in_table": 500}), opening("The", {"n_rows": 5_000, "rows_in_table": 200_000})
    ('The', 'On 5,000 of 200,000 rows, the')
    """
    n_rows, of = facts["n_rows"], facts["rows_in_table"]
    return word if n_rows == of else f"On {n_rows:,} of {of:,} rows, {word[0].lower()}{word[1:]}"


def about_size(facts: Mapping[str, Any]) -> str:
    """Say with how many rows a verdict is about that is carried on by learning curves, without a number.

    >>> [about_size({"n_rows": 500, "rows_in_table": 9_000, "size": size}) for size in (9_000, 20_000, 300)]
    ['with all rows', 'with more rows', 'with fewer rows']
    """
    if facts["size"] == facts["rows_in_table"]:
        return "with all rows"
    return "with more rows" if facts["size"] > facts["n_rows"] else "with fewer rows"


def repetitions(facts: Mapping[str, Any]) -> str:
    """Say how many repetitions were used, where a run could end before the last one; nothing where it could not.

    >>> repetitions({"repeats_used": 2, "repeats_most": 5})
    'Stopped after 2 of 5 repetitions, since the answer was settled; the interval is valid whenever one looks.'
    >>> print(repetitions({"repeats_used": 3, "repeats_most": 3}).partition(";")[0])
    All 3 repetitions were used, as no look before the last settled the answer
    """
    if "repeats_used" not in facts:
        return ""
    used, most = facts["repeats_used"], facts["repeats_most"]
    if used < most:
        return f"Stopped after {used} of {most} repetitions, since the answer was settled; the interval is valid whenever one looks."
    return (
        f"All {most} repetitions were used, as no look before the last settled the answer; they lessen the noise of folds and seeds, "
        "not that of the rows."
    )


def settled_by_curves(rows: int | None, facts: Mapping[str, Any]) -> str:
    """Say how far learning curves would have to go to decide (see `lab.learning.curves.rows_to_settle`), and what that takes.

    >>> facts = {"rows_in_table": 200_000, "curve_reach": 160_000, "curve_seconds": {"90000": 700.0}}
    >>> settled_by_curves(90_000, facts)
    'learning curves up to about 90,000 rows would settle it (--curve-rows 90000, a run of about 12 min on this machine)'
    >>> settled_by_curves(80_000, facts)
    'learning curves up to about 80,000 rows would settle it (--curve-rows 80000)'
    >>> settled_by_curves(180_000, facts)
    'learning curves up to about 180,000 rows would settle it; on this table they can reach only 160,000'
    >>> settled_by_curves(500_000, facts)
    'learning curves up to about 500,000 rows would settle it; the table has only 200,000'
    """
    if rows is None:
        return "even learning curves over all these rows might not settle it"
    has, reach, seconds = facts["rows_in_table"], facts["curve_reach"], facts.get("curve_seconds", {}).get(str(rows))
    time = f", a run of about {duration(seconds)} on this machine" if seconds is not None else ""
    more = f" (--curve-rows {rows}{time})"
    if rows > reach:
        more = f"; the table has only {has:,}" if rows > has else f"; on this table they can reach only {reach:,}"
    return f"learning curves up to about {count(rows, 'row')} would settle it{more}"


_ALL_AT_ONCE = 100_000
"""So many rows each lab can use at once."""


def longer_curves(facts: Mapping[str, Any]) -> str:
    """Say what would make learning curves surer.

    >>> longer_curves({"curve_rows": 40_000, "curve_reach": 160_000}), longer_curves({"curve_rows": 160_000, "curve_reach": 160_000})
    ('learning curves beyond 40,000 rows (--curve-rows), or more rows', 'more rows')
    >>> longer_curves({"curve_rows": 0, "curve_reach": 2_400, "size": 3_000, "rows_in_table": 3_000})
    'using all rows of the table (--max-rows 3000), or more rows'
    """
    if facts["curve_rows"] in (0, facts["curve_reach"]):
        size = facts.get("size")
        if size is not None and size == facts.get("rows_in_table") and size <= _ALL_AT_ONCE:
            return f"using all rows of the table (--max-rows {size}), or more rows"
        return "more rows"
    return f"learning curves beyond {count(facts['curve_rows'], 'row')} (--curve-rows), or more rows"


def count(number: int, thing: str) -> str:
    """Say how many.

    >>> count(1, "fold"), count(1200, "row")
    ('1 fold', '1,200 rows')
    """
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def listed(things: Sequence[str]) -> str:
    """List things in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed([])
    ('a', 'a, b and c', '')
    """
    return " and ".join(filter(None, [", ".join(things[:-1]), *things[-1:]]))


def wrong_share(rate: Mapping[str, Any], things: str = "") -> str:
    """Say how many answers were wrong, and the interval of their share; see `lab.rates.interval`.

    >>> wrong_share({"events": 1, "of": 20, "rate": 0.05, "low": 0.00126, "high": 0.2487})
    '1 of 20 (95 % interval 0.1 to 24.9 %)'
    """
    interval = f"95 % interval {100 * rate['low']:.1f} to {100 * rate['high']:.1f} %"
    return f"{rate['events']:,} of {rate['of']:,}{things and ' '}{things} ({interval})"


def of_the_worst(controls: Sequence[Mapping[str, Any]]) -> str:
    """Go on after `wrong_share` with the control that was wrong most often; nothing where none ever was.

    >>> shares = ((0, 0.0, 0.0, 0.16), (3, 0.15, 0.032, 0.379))
    >>> rows = [{"wrong": {"events": e, "of": 20, "rate": r, "low": low, "high": high}} for e, r, low, high in shares]
    >>> of_the_worst([rows[0] | {"name": "calm"}, rows[1] | {"name": "storm"}])
    '; at its worst control, storm, in 3 of 20 (95 % interval 3.2 to 37.9 %)'
    >>> of_the_worst([rows[0] | {"name": "calm"}])
    ''
    """
    worst = worst_control(controls)
    return (
        f"; at its worst control, {worst['name']}, in {wrong_share(worst['wrong'])}" if worst["wrong"]["events"] else ""
    )


def worst_control(controls: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Find the control with the largest share of wrong answers, the first of several: a pooled share may hide it.

    >>> found = worst_control([{"name": n, "wrong": {"rate": r}} for n, r in (("a", 0.0), ("b", 0.1), ("c", 0.1))])
    >>> found["name"]
    'b'
    """
    return max(controls, key=lambda control: control["wrong"]["rate"])


def duration(seconds: float) -> str:
    """Say a forecast as roughly as it is known.

    >>> duration(0.4), duration(34.0), duration(100.0), duration(3_300.0), duration(9_000.0)
    ('a second', '35 s', '2 min', '55 min', '2.5 h')
    """
    if seconds < 1:
        return "a second"
    if seconds < 10:
        return f"{math.ceil(seconds)} s"
    if seconds < 60:
        return f"{5 * math.ceil(seconds / 5)} s"
    if seconds < 5_400:
        return f"{math.ceil(seconds / 60)} min"
    return f"{math.ceil(seconds / 1_800) / 2:g} h"
