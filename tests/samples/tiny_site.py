"""Tiny labs installed in a folder: quick trials, a file that they read, a package and a helper that they import.

Their reports are drawn in a process as others are, but it does not load the drawing library, and its pictures are empty.
"""

import os
import subprocess
import sys
from pathlib import Path

LAB = '''
"""A lab whose trials take as long as they are told, and leave a mark at every call where that is asked for."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tiny_helper
import tiny_needs
from lab.protocol import Control, Estimate, Evidence, Figure, Key, Question, Verdict
from lab.report import charts
from lab.settings import option


@dataclass(frozen=True)
class Settings:
    trials: int = option(6, "trials", minimum=1)
    timings: int = option(1, "trials that run alone", minimum=0)
    seconds: float = option(0.0, "each takes", minimum=0)
    model: str | None = option(None, "a file that the trials read")


@dataclass(frozen=True)
class Row:
    drawn: np.ndarray
    mean: float
    read: str
    factor: int


DRAW, MEASURE = Key("draw", Row), Key("measure", Row)


@dataclass(frozen=True)
class Context:
    settings: Settings
    seed: int


def mark(name):
    if folder := os.environ.get("TINY_MARKS"):
        (Path(folder) / f"{name}-{time.time_ns()}").touch()


def draw(dataset, *, seed, name, seconds, model):
    mark(name)
    time.sleep(seconds)
    read = Path(model).read_text() if model else ""
    drawn = np.random.default_rng(seed).normal(size=4)
    return Row(drawn, float(drawn.mean()), read, tiny_helper.FACTOR * tiny_needs.ONE)


def measure(dataset, *, seed, name, seconds, model, inputs):
    """Is measured in a process of its own, over which the rows are left in a file."""
    from lab.host.children import run_child
    from lab.host.scratch import scratch_folder

    mark(name)
    with scratch_folder() as folder:
        (folder / "rows.csv").write_text("rows of the user")
        done = run_child("tiny_child", str(folder), str(seconds), os.environ.get("TINY_MARKS", ""), timeout=60)
    return Row(np.array([]), sum(row.mean for row in inputs.values()), "", int(done.stdout))


def right(lab, *, seed):
    time.sleep(float(os.environ.get("TINY_SECONDS", "0")))
    return "yes"


def wrong(lab, *, seed):
    return ("no", "undecided", "yes")[seed % 3]


class Means:
    def plan(self, context):
        settings, seed = context.settings, context.seed
        shared = {"seconds": settings.seconds, "model": settings.model}
        needs = tuple(DRAW.of(str(i)) for i in range(settings.trials))
        drawn = [key.trial(draw, {"name": key.name, **shared}, seed=100 * seed + i) for i, key in enumerate(needs)]
        alone = [MEASURE.of(str(i)) for i in range(settings.timings)]
        return [*drawn, *(
            key.trial(measure, {"name": key.name, **shared}, seed=seed, exclusive=True, needs=needs) for key in alone
        )]

    def evidence(self, context, rows):
        found = {key: row.mean for key, row in rows.items()}
        mean = sum(found.values())
        figure = Figure("Means", "Look.", charts.bars(list(found.items()), axis="mean"))
        drawn = [list(map(float, row.drawn)) for row in rows.values()]
        facts = {"read": sorted({row.read for row in rows.values()}), "drawn": drawn}
        return Evidence({"mean": Estimate(mean, mean, mean, "score")}, facts, (figure,), ())


class Tiny:
    settings_type = Settings
    summary = "Is the mean above zero?"
    demo_data = "wine"

    def __init__(self, name):
        self.name = name
        self.demo_settings = {"seconds": float(os.environ.get("TINY_SECONDS", "0"))}

    def prepare(self, notify):
        pass

    def question(self, dataset_name, settings):
        return Question(f"Is the mean above zero on {dataset_name}?", "counting")

    def inputs(self, settings):
        return [Path(settings.model)] if settings.model else []

    def context(self, dataset, settings, *, seed):
        return Context(settings, seed)

    def sections(self):
        return [Means()]

    def judge(self, evidence, settings):
        answer = "yes" if evidence.estimates["mean"].value > 0 else "no"
        return Verdict(answer, answer.title(), f"The mean is {evidence.estimates['mean'].value:.3f}.")

    def controls(self):
        return [Control("a", "yes is true", ("no",), right), Control("b", "no is true", ("yes",), wrong)]


TINY, SMALL = Tiny("tiny"), Tiny("small")
'''
CHILD = '''
"""Measures something: notes when it began and when it ended."""

import sys
import time
from pathlib import Path

if __name__ == "__main__":
    folder, seconds, marks = sys.argv[1:]
    rows = (Path(folder) / "rows.csv").read_text()
    begin = time.monotonic()
    time.sleep(float(seconds))
    if marks:
        (Path(marks) / f"span-{time.time_ns()}").write_text(f"{begin} {time.monotonic()}")
    sys.stdout.write(str(len(rows)))
'''
DRAW = """
import sys
from multiprocessing.connection import Connection

channel = Connection(int(sys.argv[1]))
while True:
    try:
        channel.recv_bytes()
    except EOFError:
        break
    channel.send_bytes(b'+<svg xmlns="http://www.w3.org/2000/svg"><title>drawn</title></svg>')
"""
RUN = """
import atexit, os, signal, sys
from pathlib import Path

WRITES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir")
count = 0


def watch_writes(root, kill):
    # end this process (or its group) just before the n-th change to a file below a folder
    def hook(event, arguments):
        global count
        if event == "open":
            if not isinstance(arguments[0], (str, bytes)) or not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
        elif event not in WRITES:
            return
        relative = event in ("os.remove", "os.rmdir") and arguments[-1] != -1  # inside a folder that is being removed
        if not relative and not os.fsdecode(arguments[0]).startswith(root):
            return
        count += 1
        if kill and count == kill[0]:
            (os.killpg if kill[2] else os.kill)(os.getpid(), kill[1])

    sys.addaudithook(hook)


if __name__ == "__main__":
    if root := os.environ.pop("KILL_ROOT", ""):
        spec = os.environ.pop("KILL_AT", "")
        watch_writes(root, [int(word) for word in spec.split(":")] if spec else None)
        if counted := os.environ.pop("KILL_COUNT", ""):
            atexit.register(lambda: open(counted, "w").write(str(count)))
    try:  # Ctrl-C before the command is there is Python's, and no fault of the command's
        from lab import registry
        if names := os.environ.get("TINY_LABS"):
            registry.names = lambda: names.split(",")
        from lab.report import pictures
        pictures._CHILD = Path(__file__).with_name("tiny_draw.py")
        from lab.cli import main
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(main())
"""


