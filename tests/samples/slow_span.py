"""A program for tests: notes when it begins, at every tenth of a second that it is alive, and when it ends."""

import os
import sys
import time
from pathlib import Path


def note(path):
    """Write the time into a file that is there whole or not at all, for this program is killed on purpose."""
    new = path.with_name(f"new-{path.name}")
    new.write_text(str(time.monotonic()))
    new.replace(path)


if __name__ == "__main__":
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
    note(folder / f"began-{os.getpid()}")
    sys.stdout.write("began\n")
    sys.stdout.flush()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        note(folder / f"alive-{os.getpid()}")
        time.sleep(0.02)
