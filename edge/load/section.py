"""How does the response time grow with the rate of calls? At the user's rate, late answers are a budget."""

from edge.building.trials import BUILD
from edge.context import Context
from edge.load.evidence import capacities, caveats, distribution_figure, load_table, misses_of, rate_figure
from edge.load.rates import waiting_s
from edge.load.trials import LOAD, LoadRow, under_load
from edge.settings import deadline_ms
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[LoadRow]]:
    """Put every candidate under load where that is asked for, or the user gave a rate."""
    settings = context.settings
    offered = {"deadline_ms": deadline_ms(settings), "rate": settings.rate, "seconds": settings.load_seconds}
    return [
        LOAD.of(family.name).trial(
            under_load,
            {"family": family, "fold": context.fold, **offered},
            seed=context.seed,
            exclusive=True,
            needs=(BUILD.of(family.name),),
            cost=10 * settings.load_seconds + waiting_s(settings.rate, settings.load_seconds),
        )
        for family in context.families
        if settings.load or settings.rate is not None
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show misses, percentiles and the highest rate of every candidate that was under load."""
    loaded, labels, deadline = LOAD.all_found(rows), context.labels, deadline_ms(context.settings)
    if not loaded:
        return Evidence({}, {}, (), ())
    swept = rate_figure(loaded, labels, deadline)
    return Evidence(
        estimates=misses_of(loaded),
        facts={"highest_rate": {name: found.words() for name, found in capacities(loaded, deadline).items()}},
        figures=(distribution_figure(loaded, labels, deadline), *(() if swept is None else (swept,))),
        tables=(load_table(loaded, labels, deadline),),
        caveats=caveats(loaded, labels, context.settings),
    )
