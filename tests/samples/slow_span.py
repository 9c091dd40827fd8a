"""A program for tests: notes when it begins, at every tenth of a second that it is alive, and when it ends."""

import os
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
    (folder / f"began-{os.getpid()}").write_text(str(time.monotonic()))
    sys.stdout.write("began\n")
    sys.stdout.flush()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        (folder / f"alive-{os.getpid()}").write_text(str(time.monotonic()))
        time.sleep(0.02)
