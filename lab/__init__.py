"""The shared ground of the Future-Tech Lab: data, trials, statistics, records, reports and the command line.

Its public names are found when they are asked for, so that nothing heavy is imported before:

>>> import lab
>>> table = lab.load("wine")
>>> table.classes
('class_0', 'class_1', 'class_2')
"""

import sys

_is_run = sys.argv[:1] == ["-m"] and "-mlab" in "".join(sys.orig_argv)
if _is_run and not sys.flags.safe_path and [f"{sys.path[0]}/lab"] != __path__:
    del sys.path[0]  # `python -m lab` puts the current folder first, and what lies there is data

from lab.environment import silence  # noqa: E402

silence()

from typing import TYPE_CHECKING  # noqa: E402

import lazy_loader  # noqa: E402

from lab.version import __version__ as __version__  # noqa: E402

if TYPE_CHECKING:
    from lab.data.frames import from_frame
    from lab.data.load import load
    from lab.notebook import run
    from lab.protocol import (
        Control,
        Dataset,
        Estimate,
        Evidence,
        Figure,
        Key,
        Lab,
        Question,
        Section,
        Table,
        Trial,
        Verdict,
        WhatIf,
    )
    from lab.record import Record
    from lab.testing import check_lab

__all__ = [
    "Control",
    "Dataset",
    "Estimate",
    "Evidence",
    "Figure",
    "Key",
    "Lab",
    "Question",
    "Record",
    "Section",
    "Table",
    "Trial",
    "Verdict",
    "WhatIf",
    "check_lab",
    "from_frame",
    "load",
    "run",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "data.frames": ["from_frame"],
        "data.load": ["load"],
        "notebook": ["run"],
        "protocol": [
            "Control", "Dataset", "Estimate", "Evidence", "Figure", "Key", "Lab", "Question", "Section", "Table", "Trial",
            "Verdict", "WhatIf",
        ],
        "record": ["Record"],
        "testing": ["check_lab"],
    },
)  # fmt: skip
