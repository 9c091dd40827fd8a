"""What does a reading give, and how much of a model is shown at most?"""

from dataclasses import dataclass

from lab.protocol import Figure, Table

__all__ = ["CURVES", "LISTED", "MAPS", "SHOWN", "Opened"]


SHOWN = 12


CURVES = 4


MAPS = 2


LISTED = 30


@dataclass(frozen=True)
class Opened:
    """A model laid open: what each way of reading gives."""

    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
