"""A record without what tells of time and place: the records of one command are equal but for that."""

import json
from pathlib import Path
from typing import Any


def untimed(folder: Path) -> dict[str, Any]:
    """Read the record of a run's folder, without its times, its output folder, and the seconds of its trials by their kind."""
    plain: dict[str, Any] = json.loads((folder / "record.json").read_text())
    del plain["run"], plain["environment"]["spent"]
    return plain
