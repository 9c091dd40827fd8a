"""How accurate are all models on the same folds? The standard that a candidate's loss is measured against."""

from dataclasses import asdict

from edge import metrics
from edge.accuracy.learned import of_given
from edge.candidates import SEARCH_ROWS
from edge.context import Context
from edge.given.family import assumes_order, is_given, said_of
from lab.learning import comparison, planning
from lab.learning.families import CONSTANT
from lab.learning.fitting import unweighted
from lab.learning.outer import FoldRow
from lab.protocol import Evidence, Rows, Trial
from lab.wording import listed

__all__ = ["compared", "evidence", "plan"]

_MOST_CLASSES = 6


def plan(context: Context) -> list[Trial[FoldRow]]:
    """Score every model on every outer fold."""
    settings = context.settings
    return planning.trials(
        (context.group,),
        folds=settings.folds,
        repeats=settings.repeats,
        seed=context.seed,
        metric=context.metric,
        candidates=settings.candidates,
        search_rows=SEARCH_ROWS,
    )


def compared(context: Context, rows: Rows) -> comparison.Comparison:
    """Gather the scores of all models.

    Raises
    ------
    TrialsFailedError
        If models have a score in fewer than two folds.
    """
    settings = context.settings
    return comparison.compare(
        context.dataset, (context.group,), rows, folds=settings.folds, repeats=settings.repeats, metric=context.metric
    )


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show the scores of all models."""
    found, metric, settings = compared(context, rows), context.metric, context.settings
    figure = found.figure(
        "Accuracy of all models",
        f"{metric.label[0].upper()}{metric.label[1:]} on the same folds; bars are 95 % intervals of each mean. The table includes "
        "the constant baseline.",
        without=(CONSTANT.name,),
    )
    learned = of_given(context, found)
    assumed = any(assumes_order(family, context.dataset) for family in context.families)
    order = listed([repr(label) for label in context.dataset.classes[:_MOST_CLASSES]])
    unnamed = f"the given model does not name its classes: its outputs are taken for {order}, in this order (--classes says otherwise)"
    said = [note for family in context.families for note in said_of(family, context.dataset)]
    alike = unweighted(
        (each for each in context.group.families if not is_given(each)), context.dataset, seed=context.seed
    )
    return Evidence(
        estimates={},
        facts={
            **({"assumed_classes": unnamed} if assumed else {}),
            **({"said_of_model": said} if said else {}),
            **({} if learned is None else {"learned": asdict(learned)}),
            "metric": metric.label,
            "factor": metric.factor,
            "n_rows": context.dataset.n_rows,
            "rows_in_table": context.dataset.rows_in_table,
        },
        figures=(figure,),
        tables=(found.table(), found.choices()),
        caveats=(
            *metrics.remark(settings.metric, context.dataset),
            *([] if learned is None else [learned.sentence]),
            *([unnamed] if assumed else []),
            *said,
            *([alike] if alike else []),
            *found.caveats(),
        ),
    )
