"""What do we give up, if anything, by using a model that we can read?"""

import sys

_is_run = sys.argv[:1] == ["-m"] and "-minterpretability" in "".join(sys.orig_argv)
if _is_run and not sys.flags.safe_path and [f"{sys.path[0]}/interpretability"] != __path__:
    del sys.path[0]  # `python -m interpretability` puts the current folder first, and what lies there is data

import lab as _settled  # noqa: E402, F401  before any library: it settles what they may do (see lab.environment)
