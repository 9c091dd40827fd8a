"""How is a picture drawn? A Vega-Lite description becomes SVG by vl-convert, in a child: no browser, no network.

Whatever the library does there, the report is written: a picture that could not be drawn is named, with the reason.
"""

import contextlib
import hashlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.etree import ElementTree as ET

from lab.cleaning import clean, without_surrogates
from lab.host import confinement
from lab.protocol import Figure
from lab.report.draw import SECONDS
from lab.report.layout import NARROW, Sheet, labels_in_place, laid_out, sheets_for
from lab.schema import picture_fault

__all__ = ["Artist", "NotDrawnError", "check_inert", "svg"]

_CHILD = Path(__file__).with_name("draw.py")
_MOST_DEATHS = 3  # of the child in one report; what kills it three times is not one picture
_KEPT = 200  # drawings, of some 50 kB: a session's page has those of its reports again
_GRACE = 15.0  # seconds that the child has beyond its own limit: to start, to import, to answer
_LONGEST = 300  # signs of a text in a picture
_ELEMENTS = {"svg", "g", "path", "rect", "line", "text", "tspan", "title", "defs", "clipPath", "linearGradient", "stop"}
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_LINES = {"gridColor": "currentColor", "gridOpacity": 0.14, "domainColor": "currentColor", "tickColor": "currentColor"}
_DAY, _MONTH = "%Y-%m-%d", "%Y-%m"
_DATES = {
    "year": "%Y",
    "quarter": _MONTH,
    "month": _MONTH,
    "week": _DAY,
    "date": _DAY,
    "day": _DAY,
    "hours": "%d %H:%M",
    "minutes": "%H:%M",
}
"""How a tick of a date is written, by the largest unit of time that begins there."""
_WORDS = {"labelColor": "currentColor", "titleColor": "currentColor"}


def _config(sheet: Sheet) -> dict[str, Any]:
    """What all pictures have in common: the colour of texts and lines is that of the page around them, in light and dark."""
    sizes = {"labelFontSize": sheet.text, "titleFontSize": sheet.text, "titleFontWeight": "normal"}
    return {
        "font": _FONT,
        "background": None,
        "view": {"stroke": None},
        "axis": {"labelOverlap": "greedy", "labelSeparation": 8, **sizes, **_LINES, **_WORDS},
        "axisX": {"labelPadding": 7},  # clear of the lowest label of the height
        "axisXQuantitative": {"labelFlush": sheet is NARROW},  # else half of a long number would be cut at the edge
        "axisQuantitative": {"tickCount": sheet.ticks, "labelFlush": False},
        "axisTemporal": {"tickCount": sheet.ticks, "labelFlush": False, "format": _DATES},
        "legend": {
            "symbolSize": 160,
            "labelLimit": 0,
            "layout": {"top": {"anchor": "start", "bounds": "full"}},
            **sizes,
            **_WORDS,
        },
        "text": {"color": "currentColor"},
    }


_drawn_before: dict[str, str] = {}
"""Drawings of this process by what was asked for, the oldest first."""


class NotDrawnError(Exception):
    """There is no picture; the message is the reason."""


