"""Where does it run, and how fast? Places side by side, each with its machine; what was lost is said."""

from collections.abc import Mapping
from typing import Any

from edge.columns import without_empty
from lab.protocol import Estimate, Row, Table

__all__ = ["lost", "place_table"]


def place_table(row: Row, labels: Mapping[str, str], deadline_ms: float) -> Table:
    """List every candidate on every place."""
    listed: list[tuple[Any, ...]] = []
    for place, measured in row["places"].items():
        for name, found in measured.items():
            if "lost" in found:
                listed.append((place, "", None, None, labels[name], None, "", None, "", None, "", None, found["lost"]))
                continue
            runs = found["runs"]
            hot = next(run for run in runs if run["view"] == "hot")
            asked = next((run for run in runs if run["view"] == "rate"), None)
            late = Estimate(**asked["misses"]) if asked else None
            listed.append((
                place, found["device"]["processor"], len(found["cores"]) or found["device"]["cores"], found["threads"],
                labels[name], *_cells(hot["p50"]), *_cells(hot["p99"]),
                None if late is None else 100 * late.value,
                "" if late is None else f"{100 * late.low:.3g} to {100 * late.high:.3g}",
                None if found["peak_mib"] is None else round(found["peak_mib"], 1), "",
            ))  # fmt: skip
    columns = (
        "place", "processor", "cores", "threads", "model", "p50 hot (ms)", "interval", "p99 hot (ms)", "interval ",
        f"later than {deadline_ms:g} ms at your rate (%)", "interval  ", "peak memory (MiB)", "lost",
    )  # fmt: skip
    caption = "Each place measures one model at a time, in a fresh process; 95 % intervals."
    return Table("Where it runs", caption, *without_empty(columns, listed))


def lost(row: Row, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Say what was lost, a sentence for each place."""
    said = []
    for place, measured in row["places"].items():
        gone = {name: found["lost"] for name, found in measured.items() if "lost" in found}
        if gone:
            names = ", ".join(labels[name] for name in gone)
            said.append(f"on {place} the rows of {names} were lost ({next(iter(gone.values()))}); the others stand")
    return tuple(said)


def _cells(found: Mapping[str, float] | None) -> tuple[Any, str]:
    return (None, "") if found is None else (found["value"], f"{found['low']:.3g} to {found['high']:.3g}")
