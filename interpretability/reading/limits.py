"""How much of a model is shown at most? Rows of tables, curves, maps, and the fewest rows behind a statement."""

__all__ = ["CURVES", "LISTED", "MAPS", "SHOWN"]


SHOWN = 12


CURVES = 4


MAPS = 2


LISTED = 30
