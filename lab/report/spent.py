"""Where did the time of a run go? A table of its trials by their kind."""

from lab.numbers import unit_of
from lab.protocol import Table
from lab.record import Record
from lab.wording import count

__all__ = ["spent"]


def spent(record: Record) -> Table | None:
    """Give the seconds of each kind of trial, the most first, in one unit that suits them; None where a record does not say them."""
    kinds = record.environment.get("spent") or []
    total = sum(each["seconds"] for each in kinds)
    if not total:
        return None
    unit = unit_of([each["seconds"] for each in kinds], "s")
    rows = [(each["kind"], each["trials"], unit.of(each["seconds"]), 100 * each["seconds"] / total) for each in kinds]
    ended = record.trials["total"] - len(record.trials["failed"])
    missing = ended - sum(each["trials"] for each in kinds)
    before = f"; {count(missing, 'trial')} that ended before, or elsewhere, not counted" if missing > 0 else ""
    return Table(
        "Where the time went",
        f"Trials by their kind: the time that each took, added up, although several ran beside one another{before}.",
        ("kind of trial", "trials", f"together ({unit.name})", "share (%)"),
        tuple(rows),
    )
