"""A command is killed again and again and repeated until it ends: what was lost, what was left?"""

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab.runs.folders import finished_folder
from samples import processes, tiny_site

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
TARGETS = ("parent", "group", "worker")
PATIENCE_S = 600
ENDED = {0, 130, 143, 129, *(-number for number in SIGNALS)}


@dataclass(frozen=True)
class Subject:
    """A command that keeps what it has done: its words, and what of its result is the same in the end.

    `words(site, out)` gives the command; `result(out)` reads what must be equal; `pieces(out)` lists the files of finished
    work; `ended(out)` says whether all was done, so that the same command again is another run.
    """

    name: str
    words: Callable[[Path, Path], list[str]]
    result: Callable[[Path], object]
    pieces: Callable[[Path], list[Path]]
    environment: dict[str, str] = field(default_factory=dict)
    folders: int = 1
    writes: bool = True
    quiet: bool = True
    ended: Callable[[Path], bool] = lambda out: False


@dataclass(frozen=True)
class Kill:
    number: signal.Signals
    target: str
    after_s: float | None = None
    write: int | None = None


@dataclass
class Found:
    kills: Counter = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    pieces: int = 0


@dataclass(frozen=True)
class Reference:
    result: object
    files: list[str]
    seconds: float
    writes: int


def records(out: Path, *, timings: bool = False) -> object:
    """Read the records of all runs, without times; where the lab times things, without what it found."""
    found = []
    for path in sorted(out.glob("*/record.json"), key=lambda path: path.parent.name.split("-", 2)[-1]):
        plain = json.loads(path.read_text())
        for name in ("run", "environment", *(("evidence", "verdict") if timings else ())):
            plain.pop(name)
        found.append(plain)
    return found


def rows(out: Path) -> list[Path]:
    return sorted(path for path in out.glob("*/*.json") if path.parent.name.startswith("controls")) + sorted(
        out.glob("*/trials/*.json")
    )


def has_ended(out: Path) -> bool:
    """Whether a run has written its last file; one without its report is taken up by the same command."""
    return any(path.with_name("report.html").exists() for path in out.glob("*/record.json"))


def rates(out: Path) -> object:
    plain = [json.loads(path.read_text()) for path in sorted(out.glob("controls-*.json"))]
    return [{name: value for name, value in one.items() if name not in ("date", "digest")} for one in plain]


def tiny_subjects(seconds: float) -> dict[str, Subject]:
    """Give the tiny labs: a run, controls and a demo."""
    environment = {"TINY_LABS": "small,tiny", "TINY_SECONDS": str(seconds)}
    run = [
        "run",
        "tiny",
        "wine",
        "--independent",
        "--trials",
        "6",
        "--timings",
        "2",
        "--seconds",
        str(seconds),
        "--out",
    ]
    return {
        "run": Subject("run", lambda site, out: tiny_site.command(site, *run, out), records, rows, environment, ended=has_ended),
        "controls": Subject(
            "controls", lambda site, out: tiny_site.command(site, "controls", "tiny", "--seeds", "3", "--out", out),
            rates, rows, environment, folders=0,
        ),
        "demo": Subject(
            "demo", lambda site, out: tiny_site.command(site, "demo", "--out", out), records, rows, environment, folders=2,
            ended=lambda out: (out / "start.html").exists() and not (out / ".demo.json").exists(),
        ),
    }  # fmt: skip


