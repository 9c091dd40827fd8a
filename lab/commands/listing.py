"""`lab list`: the labs and the built-in tables."""

from lab import registry
from lab.commands.words import understand
from lab.options import Parser
from lab.terminal.console import show

__all__ = ["list_labs"]


def list_labs(words: list[str]) -> int:
    """Show what is installed, and give the exit code."""
    parser = Parser(
        prog="lab list", description="List the installed labs and the built-in tables.", epilog="example: lab list"
    )
    if understand(parser, words) is None:
        return 0
    from lab.data import builtin

    show("Labs")
    for name in registry.names():
        show(f"  {name:18}{registry.find(name).summary}")
    show("Built-in tables")
    for name, about in builtin.TABLES.items():
        show(f"  {name:18}{about}")
    return 0