def distribution(site, name, version, modules, entry_points=""):
    """Write what an installed package leaves beside its modules."""
    for old in site.glob(f"{name}-*.dist-info"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (folder / "top_level.txt").write_text("\n".join(modules) + "\n")
    (folder / "entry_points.txt").write_text(entry_points)


def make_site(folder):
    """Install the labs `tiny` and `small` into a new folder."""
    folder.mkdir()
    (folder / "tiny_lab.py").write_text(LAB)
    (folder / "tiny_child.py").write_text(CHILD)
    (folder / "tiny_helper.py").write_text("FACTOR = 2\n")  # of no distribution, as a file beside the lab's may be
    (folder / "tiny_needs.py").write_text("ONE = 1\n")
    (folder / "tiny_run.py").write_text(RUN)
    (folder / "tiny_draw.py").write_text(DRAW)
    distribution(folder, "tiny_needs", "1.0", ["tiny_needs"])
    entry_points = "[lab.labs]\ntiny = tiny_lab:TINY\nsmall = tiny_lab:SMALL\n"
    distribution(folder, "tiny_lab", "1.0", ["tiny_lab"], entry_points)
    return folder


def environment(site, **more):
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    return (
        os.environ
        | {"PYTHONPATH": path, "TINY_LABS": "small,tiny"}
        | {name: str(value) for name, value in more.items()}
    )


def command(site, *words):
    return [sys.executable, str(Path(site) / "tiny_run.py"), *map(str, words)]


def call(site, cwd, *words, **more):
    """Call `lab ...` with the tiny labs alone."""
    return subprocess.run(
        command(site, *words), capture_output=True, text=True, cwd=cwd, env=environment(site, **more), check=False
    )
