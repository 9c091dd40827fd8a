"""How do the finalists treat groups of people? The part of the report that `--groups` asks for."""

from typing import Any

from interpretability.context import Context
from interpretability.groups import classes, numbers
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[Any]]:
    """Ask for no work of its own: the out-of-fold predictions are there.

    Raises
    ------
    SettingsError
        If there is no such column, or its groups are too small or too many.
    """
    if context.settings.groups is not None:
        classes.check_groups(context.settings.groups, context.dataset)
    return []


def evidence(context: Context, rows: Rows) -> Evidence:
    """Compare the groups under the best of each side."""
    column, dataset, folds = context.settings.groups, context.dataset, context.settings.folds
    if column is None:
        return Evidence()
    best = context.compared(rows).best
    sides = [best["glass"], best["black"]]
    if dataset.task == "number":
        figure = numbers.group_figure(column, dataset, sides, folds, 0)
        return Evidence(figures=(figure,), tables=(numbers.group_table(column, dataset, sides, folds),))
    figure = classes.group_figure(column, dataset, sides, folds, 0)
    return Evidence(figures=(figure,), tables=(classes.group_table(column, dataset, sides, folds),))
