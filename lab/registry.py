"""Which labs are installed? Found by entry points of the group `lab.labs`: a further lab needs no edit here."""

from importlib import metadata
from typing import cast

from lab.errors import SettingsError, nearest
from lab.protocol import Lab

__all__ = ["find", "names"]

GROUP = "lab.labs"


def names() -> list[str]:
    """List the names of the installed labs, sorted."""
    return sorted({entry.name for entry in metadata.entry_points(group=GROUP)})


def find(name: str) -> Lab:
    """Load a lab by its name.

    Raises
    ------
    SettingsError
        If there is no such lab (with the nearest name), or it cannot be imported (with the reason).
    """
    entries = {entry.name: entry for entry in metadata.entry_points(group=GROUP)}
    if name not in entries:
        raise SettingsError(f"no lab {name!r}; {nearest(name, sorted(entries), label='labs')}")
    try:
        return cast("Lab", entries[name].load())
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"the lab {name!r} cannot be loaded ({error}); install its package again") from error
