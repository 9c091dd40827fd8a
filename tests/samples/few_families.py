"""A command line whose interpretability lab compares few and quick models: for runs in processes of their own."""

__all__ = ["ITS_LAB", "LAB"]

_FEWER = """
import runpy
import sys
from interpretability.models import classifiers
from lab.learning.comparison import Group
from lab.learning.families import LOGISTIC, SVM

readable = tuple(map(classifiers.counted, (LOGISTIC, classifiers.TREE)))
classifiers.glass = lambda *sizes: Group("glass", "readable model", readable)
classifiers.black = lambda: Group("black", "black box", (SVM,))
runpy.run_module(MODULE, run_name="__main__")
"""

LAB = _FEWER.replace("MODULE", repr("lab"))
"""Stands for `python -m lab`: given to `python -c`."""

ITS_LAB = _FEWER.replace("MODULE", repr("interpretability"))
"""Stands for `python -m interpretability`."""
