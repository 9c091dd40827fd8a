"""The ground is kept in small parts: no function is long, and a command is imported when it is asked for."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lab

LAB = Path(lab.__file__).parent


def test_no_function_of_the_ground_is_longer_than_sixty_lines():
    long = [
        f"{path.relative_to(LAB)}:{node.name} ({length})"
        for path in sorted(LAB.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (length := node.end_lineno - node.lineno + 1) > 60
    ]
    assert long == []


@pytest.mark.parametrize("name", ["cli.py", "data/load.py", "data/columns.py", "data/target.py", "flow.py", "job.py"])
def test_a_file_holds_one_idea(name):
    assert len((LAB / name).read_text(encoding="utf-8").splitlines()) <= 260


@pytest.mark.parametrize(
    ("words", "own"),
    [
        ("--help", set()),
        ("--version", set()),
        ("list --help", {"listing", "words"}),
        ("report --help", {"report", "words"}),
        ("history --help", {"history", "words"}),
        ("explain --help", {"explain", "words"}),
        ("clean --help", {"clean", "words"}),
        ("compare --help", {"compare", "chosen", "words"}),
        ("slides --help", {"slides", "chosen", "words"}),
        ("pack --help", {"pack", "chosen", "words"}),
        ("merge --help", {"merge", "words"}),
        ("batch --help", {"batch", "batch_file", "run", "reading", "running", "words"}),
        ("completion --help", {"completion", "words"}),
        ("controls --help", {"controls", "words"}),
        ("watch --help", {"watch", "words"}),
        ("demo --help", {"demo", "running", "words"}),
        ("run quantum --help", {"run", "reading", "running", "words"}),
    ],
)
def test_of_the_commands_only_the_one_that_is_asked_for_is_imported(words, own):
    code = f"import sys; from lab.cli import main; main({words.split()!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    start = "lab.commands."
    assert {name.removeprefix(start) for name in done.stderr.split() if name.startswith(start)} == own
    assert not {"psutil", "msgspec"} & set(done.stderr.split()), "what help does not need is not imported"


def test_the_list_of_labs_and_tables_needs_no_library_of_numbers():
    code = "import sys; from lab.cli import main; main(['list']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "pandas", "sklearn"} & set(done.stderr.split())
