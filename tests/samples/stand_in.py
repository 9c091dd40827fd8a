"""Small packages that stand for TabICL, PyTorch and safetensors, where these are not installed: what the lab asks of them, no more.

The network has one tensor; the estimators are scikit-learn's. Their own way to get a network fails, as a download would.
"""

import contextlib
import importlib.util
import os
import sys

import pytest

from lab.learning import foundation

__all__ = ["NAMES", "found"]

NAMES = ("tabicl", "torch", "safetensors")

_FILES = {
    "torch/__init__.py": """
import numpy

class device:
    def __init__(self, name):
        assert name == "meta"
    def __enter__(self):
        return self
    def __exit__(self, *raised):
        return None

isfinite = numpy.isfinite

class Tensor:
    pass  # others ask whether something is one
""",
    "safetensors/__init__.py": "",
    "safetensors/torch.py": """
import json
import numpy

def load(content):
    end = 8 + int.from_bytes(content[:8], "little")
    found, body = json.loads(content[8:end]), content[end:]
    found.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(body[slice(*each["data_offsets"])], "<f4").reshape(each["shape"]) for name, each in found.items()
    }
""",
    "tabicl/_model/__init__.py": "",
    "tabicl/_model/tabicl.py": """
import numpy

class TabICL:
    def __init__(self, max_classes=10, embed_dim=128):
        self.weight = numpy.zeros((embed_dim, max_classes or 1))
    def state_dict(self):
        return {"weight": self.weight}
    def load_state_dict(self, tensors):
        self.weight = tensors["weight"]
    def eval(self):
        return self
""",
    "tabicl/__init__.py": """
from sklearn.linear_model import LogisticRegression, Ridge

class _Estimator:
    def __init__(
        self, random_state, device, use_amp, n_jobs, batch_size, offload_mode, model_path, allow_auto_download
    ):
        assert (device, n_jobs, allow_auto_download) == ("cpu", 1, False)
        super().__init__()
        self.random_state = random_state
    def _load_model(self):
        raise OSError("this would have been a download")
    def fit(self, X, y):
        self._load_model()
        self.strength = float(self.model_.weight[0, 0])
        assert not hasattr(X, "columns") and not (X != X).any(), "numbers without gaps"
        return super().fit(X, y)

class TabICLClassifier(_Estimator, LogisticRegression):
    pass

class TabICLRegressor(_Estimator, Ridge):
    pass
""",
}


def _install(folder, version="2.2.0"):
    """Write the packages into a folder, which is to be on the path of Python."""
    for name, text in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for name in NAMES:
        (folder / f"{name}-{version}.dist-info").mkdir()
        said = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (folder / f"{name}-{version}.dist-info" / "METADATA").write_text(said, encoding="utf-8")


@contextlib.contextmanager
def found(folder, monkeypatch):
    """Have Python, here and in processes that are started, find them in a folder."""
    if any(importlib.util.find_spec(name) for name in NAMES):
        pytest.skip("the real libraries are here, which test_real.py asks")
    _install(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    yield
    ours = "lab.learning.foundation.in_context"
    for name in [name for name in sys.modules if name == ours or name.partition(".")[0] in NAMES]:
        del sys.modules[name]
    vars(foundation).pop("in_context", None)
