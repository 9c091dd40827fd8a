"""The rules of the house hold: imports point down, the style is kept, types fit, dependencies are declared."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("lab", "quantum", "edge", "interpretability")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@functools.cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "command",
    [
        ("importlinter.cli", "lint"),
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("deptry", "."),
    ],
    ids=lambda command: command[0],
)
def test_the_checker_finds_nothing(command):
    code = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    words = ["-c", code] if command[0] == "importlinter.cli" else ["-m", *command]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_command_line_prints():
    for path in SOURCES:
        calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
        printing = any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)
        assert not printing or path.name in ("cli.py", "screen.py"), path


def test_no_pickle_is_read():
    for path in SOURCES:
        tree = parsed(path)
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pickle"
        }
        assert not imported & {"joblib", "dill", "cloudpickle"}, path
        assert path.name == "testing.py" or used <= {"dumps"}, path  # to write one, for its size, is no danger


def test_the_top_level_is_what_it_was_agreed_to_be():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    top = {name.partition("/")[0] for name in tracked}
    visible = {name for name in top if not name.startswith(".")}
    assert visible <= {*PACKAGES, "tests", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}


def test_no_module_is_without_the_question_that_it_answers():
    for path in SOURCES:
        assert ast.get_docstring(parsed(path)), f"{path} has no docstring"
