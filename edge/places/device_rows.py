"""Is what another machine answered a row of a measurement? Bytes of JSON, bounded, whose every part is known.

A row that does not fit is lost, not stored: whoever answers for a device cannot put anything else into a record.
"""

import functools
import json
import math
from dataclasses import dataclass
from typing import Any

from edge.places.process import ProcessRow
from lab.cleaning import clean_values
from lab.work.rows import typed

__all__ = ["LARGEST", "Placed", "checked"]

LARGEST = 2**20
"""Bytes of an answer at most; an honest one has about 10,000."""
_LONGEST = 200  # signs of a text
_NUMBER = {"type": "number", "minimum": 0, "maximum": 1e12}
_PERHAPS = {"anyOf": [_NUMBER, {"type": "null"}]}
_TEXT = {"type": "string", "maxLength": _LONGEST}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 10**9}


def _object(parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


_ESTIMATE = _object({"value": _NUMBER, "low": _NUMBER, "high": _NUMBER, "unit": _TEXT, "confidence": _NUMBER})
_PERCENTILES = {name: {"anyOf": [_ESTIMATE, {"type": "null"}]} for name in ("p50", "p90", "p99", "p99_9")}
_RUN = _object({
    "view": {"enum": ["hot", "sweep", "rate"]}, "pattern": _TEXT, "rate": _NUMBER, "use": _NUMBER, "calls": _COUNT,
    "seconds": _NUMBER, "misses": _ESTIMATE,
    "least_misses": {"anyOf": [_ESTIMATE, {"type": "null"}]}, "lost": _NUMBER, **_PERCENTILES,
    "wake_up_p50_us": _PERHAPS, "wake_up_p99_us": _PERHAPS, "instead_of": _PERHAPS,
    "curve": {"type": "array", "maxItems": 100, "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": _NUMBER}},
})  # fmt: skip
_DEVICE = _object({
    "python": _TEXT, "packages": {"type": "object", "additionalProperties": _TEXT, "maxProperties": 100}, "system": _TEXT,
    "processor": _TEXT, "cores": _COUNT, "memory_gib": _PERHAPS, "governor": _TEXT,
})  # fmt: skip
_HOT = {"properties": {"view": {"const": "hot"}}}
_MEASURED = _object({
    "service_ms": _NUMBER, "runs": {"type": "array", "minItems": 1, "maxItems": 100, "items": _RUN, "contains": _HOT},
    "device": _DEVICE, "cores": {"type": "array", "maxItems": 10_000, "items": _COUNT}, "threads": _COUNT, "peak_mib": _PERHAPS,
})  # fmt: skip
_SCHEMA = {"anyOf": [_MEASURED, _object({"lost": {"type": "string", "maxLength": 10 * _LONGEST}})]}


@dataclass(frozen=True)
class Placed:
    """A model on a place: what was found, or why it was lost."""

    found: ProcessRow | None = None
    lost: str = ""


def checked(content: bytes) -> Placed:
    """Read an answer: what was measured, or the reason that the device gave why nothing was.

    Raises
    ------
    ValueError
        If it is no such row, in words that follow "the device's answer".
    """
    if len(content) > LARGEST:
        raise ValueError(f"is larger than {LARGEST:,} bytes")
    try:
        row = json.loads(content, parse_constant=_no_number)
        fault = next(_validator().iter_errors(row), None)
    except (ValueError, RecursionError) as error:
        raise ValueError("is not the JSON of a measurement") from error
    if fault is not None or not _finite(row):
        raise ValueError("is not a measurement")
    cleaned = clean_values(row)
    return Placed(lost=cleaned["lost"]) if "lost" in cleaned else Placed(typed(cleaned, ProcessRow))


@functools.cache
def _validator() -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(_SCHEMA)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(value: Any) -> bool:
    """Whether no number overflowed as it was read."""
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)
