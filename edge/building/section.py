"""Is the exported model the same model? Each candidate is built on one fold and compared with the model that was scored."""

from edge.building.evidence import parity_table, remarks
from edge.building.trials import BUILD, BuiltRow, build
from edge.context import Context
from lab.learning.comparison import seed_of
from lab.learning.outer import fold_key
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[BuiltRow]]:
    """Build every candidate, with the settings and the seed of the trial that scored it on that fold."""
    scored = {family.name: fold_key(family, context.fold.index) for family in context.families}
    return [
        BUILD.of(family.name).trial(
            build,
            {"family": family, "fold": context.fold},
            seed=seed_of(scored[family.name].name, context.seed),
            needs=(scored[family.name],),
        )
        for family in context.families
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show how far the files are from their originals."""
    built = {context.labels[name]: row for name, row in BUILD.all_found(rows).items()}
    return Evidence({}, {}, (), (parity_table(built),), remarks(built))