class Place:
    """Where a subject runs: folders of its own for results and temporary files, and a mark on its processes."""

    def __init__(self, folder: Path, site: Path, subject: Subject) -> None:
        folder.mkdir()
        self.site, self.subject = site, subject
        self.out, self.temporary, self.count = folder / "runs", folder / "temporary", folder / "count"
        self.temporary.mkdir()
        self.kept: dict[Path, int] = {}
        self.mark = f"KILL_MARK={os.getpid()}-{folder}-"

    def start(self, kill: Kill | None = None) -> "subprocess.Popen[str]":
        environment = tiny_site.environment(self.site, **self.subject.environment, TMPDIR=self.temporary,
                                            KILL_MARK=self.mark.partition("=")[2])  # fmt: skip
        if self.subject.writes:
            environment |= {"KILL_ROOT": str(self.out), "KILL_COUNT": str(self.count)}
        if kill is not None and kill.write is not None:
            environment["KILL_AT"] = f"{kill.write}:{int(kill.number)}:{int(kill.target == 'group')}"
        return subprocess.Popen(
            self.subject.words(self.site, self.out), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def files(self) -> list[str]:
        """List what is there, by names without the time in them."""
        names = [path.relative_to(self.out) for path in self.out.rglob("*")]
        return sorted("/".join((name.parts[0].split("-", 2)[-1], *name.parts[1:])) for name in names)


def reference(place: Place) -> Reference:
    """Run the subject without a kill."""
    start = time.monotonic()
    process = place.start()
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, said
    writes = int(place.count.read_text()) if place.subject.writes else 0
    return Reference(place.subject.result(place.out), place.files(), time.monotonic() - start, writes)


def plan(rng: random.Random, known: Reference, number: int, *, writes: bool) -> Kill:
    """Draw a kill: all signals in turn, targets and moments at random, half of them at a write."""
    sign = SIGNALS[number % len(SIGNALS)]
    if writes and rng.random() < 0.5:
        return Kill(sign, rng.choice(TARGETS[:2]), write=rng.randint(1, known.writes))
    return Kill(sign, rng.choice(TARGETS), after_s=rng.uniform(0.0, 1.1 * known.seconds))


def kill_and_repeat(place: Place, known: Reference, kills: list[Kill], found: Found) -> None:
    """Kill a command as planned, session after session, then let it end; note everything that is not as it should be."""
    for number, kill in enumerate([*kills, None]):
        where = f"{place.subject.name}, {_worded(kill or kills[number - 1])}" + (
            "" if kill else ", then repeated to the end"
        )
        process = place.start(kill)
        if kill is not None and kill.after_s is not None:
            _send(process, kill)
        try:
            _, said = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            found.faults.append(f"{where}: it does not end")
            continue
        if process.returncode not in (ENDED if kill else {0}) or ("Traceback" in said and place.subject.quiet):
            found.faults.append(f"{where}: exit code {process.returncode}, {said[-500:]!r}")
        _check_processes(place, where, found)
        _check_pieces(place, where, found)
        if kill is not None:
            found.kills[place.subject.name, kill.number.name, kill.target, "write" if kill.write else "time"] += 1
        if process.returncode == 0:  # only a worker died, or the kill came too late
            _check_end(place, known, where, found)
            return
        if place.subject.ended(
            place.out
        ):  # killed after its last word: the same command is another run; any run tidies up
            if not (
                place.out / "start.html"
            ).exists():  # the same command shows the run again, and writes the page that leads to it
                place.start().communicate(timeout=PATIENCE_S)
            finished_folder(place.out, ["none"], "")
            _check_end(place, known, where, found)
            return


def kill_among(
    place: Place, known: Reference, drivers: int, kills: list[Kill], found: Found, rng: random.Random
) -> None:
    """Let several processes share one run, kill one of them after the other, each followed by a new one, and let all end."""
    running = [place.start() for _ in range(drivers)]
    for kill in kills:
        where = f"{drivers} drivers, {_worded(kill)} to one of them"
        victim = running.pop(rng.randrange(len(running)))
        if _send(victim, kill):
            running.append(victim)  # it goes on, and tries the trial once more
        else:
            _, said = victim.communicate(timeout=PATIENCE_S)
            if victim.returncode not in ENDED or ("Traceback" in said and place.subject.quiet):
                found.faults.append(f"{where}: exit code {victim.returncode}, {said[-500:]!r}")
            running.append(place.start())
        found.kills[place.subject.name, kill.number.name, kill.target, "time"] += 1
        _check_pieces(place, where, found)
    where = f"{drivers} drivers, {len(kills)} of them killed, then to the end"
    for process in running:
        _, said = process.communicate(timeout=PATIENCE_S)
        if process.returncode != 0:
            found.faults.append(f"{where}: exit code {process.returncode}, {said[-500:]!r}")
    finished_folder(place.out, ["none"], "")  # any run tidies up
    _check_processes(place, where, found)
    _check_pieces(place, where, found)
    _check_end(place, known, where, found)


def _worded(kill: Kill) -> str:
    moment = f"at write {kill.write}" if kill.write else f"after {kill.after_s:.1f} s"
    return f"{kill.number.name} to the {kill.target} {moment}"


def _check_processes(place: Place, where: str, found: Found) -> None:
    if processes.wait_until(lambda: not processes.marked(place.mark), 20):
        return
    left = processes.marked(place.mark)
    found.faults.append(f"{where}: {len(left)} process(es) left")
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _check_pieces(place: Place, where: str, found: Found) -> None:
    """See that what was finished before is as it was, and note what is finished now."""
    for path, written in place.kept.items():
        if not path.exists():
            if path.parent.exists():
                found.faults.append(f"{where}: lost {path.name}")
        elif path.stat().st_mtime_ns != written:
            found.faults.append(f"{where}: computed again: {path.name}")
    place.kept = {path: path.stat().st_mtime_ns for path in place.subject.pieces(place.out)}
    found.pieces += len(place.kept)


def _check_end(place: Place, known: Reference, where: str, found: Found) -> None:
    if place.subject.result(place.out) != known.result:
        found.faults.append(f"{where}: another result")
    folders = [path for path in place.out.iterdir() if path.is_dir()]
    if len(folders) != place.subject.folders:
        found.faults.append(f"{where}: {len(folders)} folders of runs, not {place.subject.folders}")
    if place.files() != known.files:
        odd = sorted(set(place.files()) ^ set(known.files)) or place.files()
        found.faults.append(f"{where}: other files: {', '.join(odd[:6])}")
    if left := [str(path.relative_to(place.temporary)) for path in place.temporary.rglob("*")]:
        found.faults.append(f"{where}: temporary files left: {', '.join(left[:6])}")


def _send(process: "subprocess.Popen[str]", kill: Kill) -> bool:
    """Wait for the moment, and send the signal to whom it is meant for; to the parent where there is no worker yet.

    Gives whether a worker alone was hit, so that the parent goes on.
    """
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(kill.after_s)
    if process.poll() is not None:
        return False
    workers = list(_workers(process.pid)) if kill.target == "worker" else []
    with contextlib.suppress(ProcessLookupError):
        if kill.target == "group":
            os.killpg(process.pid, kill.number)
        else:
            os.kill(workers[0] if workers else process.pid, kill.number)
    return bool(workers)


def _workers(pid: int) -> Iterator[int]:
    for child in processes.children(pid):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                yield child
