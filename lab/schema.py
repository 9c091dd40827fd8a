"""Does a record keep to its written schema, whole? Looked at before anything of it is used or drawn.

The schema is `record_schema.json` beside this file. Beyond what it can say: numbers that are finite and fit a double,
texts that are Unicode, a bounded depth, rows as wide as their table, frames that hold their figure's picture, and
panels whose arithmetic can be done. Of pictures only the forms that the labs write are known: no address, no expression, no
pattern.
"""

import functools
import importlib.resources
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["picture_fault", "record_fault"]

_DEEPEST = 40
_LARGEST = 1e300  # its sums and differences are still numbers


def record_fault(plain: Any) -> str | None:
    """Say where a record, as read from JSON, breaks the schema of its version, and how; None where it keeps to it."""
    return _unsound(plain) or _first_error(_without_values(plain), "record") or _inconsistent(plain)


def picture_fault(spec: Any) -> str | None:
    """Say why a Vega-Lite description, as read from JSON, is none of the forms that are drawn; None where it is one."""
    return _unsound(spec) or _first_error(_without_values(spec), "picture")


def _unsound(value: Any) -> str | None:
    """Look at every value without recursion: a file nested 100,000 deep is refused like any other."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        if not level:
            return None
        for item in level:
            if isinstance(item, str):
                if not item.isascii() and _holds_surrogates(item):
                    return "it holds a text that is not Unicode"
            elif isinstance(item, int | float) and not abs(item) <= _LARGEST:  # NaN too
                return "it holds a number that is not finite, or beyond 1e300"
        nested = [item for item in level if isinstance(item, dict | list)]
        level = [part for item in nested for part in (*(item if isinstance(item, dict) else ()), *_parts(item))]
    return f"it is nested more than {_DEEPEST} deep"


def _parts(item: dict[str, Any] | list[Any]) -> Sequence[Any]:
    return list(item.values()) if isinstance(item, dict) else item


def _holds_surrogates(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _first_error(value: Any, name: str) -> str | None:
    error = next(_validator(name).iter_errors(value), None)
    if error is None:
        return None
    while error.context:  # of the alternatives, say the one that came furthest
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    place = ".".join(str(part) for part in error.absolute_path) or "its top"
    missing = "it lacks a part: " if error.validator == "required" else ""
    return f"{missing}{place[:200]}: {error.message[:200]}"


@functools.cache
def _validator(name: str) -> Any:
    import jsonschema  # here, since help and lists need none of it

    schema = json.loads((importlib.resources.files("lab") / "record_schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    if name != "record":
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}
    return jsonschema.Draft202012Validator(schema)


def _without_values(value: Any) -> Any:
    """Leave out the rows of data that are sound, which are many: the schema's own walk through them takes seconds."""
    if isinstance(value, dict):
        kept = {key: _without_values(item) for key, item in value.items()}
        if isinstance(value.get("values"), list) and set(value) == {"values"} and _are_data(value["values"]):
            kept["values"] = []
        return kept
    if isinstance(value, list):
        return [_without_values(item) for item in value]
    return value


def _are_data(rows: list[Any]) -> bool:
    scalar = (str, int, float, bool, type(None))
    return all(isinstance(row, dict) and all(isinstance(cell, scalar) for cell in row.values()) for row in rows)


def _inconsistent(plain: dict[str, Any]) -> str | None:
    """Look for what a schema cannot say: parts that do not fit one another."""
    evidence = plain["evidence"]
    for place, table in enumerate(evidence["tables"]):
        if any(len(row) != len(table["columns"]) for row in table["rows"]):
            return f"evidence.tables.{place}: a row is not as wide as the table"
    for place, figure in enumerate(evidence["figures"]):
        frames = figure.get("frames", [])
        if frames and all(frame["spec"] != figure["spec"] for frame in frames):
            return f"evidence.figures.{place}: none of its frames is its picture"
    for place, panel in enumerate(evidence.get("panels", [])):
        for fault in _panel_faults(panel):
            return f"evidence.panels.{place}: {fault}"
    return None


def _panel_faults(panel: Mapping[str, Any]) -> Iterator[str]:
    """Find what would stop the arithmetic of a panel (see `lab.report.additive`), whatever a reader chooses in it."""
    inputs = panel["inputs"]
    for item in inputs:
        if item["low"] > item["high"]:
            yield f"the range of {item['name'][:80]!r} is empty"
        if item["start"] is not None and isinstance(item["start"], str) != (item["kind"] == "category"):
            yield f"the start of {item['name'][:80]!r} is of another kind"
    for term in panel["terms"]:
        wanted = [place for place in term["inputs"] if place < len(inputs)]
        if len(wanted) != len(term["inputs"]) or len(term["bins"]) != len(wanted):
            yield "a term names an input that is not there"
            return
        sizes = []
        for where, bins in zip(wanted, term["bins"], strict=True):
            is_category = inputs[where]["kind"] == "category"
            if any(isinstance(edge, str) != is_category for edge in bins) or (not is_category and sorted(bins) != bins):
                yield "the bins of a term do not fit its input"
                return
            sizes.append(len(bins) + 2)  # missing, and below the first cut or any other category
        if not _fits(term, sizes):
            yield "the values of a term do not fit its bins"


def _fits(term: Mapping[str, Any], sizes: list[int]) -> bool:
    if term["origins"]:
        fits = len(sizes) == 1 and len(term["origins"]) == sizes[0] - 1 and len(term["values"]) == sizes[0]
        return fits and all(isinstance(part, list) and part and _are_numbers(part) for part in term["values"])
    rows = [term["values"]] if len(sizes) == 1 else term["values"]
    if len(sizes) == 2 and len(rows) != sizes[0]:
        return False
    return all(isinstance(row, list) and len(row) == sizes[-1] and _are_numbers(row) for row in rows)


def _are_numbers(items: list[Any]) -> bool:
    return all(isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item) for item in items)
