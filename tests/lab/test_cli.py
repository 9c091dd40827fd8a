"""The command line says what it does, keeps stdout for results, and ends with the right code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from samples import few_families
from samples.here import in_this_process
from samples.less_work import with_few_families

from lab import cli, registry

FAST = ("--folds", "2", "--repeats", "1", "--candidates", "1", "--depth", "verdict", "--independent", "--workers", "1")
HEAVY = {
    "numpy",
    "pandas",
    "sklearn",
    "scipy",
    "pennylane",
    "qiskit",
    "onnxruntime",
    "interpret",
    "rich",
    "jinja2",
    "pptx",
    "argcomplete",
    "numba",
}


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "run --help",
        "run quantum --help",
        "run edge --help",
        "run interpretability --help",
        "demo --help",
        "list --help",
        "report --help",
        "history --help",
        "session --help",
        "open --help",
        "explain --help",
        "clean --help",
        "compare --help",
        "slides --help",
        "pack --help",
        "verify --help",
        "controls --help",
    ],
)
def test_help_imports_nothing_heavy(words):
    code = f"import sys; from lab.cli import main; code = main({words.split()!r}); print(code, *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, *modules = done.stderr.split()
    assert first == "0"
    assert "usage: lab" in done.stdout
    assert not HEAVY & {name.partition(".")[0] for name in modules}


def test_a_misspelt_column_is_named_before_the_libraries_that_learn_are_loaded(table):
    words = ["run", "edge", str(table()), "--target", "chrun"]
    code = f"import sys; from lab.cli import main; code = main({words!r}); print(code, *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, *modules = done.stdout.split()
    assert first == "2"
    assert "did you mean 'churn'?" in done.stderr
    assert not {"sklearn", "scipy.stats"} & set(modules)


@pytest.mark.parametrize("name", ["quantum", "edge", "interpretability"])
def test_each_lab_is_a_script_of_its_own(name):
    done = subprocess.run([sys.executable, "-m", name, "--help"], capture_output=True, text=True, check=True)
    assert f"usage: python -m {name}" in done.stdout
    assert "--folds" in done.stdout


def test_every_command_stands_in_the_help(lab):
    shown = lab("--help").out
    for command in ("demo", "run", "list", "report", "session", "open", "history", "explain", "clean", "controls"):
        assert f"lab {command}" in shown


def test_the_list_names_labs_and_tables(lab):
    shown = lab("list").out
    for word in (*registry.names(), "breast-cancer", "digits", "wine", "diabetes", "loans"):
        assert word in shown


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One small run, shared by the tests below."""
    folder = tmp_path_factory.mktemp("finished")
    done = subprocess.run(
        [sys.executable, "-c", few_families.ITS_LAB, "wine", *FAST, "--out", "runs"],
        capture_output=True, text=True, check=True, cwd=folder,
    )  # fmt: skip
    (run,) = (path for path in (folder / "runs").iterdir() if path.is_dir())
    return run, done


def test_a_run_ends_with_verdict_report_and_how_to_repeat_it(finished):
    run, done = finished
    lines = done.stdout.splitlines()
    assert lines[0] == "What do we lose, if anything, by using a model that we can read for wine?"
    assert lines[1].endswith(".")
    assert lines[-3].split() == ["report", f"runs/{run.name}/report.html"]
    assert lines[-1].split(maxsplit=1) == ["repeat", "lab run interpretability wine " + " ".join(FAST) + " --out runs"]
    assert "trials" in done.stderr
    assert "\x1b" not in done.stderr, "colour without a terminal"


def test_a_run_folder_holds_record_report_trials_and_log(finished):
    run, _ = finished
    names = {path.name for path in run.iterdir()}
    assert {"record.json", "report.html", "trials", "log.txt"} <= names
    assert f'href="{run.name}/report.html"' in (run.parent / "start.html").read_text()


def test_a_report_can_be_rendered_again_from_the_record_alone(finished, lab, tmp_path):
    run, _ = finished
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "record.json").write_bytes((run / "record.json").read_bytes())
    called = lab("report", copy)
    assert called.code == 0
    assert (copy / "report.html").read_bytes() == (run / "report.html").read_bytes()


def test_json_output_is_json_and_the_gate_closes_unless_the_verdict_is_yes(lab, table, monkeypatch):
    for less in (in_this_process, with_few_families):
        less(monkeypatch)
    path = table(a=[0.0, 1.0] * 30, b=[1.0, 2.0, 4.0] * 20, churn=["x", "x", "y", "y"] * 15)
    called = lab("run", "interpretability", path, "--target", "churn", *FAST, "--json", "--quiet", "--gate")
    assert called.out, called.err
    result = json.loads(called.out)
    assert called.err == ""
    assert called.code == (0 if result["verdict"]["answer"] == "yes" else 3)
    assert Path(result["record"]).exists()
    assert result["estimates"]["loss"]["unit"] == "points"


def test_a_fault_of_ours_is_said_to_be_ours(lab, monkeypatch):
    monkeypatch.setattr(cli, "_list", lambda words: 1 / 0)
    called = lab("list")
    assert called.code == 1
    assert "this is our fault: ZeroDivisionError" in called.err
    assert "Traceback" not in called.err


def test_an_interruption_ends_with_130_and_says_that_it_can_be_resumed(lab, monkeypatch):
    def interrupted(words):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_list", interrupted)
    called = lab("list")
    assert called.code == 130
    assert "repeat the command to resume" in called.err
