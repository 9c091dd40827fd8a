"""A run sends nothing, writes nothing but its folder and our cache, and takes nothing from the files beside the data.

Compiled libraries pass by whatever Python could watch, so the system calls of all processes are read (strace), where there
are rights in a network of their own that leads nowhere. Where strace is missing an audit hook in every process is what
remains.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from samples import short_compiler

ROOT = Path(__file__).parents[1]
MARK, REACHED = "EXECUTED", "REACHED"

# What Python itself loads before any module of ours, under `python -m`: out of anybody's reach (see CONTRIBUTING.md).
STANDARD = (
    "socket", "signal", "random", "string", "json", "subprocess", "tempfile", "argparse", "logging", "queue", "threading",
    "multiprocessing", "pickle", "selectors", "typing", "dataclasses", "datetime", "decimal", "statistics", "ssl", "zipfile",
)  # fmt: skip
AT_START = ("types", "contextlib", "warnings", "functools", "enum", "importlib", "re", "sitecustomize", "usercustomize")
LIBRARIES = ("numpy", "scipy", "pandas", "sklearn", "pyarrow", "onnxruntime", "numba", "qiskit", "matplotlib", "yaml")
SETTINGS = {
    ".numba_config.yaml": "disable_jit: [broken\n",
    "matplotlibrc": "backend: module://hostile\n\xe9\n",
    "config.toml": "broken = [\n",
    "pyproject.toml": "broken = [\n",
    "setup.cfg": "broken\n",
    "pyvenv.cfg": "home = nowhere\n",
    "dask.yaml": "broken: [\n",
    "fonts.conf": "<broken",
}

GUARD = """
import sys

NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")

def guard(event, arguments):
    address = arguments[0] if event in NAMES else arguments[1] if event in ("socket.connect", "socket.sendto") else None
    host = address[0] if isinstance(address, tuple) else address
    if event in (*NAMES, "socket.connect", "socket.sendto") and not str(host).startswith(("127.", "::1", "localhost", "/")):
        with open(MARKED, "a") as file:
            print(event, address, file=file)

sys.addaudithook(guard)
"""

DRIVER = """
import dataclasses
import sys

sys.path.append(TESTS)

from edge import candidates
from edge.footprint import section as footprint
from interpretability.follow_up import editing, explaining, known_truth, speed, stress
from interpretability.models import classifiers
from lab import doubts, registry
from lab.cli import main
from lab.learning.comparison import Group
from lab.learning.families import CONSTANT, LOGISTIC
from lab.protocol import Control
from lab.report import pictures
from lab.runs import identity
from quantum import context
from quantum.chosen_circuit import learning
from quantum.models import families
from quantum.simulator import native

# Less work by the same ways; these lines hold in the workers, too. Of models that one library fits in one way, one is enough.
def fewer(group, names):
    return dataclasses.replace(group, families=tuple(family for family in group.families if family.name in names))

def once(function, by):
    known = {}
    def remembered(given, **more):
        if by(given) not in known:
            known[by(given)] = function(given, **more)
        return known[by(given)]
    return remembered

native._COMPILER = "samples.short_compiler"
learning._GRID = 6
families.CLASSICAL = families.CLASSICAL[:1]  # all are of scikit-learn
sides = context.groups
kept = ("quantum", "kernel", "logistic", "constant", "unentangled", "surrogate")
context.groups = lambda *sizes, **more: tuple(fewer(group, kept) for group in sides(*sizes, **more))
candidates.group = lambda dataset, model, **more: Group("all", "model", (LOGISTIC, CONSTANT))
footprint._PROCESSES = 1
speed._ROUNDS, speed._CALLS, speed._BATCH, editing._CURVES, stress._SHARES = 1, 2, 20, 1, (0.1,)
readable, black = classifiers.glass, classifiers.black()
classifiers.glass = lambda *sizes: fewer(readable(*sizes), ("logistic", "ebm", "figs"))
classifiers.black = lambda: fewer(black, ("boosting", "catboost", "lightgbm", "xgboost"))
explaining._REFITS, explaining._ROWS, known_truth._TRAIN, known_truth._EXPLAINED = 1, 50, 200, 50
doubts.suspicions = once(doubts.suspicions, lambda dataset: dataset.digest)  # the three labs have the same table
draw, artist = pictures.Artist._ask, pictures.Artist()
pictures.Artist._ask = lambda self, text: draw(artist, text)  # one child loads the library
parse = identity._imports
identity._imports = once(lambda files: list(parse(files)), lambda files: tuple(files.values()))

