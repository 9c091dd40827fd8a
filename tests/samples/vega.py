"""Is a picture's description valid Vega-Lite? By the schema that Altair ships."""

import json
from functools import cache
from pathlib import Path

import altair as alt
import jsonschema


@cache
def _validator():
    (schema,) = Path(alt.__file__).parent.glob("vegalite/v*/schema/vega-lite-schema.json")
    return jsonschema.Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))


def problems(spec) -> list[str]:
    """List what the schema says against a description, after the way through JSON that a record takes."""
    return [error.message[:200] for error in _validator().iter_errors(json.loads(json.dumps(spec)))]


def problems_of(record) -> dict[str, list[str]]:
    """List the invalid pictures of a record by their titles, frames included."""
    found = {}
    for figure in record.evidence.figures:
        for spec in (figure.spec, *(frame.spec for frame in figure.frames)):
            if wrong := problems(spec):
                found[figure.title] = wrong
    return found
