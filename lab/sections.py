"""How do the parts of a report become one? A plan is the list of the parts' trials, the evidence their sum."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lab.protocol import Evidence, Lab, Rows, Trial

__all__ = ["files", "merged", "plan", "summarise"]


def plan(lab: Lab, context: Any) -> list[Trial[Any]]:
    """List the trials of all sections of a lab, in the order of the sections.

    Raises
    ------
    InputError
        Where the settings do not fit the table.
    """
    return [trial for section in lab.sections() for trial in section.plan(context)]


def summarise(lab: Lab, context: Any, rows: Rows) -> Evidence:
    """Turn the rows of the finished trials into the evidence of all sections."""
    return merged(section.evidence(context, rows) for section in lab.sections())


def merged(parts: Iterable[Evidence]) -> Evidence:
    """Add up evidence in its order.

    Raises
    ------
    ValueError
        If two parts give an estimate or a fact of the same name.
    """
    found = list(parts)
    return Evidence(
        estimates=_united([part.estimates for part in found], "estimate"),
        facts=_united([part.facts for part in found], "fact"),
        figures=tuple(figure for part in found for figure in part.figures),
        tables=tuple(table for part in found for table in part.tables),
        caveats=tuple(dict.fromkeys(caveat for part in found for caveat in part.caveats)),
        panels=tuple(panel for part in found for panel in part.panels),
    )


def _united(parts: Sequence[Mapping[str, Any]], thing: str) -> dict[str, Any]:
    united: dict[str, Any] = {}
    for part in parts:
        if twice := united.keys() & part.keys():
            raise ValueError(f"two sections give an {thing} named {min(twice)!r}; each name belongs to one section")
        united |= part
    return united


def files(lab: Lab, evidence: Evidence, rows: Rows) -> dict[str, bytes]:
    """Gather the files that a lab leaves beside its report, by their names: see `lab.protocol.Lab`."""
    own: dict[str, bytes] = getattr(lab, "files", lambda rows: {})(rows)
    chosen: dict[str, bytes] = getattr(lab, "chosen_files", lambda evidence, rows: {})(evidence, rows)
    return {**own, **chosen}
