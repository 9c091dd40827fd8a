"""`python -m interpretability DATA --target COLUMN` is `lab run interpretability DATA --target COLUMN`."""

import sys

from lab.cli import main

if __name__ == "__main__":
    sys.exit(main(["run", "interpretability", *sys.argv[1:]], prog="python -m interpretability"))
