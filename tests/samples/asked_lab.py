"""A lab of nothing but controls. It stands here since the sources of its package are read, which are many among the tests."""

from collections.abc import Callable, Sequence

from lab.protocol import Control

__all__ = ["Asked"]


class Asked:
    name = "asked"

    def __init__(self, *asked: Control) -> None:
        self.asked = asked

    def prepare(self, notify: Callable[[str], None]) -> None:
        notify("preparing")

    def controls(self) -> Sequence[Control]:
        return self.asked
