"""How do so many drawings fit into one page? Each without what the page says already, and no finer than a screen can show.

A mark's own name for a screen reader goes too: the numbers of each picture stand in its table.
"""

import re
from xml.etree import ElementTree as ET

__all__ = ["compact"]

_SAID = {
    "font-family",
    "aria-label",
    "aria-roledescription",
    "aria-hidden",
    "role",
    "class",
    "pointer-events",
    "version",
}
_USUAL = {
    **dict.fromkeys(("opacity", "stroke-width", "stroke-opacity", "fill-opacity"), ("1",)),
    **dict.fromkeys(("x1", "y1", "x2", "y2"), ("0", "-0")),
    "stroke-dasharray": ("1,0",),
    "transform": ("translate(0,0)",),
    "display": ("inherit",),
}
_INHERITED = (
    "fill",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-dasharray",
    "text-anchor",
    "font-size",
    "font-weight",
)
_FINE = re.compile(r"-?\d+\.\d{3,}")
_COORDINATES = ("transform", "d", "x", "y", "x1", "y1", "x2", "y2", "width", "height", "cx", "cy", "r")


def compact(drawn: str) -> str:
    """Take from a drawing what its page does not need: it looks the same.

    >>> print(compact('<svg class="roomy"><g role="x"><text font-family="z" fill="red">a "b"</text><text fill="red"/></g></svg>'))
    <svg class="roomy"><g fill="red"><text>a "b"</text><text /></g></svg>
    """
    root = ET.fromstring(drawn)
    shown = root.get("class")
    for part in root.iter():
        part.tag = part.tag.rpartition("}")[2]
        part.attrib = {
            name: _rounded(name, value) for name, value in part.attrib.items() if not _is_needless(name, value)
        }
    _lift(root)
    if shown is not None:
        root.set("class", shown)
    return ET.tostring(root, encoding="unicode")


def _is_needless(name: str, value: str) -> bool:
    return name in _SAID or value in _USUAL.get(name, ())


def _rounded(name: str, value: str) -> str:
    if name not in _COORDINATES:
        return value
    return _FINE.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)


def _lift(part: ET.Element) -> None:
    """Say once, at the group, what all its parts have in common and inherit; groups of nothing go."""
    for inner in list(part):
        _lift(inner)
        if inner.tag == "g" and not len(inner) and not (inner.text or "").strip():
            part.remove(inner)
    if part.tag != "g" or len(part) < 2:
        return
    for name in _INHERITED:
        values = {inner.get(name) for inner in part}
        if len(values) == 1 and (value := values.pop()) is not None:
            part.set(name, value)
            for inner in part:
                del inner.attrib[name]
