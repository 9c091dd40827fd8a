"""Can a watch be followed in a browser? A page on this machine's own interface shows how it stands, and is gone when it ends.

The page is told by a file that only this user can read, is served from memory, and knows one name (see `lab.host.loopback`).
"""

import contextlib
import time
from collections.abc import Callable, Iterator

from lab.host.loopback import Loopback
from lab.host.scratch import scratch_folder
from lab.report.watch import live_page
from lab.terminal.browser import open_page
from lab.terminal.live import served
from lab.watching.plain import Standing
from lab.watching.protocol import Happening

__all__ = ["Page", "watch_page"]

_AT_LEAST_EVERY_S = 10.0


class Page:
    """Shows how a watch stands to whoever asks.

    Parameters
    ----------
    server : Loopback
        Where a browser asks.
    opened : callable
        Called when there is something to show.
    """

    def __init__(self, server: Loopback, opened: Callable[[], None]) -> None:
        self._server, self._opened = server, opened
        self._is_open = False
        self._drawn, self._asked = -_AT_LEAST_EVERY_S, 0

    def happened(self, happening: Happening) -> None:
        """Nothing has to be done: the next standing shows it."""

    def stands(self, standing: Standing) -> None:
        """Show how everything stands: it is drawn anew where somebody has asked since, and now and then."""
        asked, now = self._server.sent.get("page", 0), time.monotonic()
        if asked != self._asked or now - self._drawn >= _AT_LEAST_EVERY_S:
            self._asked, self._drawn = asked, now
            self._show(standing)

    def ended(self, standing: Standing) -> None:
        """Show how everything stood at the end, to whoever asks soon enough."""
        self._show(standing)

    def _show(self, standing: Standing) -> None:
        self._server.put("page", served(live_page(standing)))
        if not self._is_open:
            self._is_open = True
            self._opened()


@contextlib.contextmanager
def watch_page(notify: Callable[[str], None]) -> Iterator[Page]:
    """Open the page of a watch in the browser as soon as it stands, and give what shows it."""
    with scratch_folder() as folder, Loopback({}, takes_result=False) as server:
        address = server.address("page")

        def opened() -> None:
            notify(f"the watch can be followed at {address}")
            open_page(server.hand_over("page", folder), or_else=address)

        yield Page(server, opened)
