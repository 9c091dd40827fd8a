"""Where does it run, and how fast? Chosen cores and threads of this machine, devices, and a browser beside them."""

from edge.browser.trials import BROWSER
from edge.building.trials import BUILD
from edge.context import Context
from edge.load.rates import waiting_s
from edge.places.evidence import lines_in_browser, lines_of, lost, place_table
from edge.places.trials import PLACES, PlacesRow, elsewhere
from edge.settings import deadline_ms
from lab.protocol import Evidence, Rows, Trial

__all__ = ["evidence", "plan"]


def plan(context: Context) -> list[Trial[PlacesRow]]:
    """Measure every candidate on the places that the settings name."""
    settings = context.settings
    if not settings.cores and settings.threads == 1 and settings.devices is None:
        return []
    names = tuple(family.name for family in context.families)
    arguments = {
        "names": names,
        "fold": context.fold,
        "cores": settings.cores,
        "threads": settings.threads,
        "devices": settings.devices,
        "deadline_ms": deadline_ms(settings),
        "rate": settings.rate,
        "seconds": settings.load_seconds,
    }
    needs = tuple(BUILD.of(name) for name in names)
    cost = (10 * settings.load_seconds + waiting_s(settings.rate, settings.load_seconds)) * len(names)
    return [PLACES.trial(elsewhere, arguments, seed=context.seed, exclusive=True, needs=needs, cost=cost)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show every place; a browser alone has a table of its own, and stands here where there are others."""
    row, browser, labels = PLACES.found(rows), BROWSER.found(rows), context.labels
    places = {**(lines_of(row) if row else {}), **(lines_in_browser(browser) if browser else {})}
    tables = (place_table(places, labels, deadline_ms(context.settings)),) if row else ()
    return Evidence({}, {}, (), tables, lost(places, labels))
