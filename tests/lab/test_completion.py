"""A shell is told what may follow, and `lab help` and each `--help` end with an example."""

import os
import subprocess
import sys

import pytest

COMMANDS = (
    "run", "demo", "list", "report", "session", "open", "history", "compare", "slides", "pack", "verify", "explain", "clean",
    "controls", "completion",
)  # fmt: skip


def offered(line, folder):
    """Ask as bash does, and give what it would offer."""
    answer = folder / "offered"
    environment = os.environ | {
        "_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line, "COMP_POINT": str(len(line.encode())), "COMP_TYPE": "9", "_ARGCOMPLETE_SHELL": "bash",
    }  # fmt: skip
    subprocess.run([sys.executable, "-m", "lab"], env=environment, cwd=folder, capture_output=True, check=False)
    return {word.strip() for word in answer.read_text().split("\n")} if answer.exists() else set()


@pytest.mark.parametrize(
    ("line", "wanted", "others"),
    [
        ("lab ", {*COMMANDS, "help"}, {"--help"}),
        ("lab s", {"session", "slides"}, {"run"}),
        ("lab run ", {"edge", "interpretability", "quantum"}, {"slides"}),
        ("lab run edge data.csv --p", {"--p99-ms"}, {"--size-mb"}),
        ("lab slides runs/a --t", {"--title"}, {"--out"}),
        ("lab history --verdict ", {"yes", "no", "undecided"}, set()),
        ("lab slides wi", {"wine.csv"}, {"slides"}),
        ("lab run edge wi", {"wine.csv"}, {"edge"}),
        ("lab nothing ", set(), {"run"}),
    ],
)
def test_what_may_follow_is_offered(tmp_path, line, wanted, others):
    (tmp_path / "wine.csv").touch()
    found = offered(line, tmp_path)
    assert wanted <= found
    assert not found & others


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_for_a_shell_name_our_command(lab, shell):
    called = lab("completion", shell)
    assert (called.code, called.err) == (0, "")
    assert "_ARGCOMPLETE" in called.out
    assert "lab" in called.out


def test_another_shell_is_refused_in_one_sentence(lab):
    called = lab("completion", "csh")
    assert (called.code, called.out, len(called.err.splitlines())) == (2, "", 1)
    assert "bash" in called.err


@pytest.mark.parametrize("command", [*COMMANDS, "run edge", "run interpretability", "run quantum"])
def test_each_help_ends_with_an_example(lab, command):
    shown = lab(*command.split(), "--help").out
    last = " ".join(shown.rstrip().rpartition("\n\n")[2].split())
    assert f"example: lab {command}" in last
    assert lab("help", *command.split()).out == shown


def test_help_alone_is_the_list_of_commands(lab):
    shown = lab("help").out
    assert shown == lab("--help").out
    for command in (*COMMANDS, "help"):
        assert f"lab {command}" in shown
