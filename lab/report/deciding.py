"""What decides? The two pictures of a first screen: differences against a margin, and the use of budgets.

Both are rows with a point and its interval on one axis whose lines are named by words inside the picture. What is drawn stands in
plain rows with the columns label, value, low, high and unit, so that anybody who reads the record can draw it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lab.protocol import Estimate
from lab.report.charts import COLOURS

__all__ = ["VERDICT_COLOURS", "Against", "Difference", "Use", "budget_plot", "difference_plot"]

VERDICT_COLOURS: Mapping[str, str] = {"met": "#1F8F57", "undecided": "#A86C00", "missed": "#D64538"}
"""Green, amber, red: of nothing but verdicts and budgets. Each has a contrast of 3:1 and more with a light and a dark page."""
_CUT = "beyond"
_SHAPES = {"met": "circle", "undecided": "diamond", "missed": "square", _CUT: "triangle-right"}
_HEADER = ""  # the row in which the words stand
_PER_LETTER, _GAP, _NARROWEST = 10, 6, 320  # units that a letter takes, beside a line, and of the narrowest plot
_STEP = 40
_PADDING = 0.04  # of the axis, beyond the outermost mark
_BUDGET, _LEAST_REACH, _MOST_REACH = 100.0, 140.0, 200.0  # % of a budget; the last is where longer bars are cut


@dataclass(frozen=True)
class Difference:
    """How much better a model is than what all are held against; `decides` where the verdict rests on it."""

    label: str
    group: str
    found: Estimate
    decides: bool = False


@dataclass(frozen=True)
class Against:
    """What differences are held against.

    Attributes
    ----------
    margin : float
        Where the zone begins that counts, in the unit of the differences: above 0 or below it, or 0 itself.
    word : str
        What is said of that zone ("would count").
    side : {"above", "below"}
        On which side of the margin the zone lies.
    level : str
        What is said of zero.
    """

    margin: float
    word: str
    side: Literal["above", "below"]
    level: str = "no difference"


@dataclass(frozen=True)
class Use:
    """How much of a budget is used, in percent.

    Attributes
    ----------
    label : str
    status : {"met", "undecided", "missed"}
    used : Estimate, optional
        None where no share can be said, since nothing at all is allowed.
    words : str
        Stand in the place of the bar where there is none.
    """

    label: str
    status: str
    used: Estimate | None
    words: str = ""


def difference_plot(
    rows: Sequence[Difference], against: Against, *, axis: str, groups: Sequence[str]
) -> dict[str, Any]:
    """Draw differences with their intervals, in the given order; the row that decides has a band behind it.

    Zero and the margin are lines with their words, and the zone beyond the margin is shaded. `groups` fixes the colours, as in
    all other pictures of the same groups; the labels say which model is of which.
    """
    values = [
        {
            "label": row.label,
            "group": row.group,
            "value": row.found.value,
            "low": row.found.low,
            "high": row.found.high,
            "unit": row.found.unit,
            "role": "decides" if row.decides else "beside",
        }
        for row in rows
    ]
    low, high = _reach(rows, against)
    scale = {"domain": [low, high], "nice": False}
    x = {"type": "quantitative", "title": axis, "scale": scale}
    y = _rows_of([row.label for row in rows])
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(groups)}
    shared = {"y": y, "color": _nominal("group", colours)}
    end = high if against.side == "above" else low
    layers: list[dict[str, Any]] = [
        {
            "transform": [_only("decides")],
            "mark": {"type": "rect", "color": COLOURS[1], "opacity": 0.12},
            "encoding": {"y": y},
        },
        {
            "data": {"values": [{}]},
            "mark": {"type": "rect", "color": COLOURS[1], "opacity": 0.22},
            "encoding": {"x": {"datum": against.margin}, "x2": {"datum": end}},
        },
        *(_line(at, dash) for at, dash in ((0.0, [1, 0]), (against.margin, [4, 3]))),
    ]
    for role, width, size in (("beside", 3, 120), ("decides", 6, 320)):
        layers += [
            {
                "transform": [_only(role)],
                "mark": {"type": "rule", "strokeWidth": width},
                "encoding": shared | {"x": x | {"field": "low"}, "x2": {"field": "high"}},
            },
            {
                "transform": [_only(role)],
                "mark": {"type": "point", "filled": True, "size": size, "opacity": 1},
                "encoding": shared | {"x": x | {"field": "value"}},
            },
        ]
    is_left = against.side == "above"
    layers.append(_words([(_HEADER, against.margin, against.word)], y, left=is_left))
    if against.margin:
        layers.append(_words([(_HEADER, 0.0, against.level)], y, left=not is_left))
    return {"data": {"values": values}, "width": 720, "height": {"step": _STEP}, "layer": layers}


def budget_plot(rows: Sequence[Use], *, axis: str) -> dict[str, Any]:
    """Draw the use of budgets in percent, in the given order: a bar from nothing, its interval, and the whole budget as a line.

    Colour and shape follow the status, which the label has to say in words. What lies beyond twice the budget, a value or the
    end of an interval, is cut there, and an arrow shows that it goes on.
    """
    drawn = [(row, row.used) for row in rows if row.used is not None]
    most = max([used.high for _, used in drawn], default=0.0)
    reach = min(max(1.05 * most, _LEAST_REACH), _MOST_REACH)
    values = [
        {
            "label": row.label,
            "group": row.status,
            "value": used.value,
            "low": used.low,
            "high": used.high,
            "unit": used.unit,
            "sign": _CUT if used.value > reach else row.status,
        }
        for row, used in drawn
    ]
    scale = {"domain": [0, reach], "nice": False, "clamp": True}
    x = {"type": "quantitative", "title": axis, "scale": scale}
    y = _rows_of([row.label for row in rows])
    shared = {"y": y, "color": _nominal("group", VERDICT_COLOURS)}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 14, "opacity": 0.4},
            "encoding": shared | {"x": x | {"field": "value"}, "x2": {"datum": 0}},
        },
        {
            "mark": {"type": "rule", "strokeWidth": 4},
            "encoding": shared | {"x": x | {"field": "low"}, "x2": {"field": "high"}},
        },
        _line(_BUDGET, [1, 0]),
        {
            "mark": {"type": "point", "filled": True, "size": 260, "opacity": 1},
            "encoding": shared | {"x": x | {"field": "value"}, "shape": _nominal("sign", _SHAPES)},
        },
        _words([(_HEADER, _BUDGET, "budget")], y, left=True),
    ]
    beyond = [
        {"label": row.label, "group": row.status, "sign": _CUT}
        for row, used in drawn
        if used.value <= reach < used.high
    ]
    if beyond:
        ends = {"x": {"datum": reach, "type": "quantitative"}, "shape": _nominal("sign", _SHAPES)}
        mark = {"type": "point", "filled": True, "size": 160, "opacity": 1}
        layers.append({"data": {"values": beyond}, "mark": mark, "encoding": shared | ends})
    without = [(row.label, 0.0, row.words) for row in rows if row.used is None]
    if without:
        layers.append(_words(without, y, left=True, down=6))
    return {"data": {"values": values}, "width": 720, "height": {"step": _STEP}, "layer": layers}


def _rows_of(labels: Sequence[str]) -> dict[str, Any]:
    return {
        "field": "label",
        "type": "nominal",
        "sort": [_HEADER, *labels],
        "title": None,
        "axis": {"ticks": False, "labelPadding": 12},
    }


def _only(role: str) -> dict[str, Any]:
    return {"filter": {"and": [{"field": "role", "equal": role}]}}


def _nominal(field: str, shown: Mapping[str, str]) -> dict[str, Any]:
    """Show each word by a colour or a shape, without a legend: the labels of the rows say it."""
    scale = {"domain": list(shown), "range": list(shown.values())}
    return {"field": field, "type": "nominal", "scale": scale, "legend": None}


def _line(at: float, dash: Sequence[int]) -> dict[str, Any]:
    mark = {"type": "rule", "color": "#444", "strokeWidth": 2, "strokeDash": list(dash)}
    return {"data": {"values": [{}]}, "mark": mark, "encoding": {"x": {"datum": at}}}


def _words(
    rows: Sequence[tuple[str, float, str]], y: Mapping[str, Any], *, left: bool, down: int = 0
) -> dict[str, Any]:
    """Write words beside places of the axis, each in its row: to the right of the place where they begin there."""
    values = [{"label": label, "at": at, "words": words} for label, at, words in rows]
    mark = {
        "type": "text",
        "align": "left" if left else "right",
        "dx": _GAP if left else -_GAP,
        "dy": down,
        "fontSize": 16,
    }
    x = {"field": "at", "type": "quantitative"}
    return {
        "data": {"values": values},
        "mark": mark,
        "encoding": {"x": x, "y": dict(y), "text": {"field": "words", "type": "nominal"}},
    }


def _reach(rows: Sequence[Difference], against: Against) -> tuple[float, float]:
    """Give the ends of the axis: every interval, zero and the margin lie inside, and both words have room on a phone.

    >>> low, high = _reach([Difference("a", "g", Estimate(0.0, -1.0, 1.0, "points"))], Against(1.0, "would count", "above"))
    >>> low < -1.0, high > 1.0 + 0.3 * (high - low)
    (True, True)
    """
    ends = [0.0, against.margin, *(end for row in rows for end in (row.found.low, row.found.high))]
    least, most = min(ends), max(ends)
    pad = _PADDING * (most - least) or 1.0
    left, right = sorted((0.0, against.margin))
    shares = [(_PER_LETTER * len(words) + 2 * _GAP) / _NARROWEST for words in (against.level, against.word)]
    if against.side == "below":
        shares.reverse()
    below, above = left - least + pad, most - right + pad
    for _ in range(100):  # each side grows until it has its share of the whole: the shares are less than 1 together
        whole = below + (right - left) + above
        below, above = max(below, shares[0] * whole), max(above, shares[1] * whole)
    return left - below, right + above
