"""Does a quantum classifier help on this data yet, and what would it cost on hardware?"""

import sys

_is_run = sys.argv[:1] == ["-m"] and "-mquantum" in "".join(sys.orig_argv)
if _is_run and not sys.flags.safe_path and [f"{sys.path[0]}/quantum"] != __path__:
    del sys.path[0]  # `python -m quantum` puts the current folder first, and what lies there is data

import lab  # noqa: E402, F401  before any library: it settles what they may do (see lab.environment)
