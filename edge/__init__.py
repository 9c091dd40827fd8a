"""Can this model run inside this latency, memory and size budget at the edge, and what accuracy does that cost?"""

import sys

_is_run = sys.argv[:1] == ["-m"] and "-medge" in "".join(sys.orig_argv)
if _is_run and not sys.flags.safe_path and [f"{sys.path[0]}/edge"] != __path__:
    del sys.path[0]  # `python -m edge` puts the current folder first, and what lies there is data

from typing import TYPE_CHECKING  # noqa: E402

import lazy_loader  # noqa: E402

import lab as _settled  # noqa: E402, F401  before any library: it settles what they may do (see lab.environment)

if TYPE_CHECKING:
    from edge.exporting.device import Exported, device_rows
    from edge.exporting.export import export
    from edge.exporting.parity import Parity, compare
    from edge.timing.latency import Alternative, measure

__all__ = ["Alternative", "Exported", "Parity", "compare", "device_rows", "export", "measure"]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "exporting.device": ["Exported", "device_rows"],
        "exporting.export": ["export"],
        "exporting.parity": ["Parity", "compare"],
        "timing.latency": ["Alternative", "measure"],
    },
)
