"""What does a run leave in its log? What it did and why trials failed, each entry on lines that nothing else can imitate."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from lab.cleaning import clean

__all__ = ["log_file"]


class _Lines(logging.Formatter):
    """Clean lines; those after the first are indented, so that no text from a file passes for an entry."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n    ".join(clean(line) for line in super().format(record).split("\n"))


class _Quiet(logging.FileHandler):
    """Log what can be logged: a full disk ends a run where its rows are written, not here."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        del record

    def close(self) -> None:
        with contextlib.suppress(OSError):  # what is still to be written may not fit either
            super().close()


@contextlib.contextmanager
def log_file(log: logging.Logger, folder: Path) -> Iterator[None]:
    """Keep what is said to `log` in the file `log.txt` of the folder."""
    handler = _Quiet(folder / "log.txt", encoding="utf-8")
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()
