"""How is a picture drawn? A Vega-Lite description becomes SVG by vl-convert: no browser, no network."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import vl_convert

from lab.protocol import Figure

__all__ = ["svg"]

_CONFIG = {
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 16,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
        "titleFontSize": 16,
        "titleFontWeight": "normal",
        "gridColor": "#e4e4e4",
        "domainColor": "#888",
        "tickColor": "#888",
        "labelColor": "#222",
        "titleColor": "#222",
    },
    "legend": {"labelFontSize": 16, "symbolSize": 160, "labelLimit": 400},
}


def svg(figure: Figure, picture: Mapping[str, Any] | None = None) -> str:
    """Draw a figure, or one frame of it; its title and caption become the text that a screen reader speaks.

    Names inside the drawing (of clip paths) are made unique, since many drawings share one page.
    """
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": f"{figure.title}. {figure.caption}",
    }
    spec |= figure.spec if picture is None else picture
    spec["config"] = _CONFIG
    text = json.dumps(spec)
    drawn = vl_convert.vegalite_to_svg(text, allowed_base_urls=[])
    own = hashlib.sha256(text.encode()).hexdigest()[:8]
    return re.sub(r'( id="|url\(#)([A-Za-z_]+\d*)(?="|\))', rf"\g<1>{own}-\g<2>", drawn)
