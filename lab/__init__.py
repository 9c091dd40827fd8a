"""The shared ground of the Future-Tech Lab: data, trials, statistics, records, reports and the command line."""

import sys

_is_run = sys.argv[:1] == ["-m"] and "-mlab" in "".join(sys.orig_argv)
if _is_run and not sys.flags.safe_path and [f"{sys.path[0]}/lab"] != __path__:
    del sys.path[0]  # `python -m lab` puts the current folder first, and what lies there is data

from lab.environment import silence  # noqa: E402

silence()

__version__ = "0.1.0"
