"""`lab completion NAME`: what has a shell complete our words. It asks us for them, by argcomplete, at each press of the key."""

import os
from collections.abc import Callable, Collection

from lab import registry
from lab.commands.words import COMPLETING, understand
from lab.options import Parser, add_debug
from lab.terminal.console import show_whole

__all__ = ["complete", "completion"]

_SHELLS = ("bash", "zsh", "fish")


def completion(words: list[str]) -> int:
    """Print the lines that a shell reads, and give the exit code."""
    parser = Parser(
        prog="lab completion",
        description="Print what has a shell complete commands, options and names of files; it reads that when it starts.",
        epilog="example: lab completion bash >> ~/.bashrc",
    )
    parser.add_argument("shell", choices=_SHELLS, metavar="NAME", help=f"one of {', '.join(_SHELLS)}")
    add_debug(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    from argcomplete.shell_integration import shellcode

    show_whole(shellcode(["lab"], shell=given.shell))
    return 0


def complete(commands: Collection[str], run: Callable[[list[str]], int]) -> int:
    """Answer a shell that completes a line: the names of commands, of labs, or what the parser of a command takes.

    Parameters
    ----------
    commands : collection of str
        The first words that there are.
    run : callable
        Understands the words of a command, and answers by its parser (see `lab.commands.words.understand`).
    """
    from argcomplete.lexers import split_line

    line = os.environ["COMP_LINE"].encode()[: int(os.environ["COMP_POINT"])].decode(errors="ignore")
    words = split_line(line)[3][1:]  # whole words before the cursor, without our name
    if not words or words == ["help"]:
        _offer("command", commands, skipped=len(words))
    elif words == ["run"]:
        _offer("lab", registry.names(), skipped=1)
    else:
        os.environ[COMPLETING] = "3" if words[0] == "run" else "2"  # place of the word that stands for the program
        run(words)
    return 1


def _offer(name: str, choices: Collection[str], *, skipped: int) -> None:
    parser = Parser(add_help=False)
    parser.add_argument(name, choices=sorted(choices))
    os.environ[COMPLETING] = str(1 + skipped)
    import argcomplete

    argcomplete.autocomplete(parser)
