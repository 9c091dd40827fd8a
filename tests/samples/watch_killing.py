"""A watch is killed again and again and begun again until it ends: does it know the same as one that was left alone?"""

import json
import os
import subprocess
import sys
from pathlib import Path

from samples import watched

ROOT = Path(watched.__file__).parents[2]
ENDED = 3  # the alarm was seen


def write_inputs(folder, n_rows):
    """Write rows in which everything is wrong that may be, and labels for a third of them."""
    lines = ["id,at,a,b"]
    for row in range(n_rows):
        at = row - 50 * (row == n_rows // 3)
        key = row - (row % 97 == 50)
        lines.append(f"k{key},{at},{row % 7}" + (f",{'xyz'[row % 3]}" if row % 89 else ""))
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    known = [f"k{row},{row % 2}" for row in range(0, n_rows, 3)]
    (folder / "labels.csv").write_text("\n".join(["id,label", *known, "nobody,1"]) + "\n")
    (folder / "model.onnx").write_text("one")


def start(folder, name, *, kill=0):
    """Begin a watch whose state lies in a folder of its own; it is killed before its so-manieth change to a file there."""
    place = folder / name
    place.mkdir(exist_ok=True)
    words = [
        "watch", folder / "model.onnx", "--data", folder / "rows.csv", "--labels", folder / "labels.csv",
        "--key", "id", "--label", "label",
        "--time", "at", "--end-after", "0", "--batch", "200", "--state", place / "state.json", "--json",
    ]  # fmt: skip
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "WATCH_ROOT": str(place), "WATCH_KILL": str(kill),
        "WATCH_SAVED_EVERY_S": "0",
    }  # fmt: skip
    command = [sys.executable, "-P", watched.__file__, *map(str, words)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def known(folder, name):
    """Give what a watch knows at its end, but for when it was and how often it was begun."""
    place = folder / name
    state = json.loads(
        (place / "state.json").read_bytes().partition(b"\n")[2].removeprefix(b'"sealed": ').removesuffix(b"}\n")
    )
    value = state["value"]
    log = [json.loads(line) for line in (place / "state.happenings.jsonl").read_text().splitlines()]
    happenings = [
        (each["kind"], each["row"], each["sentence"]) for each in log if each["facts"].get("what") != "source"
    ]
    names = sorted(path.name for path in place.iterdir())
    return {
        "happenings": happenings, "files": names,
        **{name: value[name] for name in ("monitor", "rows", "alarms", "places", "order", "late")},
    }  # fmt: skip
