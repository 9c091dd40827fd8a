"""What differs between runs? Their verdicts, estimates, settings, tables, versions and machines, as plain facts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.protocol import Answer
from lab.record import Record
from lab.report.compare.changes import Change, changes

__all__ = ["Comparison", "Pair", "Row", "Side", "comparison"]

_SHOWN_DIGEST = 12


@dataclass(frozen=True)
class Side:
    """One run: where it lies, and what it answered."""

    place: str
    lab: str
    question: str
    answer: Answer
    headline: str
    sentence: str
    details: str
    data: str
    digest: str
    rows: int
    target: str
    started: str


@dataclass(frozen=True)
class Row:
    """Something that is not the same in all runs: its name, and what it is in each; None where it is missing."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Pair:
    """Two runs of a lab, by their places among the sides, and what changed from the first to the second.

    Attributes
    ----------
    is_same_table : bool
        Whether both read the same file, to the byte.
    note : str
        What that means for the changes, in whole sentences.
    only_before, only_after : tuple of str
        Estimates that only one of them has.
    """

    before: int
    after: int
    is_same_table: bool
    note: str
    changes: tuple[Change, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Runs side by side, and what differs between them; of different labs, neither settings nor versions are listed."""

    sides: tuple[Side, ...]
    note: str
    pairs: tuple[Pair, ...]
    settings: tuple[Row, ...]
    machine: tuple[Row, ...]
    versions: tuple[Row, ...]


def comparison(runs: Sequence[tuple[str, Record]]) -> Comparison:
    """Compare runs, each with the first one of its lab; runs of different labs only stand side by side.

    Parameters
    ----------
    runs : sequence of (str, Record)
        Two and more, with where they lie.
    """
    records = [record for _, record in runs]
    labs = list(dict.fromkeys(record.lab for record in records))
    first = {lab: next(at for at, record in enumerate(records) if record.lab == lab) for lab in labs}
    pairs = [(first[record.lab], at) for at, record in enumerate(records) if at != first[record.lab]]
    return Comparison(
        tuple(_side(place, record) for place, record in runs),
        _note_on_labs(labs),
        tuple(_pair(before, after, records) for before, after in pairs),
        tuple(_unlike([record.settings for record in records])) if len(labs) == 1 else (),
        tuple(_unlike([_machine_of(record) for record in records])),
        tuple(_unlike([_versions_of(record) for record in records])) if len(labs) == 1 else (),
    )


def _side(place: str, record: Record) -> Side:
    data, said = record.data, record.verdict
    return Side(
        place, record.lab, record.question.text, said.answer, said.headline, said.sentence, said.details,
        data["name"], data["digest"], data["n_rows"], data["target"], record.run["started"],
    )  # fmt: skip


def _note_on_labs(labs: Sequence[str]) -> str:
    if len(labs) == 1:
        return ""
    return "Different labs answer different questions: their numbers stand side by side, and no difference between them is computed."


def _pair(before: int, after: int, records: Sequence[Record]) -> Pair:
    one, other = records[before], records[after]
    is_same = one.data["digest"] == other.data["digest"]
    mine, yours = one.evidence.estimates, other.evidence.estimates
    found = changes(mine, yours, share_rows=is_same, reasons=_reasons(one, other, mine))
    return Pair(
        before, after, is_same, _note_on_tables(one, other),
        found, tuple(name for name in mine if name not in yours), tuple(name for name in yours if name not in mine),
    )  # fmt: skip


def _reasons(one: Record, other: Record, estimates: Mapping[str, Any]) -> dict[str, str]:
    """Say by the unit why estimates mean different things; nothing where they mean the same."""
    if one.data["target"] != other.data["target"]:
        return dict.fromkeys((estimate.unit for estimate in estimates.values()), "the runs predict different columns")
    metrics = [str(record.evidence.facts.get("metric", record.settings.get("metric"))) for record in (one, other)]
    return {"points": f"one is in {metrics[0]}, the other in {metrics[1]}"} if metrics[0] != metrics[1] else {}


def _note_on_tables(one: Record, other: Record) -> str:
    if one.data["digest"] == other.data["digest"]:
        return (
            f"Both runs used the same table (SHA-256 {one.data['digest'][:_SHOWN_DIGEST]}...), so that their errors go "
            "the same way as a rule, and a comparison that takes them as independent is too cautious: what is more than noise in "
            "it is so, and of the rest it cannot tell. Times and memory were measured anew in each run."
        )
    names = [record.data["name"] for record in (one, other)]
    differ = f"{names[0]} and {names[1]}" if names[0] != names[1] else f"two versions of {names[0]}"
    return (
        f"The runs used different tables ({differ}; the SHA-256 differs), so that their errors are taken as independent. If "
        "the tables share rows, the comparison is too cautious."
    )


def _unlike(parts: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """List what is not the same in all, in the order of the first that has it."""
    for name in dict.fromkeys(name for part in parts for name in part):
        values = tuple(part.get(name) for part in parts)
        if any(
            value != values[0] or (name in part) != (name in parts[0])
            for part, value in zip(parts, values, strict=True)
        ):
            yield Row(name, values)


def _machine_of(record: Record) -> dict[str, Any]:
    return {name: record.environment[name] for name in ("processor", "cores", "memory_gib", "system", "governor")}


def _versions_of(record: Record) -> dict[str, Any]:
    known = record.environment
    return {"python": known["python"], **known["packages"], **known.get("imported", {})}
