"""Is the exported model the same model? Each candidate is built on one fold and compared with the model that was scored."""

from edge.building.ensemble import build_ensemble
from edge.building.evidence import built_candidates, member_table, parity_tables, remarks
from edge.building.trials import BUILD, BuiltRow, build
from edge.candidates import Candidate
from edge.context import Context
from lab.learning.outer import fold_key
from lab.learning.planning import seed_of
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[BuiltRow]]:
    """Build every candidate, with the settings and the seed of the trial that scored it on that fold; averages of what is built."""
    built: tuple[Candidate, ...] = (*context.learned, *context.blends)
    scored = {each.name: fold_key(each, context.fold.index) for each in built}
    members = tuple(BUILD.of(family.name) for family in context.group.blended)
    return [
        BUILD.of(family.name).trial(
            build,
            {"family": family, "fold": context.fold},
            seed=seed_of(scored[family.name].name, context.seed),
            needs=(scored[family.name],),
        )
        for family in context.learned
    ] + [
        BUILD.of(blend.name).trial(
            build_ensemble,
            {"blend": blend, "fold": context.fold},
            seed=seed_of(scored[blend.name].name, context.seed),
            needs=(scored[blend.name], *members),
            cost=0.3,
        )
        for blend in context.blends
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show how far the files are from their originals, and what an average among the candidates consists of."""
    built = {context.labels[name]: row for name, row in built_candidates(rows, context.labels).items()}
    members = member_table(context, rows)
    return Evidence({}, {}, (), (*parity_tables(built), *members), remarks(built))
