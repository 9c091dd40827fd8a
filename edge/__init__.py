"""Can this model run inside this latency, memory and size budget at the edge, and what accuracy does that cost?"""

import sys

_is_run = sys.argv[:1] == ["-m"] and "-medge" in "".join(sys.orig_argv)
if _is_run and not sys.flags.safe_path and [f"{sys.path[0]}/edge"] != __path__:
    del sys.path[0]  # `python -m edge` puts the current folder first, and what lies there is data

import lab  # noqa: E402, F401  before any library: it settles what they may do (see lab.environment)
