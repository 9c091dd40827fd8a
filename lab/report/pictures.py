"""How is a picture drawn? A Vega-Lite description becomes SVG by vl-convert: no browser, no network."""

import json
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


def svg(figure: Figure) -> str:
    """Draw a figure; its title and caption become the text that a screen reader speaks."""
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": f"{figure.title}. {figure.caption}",
    }
    spec |= figure.spec
    spec["config"] = _CONFIG
    return vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[])
