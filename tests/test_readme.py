"""The commands of the README work as written: each is understood, and fits the table that the README tells how to get.

Trials are left out: what they do is tested where they are, and a run of all would take an hour.
"""

import re
import shlex
from pathlib import Path

import pytest

from lab import flow
from lab.commands import run
from lab.job import job_of

README = Path(__file__).parents[1] / "README.md"
NEED_MORE = ("--backend ", "--model ", "--browser", "--checkpoint ")
"""A quantum computer, a model, a package that npm installs: such a command is only understood here."""


def commands():
    """Commands in the blocks and in the running text, without comments."""
    text = README.read_text(encoding="utf-8")
    blocks = [
        line.partition("#")[0]
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    inline = re.findall(r"`(lab [^`]+)`", text)
    return sorted({line.strip() for line in (*blocks, *inline) if line.startswith("lab ")})


RUNS = [line for line in commands() if line.startswith("lab run ") and "data.csv" in line]


@pytest.fixture(scope="module")
def files():
    """What the first commands of the README leave in the current folder, by name; made by the first test that needs it."""
    return {}


@pytest.fixture
def begun(monkeypatch, lab, files):
    """Give what a command of the README hands over to the run that it would begin, beside the table of the README."""
    if not files:
        assert lab("list", "churn", "--write", "data.csv").code == 0
        assert lab("look", "data.csv", "--target", "churn", "--write", "table.toml").code == 0
        files |= {name: Path(name).read_bytes() for name in ("data.csv", "table.toml")}
    for name, content in files.items():
        Path(name).write_bytes(content)
    handed = []

    class BegunError(Exception):
        pass

    def begin(*given, seed, files, **about):
        handed.append((*given, seed, files))
        raise BegunError

    monkeypatch.setattr(flow, "run", begin)

    def call(line):
        with pytest.raises(BegunError):
            run.run(shlex.split(line)[2:], None)
        return handed[-1]

    return call


def test_the_readme_says_how_to_get_the_table_that_its_commands_use():
    assert "lab list churn --write data.csv" in commands()
    assert len(RUNS) >= 8
    assert any(f"run {name} data.csv" in line for line in RUNS for name in ("quantum", "edge", "interpretability"))


def test_the_model_of_the_readme_is_trained_and_judged_as_it_says(begun):
    (line,) = (line for line in commands() if "--model model.skops" in line)
    text = README.read_text(encoding="utf-8")
    code = text[text.index("import skops.io") :].partition("```")[0]
    assert code.count("\n") <= 20
    exec(compile(f"import pandas as pd\n{code}", "README.md", "exec"), {})  # it reads and writes in the current folder
    lab, dataset, settings, *_ = given = begun(line)
    assert (lab.name, settings.model) == ("edge", "model.skops")
    assert job_of(*given).plan
    assert (dataset.name, dataset.n_rows) == ("unseen.csv", 500)


@pytest.mark.parametrize("line", RUNS)
def test_a_command_of_the_readme_fits_the_table_of_the_readme(begun, line):
    given = begun(line)
    assert given[1].name == "data.csv"
    assert given[1].target_name == "churn"
    if not any(what in line for what in NEED_MORE):
        assert job_of(*given).plan
