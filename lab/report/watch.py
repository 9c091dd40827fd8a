"""What does a watch show in a browser? How it stands on one page: followed while it goes on, or as a report at any time."""

from collections.abc import Iterator

from lab.numbers import number, span
from lab.protocol import Estimate
from lab.report.page import render, with_glossary
from lab.watching.plain import Standing
from lab.watching.protocol import RECENT_LABELS, SignalState
from lab.wording import amount

__all__ = ["live_page", "report_page"]

_BADGES = {"yes": ("no", "Retrain now"), "no": ("yes", "Not now"), "undecided": ("undecided", "Undecided")}
"""The colour of a verdict, and its words: what a model needs is no praise of it."""
_MOST_SHOWN = 40


def live_page(standing: Standing) -> str:
    """Render the page that follows a watch; it fetches itself again, with its script or without."""
    return _page(standing, live=True)


def report_page(standing: Standing) -> str:
    """Render the page as a report, complete in itself and without a script."""
    return with_glossary(_page(standing, live=False))


def _page(standing: Standing, *, live: bool) -> str:
    status = standing.status
    colour, headline = _BADGES[status.advice.answer]
    return render(
        "watch.html", styles=("page.css", "watch.css"), scripts=("watch.js",) if live else (), live=live, standing=standing,
        status=status, colour=colour, headline=headline, facts=list(_facts(standing)),
        signals=[_row(each) for each in status.signals], newest=list(reversed(standing.newest))[:_MOST_SHOWN],
    )  # fmt: skip


def _facts(standing: Standing) -> Iterator[tuple[str, str]]:
    """Give what stands beside the answer, each as its name and a sentence."""
    status = standing.status
    yield "Rows", f"{status.rows:,}, {status.labels:,} of them with a label"
    if status.accuracy is not None:
        asked = f" of the last {RECENT_LABELS:,} labels" if status.labels > RECENT_LABELS else ""
        yield f"Right answers{asked}", _estimate(status.accuracy)
    if status.expected is not None:
        yield "Right answers, estimated without labels", _estimate(status.expected)
    yield (
        "Alarms",
        f"{standing.counts.get('alarms', 0):,}; the chance that any ever is false is at most {100 * status.false_alarms:g} %",
    )
    if standing.said:
        yield "Odd rows", "; ".join(standing.said)
    yield "Source", standing.source
    yield "As of", standing.at.replace("T", " ").replace("+00:00", " UTC")


def _estimate(estimate: Estimate) -> str:
    confidence = f"{100 * estimate.confidence:g} % interval"
    if estimate.unit in ("", "share"):
        value, low, high = (100 * each for each in (estimate.value, estimate.low, estimate.high))
        estimate = Estimate(value, low, high, "%", estimate.confidence)
    between = f"{span(estimate.low, estimate.high)} {estimate.unit}".rstrip()
    return f"{amount(estimate.value, estimate.unit)} ({confidence} {between})"


def _row(signal: SignalState) -> dict[str, str]:
    """Give a signal in words: how far it is on its way to an alarm, and since when it has been another."""
    share = 10.0 ** min(signal.evidence, 0.0)
    far = "alarm" if signal.alarm is not None else "less than 0.1 %" if share < 0.001 else f"{number(100 * share)} %"
    begin = ""
    if signal.start is not None:
        likely, earliest, latest = (row + 1 for row in signal.start)
        begin = f"row {likely:,} (between {earliest:,} and {latest:,})"
    return {"name": signal.name, "kind": signal.kind, "far": far, "begin": begin, "change": signal.change}
