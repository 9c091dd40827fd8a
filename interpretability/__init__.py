"""What do we give up, if anything, by using a model that we can read?

Its public names are found when they are asked for, so that nothing heavy is imported before:

>>> from interpretability import glass_box_classifiers
>>> [family.name for family in glass_box_classifiers(n_classes=2, n_columns=5).families][:2]
['logistic', 'logistic-sparse']

Still evolving: all of them. What `lab run interpretability` leaves behind is what stays.
"""

import sys

_is_run = sys.argv[:1] == ["-m"] and "-minterpretability" in "".join(sys.orig_argv)
if _is_run and not sys.flags.safe_path and [f"{sys.path[0]}/interpretability"] != __path__:
    del sys.path[0]  # `python -m interpretability` puts the current folder first, and what lies there is data

from importlib import import_module  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

import lab as _settled  # noqa: E402, F401  before any library: it settles what they may do (see lab.environment)

if TYPE_CHECKING:
    from interpretability.export.additive import to_onnx
    from interpretability.export.trees import trees_to_onnx
    from interpretability.models.classifiers import black as black_box_classifiers
    from interpretability.models.classifiers import glass as glass_box_classifiers
    from interpretability.models.complexity import parts_to_read
    from interpretability.models.regressors import black as black_box_regressors
    from interpretability.models.regressors import glass as glass_box_regressors
    from interpretability.reading.additive import lay_open
    from interpretability.reading.read import Reading, read_model
    from lab.learning.comparison import Group
    from lab.learning.families import Family

__all__ = [
    "Family",
    "Group",
    "Reading",
    "black_box_classifiers",
    "black_box_regressors",
    "glass_box_classifiers",
    "glass_box_regressors",
    "lay_open",
    "parts_to_read",
    "read_model",
    "to_onnx",
    "trees_to_onnx",
]

_HOMES = {
    "Family": ("lab.learning.families", "Family"),
    "Group": ("lab.learning.comparison", "Group"),
    "Reading": ("interpretability.reading.read", "Reading"),
    "black_box_classifiers": ("interpretability.models.classifiers", "black"),
    "black_box_regressors": ("interpretability.models.regressors", "black"),
    "glass_box_classifiers": ("interpretability.models.classifiers", "glass"),
    "glass_box_regressors": ("interpretability.models.regressors", "glass"),
    "lay_open": ("interpretability.reading.additive", "lay_open"),
    "parts_to_read": ("interpretability.models.complexity", "parts_to_read"),
    "read_model": ("interpretability.reading.read", "read_model"),
    "to_onnx": ("interpretability.export.additive", "to_onnx"),
    "trees_to_onnx": ("interpretability.export.trees", "trees_to_onnx"),
}
"""Module and name of each part of the face, for the look-up at run time: some have another name at home."""

if not TYPE_CHECKING:  # a type checker that saw this would take every misspelt name for a public one

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home, own = _HOMES[name]
        return getattr(import_module(home), own)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
