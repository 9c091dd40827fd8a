"""What does a run show before it has a report? A page that asks how far the run is, and the first picture of what is known so far."""

from lab.protocol import Figure
from lab.report.page import drawer, render
from lab.report.pictures import Artist

__all__ = ["page", "picture"]


def page(question: str, lab: str, data: str) -> str:
    """Render the page that follows a run: it fetches `state` and `picture` beside itself, and goes to `report` at the end."""
    return render(
        "live.html", styles=("page.css", "live.css"), scripts=("live.js",), question=question, lab=lab, data=data
    )


def picture(figure: Figure) -> str:
    """Draw a figure for that page; nothing where it cannot be drawn, which the report will say."""
    missing: dict[str, str] = {}
    with Artist() as artist:
        drawn = drawer(artist, missing)(figure, figure.spec)
    return "" if missing else str(drawn)
