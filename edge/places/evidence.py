"""Where does it run, and how fast? Places side by side, each with its machine; what was lost is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.browser.evidence import percentile
from edge.browser.trials import IDENTITY, Browsed, BrowserRow
from edge.columns import without_empty
from edge.places.device_rows import Placed
from edge.places.trials import PlacesRow
from lab.numbers import span
from lab.protocol import Estimate, Table

__all__ = ["BROWSER_PLACE", "PlaceLine", "lines_in_browser", "lines_of", "lost", "place_table"]

BROWSER_PLACE = "a browser on this machine"


@dataclass(frozen=True)
class PlaceLine:
    """A model on a place, as it is listed; of one that was `lost` there is nothing but the reason."""

    lost: str = ""
    processor: str = ""
    cores: int | None = None
    threads: int | None = None
    p50: Estimate | None = None
    p99: Estimate | None = None
    late: Estimate | None = None
    peak_mib: float | None = None


Lines = Mapping[str, Mapping[str, PlaceLine]]
"""By name of the place, by name of the candidate."""


def lines_of(row: PlacesRow) -> dict[str, dict[str, PlaceLine]]:
    """List what was measured on this machine's cores and on devices."""
    return {place: {name: _line(found) for name, found in there.items()} for place, there in row.places.items()}


def lines_in_browser(row: BrowserRow) -> dict[str, dict[str, PlaceLine]]:
    """List what was measured in a browser, as a place beside the others."""
    models = {name: browsed for name, browsed in row.models.items() if name != IDENTITY}
    return {BROWSER_PLACE: {name: _browser_line(browsed, row.version) for name, browsed in models.items()}}


def _line(placed: Placed) -> PlaceLine:
    found = placed.found
    if found is None:
        return PlaceLine(placed.lost)
    hot = next(run for run in found.runs if run.view == "hot")
    asked = next((run for run in found.runs if run.view == "rate"), None)
    return PlaceLine(
        processor=found.device.processor,
        cores=len(found.cores) or found.device.cores,
        threads=found.threads,
        p50=hot.p50,
        p99=hot.p99,
        late=None if asked is None else asked.misses,
        peak_mib=found.peak_mib and round(found.peak_mib, 1),
    )


def _browser_line(browsed: Browsed, version: str) -> PlaceLine:
    found = browsed.found
    if found is None:
        return PlaceLine(browsed.lost)
    return PlaceLine(
        processor=f"{found.agent}, onnxruntime-web {version}",
        cores=1,
        threads=1,
        p50=percentile(found, 0.5),
        p99=percentile(found, 0.99),
    )


def place_table(places: Lines, labels: Mapping[str, str], deadline_ms: float) -> Table:
    """List every candidate on every place."""
    listed: list[tuple[Any, ...]] = [
        (
            place, line.processor, line.cores, line.threads, labels[name], *_cells(line.p50), *_cells(line.p99),
            *_cells(line.late, 100), line.peak_mib, line.lost,
        )
        for place, there in places.items()
        for name, line in there.items()
    ]  # fmt: skip
    columns = (
        "place", "processor", "cores", "threads", "model", "p50 hot (ms)", "interval", "p99 hot (ms)", "interval ",
        f"later than {deadline_ms:g} ms at --rate (%)", "interval  ", "peak memory (MiB)", "lost",
    )  # fmt: skip
    caption = "Each place measures one model at a time, in a fresh process; 95 % intervals."
    return Table("Where it runs", caption, *without_empty(columns, listed))


def lost(places: Lines, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Say what was lost, a sentence for each place."""
    said = []
    for place, there in places.items():
        gone = {labels[name]: line.lost for name, line in there.items() if line.lost}
        if gone:
            reason = next(iter(gone.values()))
            said.append(f"on {place} the results of {', '.join(gone)} were lost ({reason}); the others are kept")
    return tuple(said)


def _cells(found: Estimate | None, factor: float = 1) -> tuple[Any, str]:
    if found is None:
        return None, ""
    return factor * found.value, span(factor * found.low, factor * found.high)
