"""What do the pictures look like? Vega-Lite descriptions with their data inside; `lab.report` draws them.

Text from a user's table only ever stands in data values, never in field names or expressions.
A place on the x axis of a curve is a number or a day as text ("2024-10-04"), which makes it an axis of dates.
No colour of a group is near those of the verdict (green, red, amber). Each has a contrast of 3:1 and more with a light and with a
dark page, and a group is told apart by its shape or dash as well.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from lab.protocol import Estimate

__all__ = [
    "COLOURS",
    "bars",
    "class_colours",
    "grouped_bars",
    "heat_map",
    "interval_plot",
    "lines",
    "scatter",
    "shape",
    "steps",
]

COLOURS = ("#0072B2", "#6F7781", "#A855A0", "#3A8FBF", "#7F68CF", "#8A7078")
_DASHES = ([1, 0], [6, 4], [2, 3], [8, 3, 2, 3], [12, 3], [4, 8])
_SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")
_WIDTH = 720
_SCATTER_HEIGHT = 420
_SCATTER_WIDTH = 900  # about what its plot has on a wide sheet
_MOST_LABELS = 30
_WHOLE = {"tickMinStep": 1}
_DOTTED = {"color": "#444", "strokeWidth": 2}


def class_colours(n: int) -> list[str]:
    """Give each class a colour of its own, the same in every picture: from the seventh on shades of the first ones, up to 24.

    >>> class_colours(2) == list(COLOURS[:2]), len(set(class_colours(20)))
    (True, 20)
    """
    shades = ((0, 0.0), (0, 0.4), (255, 0.4), (255, 0.7))  # towards black or white, and how far

    def shaded(colour: str, towards: int, share: float) -> str:
        parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return "#" + "".join(f"{round(part + share * (towards - part)):02X}" for part in parts)

    return [shaded(COLOURS[i % len(COLOURS)], *shades[i // len(COLOURS) % len(shades)]) for i in range(n)]


def interval_plot(
    rows: Sequence[tuple[str, str, Estimate]],
    *,
    axis: str,
    groups: Sequence[str],
    reference: float | None = None,
    log: bool = False,
) -> dict[str, Any]:
    """One line per model: a point and its interval; rows are (label, group, estimate), drawn in the given order.

    `groups` fixes the colours, shapes and dashes, whichever group comes first; `reference` draws a vertical line.
    """
    values = [
        {"label": label, "group": group, "value": e.value, "low": e.low, "high": e.high} for label, group, e in rows
    ]
    labels = [label for label, _, _ in rows]
    x = {"type": "quantitative", "title": axis, "scale": {"type": "log"} if log else {"zero": False}}
    y = {"field": "label", "type": "nominal", "sort": labels, "title": None}
    shared = {"y": y, "color": _domain("group", groups, COLOURS, outline=0)}  # a dashed outline would spoil the symbols
    dashes, shapes = (_domain("group", groups, options, outline=0) for options in (_DASHES, _SHAPES))
    span = {"x": x | {"field": "low"}, "x2": {"field": "high"}, "strokeDash": dashes}
    point = {"x": x | {"field": "value"}, "shape": shapes}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "rule", "strokeWidth": 3}, "encoding": shared | span},
        {"mark": {"type": "point", "filled": True, "size": 160, "opacity": 1}, "encoding": shared | point},
    ]
    if reference is not None:  # no y of its own: it crosses all rows
        layers.append(_line_at("x", reference))
    return {"data": {"values": values}, "width": _WIDTH, "height": {"step": 40}, "layer": layers}


def bars(rows: Sequence[tuple[str, float]], *, axis: str) -> dict[str, Any]:
    """Horizontal bars, in the given order; rows are (label, value)."""
    return {
        "data": {"values": [{"label": label, "value": value} for label, value in rows]},
        "width": _WIDTH,
        "height": {"step": 30},
        "mark": {"type": "bar", "color": COLOURS[0]},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "value", "type": "quantitative", "title": axis},
        },
    }


def grouped_bars(rows: Sequence[tuple[str, str, float]], *, axis: str, groups: Sequence[str]) -> dict[str, Any]:
    """Horizontal bars side by side, in the given order of labels; rows are (label, group, value)."""
    labels = list(dict.fromkeys(label for label, _, _ in rows))
    return {
        "data": {"values": [{"label": label, "group": group, "value": value} for label, group, value in rows]},
        "width": _WIDTH,
        "height": {"step": 14},
        "mark": "bar",
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": labels, "title": None},
            "yOffset": {"field": "group", "type": "nominal", "sort": list(groups)},
            "x": {"field": "value", "type": "quantitative", "title": axis},
            "color": _domain("group", groups, COLOURS),
        },
    }


def lines(
    series: Mapping[str, Sequence[tuple[float | str, float]]],
    *,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    points: bool = False,
    reference_x: float | None = None,
    reference_y: float | None = None,
    whole_x: bool = False,
) -> dict[str, Any]:
    """Curves, one per name; each is a sequence of (x, y), drawn in the given order of the points.

    `reference_x` and `reference_y` draw a line across the picture; `whole_x` says that x counts something, so that no tick stands
    between two whole numbers.
    """
    values = [
        {"series": name, "order": place, "x": px, "y": py}
        for name, curve in series.items()
        for place, (px, py) in enumerate(curve)
    ]
    names = list(series)
    across = _across(x, (row["x"] for row in values)) | ({"scale": {"type": "log"}} if log_x else {})
    scale_y = {"type": "log"} if log_y else {"zero": False}
    ticks = {"axis": _WHOLE} if whole_x else {}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "line", "strokeWidth": 2.5},
            "encoding": {
                "x": {"field": "x"} | across | ticks,
                "y": {"field": "y", "type": "quantitative", "title": y, "scale": scale_y},
                "order": {"field": "order", "type": "quantitative"},
                "color": _domain("series", names, COLOURS),
                "strokeDash": _domain("series", names, _DASHES),
            },
        }
    ]
    if points:  # a layer of its own: points of a line would be drawn dashed in the legend
        encoding = {key: layers[0]["encoding"][key] for key in ("x", "y")}
        colour = {"color": layers[0]["encoding"]["color"] | {"legend": None}}
        layers.append(
            {"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1}, "encoding": encoding | colour}
        )
    layers += [_line_at("x", at) for at in (reference_x,) if at is not None]
    layers += [_line_at("y", at) for at in (reference_y,) if at is not None]
    return {"data": {"values": values}, "width": _WIDTH, "height": 320, "layer": layers}


def steps(rows: Sequence[tuple[float | str, float, float, float]], *, x: str, y: str) -> dict[str, Any]:
    """A step curve with its band, for a shape function; rows are (x, value, low, high), each valid up to the next x."""
    values = [{"x": px, "value": value, "low": low, "high": high} for px, value, low, high in rows]
    position = {"field": "x"} | _across(x, (row["x"] for row in values))
    height = {"type": "quantitative", "title": y}
    band = {
        "mark": {"type": "area", "interpolate": "step-after", "opacity": 0.25, "color": COLOURS[0]},
        "encoding": {"x": position, "y": height | {"field": "low"}, "y2": {"field": "high"}},
    }
    curve = {
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5, "color": COLOURS[0]},
        "encoding": {"x": position, "y": height | {"field": "value"}},
    }
    return {"data": {"values": values}, "width": _WIDTH, "height": 260, "layer": [band, curve]}


def scatter(
    rows: Sequence[tuple[str, str, float, Estimate]],
    *,
    x: str,
    y: str,
    groups: Sequence[str],
    references: Sequence[float] = (),
    log_x: bool = False,
) -> dict[str, Any]:
    """Points with vertical intervals; rows are (label, group, x, estimate).

    The first group is labelled; `references` are level lines.
    """
    values = [
        {"label": label, "group": group, "x": px, "value": e.value, "low": e.low, "high": e.high}
        for label, group, px, e in rows
    ]
    scale = {"type": "log", "nice": False, "padding": 40} if log_x else {"zero": False, "padding": 40}
    across = {"field": "x", "type": "quantitative", "title": x, "scale": scale}
    up = {"type": "quantitative", "title": y, "scale": {"zero": False}}
    colour = _domain("group", groups, COLOURS)
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.5},
            "encoding": {
                "x": across,
                "y": up | {"field": "low"},
                "y2": {"field": "high"},
                "color": colour | {"legend": None},
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 140, "opacity": 1},
            "encoding": {
                "x": across,
                "y": up | {"field": "value"},
                "shape": _domain("group", groups, _SHAPES),
                "color": colour,
            },
        },
    ]
    for label, align, shift, raised in _beside(rows, groups[0], references, log_x=log_x):
        layers.append(
            {
                # labels of other groups would lie on one another
                "transform": [
                    {
                        "filter": {
                            "and": [
                                {"field": name, "equal": of} for name, of in (("group", groups[0]), ("label", label))
                            ]
                        }
                    }
                ],
                "mark": {"type": "text", "align": align, "dx": shift, "dy": raised, "fontSize": 16},
                "encoding": {"x": across, "y": up | {"field": "value"}, "text": {"field": "label"}},
            }
        )
    layers += [_line_at("y", level, dash=[6, 4] if place == 0 else [2, 3]) for place, level in enumerate(references)]
    return {"data": {"values": values}, "width": _WIDTH, "height": _SCATTER_HEIGHT, "layer": layers}


def _beside(
    rows: Sequence[tuple[str, str, float, Estimate]], group: str, levels: Sequence[float], *, log_x: bool
) -> list[tuple[str, str, int, int]]:
    """Place the labels of a group away from the edges and from one another: (label, align, units to the right, units down)."""
    least = min(
        (px for _, _, px, _ in rows if px > 0), default=1.0
    )  # a logarithmic axis has no place for less than that
    ends = [math.log10(max(px, least)) if log_x else px for _, _, px, _ in rows] or [0.0]
    heights = [*levels, *(end for *_, e in rows for end in (e.low, e.high))] or [0.0]
    across, down = max(ends) - min(ends) or 1.0, max(heights) - min(heights) or 1.0
    spots = [
        (_SCATTER_WIDTH * (end - min(ends)) / across, _SCATTER_HEIGHT * (max(heights) - e.value) / down)
        for (*_, e), end in zip(rows, ends, strict=True)
    ]
    placed: list[tuple[float, float, float]] = []  # ends of a label and its height
    found: list[tuple[str, str, int, int]] = []
    for (label, of, *_), (x, y) in zip(rows, spots, strict=True):
        if of != group or len(found) == _MOST_LABELS:
            continue
        marks = [(px - 8, px + 8, py + 6) for px, py in spots if (px, py) != (x, y)]
        right = x > _SCATTER_WIDTH / 2
        long = 10 * len(label) + 10  # 10 units a letter
        span = (x - long, x) if right else (x, x + long)
        raised = next(
            dy for dy in itertools.chain(*((-10 - 22 * n, 24 + 22 * n) for n in range(len(rows) + _MOST_LABELS + 1)))
            if all(span[1] < a or b < span[0] or abs(y + dy - at) >= 20 for a, b, at in (*placed, *marks))
        )  # fmt: skip
        placed.append((*span, y + raised))
        found.append((label, "right" if right else "left", -10 if right else 10, raised))
    return found


def heat_map(rows: Sequence[tuple[Any, Any, float]], *, x: str, y: str, value: str) -> dict[str, Any]:
    """Cells of two features, coloured from purple (below zero) through white to blue; rows are (x, y, value)."""
    reach = max((abs(v) for _, _, v in rows), default=1.0) or 1.0
    columns, lines_ = list(dict.fromkeys(px for px, _, _ in rows)), list(dict.fromkeys(py for _, py, _ in rows))
    shown = {"type": "nominal", "axis": {"labelLimit": 160}}
    return {
        "data": {"values": [{"x": px, "y": py, "value": v} for px, py, v in rows]},
        "width": _WIDTH,
        "height": {"step": 28},
        "mark": {"type": "rect", "stroke": "#fff"},
        "encoding": {
            "x": shown | {"field": "x", "title": x, "sort": columns, "axis": {"labelAngle": -40, "labelLimit": 160}},
            "y": shown | {"field": "y", "title": y, "sort": lines_[::-1]},
            "color": {
                "field": "value",
                "type": "quantitative",
                "scale": {
                    "domain": [-reach, 0, reach],
                    "range": [COLOURS[2], "#ffffff", COLOURS[0]],
                    "interpolate": "rgb",
                },
                "legend": {"title": value, "orient": "right", "titleFontSize": 16, "titleLimit": 200},
            },
        },
    }


def shape(
    rows: Sequence[tuple[float | str, float, float, float]],
    density: Sequence[tuple[float | str, float | str, int]],
    *,
    x: str,
    y: str,
    curved: bool = False,
) -> dict[str, Any]:
    """A shape function with its band, and below it how many rows there are: density rows are (from, to, count)."""
    top = steps(rows, x=x, y=y)
    if curved:
        for layer in top["layer"]:
            layer["mark"]["interpolate"] = "linear"
    position = _across(x, (row[0] for row in rows))
    below = {
        "data": {"values": [{"from": a, "to": b, "rows": n} for a, b, n in density]},
        "width": _WIDTH,
        "height": 60,
        "mark": {"type": "rect", "color": "#9aa3ad"},
        "encoding": {
            "x": position | {"field": "from"},
            "x2": {"field": "to"},
            "y": {"field": "rows", "type": "quantitative", "title": "rows", "axis": {"tickCount": 2} | _WHOLE},
            "y2": {"datum": 0},
        },
    }
    for layer in top["layer"]:
        layer["encoding"]["x"] = layer["encoding"]["x"] | {"title": None}
    above = {key: top[key] for key in ("width", "height", "layer")}
    return {
        "data": top["data"],
        "vconcat": [above, below],
        "resolve": {"scale": {"x": "shared"}},
        "spacing": 8,
    }


def _across(title: str, places: Iterable[Any]) -> dict[str, Any]:
    """Describe the x axis of places that are numbers, or days as text."""
    if any(isinstance(place, str) for place in places):
        return {"type": "temporal", "title": title, "scale": {"type": "utc"}}
    return {"type": "quantitative", "title": title, "scale": {"zero": False}}


def _domain(name: str, values: Sequence[str], options: Sequence[Any], *, outline: int = 3) -> dict[str, Any]:
    shown = [options[(place + place // len(options)) % len(options)] for place in range(len(values))]
    if options is COLOURS:  # from the seventh on shades of the first ones, which have other shapes and dashes
        shown = class_colours(len(values))
    legend = {"title": None, "orient": "top", "symbolStrokeWidth": outline} if len(values) > 1 else None
    return {"field": name, "type": "nominal", "scale": {"domain": list(values), "range": shown}, "legend": legend}


def _line_at(axis: Literal["x", "y"], value: float, dash: Sequence[int] = (3, 3)) -> dict[str, Any]:
    """Draw one line across the picture, at a value of an axis: data of its own, so that it is drawn once."""
    mark = {"type": "rule", **_DOTTED, "strokeDash": list(dash), "aria": False}  # the caption says what it is
    return {"data": {"values": [{}]}, "mark": mark, "encoding": {axis: {"datum": value}}}
