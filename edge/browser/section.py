"""How does the model do in a browser? Every candidate in headless Chromium, beside this machine's own calls."""

from edge.browser.evidence import browser_table, caveats, figure
from edge.browser.runtime_files import find_runtime
from edge.browser.trials import BROWSER, BrowserRow, in_browser
from edge.building.trials import BUILD
from edge.context import Context
from edge.timing.trials import IDENTITY, TIME, TimedRow, exported
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[BrowserRow]]:
    """Measure every candidate in a browser where that is asked for."""
    settings = context.settings
    if not settings.browser:
        return []
    names = tuple(family.name for family in context.families)
    runtime = find_runtime(settings.web_runtime)
    arguments = {
        "names": names,
        "fold": context.fold,
        "rounds": settings.rounds,
        "web_runtime": str(runtime.module.parent),  # found here: trials run in another folder
    }
    needs = tuple(BUILD.of(name) for name in names)
    cost = 5 * (len(names) + 1)
    return [BROWSER.trial(in_browser, arguments, seed=context.seed, exclusive=True, needs=needs, cost=cost)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show calls, loading and answers in the browser."""
    row, labels = BROWSER.found(rows), context.labels
    if row is None:
        return Evidence({}, {}, (), ())
    times = (TIME.found(rows) or TimedRow({})).times
    names = {IDENTITY: IDENTITY} | {name: exported(name) for name in labels}
    here = {name: times[alternative] for name, alternative in names.items() if alternative in times}
    drawn = figure(row, labels, here, context.settings.p99_ms)
    return Evidence(
        estimates={},
        facts={},
        figures=() if drawn is None else (drawn,),
        tables=(browser_table(row, labels, here),),
        caveats=caveats(row, labels),
    )
