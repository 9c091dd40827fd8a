"""`python -m quantum DATA --target COLUMN` is `lab run quantum DATA --target COLUMN`."""

import sys

from lab.cli import main

if __name__ == "__main__":
    sys.exit(main(["run", "quantum", *sys.argv[1:]], prog="python -m quantum"))
