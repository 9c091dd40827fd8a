"""`python -m edge DATA --target COLUMN` is `lab run edge DATA --target COLUMN`."""

import sys

from lab.cli import main

if __name__ == "__main__":
    sys.exit(main(["run", "edge", *sys.argv[1:]], prog="python -m edge"))
