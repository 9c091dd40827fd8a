"""Can a page be shown here? Hands it to the browser of this machine, or says why a person has to open it."""

import os
import sys
import webbrowser

from lab.terminal.console import say

__all__ = ["open_page"]

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


def open_page(address: str, *, or_else: str) -> bool:
    """Show a page in the browser; where that cannot be done, say so, and what to open instead.

    On Linux a browser needs a screen: without one, Python would start one for terminals, if there is any, in the middle of our
    own lines. Who names a browser by the variable BROWSER gets that one.
    """
    has_screen = sys.platform != "linux" or any(map(os.environ.get, (*_SCREENS, "BROWSER")))
    try:
        opened = has_screen and webbrowser.open(address)
    except (webbrowser.Error, OSError):
        opened = False
    if not opened:
        say(f"note: no browser could be opened here; open {or_else} yourself")
    return opened