class Artist:
    """Draws the pictures of a report in one child, which is started when there is something to draw, and again if it ends."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Connection | None = None
        self._deaths = 0

    def __enter__(self) -> "Artist":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def svg(self, figure: Figure, picture: Mapping[str, Any] | None = None) -> str:
        """Draw a figure, or one frame of it; its title and caption become the text that a screen reader speaks.

        It is drawn once for each sheet that it fits (see `lab.report.layout`); the page shows the one for its width, by the class
        of the drawing. Names inside a drawing (of clip paths) are made unique, since many drawings share one page.

        Raises
        ------
        NotDrawnError
            If the library cannot draw it, or no child can be started.
        """
        own_spec = figure.spec if picture is None else picture
        try:
            plain = json.loads(json.dumps(without_surrogates(own_spec), allow_nan=False))
        except ValueError as error:
            raise NotDrawnError("its description holds a number that is not finite") from error
        if reason := picture_fault(plain):
            raise NotDrawnError(f"it is none of the forms that are drawn ({reason})")
        spec = _for_drawing({"description": f"{figure.title}. {figure.caption}", **plain})
        return "".join(self._drawn(spec, sheet, room) for room, sheet in sheets_for(plain).items())

    def _drawn(self, spec: Mapping[str, Any], sheet: Sheet, room: str) -> str:
        placed = laid_out(spec, sheet)
        text = json.dumps({"$schema": _SCHEMA, **placed, "config": _config(sheet)})
        if text not in _drawn_before:
            drawn = self._ask(text)
            check_inert(drawn)
            if len(_drawn_before) == _KEPT:
                del _drawn_before[next(iter(_drawn_before))]
            _drawn_before[text] = drawn
        drawn = _drawn_before[text]
        own = hashlib.sha256(text.encode()).hexdigest()[:8]
        drawn = re.sub(r'( id="|url\(#)([A-Za-z_]+\d*)(?="|\))', rf"\g<1>{own}-\g<2>", drawn)
        return _sized(labels_in_place(drawn, placed), sheet, room)

    def close(self) -> None:
        """End the child."""
        if self._channel is not None:
            self._channel.close()  # it ends at the end of what is asked
            self._channel = None
        if self._process is not None:
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _ask(self, text: str) -> str:
        if self._deaths >= _MOST_DEATHS:
            raise NotDrawnError(f"the drawing library ended {_MOST_DEATHS} times before, and was not asked again")
        channel = self._started()
        try:
            channel.send_bytes(text.encode())
            answer = channel.recv_bytes() if channel.poll(SECONDS + _GRACE) else b""
        except (EOFError, OSError):
            answer = b""
        if not answer:
            raise NotDrawnError(self._end())
        said = answer[1:].decode()
        if answer[:1] != b"+":
            raise NotDrawnError(f"the drawing library refused it ({said})")
        return said

    def _started(self) -> Connection:
        if self._channel is None:
            ours, theirs = Pipe()
            with theirs:
                try:
                    self._process = subprocess.Popen(
                        [sys.executable, "-P", confinement.__file__, "", str(_CHILD), str(theirs.fileno())],
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                        pass_fds=(theirs.fileno(),),
                    )  # fmt: skip
                except (OSError, ValueError) as error:
                    ours.close()
                    self._deaths = _MOST_DEATHS
                    raise NotDrawnError(f"the process that draws could not be started ({error})") from error
            self._channel = ours
        return self._channel

    def _end(self) -> str:
        """Say how the child ended; one that is still there has said nothing in time, and is ended."""
        self._deaths += 1
        code = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(1)
        self.close()
        if code is None or code == -signal.SIGALRM:
            return f"the drawing library gave no answer in {SECONDS} s"
        return f"the drawing library ended the process that draws ({f'signal {-code}' if code < 0 else f'code {code}'})"


def svg(figure: Figure, picture: Mapping[str, Any] | None = None) -> str:
    """Draw one picture (see `Artist.svg`), with a child of its own."""
    with Artist() as artist:
        return artist.svg(figure, picture)


def _sized(drawn: str, sheet: Sheet, room: str) -> str:
    """Say the width in sizes of the page's text, so that the picture grows with the page; its height follows."""

    def width(found: re.Match[str]) -> str:
        return f'<svg{found[1]} class="{room}" width="{float(found[2]) * sheet.shown / sheet.width:.4g}rem"'

    return re.sub(r'^<svg\b([^>]*?) class="[^"]*" width="([\d.]+)" height="[\d.]+"', width, drawn, count=1)


def _for_drawing(value: Any) -> Any:
    """Spell out signs that XML lacks, and cut texts that no picture has room for; two different ones stay different.

    Vega-Lite puts titles into expressions and escapes only their quotes: with a backslash a title would write code there, or
    the very signs that were spelt out. So the backslash becomes a sign that looks like one.
    """
    if isinstance(value, str):
        text = clean(value).replace("\\", "\u2216")
        if len(text) <= _LONGEST:
            return text
        return f"{text[:_LONGEST]}... ({hashlib.sha256(text.encode()).hexdigest()[:6]})"
    if isinstance(value, dict):
        return {key: _for_drawing(item) for key, item in value.items()}
    return [_for_drawing(item) for item in value] if isinstance(value, list) else value


def check_inert(drawn: str) -> None:
    """Refuse a drawing with anything in it but lines, areas and texts: it becomes part of a page. Raises NotDrawnError."""
    try:
        parts = ET.fromstring(drawn).iter()
    except ET.ParseError as error:
        raise NotDrawnError(f"the drawing is damaged ({error})") from error
    for part in parts:
        name = str(part.tag).rpartition("}")[2]
        linking = [key for key in part.attrib if key.rpartition("}")[2] == "href" or key.startswith("on")]
        if name not in _ELEMENTS or linking:
            raise NotDrawnError(f"the drawing holds {', '.join([name, *linking])}, which none of our pictures does")
