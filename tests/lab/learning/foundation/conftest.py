"""The libraries of a foundation model, as small packages that stand for them."""

import importlib.util
import os
import sys

import pytest
from samples import stand_in

from lab.learning import foundation


@pytest.fixture
def libraries(tmp_path, monkeypatch):
    """Have Python, here and in processes that are started, find the stand-ins."""
    if any(importlib.util.find_spec(name) for name in stand_in.NAMES):
        pytest.skip("the real libraries are here, which test_real.py asks")
    folder = tmp_path / "libraries"
    stand_in.install(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    yield folder
    ours = ("lab.learning.foundation.in_context", *stand_in.NAMES)
    for name in [name for name in sys.modules if name in ours or name.partition(".")[0] in stand_in.NAMES]:
        del sys.modules[name]
    vars(foundation).pop("in_context", None)