SETTINGS = {
    "quantum": dict(effort="quick", folds=2, repeats=1, candidates=1, qubits=2, steps=10, sweep=0, largest=0,
                    devices=("fez",), hardware_rows=2, max_rows=60),
    "edge": dict(effort="quick", folds=2, repeats=1, candidates=1, models=("logistic",), rounds=20, serving=True,
                 max_rows=100),
    "interpretability": dict(effort="quick", folds=2, repeats=1, candidates=1, max_rows=60),
}

def settled(lab, *, seed):
    return "undecided"

if __name__ == "__main__":
    for name in registry.names():
        kind = type(registry.find(name))
        kind.demo_data, kind.demo_settings = "wine", SETTINGS[name]
        kind.controls = lambda self: [Control("one", "nothing is true", ("yes",), settled)]
    one = ["--workers", "1", "--quiet"]  # each worker loads the libraries anew
    sys.exit(main(["controls", "edge", "--seeds", "1", *one]) or main(["demo", *one]))
"""


class Traced(NamedTuple):
    """A run of everything, and what its processes asked of the system: (call, arguments, result)."""

    folder: Path
    done: list[subprocess.CompletedProcess]
    calls: list[tuple[str, str, str]]


def hostile(folder: Path, names: tuple[str, ...] = (*STANDARD, *AT_START, *LIBRARIES)) -> None:
    """Fill a folder with modules that leave a mark, and with settings that would break what reads them."""
    folder.mkdir()
    for name in names:
        (folder / f"{name}.py").write_text(
            f"open({str(folder / MARK)!r}, 'a').write({name + ' '!r})\nraise SystemExit(9)\n"
        )
    for name, text in SETTINGS.items():
        (folder / name).write_text(text, encoding="latin-1")
    table = ["a,b,churn", *(f"{i % 7},{(i * i) % 11},{'yes' if i % 7 > 3 else 'no'}" for i in range(80))]
    (folder / "data.csv").write_text("\n".join(table) + "\n")


def surroundings(folder: Path) -> dict[str, str]:
    """Variables of a fresh user: empty folders, nothing that switches anything off or on."""
    places = {"HOME": "home", "TMPDIR": "temporary"}
    for place in places.values():
        (folder / place).mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, **{name: str(folder / place) for name, place in places.items()}, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traced")
    here, traces = folder / "here", folder / "traces"
    hostile(here)
    traces.mkdir()
    (folder / "driver.py").write_text(f"TESTS = {str(ROOT / 'tests')!r}\n{DRIVER}")
    variables = surroundings(folder) | short_compiler.lay_out(folder / "before")
    watch, strace = [], shutil.which("strace")
    alone = ["unshare", "-n"] if shutil.which("unshare") and works("unshare", "-n", "true") else []
    calls = "network,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate"
    if strace:
        watch = [strace, "-ff", "--seccomp-bpf", "-y", "-s", "200", "-e", f"trace={calls}", "-o", str(traces / "calls")]
    else:
        (folder / "guard").mkdir()
        (folder / "guard" / "sitecustomize.py").write_text(f"MARKED = {str(folder / REACHED)!r}{GUARD}")
        variables["PYTHONPATH"] = str(folder / "guard")
    lab = [sys.executable, "-P", "-m", "lab"]
    commands = [
        [sys.executable, "-P", str(folder / "driver.py")],
        [*lab, "list"],
        [*lab, "report", "runs/edge"],
    ]
    done = []
    for command in commands:
        if "report" in command:
            (made,) = (here / "runs").glob("*-edge-*")
            command[-1] = str(made.relative_to(here))
        done.append(
            subprocess.run(
                [*alone, *watch, *command],
                cwd=here,
                env=variables,
                capture_output=True,
                text=True,
                check=False,
            )
        )
    return Traced(folder, done, [call for file in sorted(traces.iterdir()) for call in read_calls(file)])


def works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def read_calls(file: Path) -> list[tuple[str, str, str]]:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    found = (re.match(r"(\w+)\((.*)\) += (.*)", line) for line in lines)
    return [(match[1], match[2], match[3]) for match in found if match]


def test_every_command_ends_well_among_hostile_files(traced):
    for done in traced.done:
        assert done.returncode == 0, done.stderr + done.stdout
    records = [json.loads(path.read_text()) for path in (traced.folder / "here" / "runs").glob("*/record.json")]
    assert {record["lab"] for record in records} == {"quantum", "edge", "interpretability"}
    assert all(not record["trials"]["failed"] for record in records)


def test_nothing_is_looked_up_or_reached_outside_this_machine(traced):
    reached = traced.folder / REACHED
    assert not reached.exists(), reached.read_text()
    assert traced.calls or not shutil.which("strace"), "nothing was traced"
    for call, arguments, result in traced.calls:
        for address in re.findall(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', arguments):
            assert "".join(address).startswith(("127.", "::1")), f"{call}({arguments}) = {result}"
        looks_up = call in ("open", "openat") and re.search(r'"/etc/(resolv\.conf|hosts)"', arguments)
        assert not looks_up, f"{call}({arguments}): a name is looked up"


def test_nothing_is_written_but_the_runs_and_our_cache(traced):
    ours = (f"{traced.folder}/here/runs", f"{traced.folder}/home/.cache/future-tech-lab", f"{traced.folder}/temporary")
    written = set()
    for call, arguments, result in traced.calls:
        if result.startswith("-1"):
            continue
        if call in ("open", "openat", "creat"):
            if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", arguments) or call == "creat":
                written.add(re.sub(r"^\d+<(.*)>.*$", r"\1", result))
        elif not re.search("socket|connect|bind|send|recv|listen|accept|shutdown", call):
            names, folder = re.findall(r'"([^"]*)"', arguments), re.search(r"AT_FDCWD<([^>]*)>|\d+<([^>]*)>", arguments)
            base = next(filter(None, folder.groups())) if folder else f"{traced.folder}/here"
            written |= {os.path.normpath(os.path.join(base, name)) for name in names}  # noqa: PTH118  texts, not files
    assert any(path.startswith(ours[0]) for path in written) or not traced.calls, "nothing was traced"
    harmless = re.compile(
        r"/dev/(null|tty|shm/(sem|psm)[._].*|shm/\w{6,})( \(deleted\))?|/proc/self/.*|pipe:.*|/dev/pts/.*"
    )
    beyond = {path for path in written if not path.startswith(ours) and not harmless.fullmatch(path)}
    assert beyond <= {f"{traced.folder}/home", f"{traced.folder}/home/.cache"}


def test_the_temporary_folder_is_left_empty_and_the_home_holds_our_cache_alone(traced):
    assert list((traced.folder / "temporary").iterdir()) == []
    assert [path.name for path in (traced.folder / "home").iterdir()] == [".cache"]
    assert [path.name for path in (traced.folder / "home" / ".cache").iterdir()] == ["future-tech-lab"]


def test_no_file_beside_the_data_is_run_or_even_opened(traced):
    here = traced.folder / "here"
    assert not (here / MARK).exists(), (here / MARK).read_text()
    planted = {path.name for path in here.iterdir()} - {"runs"}
    for call, arguments, result in traced.calls:
        if call in ("open", "openat") and not result.startswith("-1"):
            opened = Path(re.sub(r"^\d+<(.*)>.*$", r"\1", result))
            assert not (opened.parent == here and opened.name in planted), f"{call}({arguments}) = {result}"


@pytest.mark.parametrize("name", ["quantum", "edge", "interpretability"])
def test_a_lab_as_a_script_of_its_own_takes_no_module_from_the_current_folder(name, tmp_path):
    here = tmp_path / "here"
    hostile(here, (*STANDARD, *LIBRARIES, "lab"))
    done = subprocess.run(
        [sys.executable, "-m", name, "data.csv", "--target", "chrun"],
        cwd=here, env=surroundings(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'churn'?" in done.stderr
    assert not (here / MARK).exists(), (here / MARK).read_text()


@pytest.mark.slow
def test_its_workers_take_none_either(tmp_path):
    here = tmp_path / "here"
    hostile(here, (*STANDARD, *LIBRARIES, "lab"))
    words = "--effort quick --folds 2 --candidates 1 --models logistic --rounds 20 --independent --workers 1 --quiet"
    small = [
        *words.split(),
        "--no-variants",
        "--no-batches",
        "--no-load",
    ]  # workers start, and processes that serve and draw
    done = subprocess.run(
        [sys.executable, "-m", "edge", "data.csv", "--target", "churn", *small],
        cwd=here, env=surroundings(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stderr
    assert not (here / MARK).exists(), (here / MARK).read_text()


@pytest.mark.parametrize("package", ["lab", "quantum", "edge", "interpretability", "edge.places.process"])
def test_importing_any_package_switches_telemetry_off_before_a_library_is_loaded(package):
    code = f"import {package}, os, sys; print(os.environ['ORT_DISABLE_TELEMETRY'], 'onnxruntime' in sys.modules)"
    for before in ({}, {"ORT_DISABLE_TELEMETRY": "0"}):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **before},
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        assert done.stdout.split() == ["1", "False"]
