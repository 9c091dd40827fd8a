"""A fourth lab is another package: installed, it is found, listed, run and reported without an edit here."""

import os
import subprocess
import sys

import pytest

FACE = """
from dataclasses import dataclass
from lab.protocol import Control, Dataset, Estimate, Evidence, Figure, Key, Question, Verdict
from lab.report import charts
from lab.settings import option


@dataclass(frozen=True)
class Settings:
    threshold: float = option(0.4, "share of the largest class that counts", minimum=0, maximum=1)


@dataclass(frozen=True)
class Context:
    dataset: Dataset
    seed: int


@dataclass(frozen=True)
class Counted:
    share: float


COUNT = Key("count", Counted)


def count(dataset, *, seed):
    return Counted(float((dataset.target == 0).mean()))


class Share:
    def plan(self, context):
        return [COUNT.trial(count, seed=context.seed)]

    def evidence(self, context, rows):
        counted = COUNT.found(rows)
        share = counted.share if counted else 0.0
        estimate = Estimate(share, share, share, "share")
        figure = Figure("Share", "Look.", charts.bars([("first class", share)], axis="share"))
        return Evidence({"share": estimate}, {}, (figure,), ())


def control_yes(lab, *, seed):
    return "yes"


def control_no(lab, *, seed):
    return "no"


class MajorityLab:
    name = "majority"
    summary = "Is the first class common?"
    settings_type = Settings
    demo_data = "wine"
    demo_settings = {}

    def prepare(self, notify):
        notify("nothing to prepare")

    def question(self, dataset_name, settings):
        return Question(f"Is the first class of {dataset_name} common?", "counting")

    def context(self, dataset, settings, *, seed):
        return Context(dataset, seed)

    def sections(self):
        return [Share()]

    def judge(self, evidence, settings):
        answer = "yes" if evidence.estimates["share"].value > settings.threshold else "no"
        return Verdict(answer, answer.title(), f"The share is {evidence.estimates['share'].value:.2f}.")

    def controls(self):
        return [Control("a", "yes is true", ("no",), control_yes, right="yes"), Control("b", "no is true", ("yes",), control_no)]


LAB = MajorityLab()
"""
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "majority-lab"
version = "1"
[project.entry-points."lab.labs"]
majority = "majority:LAB"
[tool.hatch.build.targets.wheel]
include = ["majority.py"]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Install the package for real, into a folder of its own."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    (source / "majority.py").write_text(FACE)
    (source / "pyproject.toml").write_text(PROJECT)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True, capture_output=True)
    return target


def call(site, tmp_path, *words):
    environment = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, "-c", "import sys; from lab.cli import main; sys.exit(main())", *words],
        capture_output=True, text=True, cwd=tmp_path, env=environment, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_an_installed_lab_is_listed_answers_for_its_controls_is_run_and_reported(site, tmp_path):
    assert "majority" in call(site, tmp_path, "list").stdout
    assert "--threshold" in call(site, tmp_path, "run", "majority", "--help").stdout
    asked = call(site, tmp_path, "controls", "majority", "--seeds", "2", "--workers", "1")
    assert asked.returncode == 0, asked.stderr
    assert "wrong verdicts: 0 of 4" in asked.stdout
    done = call(site, tmp_path, "run", "majority", "wine", "--independent", "--threshold", "0.9", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "No: The share is 0.33." in done.stdout
    (report,) = tmp_path.glob("runs/*/report.html")
    assert "Is the first class of wine common?" in report.read_text()
    assert "wrong verdict in 0 of 4 cases" in report.read_text()


def test_an_installed_lab_keeps_to_the_protocol(site, tmp_path):
    code = (
        "import sys; from pathlib import Path; from lab import registry; from lab.data.load import load;"
        "from lab.testing import check_lab; lab = registry.find('majority');"
        "check_lab(lab, load('wine', independent=True), lab.settings_type(), Path(sys.argv[1])); print('kept')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(site)}, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "kept", done.stderr


def test_a_lab_that_cannot_be_imported_is_named_with_the_reason(site, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "majority.py").write_text("import a_package_that_is_missing\n")
    environment = os.environ | {"PYTHONPATH": f"{broken}{os.pathsep}{site}"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from lab.cli import main; sys.exit(main())", "run", "majority", "wine"],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'majority' cannot be loaded" in done.stderr
    assert "a_package_that_is_missing" in done.stderr
