"""What happens when the model is at work? Load, the places where it runs, and a stream, as trials and as evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge.settings import deadline_ms
from lab.errors import SettingsError
from lab.protocol import Dataset, Estimate, Figure, Row, Table, Trial

if TYPE_CHECKING:
    from edge.settings import Settings
    from lab.learning.families import Family
    from lab.learning.folds import Fold

__all__ = ["Operation", "check", "evidence", "trials"]


@dataclass(frozen=True)
class Operation:
    """What was found, to be added to the evidence of the lab."""

    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    caveats: tuple[str, ...] = ()


def check(dataset: Dataset, settings: "Settings") -> None:
    """Raise InputError where the settings do not fit the machine, the devices or the table."""
    from edge.browser import runtime_files
    from edge.places import devices, process
    from edge.stream import trials as stream_trials

    process.require_cores(settings.cores)
    if settings.browser:
        runtime_files.find_chromium()
        runtime_files.find_runtime(settings.web_runtime)
    elif settings.web_runtime is not None:
        raise SettingsError("web_runtime is given without browser, which alone needs it; add --browser")
    if settings.devices is not None:
        devices.connect(settings.devices).close()
    if settings.stream:
        stream_trials.require_stream(dataset, settings.label_delay)


def trials(settings: "Settings", families: "Sequence[Family]", fold: "Fold", *, scorer: str, seed: int) -> list[Trial]:
    """List the work: load on every candidate, and where asked for, the places and the stream."""
    from edge.browser import runtime_files
    from edge.browser import trials as browser_trials
    from edge.load import trials as load_trials
    from edge.places import trials as place_trials
    from edge.stream import trials as stream_trials

    offered = {"deadline_ms": deadline_ms(settings), "rate": settings.rate, "seconds": settings.load_seconds}
    needs = tuple(f"build-{family.name}" for family in families)
    seconds = 10 * settings.load_seconds
    loaded = settings.load or settings.rate is not None
    planned = [
        Trial(f"load-{f.name}", load_trials.under_load, {"family": f, "fold": fold, **offered}, seed=seed,
              exclusive=True, needs=(need,), cost=seconds)
        for f, need in zip(families, needs, strict=True) if loaded
    ]  # fmt: skip
    if settings.cores or settings.threads != 1 or settings.devices is not None:
        names = tuple(family.name for family in families)
        places = {"cores": settings.cores, "threads": settings.threads, "devices": settings.devices}
        arguments = {"names": names, "fold": fold, **places, **offered}
        planned.append(Trial("places", place_trials.elsewhere, arguments, seed=seed, exclusive=True, needs=needs,
                             cost=seconds * len(names)))  # fmt: skip
    if settings.browser:
        names = tuple(family.name for family in families)
        runtime = runtime_files.find_runtime(settings.web_runtime)  # found here: trials run in another folder
        arguments = {"names": names, "fold": fold, "rounds": settings.rounds, "web_runtime": str(runtime.module.parent)}
        planned.append(Trial("browser", browser_trials.in_browser, arguments, seed=seed, exclusive=True, needs=needs,
                             cost=5 * (len(names) + 1)))  # fmt: skip
    if settings.stream:
        arguments = {
            "families": tuple(families),
            "scorer": scorer,
            "candidates": settings.candidates,
            "false_alarms": settings.false_alarms,
            "label_delay": settings.label_delay,
        }
        planned.append(Trial("stream", stream_trials.replay, arguments, seed=seed, cost=10))
    return planned


def evidence(settings: "Settings", labels: Mapping[str, str], rows: Mapping[str, Row]) -> Operation:
    """Gather what those trials found; one that failed is missing."""
    from edge.browser import evidence as browser_evidence
    from edge.load import evidence as load_evidence
    from edge.places import evidence as place_evidence
    from edge.stream import evidence as stream_evidence

    deadline = deadline_ms(settings)
    loaded = {name: rows[f"load-{name}"] for name in labels if f"load-{name}" in rows}
    estimates: dict[str, Estimate] = {}
    facts: dict[str, Any] = {}
    figures: list[Figure] = []
    tables: list[Table] = []
    caveats: list[str] = []
    if loaded:
        late = {name: load_evidence.misses(row) for name, row in loaded.items()}
        estimates = {f"{name}.misses": found for name, found in late.items() if found is not None}
        facts["highest_rate"] = {
            name: found.words() for name, found in load_evidence.capacities(loaded, deadline).items()
        }
        figures.append(load_evidence.distribution_figure(loaded, labels, deadline))
        swept = load_evidence.rate_figure(loaded, labels, deadline)
        figures += [] if swept is None else [swept]
        tables.append(load_evidence.load_table(loaded, labels, deadline))
        caveats += load_evidence.caveats(loaded, labels)
    places = dict(rows["places"]["places"]) if "places" in rows else {}
    if "browser" in rows:
        there = browser_evidence.as_place(rows["browser"])
        places |= there if places else {}  # alone it has a table of its own
        caveats += place_evidence.lost({"places": there}, labels) if not places else ()
        calls = rows.get("time", {}).get("times", {})
        here = {name.removesuffix(" onnx"): times for name, times in calls.items() if not name.endswith(" sklearn")}
        drawn = browser_evidence.figure(rows["browser"], labels, here, settings.p99_ms)
        figures += [] if drawn is None else [drawn]
        tables.append(browser_evidence.browser_table(rows["browser"], labels, here))
        caveats += browser_evidence.caveats(rows["browser"], labels)
    if places:
        tables.append(place_evidence.place_table({"places": places}, labels, deadline))
        caveats += place_evidence.lost({"places": places}, labels)
    if "stream" in rows:
        row = rows["stream"]
        facts["stream"] = stream_evidence.sentence(row, settings.false_alarms)
        figures.append(stream_evidence.timeline_figure(row, labels[row["family"]], settings.label_delay))
        figures.append(stream_evidence.drift_figure(row, settings.false_alarms))
        tables.append(stream_evidence.drift_table(row))
        caveats.insert(0, facts["stream"])
    return Operation(estimates, facts, tuple(figures), tuple(tables), tuple(caveats))
